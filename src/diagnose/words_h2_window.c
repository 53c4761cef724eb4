/* What rules_h2.c finds of windows: who is blocked, since when, and by whom. */
#include "diagnose/rules.h"

#include "diagnose/facts_h2.h"
#include "diagnose/h2_code.h"

static void tell_end(const struct facts *f, struct finding *finding)
{
    const struct exchange_h2 *h2 = f->x->h2;

    if (f->incident->is_complete && exchange_is_short(f->x)) {
        finding->symptom = SYMPTOM_TRUNCATED;
        finding_explain(finding,
                        "Then the server ended the stream, with %" PRIu64
                        " of the %" PRIu64
                        " body bytes that content-length promised: clients "
                        "refuse such a response.",
                        f->x->response.body, f->x->response.expected);
    } else if (f->incident->is_complete) {
        finding->symptom = SYMPTOM_SLOW;
        finding->severity = SEVERITY_WARNING;
        finding_explain(finding, "It was credited in the end, and the response "
                                 "is complete.");
    } else if (mark_is_set(h2->reset)) {
        finding->symptom = h2->reset_by_client ? SYMPTOM_HANG : SYMPTOM_RESET;
        finding_explain(finding, "The %s reset the stream in the end (%s).",
                        h2->reset_by_client ? "client" : "server",
                        h2_code_name(h2->reset_code));
    } else {
        finding->symptom = SYMPTOM_HANG;
    }
}

/* From when to when the window held the sender up, for evidence. */
static void cite_window(struct finding *finding, const struct facts *f,
                        const struct h2_window *window, unsigned message)
{
    enum witness sender =
        message == MESSAGE_REQUEST ? FROM_CLIENT : FROM_SERVER;

    finding->window = h2_window_then(window, f->end);
    finding->has_window = true;
    if (h2_window_is_blocked(window, f->end)) {
        finding->blocked_from = window->blocking.since;
        finding->blocked_until = (struct mark){0};
        finding_cite(finding, window->blocking.since, sender,
                     "has used the window up, and has more to send");
        return;
    }
    finding->blocked_from = window->blocking.from;
    finding->blocked_until = window->blocking.until;
    finding_cite(finding, window->blocking.from, sender,
                 "has used the window up, and has more to send");
    /* the sender's own end is in the timeline already */
    if (message == MESSAGE_RESPONSE && ended_while_blocked(f))
        return;
    finding_cite(finding, window->blocking.until,
                 sender == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT,
                 mark_is_set(f->x->h2->reset) &&
                         f->x->h2->reset.frame == window->blocking.until.frame
                     ? "the stream ends"
                     : "the window opens again");
}

void tell_stream_window_stall(const struct facts *f, struct finding *finding)
{
    unsigned message = held_up(f, false);
    const struct h2_window *window = &f->x->h2->stream[message];
    struct h2_window then = h2_window_then(window, f->end);
    int64_t beside = h2_window_beside(window, f->end);
    bool upload = message == MESSAGE_REQUEST;
    const char *reader = upload ? "server" : "client";

    finding->window_of = "stream";
    finding->confidence = CONFIDENCE_CERTAIN;
    finding->title = finding_say(finding,
                                 "the %s does not read the stream: its "
                                 "flow-control window is used up",
                                 reader);
    cite_window(finding, f, window, message);
    finding_explain(finding,
                    "The %s sent %" PRIu64 " bytes on stream %" PRIu64
                    " and then had to wait %s: the stream's window was used up "
                    "(left: %" PRId64 ") and the %s returned no credit.",
                    upload ? "client" : "server", then.sent, f->x->stream,
                    finding_duration(finding,
                                     h2_window_longest(window, f->end)),
                    h2_window_left(&then), reader);
    if (beside > 0)
        finding_explain(finding,
                        "The connection's window had %" PRId64
                        " bytes left then.",
                        beside);
    else
        finding_explain(finding, "So was the connection's, by then.");
    finding_explain(finding,
                    f->incident->is_complete && !exchange_is_short(f->x)
                        ? "The %s did not read this body meanwhile."
                        : "The %s does not read this body.",
                    reader);
    tell_end(f, finding);
    if (upload)
        finding_advise(finding,
                       "let the handler read the request's body, or "
                       "answer and reset the stream (NO_ERROR) when it "
                       "is not wanted");
    else
        finding_advise(
            finding, "read the response's body to its end, or close it: a "
                     "body that is leaked, a slow consumer, or two sides that "
                     "both only send");
    if (!upload)
        finding_advise(finding,
                       "a server's handler hangs in its write meanwhile "
                       "(Go: writeDataFromHandler); bound it with a write "
                       "deadline");
}

/* Names the open streams that hold the window; how much they hold of it. */
static uint64_t list_holders(const struct exchange_h2 *h2,
                             struct finding *finding, unsigned message)
{
    const char *list = "";
    uint64_t held = 0;

    for (size_t i = 0; i < H2_HOLDERS && h2->holder[message][i].unread; i++) {
        held += h2->holder[message][i].unread;
        list = finding_say(finding, "%s%sstream %u (%" PRIu64 " bytes)", list,
                           i ? ", " : "", h2->holder[message][i].stream,
                           h2->holder[message][i].unread);
    }
    if (*list)
        finding_explain(finding,
                        "Bytes that came and were not credited fill it: "
                        "%s.",
                        list);
    return held;
}

/* What no open stream holds was of streams that are closed. */
static void tell_holders(const struct facts *f, struct finding *finding,
                         unsigned message)
{
    const struct exchange_h2 *h2 = f->x->h2;
    const struct h2_window *window = &h2->connection[message];
    struct h2_window then = h2_window_then(window, f->end);
    bool all_listed = !h2->holder[message][H2_HOLDERS - 1].unread;
    uint64_t held = list_holders(h2, finding, message);

    if (held == 0 && h2_window_is_blocked(window, f->end))
        finding_explain(finding,
                        "No open stream fills it: the credit of streams "
                        "that are closed was never returned.");
    else if (held && all_listed && then.sent > then.credited + held)
        finding_explain(finding,
                        "Another %" PRIu64 " bytes were of streams that are "
                        "closed, and their credit was not returned.",
                        then.sent - then.credited - held);
}

void tell_connection_window_stall(const struct facts *f,
                                  struct finding *finding)
{
    unsigned message = held_up(f, true);
    const struct h2_window *window = &f->x->h2->connection[message];
    struct h2_window then = h2_window_then(window, f->end);
    bool upload = message == MESSAGE_REQUEST;

    finding->window_of = "connection";
    finding->confidence = CONFIDENCE_CERTAIN;
    cite_window(finding, f, window, message);
    finding_explain(finding,
                    "The connection's window for what the %s sends was used up "
                    "for %s (left: %" PRId64 "): no stream of it could send, "
                    "whatever its own window.",
                    upload ? "client" : "server",
                    finding_duration(finding,
                                     h2_window_longest(window, f->end)),
                    h2_window_left(&then));
    tell_holders(f, finding, message);
    tell_end(f, finding);
    finding_advise(finding,
                   "read or close the streams that hold the window; in "
                   "the %s, look for bodies that nobody reads",
                   upload ? "server" : "client");
    finding_advise(finding,
                   "use a connection of its own for slow consumers, or "
                   "a larger connection window");
}
