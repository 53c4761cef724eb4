/* What happened, frame by frame, whatever the verdict. */
#include "diagnose/finding_builder.h"

#include "diagnose/facts_tls.h"
#include "diagnose/h2_code.h"

static enum witness witness_of(const struct facts *f, unsigned side)
{
    return side == f->conn->client ? FROM_CLIENT : FROM_SERVER;
}

static void cite_request(struct finding *finding, const struct facts *f)
{
    const struct message *request = &f->x->request;
    const char *again =
        mark_is_set(f->x->idle_since)
            ? finding_say(finding, ", %s after the response before it",
                          finding_duration(finding, f->idle))
            : "";

    if (f->server->lost == 0)
        finding_cite(finding, f->x->idle_since, FROM_SERVER,
                     "the response before this request is complete");
    if (f->request_whole && request->start.frame == request->end.frame) {
        finding_cite(finding, request->start, FROM_CLIENT,
                     "the request: %" PRIu64 " bytes%s", request->bytes, again);
        return;
    }
    finding_cite(finding, request->start, FROM_CLIENT, "the request begins%s",
                 again);
    if (f->request_whole)
        finding_cite(finding, request->end, FROM_CLIENT,
                     "the request is complete: %" PRIu64 " bytes",
                     request->bytes);
    else if (request->last.frame != request->start.frame)
        finding_cite(finding, request->last, FROM_CLIENT,
                     "the last of the request that came: %" PRIu64 " bytes",
                     request->bytes);
}

static void cite_cut_record(struct finding *finding, const struct facts *f,
                            const struct tls_side_facts *record)
{
    finding_cite(finding, f->x->response.last, FROM_SERVER,
                 "the last of a TLS record that is not whole: %u of %u bytes",
                 (unsigned)record->last_came, (unsigned)record->last_size);
}

static void cite_response(struct finding *finding, const struct facts *f)
{
    const struct message *response = &f->x->response;
    const struct tls_side_facts *record = cut_record_of(f);

    finding_cite(finding, f->x->interim, FROM_SERVER, "an interim response");
    if (!f->response_begun && !f->left)
        return;
    if (f->x->status)
        finding_cite(finding, response->start, FROM_SERVER,
                     "the response begins%s: %u",
                     f->response_begun ? "" : ", too late", f->x->status);
    else
        finding_cite(finding, response->start, FROM_SERVER,
                     "the response begins%s",
                     f->response_begun ? "" : ", too late");
    if (record)
        cite_cut_record(finding, f, record);
    if (record || response->last.frame == response->start.frame)
        return;
    if (!f->response_whole && !f->left &&
        response->last.frame > f->server->last_data.frame) {
        finding_cite(finding, response->last, FROM_CLIENT,
                     "acknowledges more of the response than is in the "
                     "capture: %" PRIu64 " body bytes so far",
                     response->body);
        return;
    }
    finding_cite(finding, response->last, FROM_SERVER,
                 f->left ? "the rest of the response, too late: %" PRIu64
                           " body bytes in all"
                 : f->response_whole && exchange_is_short(f->x)
                     ? "ends the stream, too soon: %" PRIu64 " body bytes"
                 : f->response_whole ? "the response is complete: %" PRIu64
                                       " body bytes"
                                     : "the last byte of the response: %" PRIu64
                                       " body bytes so far",
                 response->body);
}

static void cite_probes(struct finding *finding, const struct facts *f,
                        const struct episode *episode)
{
    const char *name;
    nanos every;

    if (!episode)
        return;
    name = witness_of(f, episode->side) == FROM_CLIENT ? "client" : "server";
    every = episode->count > 1
                ? nanos_between(episode->first.time, episode->last.time) /
                      (nanos)(episode->count - 1)
                : 0;
    finding_cite(
        finding, episode->first, witness_of(f, episode->side),
        "%u TCP keep-alive probe%s of the %s begin%s here, %u answered%s",
        episode->count, episode->count > 1 ? "s" : "", name,
        episode->count > 1 ? "" : "s", episode->answered,
        every ? finding_say(finding, ", every %s",
                            finding_duration(finding, every))
              : "");
}

static void cite_window(struct finding *finding, const struct facts *f,
                        const struct episode *episode)
{
    if (!episode)
        return;
    finding_cite(finding, episode->first, witness_of(f, episode->side),
                 "advertises window 0 (%s in all, %u probe%s)",
                 finding_duration(finding, episode_lasted(f, episode)),
                 episode->count, episode->count == 1 ? "" : "s");
    if (!episode_lasts(episode))
        finding_cite(finding, episode->ended, witness_of(f, episode->side),
                     "opens its window again");
}

static void cite_retransmission(struct finding *finding, const struct facts *f,
                                const struct episode *episode)
{
    if (!episode)
        return;
    if (episode->needless)
        finding_cite(finding, episode->first, witness_of(f, episode->side),
                     "sends again what was acknowledged, as if no ACK came: "
                     "%u time%s until #%" PRIu64,
                     episode->count, episode->count == 1 ? "" : "s",
                     mark_frame(episode->last));
    else if (episode->after_ack)
        finding_cite(finding, episode->first, witness_of(f, 1u - episode->side),
                     "acknowledges what came before, and not the rest");
    else
        finding_cite(finding, episode->first, witness_of(f, episode->side),
                     "sends bytes that are not acknowledged");
    if (!episode->needless)
        finding_cite(finding, episode->second, witness_of(f, episode->side),
                     "%s, %u time%s until #%" PRIu64,
                     episode->fills ? "sends what is missing"
                                    : "sends them again",
                     episode->count, episode->count == 1 ? "" : "s",
                     mark_frame(episode->last));
    if (!episode_lasts(episode))
        finding_cite(finding, episode->ended, witness_of(f, 1u - episode->side),
                     "acknowledges them at last");
}

static const char *what_fin_covers(const struct facts *f)
{
    if (f->covers)
        return f->request_whole ? ", after receiving the whole request"
                                : ", after receiving all that was sent of the "
                                  "request";
    if (f->closing.acks != CONN_NO_OFFSET &&
        f->closing.acks > f->x->request.begin)
        return ", after receiving only a part of the request";
    return ", before receiving the request";
}

static void cite_fin(struct finding *finding, const struct facts *f,
                     unsigned side)
{
    const struct flow *flow = &f->conn->flow[side];
    bool first = mark_is_set(flow->fin) &&
                 f->closing.at.frame == flow->fin.frame &&
                 flow->shut.frame != flow->fin.frame;
    const char *acks = "";

    if (f->x && !f->x->tunnel && first && f->server_closed)
        acks = what_fin_covers(f);
    finding_cite(finding, flow->fin, witness_of(f, side), "closes%s (FIN)%s",
                 first ? " first" : "", acks);
}

/* RFC 8446, 6: of the descriptions those that matter here. */
static const char *alert_name(struct finding *finding, unsigned description)
{
    if (description == 0)
        return "close_notify";
    if (description == 20)
        return "alert bad_record_mac";
    if (description == TLS_NO_ALERT)
        return "alert, encrypted";
    return finding_say(finding, "alert %u", description);
}

static void cite_shut(struct finding *finding, const struct facts *f,
                      unsigned side)
{
    const struct flow *flow = &f->conn->flow[side];
    bool first =
        mark_is_set(flow->shut) && f->closing.at.frame == flow->shut.frame;

    finding_cite(finding, flow->shut, witness_of(f, side),
                 "closes%s (TLS %s)%s", first ? " first" : "",
                 alert_name(finding, flow->shut_alert),
                 f->x && first && f->server_closed ? what_fin_covers(f) : "");
}

static void cite_resets(struct finding *finding, const struct facts *f)
{
    for (unsigned i = 0; i < f->conn->resets && i < 2; i++) {
        const struct reset *reset = &f->conn->reset[i];
        const char *ttl = "";

        if (reset->usual_ttl && reset->ttl != reset->usual_ttl)
            ttl = finding_say(finding,
                              "; its TTL is %u, that of other packets %u",
                              reset->ttl, reset->usual_ttl);
        finding_cite(finding, reset->at, witness_of(f, reset->from),
                     reset->has_ack
                         ? "resets (RST, ACK)%s"
                         : "resets (RST without ACK: there is no such "
                           "connection any more)%s",
                     ttl);
    }
}

static void cite_stream_reset(struct finding *finding, const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    if (h2)
        finding_cite(finding, h2->reset,
                     h2->reset_by_client ? FROM_CLIENT : FROM_SERVER,
                     "resets the stream (RST_STREAM, %s)",
                     h2_code_name(h2->reset_code));
}

void finding_timeline(struct finding *finding, const struct facts *f)
{
    if (f->x) {
        cite_request(finding, f);
        cite_response(finding, f);
        cite_stream_reset(finding, f);
    }
    cite_probes(finding, f, f->client_probes);
    cite_probes(finding, f, f->server_probes);
    cite_window(finding, f, f->client_window);
    cite_window(finding, f, f->server_window);
    cite_retransmission(finding, f, f->client_retransmission);
    cite_retransmission(finding, f, f->server_retransmission);
    if (!f->incident->is_complete || !f->x || f->client_closed ||
        f->x->tunnel) {
        cite_shut(finding, f, 0);
        cite_shut(finding, f, 1);
        cite_fin(finding, f, 0);
        cite_fin(finding, f, 1);
        cite_resets(finding, f);
    }
}
