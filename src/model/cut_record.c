#include "model/cut_record.h"

enum {
    HEADER = 5
};

static bool is_of_exchange(const struct tls_facts *tls,
                           const struct exchange *x)
{
    if (x->opaque)
        return tls_cut_answer(tls) != NULL;
    return tls->opened && tls->unopened == TLS_OPENS && !x->is_h2 &&
           !x->tunnel && !mark_is_set(x->response.end) &&
           tls->answered.frame >= x->request.start.frame;
}

static void begin_response(struct exchange *x, const struct tls_facts *tls,
                           uint64_t record)
{
    struct message *response = &x->response;

    response->start = x->opaque ? tls->burst.answer : tls->answered;
    response->begin = x->opaque ? tls->burst.answer_begin : record;
}

void cut_record_take(struct incident *incident)
{
    const struct conn *conn = &incident->conn;
    const struct tls_facts *tls = &incident->tls;
    struct exchange *x = incident->exchange;
    unsigned server = conn_server(conn);
    uint64_t end = conn->flow[server].next;

    if (!x || !incident->has_tls || tls->client == server ||
        !tls_is_cut(tls, server) || !is_of_exchange(tls, x))
        return;
    if (!mark_is_set(x->response.start))
        begin_response(x, tls, end - HEADER - tls->side[server].last_came);
    x->response.last = tls->side[server].last;
    x->response.reached = end;
    if (x->opaque)
        x->response.bytes = end - x->response.begin;
}

bool cut_record_meets_fin(const struct conn *conn, const struct tls_facts *tls)
{
    unsigned side = conn_server(conn);
    const struct flow *server = &conn->flow[side];

    return tls_is_cut(tls, side) && mark_is_set(server->fin) &&
           server->fin_at == server->next &&
           nanos_between(tls->side[side].last.time, server->fin.time) <
               NANOS_PER_SECOND;
}
