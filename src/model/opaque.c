#include "model/opaque.h"

#include "model/cut_record.h"
#include "tls/tls.h"

/* RFC 8446, 6.1: whoever says an alert then has no more to say. */
static void note_shut(struct conn *conn, const struct tls_facts *tls,
                      const struct tls_burst *asked)
{
    for (unsigned side = 0; side < 2; side++) {
        const struct tls_side_facts *facts = &tls->side[side];

        if (mark_is_set(facts->alert) && facts->alert.frame > asked->last.frame)
            conn_set_shut(conn, side, facts->alert, facts->alert_ack,
                          facts->alert_code);
    }
}

struct exchange *model_opaque(struct conn *conn, const struct http_facts *http)
{
    const struct tls_facts *tls = tls_facts_of(conn);
    const struct tls_burst *asked;
    struct exchange *x;

    if (!tls || http->protocol != PROTOCOL_TLS)
        return NULL;
    asked = tls_unanswered(tls);
    if (!asked && cut_record_meets_fin(conn, tls))
        asked = tls_cut_answer(tls);
    if (!asked)
        return NULL;
    note_shut(conn, tls, asked);
    x = exchange_new(1);
    x->number = 1;
    x->opaque = true;
    if (!mark_is_set(asked->answer))
        x->idle_since = tls->answered;
    x->server_top = conn->flow[conn_server(conn)].next -
                    conn->flow[conn_server(conn)].aside;
    x->request.start = asked->start;
    x->request.head = asked->start;
    x->request.last = asked->last;
    x->request.end = asked->last;
    x->request.begin = asked->begin;
    x->request.reached = asked->end;
    x->request.bytes = asked->bytes;
    return x;
}
