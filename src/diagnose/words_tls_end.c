/* The words of TLS that ended without saying so. */
#include "diagnose/rules.h"

static const char *elsewhere(const struct facts *f, struct finding *finding)
{
    uint64_t count = f->known->notified;

    if (!count)
        return "No other connection of this server that could be read shows "
               "whether it ever says it.";
    return finding_say(finding,
                       "On %" PRIu64 " other connection%s of this server it "
                       "was said.",
                       count, count == 1 ? "" : "s");
}

void tell_end_bare(const struct facts *f, struct finding *finding)
{
    /* it may as well be whole: some clients complain, others take it */
    finding->severity = SEVERITY_WARNING;
    finding->symptom = SYMPTOM_TRUNCATED;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding->title = "the answer ended with a FIN and without TLS's "
                     "close_notify: it may be cut";
    finding_cite(finding, f->server->fin, FROM_SERVER,
                 "FIN, and no close_notify before it");
    finding_explain(
        finding,
        "The answer has no length and no chunks: it ends where the "
        "connection does, %" PRIu64 " bytes of its body by then. "
        "TLS was not told of that end, so no reader can know that "
        "nothing is missing: it counts as incomplete (RFC 9112, 9.8), "
        "curl and Go complain, Python and Node take what came.",
        f->x->response.body);
    finding_explain(finding, "%s", elsewhere(f, finding));
    finding_alternative(finding, VERDICT_HANDLER_ABORT,
                        "the server's process may have ended, or been killed, "
                        "in the middle of the answer",
                        "the server's log at that moment, and how long the "
                        "answer is at its source");
    finding_advise(finding,
                   "look whether the server ended there; if the answer was "
                   "whole, let it shut TLS down before it closes, or send "
                   "Content-Length or chunks");
}

void tell_bare_close(const struct facts *f, struct finding *finding)
{
    finding->severity = SEVERITY_INFO;
    finding->symptom = SYMPTOM_NONE;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding->title = "the server closes without TLS's close_notify";
    finding_cite(finding, f->server->fin, FROM_SERVER,
                 "FIN, and no close_notify before it");
    finding_explain(finding,
                    "All that was asked on this connection was answered whole; "
                    "only TLS's goodbye is missing. It harms nobody who knows "
                    "where an answer ends; OpenSSL 3 may complain of an "
                    "unexpected EOF. It is said once for this server.");
    finding_advise(finding, "nothing needs to be done; a server that shuts TLS "
                            "down before it closes is quieter in logs");
}
