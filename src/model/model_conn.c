#include "model/model_conn.h"

#include "model/incident.h"
#include "tcp/out_of_order.h"

#include <string.h>

static void keep_software(char kept[static SOFTWARE_SIZE], struct span text)
{
    if (!text.size)
        return;
    text = span_head(text, SOFTWARE_SIZE - 1);
    memset(kept, 0, SOFTWARE_SIZE);
    memcpy(kept, text.at, text.size);
}

static void begin_response(struct exchange *x, const struct http_event *event)
{
    x->response.start = event->at;
    x->response.last = event->at;
    x->response.begin = event->offset;
    x->response.reached = event->offset;
}

static void keep_close_word(struct exchange *x, const struct http_head *head,
                            bool is_request)
{
    enum close_word said = is_request ? CLOSE_CLIENT_SAID : CLOSE_SERVER_SAID;
    enum close_word http10 =
        is_request ? CLOSE_CLIENT_HTTP10 : CLOSE_SERVER_HTTP10;

    if (x->close_word != CLOSE_UNSAID || !head->closes)
        return;
    if (head->says_close || is_request)
        x->close_word = (uint8_t)(head->is_http10 ? http10 : said);
    else
        x->close_word = CLOSE_SERVER_ENDLESS;
}

static bool is_of_grpc(const struct http_head *head)
{
    return span_starts_with(head->content_type, "application/grpc");
}

static void take_request_head(struct model_conn *state, struct exchange *x,
                              const struct http_event *event)
{
    const struct http_head *head = event->head;

    exchange_keep_names(x, head);
    x->passed_on = passed_on_of(head);
    x->request.head = event->at;
    x->request.framing = head->framing;
    x->request.expected = head->length;
    x->has_via = head->has_via;
    x->expects_continue = head->expects_continue;
    keep_close_word(x, head, true);
    x->upgrade_asked = head->upgrade.size > 0;
    x->is_grpc |= is_of_grpc(head);
    x->grpc_timeout = head->grpc_timeout;
    keep_software(state->client_software, head->software);
}

static void take_response_head(struct model_conn *state, struct exchange *x,
                               const struct http_event *event)
{
    const struct http_head *head = event->head;

    x->status = head->status;
    x->is_event_stream =
        span_starts_with(head->content_type, "text/event-stream") ||
        span_starts_with(head->content_type, "multipart/x-mixed-replace");
    x->response.head = event->at;
    x->response.framing = head->framing;
    x->response.expected = head->length;
    keep_close_word(x, head, false);
    x->says_close = head->says_close;
    keep_software(state->server_software, head->software);
    if (head->keep_alive)
        state->keep_alive = head->keep_alive;
    if (x->is_h2 && head->status / 100 == 2 &&
        (x->upgrade_asked || (x->method && strcmp(x->method, "CONNECT") == 0)))
        x->tunnel = true;
    if (is_of_grpc(head)) {
        x->is_grpc = x->answers_grpc = true;
        exchange_take_grpc(x, head);
    }
}

static void take_interim(struct exchange *x, const struct http_event *event)
{
    x->interim = event->at;
    x->response.start = (struct mark){0};
    x->response.last = (struct mark){0};
}

/* What waited for the bytes that came now had come before. */
static void note_pause(struct exchange *x, const struct flow *server,
                       struct mark until)
{
    nanos longest = nanos_between(x->pause.time, x->pause_end.time);

    if (server->held_count && out_of_order_first(server)->at.time < until.time)
        until = out_of_order_first(server)->at;

    if (!mark_is_set(x->response.last))
        return;
    if (nanos_between(x->response.last.time, until.time) > longest) {
        x->pause = x->response.last;
        x->pause_end = until;
        x->pause_resent = server->resent_before;
        x->pause_resent_at = server->resent_at;
    }
}

static void note_request_pause(struct exchange *x, struct mark until)
{
    nanos pause = nanos_between(x->request.last.time, until.time);

    if (pause > x->request_pause)
        x->request_pause = pause;
}

static void take_bytes(struct message *message, const struct http_event *event)
{
    message->bytes += event->size;
    message->body += event->body;
    if (event->messages)
        message->messages = event->messages;
    message->last = event->at;
    message->reached = event->offset;
}

void model_take_skipped(struct message *message, const struct http_event *event)
{
    message->bytes += event->size;
    message->body += event->size;
    message->last = event->at;
    message->reached = event->offset;
}

/*
 * An exchange whose answer was lost is passed by when the next one's comes,
 * and so were those before it. One that could not be read had its answer.
 */
static void pass_by(const struct exchange *answered)
{
    struct exchange *x = answered->is_h2 ? NULL : answered->before;

    for (; x && !mark_is_set(x->response.end) && !x->response.lost &&
           !x->response.broken;
         x = x->before)
        x->response.lost = true;
}

void model_take_request(struct model_conn *state, struct exchange *x,
                        const struct http_event *event)
{
    switch (event->kind) {
    case HTTP_REQUEST_HEAD:
        take_request_head(state, x, event);
        break;
    case HTTP_REQUEST_BYTES:
        note_request_pause(x, event->at);
        take_bytes(&x->request, event);
        break;
    case HTTP_REQUEST_END:
        x->request.end = event->at;
        x->request.reached = event->offset;
        break;
    default:
        break;
    }
}

/* RFC 9112, 9.8: what only the close ends is complete only behind
 * close_notify; who has left does not miss it. */
static bool has_bare_end(const struct conn *conn, const struct exchange *x)
{
    const struct tls_facts *tls = tls_facts_of(conn);

    return tls && x->response.framing == FRAMING_CLOSE && !x->tunnel &&
           conn_closing(conn).by == CLOSED_BY_SERVER &&
           tls_is_bare_close(conn, tls, conn_server(conn));
}

void model_take_response(struct model_conn *state, const struct conn *conn,
                         struct exchange *x, const struct http_event *event)
{
    switch (event->kind) {
    case HTTP_RESPONSE_START:
        begin_response(x, event);
        break;
    case HTTP_INTERIM:
        take_interim(x, event);
        break;
    case HTTP_RESPONSE_HEAD:
        pass_by(x);
        take_response_head(state, x, event);
        break;
    case HTTP_RESPONSE_BYTES:
        note_pause(x, &conn->flow[conn_server(conn)], event->at);
        take_bytes(&x->response, event);
        break;
    case HTTP_RESPONSE_END:
        x->response.end = event->at;
        x->bare_end = has_bare_end(conn, x);
        x->windows_lost = event->windows_lost;
        x->response.reached = event->offset;
        /* whether its client refuses it comes behind that */
        x->behind |= exchange_is_long(x) || exchange_is_short(x);
        /* and whether a 408 was meant for it is told by the FIN */
        x->behind |= x->status == 408;
        x->client_had_closed = mark_is_set(conn->flow[conn->client].fin);
        /* of a tunnel it is the tunnel that closes */
        if (x->says_close && !x->tunnel && !mark_is_set(state->said_close)) {
            state->said_close = x->response.head;
            state->said_close_by = x->number;
        }
        break;
    case HTTP_TRAILER:
        exchange_take_grpc(x, event->head);
        break;
    case HTTP_TUNNEL:
        x->tunnel = true;
        if (state->said_close_by == x->number)
            state->said_close = (struct mark){0};
        break;
    default:
        break;
    }
}
