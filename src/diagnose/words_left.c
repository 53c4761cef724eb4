/* Who left, or stopped looking: the client, or the capture. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/facts_stall.h"
#include "diagnose/legs.h"

void tell_late_answer(const struct facts *f, struct finding *finding)
{
    struct mark came =
        f->response_begun ? f->x->pause_end : f->x->response.start;

    if (f->left && came.frame > f->closing.at.frame)
        finding_explain(
            finding, "The %s came %s after the client had left, to nobody.",
            f->response_begun ? "rest of the answer" : "answer",
            finding_duration(finding, facts_passed(f->closing.at, came)));
}

/* It shut down its sending side, and the answer that came then met no RST. */
static bool may_still_read(const struct facts *f)
{
    return !f->x->is_h2 && f->request_whole && f->response_begun &&
           !f->closing.by_reset && !f->left && f->conn->resets == 0 &&
           f->x->response.start.frame > f->closing.at.frame;
}

/* It would have been answered, as others are. */
static void tell_usual_time(const struct facts *f, struct finding *finding)
{
    if (!left_within_usual_time(f))
        return;
    finding_explain(finding,
                    "Most answers of this server take longer than that, %s: it "
                    "was not slower than usual.",
                    finding_range(finding, &f->known->success));
    if (is_long(f, f->quiet))
        finding_alternative(finding, VERDICT_SERVER_STALL,
                            "this request may be one that the server answers "
                            "sooner",
                            "how long requests of this kind take");
}

/* A FIN right behind the request may be no more than the end of sending. */
static void offer_half_close(const struct facts *f, struct finding *finding)
{
    if (f->closing.by_reset || f->x->is_h2 || !f->request_whole ||
        f->response_begun || !mark_is_set(f->server->fin) ||
        facts_passed(f->x->request.last, f->closing.at) >= 50 * NANOS_PER_MILLI)
        return;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_alternative(finding, VERDICT_HANDLER_ABORT,
                        "the client may only have been done with sending, and "
                        "the server closed without an answer",
                        "what the client reports: an empty reply, or nothing");
}

/*
 * It left an answer that had stopped: in the middle of what was promised, or
 * for longer than it ever had. Whether more would have come is not known.
 */
static void offer_stopped_answer(const struct facts *f, struct finding *finding)
{
    const struct message *response = &f->x->response;
    nanos gap = nanos_between(f->x->pause.time, f->x->pause_end.time);

    if (!f->request_whole || !f->response_begun || f->response_whole ||
        !is_long(f, f->quiet) || f->quiet <= gap + gap / 10 || f->left ||
        is_client_exit(f))
        return;
    finding_explain(finding,
                    "Nothing more of the answer had come for %s by then.",
                    finding_duration(finding, f->quiet));
    if (response->framing == FRAMING_LENGTH)
        finding_alternative(finding, VERDICT_SHORT_BODY_KEPT_OPEN,
                            "the rest of what Content-Length promised may "
                            "never have been meant to come",
                            "whether it is always short by as much");
    finding_alternative(finding, VERDICT_SERVER_STALL,
                        "the server may have stopped in the middle of its "
                        "answer",
                        "whether it had more to send: its log, or its stack "
                        "dump");
}

void tell_client_abort(const struct facts *f, struct finding *finding)
{
    struct durations gave_up;

    finding->symptom = SYMPTOM_NONE;
    finding->severity = SEVERITY_WARNING;
    finding->confidence = CONFIDENCE_CERTAIN;
    if (!f->request_whole)
        finding_explain(finding, "The client closed in the middle of its own "
                                 "request.");
    else
        finding_explain(
            finding,
            f->x->is_h2 && f->x->h2 && mark_is_set(f->x->h2->reset)
                ? "The client reset the stream (RST_STREAM) %s the request, "
                  "%s."
                : "The client closed first, %s the request, %s.",
            f->wait > 0 ? finding_say(finding, "%s after",
                                      finding_duration(finding, f->wait))
                        : "right behind",
            f->response_begun &&
                    f->x->response.start.frame < f->closing.at.frame
                ? "before the response was complete"
                : "before the first byte of a response");
    tell_late_answer(f, finding);
    if (may_still_read(f))
        finding_alternative(finding, VERDICT_SERVER_STALL,
                            "the client may only have been done with sending, "
                            "and waits: nothing shows that it refused the "
                            "answer that came then",
                            "what the client did with the answer");
    if (f->x->grpc_timeout)
        finding_explain(finding, "The request's own grpc-timeout was %s.",
                        finding_duration(finding, f->x->grpc_timeout));
    if (find_client_timeout(f, &gave_up) && f->request_whole)
        finding_explain(finding,
                        "%" PRIu64
                        " requests to this server ended this way, all "
                        "after %s: that is the client's own timeout.",
                        gave_up.samples, finding_range(finding, &gave_up));
    else
        tell_usual_time(f, finding);
    offer_half_close(f, finding);
    offer_stopped_answer(f, finding);
    if (is_client_exit(f))
        finding_explain(
            finding, "All its connections to this server, of different ages, "
                     "ended in the same instant: the client's process "
                     "ended, or it gave up all it was doing.");
    finding_advise(finding,
                   "if the client should have waited, raise its timeout "
                   "(or that of the proxy that is the client here); if "
                   "not, make the server faster or let it stop work when "
                   "the client has gone");
}

void tell_open_ended(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_NONE;
    finding->confidence = CONFIDENCE_CERTAIN;
    if (f->quiet > 0)
        finding_explain(finding,
                        "The capture's last packet comes %s after the last "
                        "byte of this exchange; the connection is open then.",
                        finding_duration(finding, f->quiet));
    else
        finding_explain(finding,
                        "The last byte so far of this exchange is in the "
                        "capture's last packet; the connection is open then.");
    finding_explain(finding, "How long the capture went on behind its last "
                             "packet, and with it how long the exchange hung, "
                             "the packets do not tell.");
    finding_advise(finding, "capture until the client has reported its error, "
                            "then stop a second later (tcpdump "
                            "--immediate-mode -U)");
}
