#include "infer/ending_of.h"

/* A close this soon after an answer belongs to it: no idle time was over. */
#define IDLE_LEAST (50 * NANOS_PER_MILLI)

struct mark exchange_asked(const struct exchange *x)
{
    return mark_is_set(x->request.head) ? x->request.head : x->request.start;
}

bool exchange_is_cut(nanos floor, const struct closing *closing,
                     const struct exchange *x, nanos wait)
{
    /* under HTTP/2 a server's timeouts reset the stream, not the connection */
    return closing->by == CLOSED_BY_SERVER && !closing->by_reset &&
           closing->acks != CONN_NO_OFFSET &&
           closing->acks >= x->request.reached && wait >= floor && !x->is_h2;
}

/*
 * Lengths and times are all there: that the request was whole is told by its
 * sender's silence, where one segment had room for it. Each request before it
 * had its answer: the sides took turns.
 */
bool exchange_is_snapped(const struct conn *conn, const struct exchange *x)
{
    const struct flow *client = &conn->flow[conn->client];
    const struct flow *server = &conn->flow[conn_server(conn)];

    return !x->is_h2 && x->request.lost && !x->request.broken &&
           !mark_is_set(x->request.end) && !mark_is_set(x->response.start) &&
           !x->response.lost && client->lost == client->cut &&
           server->lost == server->cut && conn->turns == 2 * x->stream - 1 &&
           client->last_data.frame == x->request.start.frame &&
           (!client->mss || client->top - x->request.begin < client->mss);
}

static bool is_request_whole(const struct conn *conn, const struct exchange *x)
{
    return (mark_is_set(x->request.end) && !exchange_lacks_bytes(x)) ||
           exchange_is_snapped(conn, x);
}

/* Its whole request waited for the rest of an answer. */
bool exchange_was_waiting(const struct conn *conn, const struct exchange *x)
{
    return is_request_whole(conn, x) && !x->tunnel &&
           (!exchange_is_answered(x) || exchange_was_left(conn, x));
}

/* The server closed a connection on which nothing was outstanding. */
bool outcome_is_idle_close(const struct outcome *outcome,
                           const struct closing *closing)
{
    const struct exchange *x = outcome->unfinished;

    if (closing->by != CLOSED_BY_SERVER || closing->by_reset ||
        outcome->last_close_word != CLOSE_UNSAID || outcome->http->tunnel ||
        !mark_is_set(outcome->last_response_end) ||
        mark_is_set(outcome->http->h2.goaway[outcome->conn->client].at) ||
        outcome->complete == 0)
        return false;
    /* a request that crossed the FIN was not there when it was decided */
    return !x || (closing->acks != CONN_NO_OFFSET &&
                  closing->acks <= x->request.begin);
}

/* The connection's last answer, or the last stream that was reset. */
static struct mark last_active(const struct outcome *outcome)
{
    return outcome->last_reset.frame > outcome->last_response_end.frame
               ? outcome->last_reset
               : outcome->last_response_end;
}

/* Others than those that the snap length cut off. */
static bool lacks_bytes(const struct conn *conn)
{
    return conn->flow[0].lost > conn->flow[0].cut ||
           conn->flow[1].lost > conn->flow[1].cut;
}

static void end_idle(struct ending *ending, const struct outcome *outcome,
                     const struct closing *closing)
{
    struct mark said =
        outcome->http->h2.first_goaway[conn_server(outcome->conn)];
    bool by_server = outcome_is_idle_close(outcome, closing);

    /* what a tunnel's silence was is no idle time of HTTP; and where bytes are
       missing there may have been none */
    if (outcome->http->tunnel || lacks_bytes(outcome->conn))
        return;
    /* under HTTP/2 GOAWAY comes first, and the connection may be drained */
    if (by_server && mark_is_set(said))
        ending->at = said;
    ending->took = nanos_between(last_active(outcome).time, ending->at.time);
    if ((by_server || (ending->by_client && !outcome->unfinished &&
                       mark_is_set(outcome->last_response_end))) &&
        ending->took >= IDLE_LEAST)
        ending->kind = ENDING_IDLE;
}

static void end_busy(struct ending *ending, nanos floor,
                     const struct closing *closing, const struct exchange *x)
{
    ending->kind = ENDING_BUSY;
    ending->took = nanos_between(exchange_asked(x).time, closing->at.time);
    ending->begun = mark_is_set(x->response.start);
    ending->silent =
        ending->begun ? nanos_between(x->response.last.time, closing->at.time)
                      : ending->took;
    ending->gap = nanos_between(x->pause.time, x->pause_end.time);
    ending->is_cut = exchange_is_cut(floor, closing, x, ending->took);
}

const struct exchange *outcome_first_waiting(const struct outcome *outcome)
{
    const struct exchange *x = outcome->unfinished;

    while (x && !exchange_was_waiting(outcome->conn, x))
        x = x->next;
    return x;
}

/* Since when no byte of an answer has come; 0: none ever did. */
static nanos last_answered(const struct outcome *outcome)
{
    const struct exchange *x = outcome->unfinished;
    struct mark last = outcome->last_response_end;

    for (; x; x = x->next) {
        if (x->response.last.frame > last.frame)
            last = x->response.last;
    }
    return mark_is_set(last) ? last.time : 0;
}

struct ending ending_of(const struct outcome *outcome, nanos floor,
                        bool doubted)
{
    const struct conn *conn = outcome->conn;
    struct closing closing = conn_closing(conn);
    const struct exchange *x = outcome_first_waiting(outcome);
    struct ending ending = {.kind = ENDING_ROUTINE,
                            .by_client = closing.by == CLOSED_BY_CLIENT,
                            .opened = conn->first.time,
                            .at = closing.at,
                            .answered = last_answered(outcome),
                            .client =
                                endings_host(&conn->endpoint[conn->client])};

    if (conn->refused) {
        ending.kind = ENDING_REFUSED;
        ending.at = conn->first;
    } else if (closing.by == CLOSED_BY_NOBODY) {
        ending.kind = ENDING_OPEN;
        ending.at = conn->last;
    } else if (doubted) {
        ending.kind = ENDING_ROUTINE;
    } else if (x && !outcome_is_idle_close(outcome, &closing)) {
        end_busy(&ending, floor, &closing, x);
    } else {
        end_idle(&ending, outcome, &closing);
    }
    return ending;
}
