/* What rules_tunnel.c finds. */
#include "diagnose/rules.h"

/* Nobody's idle timeout is shorter. */
#define TIMER_LEAST NANOS_PER_SECOND

/* From the side's last byte to the close; of one that sent none in the tunnel,
 * from the tunnel's beginning. */
static nanos silence_of(const struct facts *f, const struct flow *flow)
{
    struct mark last = flow->last_data;

    if (last.frame < f->x->response.end.frame)
        last = f->x->response.end;
    return facts_passed(last, f->closing.at);
}

static void cite_last(const struct facts *f, struct finding *finding,
                      const struct flow *flow, enum witness from)
{
    if (flow->last_data.frame > f->x->response.end.frame)
        finding_cite(finding, flow->last_data, from,
                     "the last bytes that the %s sent",
                     from == FROM_CLIENT ? "client" : "server");
}

static void tell_silence(struct finding *finding, nanos client, nanos server)
{
    nanos both = client < server ? client : server;

    if (both < TIMER_LEAST) {
        finding_explain(finding,
                        "Bytes had come %s before: no idle timeout, but a "
                        "process that ended or closed its socket.",
                        finding_duration(finding, both));
        return;
    }
    finding_explain(finding,
                    "Nothing had come from the client for %s and from the "
                    "server for %s. A silence that is the same each time is an "
                    "idle timeout, mostly of a proxy or load balancer on the "
                    "way, which knows nothing of the tunnel's own close.",
                    finding_duration(finding, client),
                    finding_duration(finding, server));
    finding_advise(finding,
                   "let one side send something, a ping, more often than every "
                   "%s",
                   finding_duration(finding, both));
    finding_advise(finding, "raise the idle timeout of what is between: nginx "
                            "proxy_read_timeout (60 s unless set), HAProxy "
                            "timeout tunnel, a load balancer's");
}

void tell_tunnel_closed(const struct facts *f, struct finding *finding)
{
    bool websocket = f->incident->http.in_tunnel.is_websocket;

    finding->symptom = SYMPTOM_TUNNEL_CUT;
    finding->confidence = CONFIDENCE_LIKELY;
    cite_last(f, finding, f->client, FROM_CLIENT);
    cite_last(f, finding, f->server, FROM_SERVER);
    finding_explain(finding,
                    websocket ? "The %s ended this WebSocket with %s, %s after "
                                "it was opened, and no Close frame had come "
                                "from either side: programs see "
                                "close code 1006 (RFC 6455, 7.1.5)."
                              : "The %s ended this CONNECT tunnel with %s, %s "
                                "after it was opened.",
                    f->server_closed ? "server" : "client",
                    f->closing.by_reset ? "an RST" : "a FIN",
                    finding_duration(finding, facts_passed(f->x->response.end,
                                                           f->closing.at)));
    tell_silence(finding, silence_of(f, f->client), silence_of(f, f->server));
    finding_advise(finding, "let the client connect again, and look at the end "
                            "that closed, or what stands in for it");
}
