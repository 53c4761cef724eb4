/* A process of the server's that ended, or may have. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/software.h"
#include "diagnose/words.h"

/* Two requests alone may have come to their ends by themselves, and several
 * that began together for a reason of their handlers'. */
static bool is_weak(const struct cluster *cluster)
{
    return (cluster->busy == 2 || !cluster->varies) && !cluster->idle &&
           !cluster->refused;
}

static void offer_coincidence(const struct facts *f, struct finding *finding)
{
    if (f->wait >= f->settings->timeout_floor && !has_no_response_timeout(f))
        finding_alternative(
            finding, VERDICT_WRITE_TIMEOUT_EOF,
            "a timer may have ended one of the two, and something else the "
            "other",
            "more requests: do all that take longer fail and all that are "
            "faster succeed?");
}

/* Proxies close for their upstream's sake, and several connections at once. */
void tell_server_shutdown(const struct facts *f, struct finding *finding)
{
    struct cluster cluster = {0};
    unsigned others;

    (void)is_in_shutdown(f, &cluster);
    others =
        cluster.busy + cluster.idle > 1 ? cluster.busy + cluster.idle - 1 : 0;
    finding->symptom = symptom_of_close(f);
    finding->confidence =
        is_weak(&cluster) ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY;
    if (others)
        finding_explain(
            finding,
            "The server closed this connection and %u other%s in the same "
            "instant (%u of all in the middle of an exchange, %u idle), and "
            "none that was open survived. So %s not this request that made "
            "it close: its process ended, or one of its workers did, or it "
            "was told to stop.",
            others, others == 1 ? "" : "s", cluster.busy, cluster.idle,
            is_weak(&cluster) ? "perhaps it is" : "it is");
    else
        finding_explain(finding, "The server closed, and its port refused "
                                 "connections right after: its process ended.");
    if (others && cluster.refused)
        finding_explain(finding, "Right after, its port refused connections.");
    if (f->response_begun)
        tell_unsent(f, finding);
    if (!others || !cluster.refused)
        finding_alternative(
            finding, VERDICT_HANDLER_ABORT,
            "several handlers may have failed for one reason (a database, or "
            "the upstream of a proxy, that went away)",
            "the process's start time, and its log and supervisor at that "
            "moment");
    if (is_weak(&cluster))
        offer_coincidence(f, finding);
    finding_advise(finding,
                   "look in the supervisor's and the server's log for a stop, "
                   "a restart or a crash at that moment (systemd, Kubernetes, "
                   "OOM killer, a recycled worker)");
    finding_advise(finding,
                   "stop gracefully: take no new work, finish what is under "
                   "way (Go http.Server.Shutdown, not Close; Node "
                   "server.close before process.exit; gunicorn "
                   "--graceful-timeout)");
}

/* Of others it is not known, or the capture lacks how they ended. */
static void offer_end_of_many(const struct facts *f, struct finding *finding)
{
    if (!ends_with_others(f))
        return;
    if (finding->confidence > CONFIDENCE_POSSIBLE)
        finding->confidence = CONFIDENCE_POSSIBLE;
    finding_alternative(
        finding, VERDICT_SERVER_SHUTDOWN,
        "the server closed more of its connections in the same "
        "instant: its process, or one of several, may have ended",
        "the process's start time; what became of its other "
        "connections");
}

void offer_shutdown(const struct facts *f, struct finding *finding)
{
    if (finding->alternatives == FINDING_ALTERNATIVES_MAX)
        return;
    if (!may_be_shutdown(f)) {
        offer_end_of_many(f, finding);
        return;
    }
    finding_alternative(
        finding, VERDICT_SERVER_SHUTDOWN,
        "the server's process may have ended then: no other open "
        "connection is known to have survived",
        "the process's start time; whether its port refused connections "
        "right after");
}
