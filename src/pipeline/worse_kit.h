/*
 * For the tests of this folder: may a recording that was made worse say what
 * it says? It may say less than the whole one, or the same with less
 * confidence; it accuses of nothing else.
 */
#ifndef PIPELINE_WORSE_KIT_H
#define PIPELINE_WORSE_KIT_H

#include "pipeline/trial_kit.h"

/*
 * Some packets are the only ones to tell two cases apart. Without them an
 * honest reader may name the other, if he names the first beside it.
 */
struct weakening {
    enum verdict whole;
    enum verdict less;
    const char *reason;
    bool alone; /* the first need not be named: this was so all the while */
};

static const struct weakening weakenings[] = {
    {.whole = VERDICT_READ_TIMEOUT,
     .less = VERDICT_WRITE_TIMEOUT_EOF,
     .reason = "that the request has no end is cut off"                                                      },
    {.whole = VERDICT_READ_TIMEOUT,
     .less = VERDICT_HANDLER_ABORT,
     .reason = "that the request has no end is cut off"                                                      },
    {.whole = VERDICT_REQUEST_STALL,
     .less = VERDICT_SERVER_STALL,
     .reason = "that the request has no end is cut off"                                                      },
    {.whole = VERDICT_MIDDLEBOX_RESET,
     .less = VERDICT_SERVER_RESET,
     .reason = "the RST in the other side's name is missing",
     .alone = true},
    {.whole = VERDICT_MIDDLEBOX_RESET,
     .less = VERDICT_CLIENT_ABORT,
     .reason = "the RST in the other side's name is missing",
     .alone = true},
    {.whole = VERDICT_SERVER_SHUTDOWN,
     .less = VERDICT_HANDLER_ABORT,
     .reason = "the close of another connection is missing"                                                        },
    {.whole = VERDICT_CLIENT_ABORT,
     .less = VERDICT_SERVER_STALL,
     .reason = "the other exchange that ended after the same time is missing"},
    {.whole = VERDICT_SERVER_STALL,
     .less = VERDICT_SERVER_STALL,
     .reason = "that the client gave up at its own deadline is missing",
     .alone = true},
    {.whole = VERDICT_H2_STREAM_LIMIT,
     .less = VERDICT_H2_STREAM_RESET,
     .reason = "how many streams may be open, or are, is missing",
     .alone = true},
    {.whole = VERDICT_H2_STREAM_WINDOW_STALL,
     .less = VERDICT_SERVER_STALL,
     .reason = "what tells the size of the window is missing"                                                                                           },
    {.whole = VERDICT_DEAD_PEER,
     .less = VERDICT_IDLE_PATH_DROP,
     .reason = "that it was not idle is missing"                                                },
    {.whole = VERDICT_SERVER_STALL,
     .less = VERDICT_CLIENT_ABORT,
     .reason = "that the client refused the late answer is missing"                                                             },
    {.whole = VERDICT_PROTOCOL_MISMATCH,
     .less = VERDICT_HANDLER_ABORT,
     .reason = "that the port speaks TLS is missing",
     .alone = true},
    {.whole = VERDICT_CONNECT_REFUSED,
     .less = VERDICT_CONNECT_REFUSED,
     .reason = "that the server answered another time is missing",
     .alone = true},
    {.whole = VERDICT_CONNECT_TIMEOUT,
     .less = VERDICT_CONNECT_TIMEOUT,
     .reason = "that the server answered another time is missing",
     .alone = true},
    {.whole = VERDICT_TCP_ZERO_WINDOW_STALL,
     .less = VERDICT_TCP_ZERO_WINDOW_STALL,
     .reason = "that the window opened again is missing",
     .alone = true},
    {.whole = VERDICT_H2_STREAM_WINDOW_STALL,
     .less = VERDICT_H2_STREAM_WINDOW_STALL,
     .reason = "that the window opened again is missing",
     .alone = true},
    {.whole = VERDICT_H2_CONNECTION_WINDOW_STALL,
     .less = VERDICT_H2_CONNECTION_WINDOW_STALL,
     .reason = "that the window opened again is missing",
     .alone = true},
    {.whole = VERDICT_WRITE_TIMEOUT_TRUNCATION,
     .less = VERDICT_TCP_ZERO_WINDOW_STALL,
     .reason = "that the server closed while it was shut is missing",
     .alone = true},
    {.whole = VERDICT_HANDLER_ABORT,
     .less = VERDICT_WRITE_TIMEOUT_EOF,
     .reason = "of the success that refuted a timeout one half is missing"                                                              },
    {.whole = VERDICT_SHORT_BODY_KEPT_OPEN,
     .less = VERDICT_WRITE_TIMEOUT_TRUNCATION,
     .reason = "what showed the server's idle timeout is missing"                                               },
    {.whole = VERDICT_SERVER_STALL,
     .less = VERDICT_SHORT_BODY_KEPT_OPEN,
     .reason = "what showed that the body came in pieces is missing"                                                                                         },
    {.whole = VERDICT_H2_STREAM_WINDOW_STALL,
     .less = VERDICT_HANDLER_ABORT,
     .reason = "what tells the size of the window is missing"},
    {.whole = VERDICT_READ_TIMEOUT,
     .less = VERDICT_H2_STREAM_RESET,
     .reason = "what tells a slow request from a long gRPC call is missing"},
    {.whole = VERDICT_SERVER_SHUTDOWN,
     .less = VERDICT_WRITE_TIMEOUT_EOF,
     .reason = "the refusal that showed that the process had ended is missing"},
    {.whole = VERDICT_HANDLER_ABORT,
     .less = VERDICT_NO_BACKEND,
     .reason = "the one success is missing"                                                                           },
    {.whole = VERDICT_NETWORK_STALL,
     .less = VERDICT_DEAD_PEER,
     .reason = "that bytes got through again in the end is missing"                                     },
    {.whole = VERDICT_NO_BACKEND,
     .less = VERDICT_HANDLER_ABORT,
     .reason = "one of the three requests that it takes is missing"                                                                               },
    {.whole = VERDICT_NO_BACKEND,
     .less = VERDICT_SERVER_RESET,
     .reason = "one of the three requests that it takes is missing"},
};

static inline bool names(const struct finding *finding, enum verdict code)
{
    for (size_t i = 0; i < finding->alternatives; i++) {
        if (finding->alternative[i].code == code)
            return true;
    }
    return false;
}

static inline bool is_weaker(const struct finding *whole,
                             const struct finding *less)
{
    for (size_t i = 0; i < sizeof weakenings / sizeof *weakenings; i++) {
        if (weakenings[i].whole == whole->code &&
            weakenings[i].less == less->code)
            return weakenings[i].alone ||
                   (less->confidence <= whole->confidence &&
                    names(less, whole->code));
    }
    return false;
}

/* How often it is said at least as loud and as sure as that finding. */
static inline unsigned count_like(const struct report *report,
                                  const struct finding *like)
{
    unsigned count = 0;

    for (size_t i = 0; i < report->findings; i++) {
        const struct finding *finding = report->finding[i];

        count += finding->code == like->code &&
                 finding->severity >= like->severity &&
                 finding->confidence >= like->confidence;
    }
    return count;
}

/* Is the accusation one of the whole recording's, or weaker than one? */
static inline bool is_honest(const struct report *whole,
                             const struct report *less,
                             const struct finding *finding)
{
    if (finding->severity == SEVERITY_INFO ||
        count_like(less, finding) <= count_like(whole, finding))
        return true;
    for (size_t i = 0; i < whole->findings; i++) {
        if (is_weaker(whole->finding[i], finding))
            return true;
    }
    return false;
}

/* What else is true of a finding that a variant allows; NULL: nothing. */
typedef bool allowance(const struct trial *trial, size_t at,
                       const struct finding *finding);

/* Runs the reel: what it accuses of is what the whole one does, or weaker. */
static inline void must_be_honest(struct trial *trial, const char *what,
                                  size_t at, allowance *is_allowed)
{
    struct run run =
        run_frames(trial->reel.frame, trial->reel.frames, &trial->tape.input);

    trial->variants++;
    for (size_t i = 0; i < run.report->findings; i++) {
        const struct finding *finding = run.report->finding[i];

        if (is_honest(trial->whole.report, run.report, finding) ||
            (is_allowed && is_allowed(trial, at, finding)))
            continue;
        complain(trial, "%s #%zu: %s -> %s %s %s in %u", what, at + 1,
                 text_string(&trial->before), verdict_slug(finding->code),
                 severity_name(finding->severity),
                 confidence_name(finding->confidence),
                 (unsigned)finding->connection.id);
    }
    run_release(&run);
}

#endif
