#include "diagnose/facts_tls.h"

enum {
    CLOSE_NOTIFY = 0,
    USER_CANCELED = 90 /* RFC 8446, 6.1: it only leaves */
};

bool is_refusal(const struct tls_side_facts *side)
{
    return mark_is_set(side->alert) && side->alert_code != CLOSE_NOTIFY &&
           side->alert_code != USER_CANCELED &&
           (side->alert_fatal || side->alert_code == TLS_NO_ALERT);
}

bool is_first(const struct tls_side_facts *one,
              const struct tls_side_facts *other)
{
    return !is_refusal(other) || one->alert.frame <= other->alert.frame;
}

bool is_silent_in_handshake(const struct facts *f)
{
    const struct tls_facts *tls = &f->incident->tls;
    const struct tls_side_facts *client = &tls->side[tls->client];
    const struct tls_side_facts *server = &tls->side[1 - tls->client];
    const struct flow *flow = &f->conn->flow[tls->client];

    /* what the client said last is not answered */
    if (mark_is_set(server->last) && server->last.frame > client->last.frame)
        return false;
    return flow->acked >= flow->top &&
           facts_passed(client->last, f->end) >= f->settings->stall_threshold;
}

const struct tls_side_facts *cut_record_of(const struct facts *f)
{
    const struct tls_facts *tls = &f->incident->tls;
    const struct tls_side_facts *last;

    if (!f->x || !f->incident->has_tls || f->x->is_h2 ||
        !tls_is_cut(tls, conn_server(f->conn)))
        return NULL;
    last = &tls->side[conn_server(f->conn)];
    return f->response_begun && f->x->response.last.frame == last->last.frame
               ? last
               : NULL;
}

bool is_cut_by_fin(const struct facts *f)
{
    return cut_record_of(f) && f->server_closed && !f->closing.by_reset &&
           f->closing.at.frame == f->server->fin.frame && f->covers;
}

unsigned alert_of(const struct facts *f, unsigned side)
{
    const struct tls_side_facts *facts = &f->incident->tls.side[side];
    const struct flow *flow = &f->conn->flow[side];

    if (facts->alert_code == TLS_NO_ALERT && mark_is_set(flow->shut))
        return flow->shut_alert;
    return facts->alert_code;
}
