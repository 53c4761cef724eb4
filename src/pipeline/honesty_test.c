/*
 * Honesty: a capture that lacks one packet of a scene may say less of it, but
 * accuses of nothing else.
 */
#include "pipeline/trial_kit.h"

/*
 * Some packets are the only ones to tell two cases apart. Without them an
 * honest reader may name the other, if he names the first beside it.
 */
static const struct weakening {
    enum verdict whole;
    enum verdict less;
    const char *reason;
} weakenings[] = {
    {VERDICT_HANDLER_ABORT,          VERDICT_WRITE_TIMEOUT_EOF,
     "of the success that refuted a timeout one half is missing"    },
    {VERDICT_SHORT_BODY_KEPT_OPEN,   VERDICT_WRITE_TIMEOUT_TRUNCATION,
     "what showed the server's idle timeout is missing"             },
    {VERDICT_SERVER_STALL,           VERDICT_SHORT_BODY_KEPT_OPEN,
     "what showed that the body came in pieces is missing"          },
    {VERDICT_H2_STREAM_WINDOW_STALL, VERDICT_HANDLER_ABORT,
     "what tells the size of the window is missing"                 },
    {VERDICT_READ_TIMEOUT,           VERDICT_H2_STREAM_RESET,
     "what tells a slow request from a long gRPC call is missing"   },
    {VERDICT_SERVER_SHUTDOWN,        VERDICT_WRITE_TIMEOUT_EOF,
     "the refusal that showed that the process had ended is missing"},
    {VERDICT_NO_BACKEND,             VERDICT_HANDLER_ABORT,
     "one of the three requests that it takes is missing"           },
    {VERDICT_NO_BACKEND,             VERDICT_SERVER_RESET,
     "one of the three requests that it takes is missing"           },
    {VERDICT_READ_TIMEOUT,           VERDICT_GATEWAY_TIMEOUT,
     "the leg on which the gateway had stopped is missing"          },
    {VERDICT_CLIENT_ABORT,           VERDICT_SERVER_STALL,
     "one of the few that told how long it usually takes is missing"},
};

/* What a proxy made good is eased by the leg in front, and only by that. */
static bool was_eased(const struct report *whole, const struct finding *finding)
{
    for (size_t i = 0; i < whole->findings; i++) {
        const struct finding *one = whole->finding[i];
        bool by_front = false;

        for (size_t k = 0; k < one->evidences; k++)
            by_front |= one->evidence[k].from == FROM_FRONT;
        if (by_front && one->code == finding->code &&
            one->connection.id == finding->connection.id)
            return true;
    }
    return false;
}

static bool names(const struct finding *finding, enum verdict code)
{
    for (size_t i = 0; i < finding->alternatives; i++) {
        if (finding->alternative[i].code == code)
            return true;
    }
    return false;
}

static bool is_weaker(const struct finding *whole, const struct finding *less)
{
    for (size_t i = 0; i < sizeof weakenings / sizeof *weakenings; i++) {
        if (weakenings[i].whole == whole->code &&
            weakenings[i].less == less->code)
            return less->confidence <= whole->confidence &&
                   names(less, whole->code);
    }
    return false;
}

/*
 * Without its RST or FIN, and nothing behind that, a connection is one on
 * which nothing moves any more: there is no other way to read it.
 */
static bool is_left_hanging(const struct trial *trial, size_t at,
                            const struct finding *finding)
{
    struct view gone;
    struct view later;

    if (finding->code != VERDICT_SERVER_STALL ||
        !view_of(&trial->tape.frame[at], &gone) ||
        !(gone.flags & (FLAG_FIN | FLAG_RST)))
        return false;
    for (size_t i = at + 1; i < trial->tape.frames; i++) {
        if (view_of(&trial->tape.frame[i], &later) &&
            same_connection(&gone, &later))
            return false;
    }
    return true;
}

static unsigned count_code(const struct report *report, enum verdict code,
                           enum severity at_least)
{
    unsigned count = 0;

    for (size_t i = 0; i < report->findings; i++)
        count += report->finding[i]->code == code &&
                 report->finding[i]->severity >= at_least;
    return count;
}

/* Is the accusation one of the whole scene's, or weaker than one of them? */
static bool is_honest(const struct report *whole, const struct report *less,
                      const struct finding *finding)
{
    enum verdict code = finding->code;

    if (count_code(less, code, finding->severity) <=
            count_code(whole, code, finding->severity) ||
        was_eased(whole, finding))
        return true;
    for (size_t i = 0; i < whole->findings; i++) {
        if (is_weaker(whole->finding[i], finding))
            return true;
    }
    return false;
}

static void drop_frame(struct trial *trial, const struct report *whole,
                       size_t at)
{
    struct run run;

    reel_copy(&trial->reel, &trial->tape);
    reel_remove(&trial->reel, at);
    run = run_frames(trial->reel.frame, trial->reel.frames, &trial->tape.input);
    trial->variants++;
    for (size_t i = 0; i < run.report->findings; i++) {
        const struct finding *finding = run.report->finding[i];

        if (finding->severity == SEVERITY_INFO ||
            is_honest(whole, run.report, finding) ||
            is_left_hanging(trial, at, finding))
            continue;
        complain(trial, "without #%zu: %s -> %s %s", at + 1,
                 text_string(&trial->before), verdict_slug(finding->code),
                 severity_name(finding->severity));
    }
    run_release(&run);
}

static void drop_each(struct trial *trial)
{
    struct run run = tape_run(&trial->tape);

    for (size_t at = 0; at < trial->tape.frames; at++)
        drop_frame(trial, run.report, at);
    run_release(&run);
}

static void test_honesty(void **state)
{
    (void)state;
    for_each_scene(drop_each);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honesty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
