#include "model/model.h"

#include "base/arena.h"
#include "model/model_conn.h"
#include "model/opaque.h"

#include <assert.h>
#include <stdlib.h>

/* Requests that may wait on one connection; more are counted, not kept. */
enum {
    WAITING_MAX = 1024
};

struct model {
    struct model_sink sink;
};

struct model *model_new(const struct model_sink *sink)
{
    struct model *model = must_calloc(1, sizeof *model);

    model->sink = *sink;
    return model;
}

void model_free(struct model *model)
{
    free(model);
}

static struct model_conn *state_of(struct conn *conn)
{
    if (!conn->model)
        conn->model = must_calloc(1, sizeof(struct model_conn));
    return conn->model;
}

/* Only a close ends its body, as it is read here: what comes is its. */
static bool is_endless(const struct exchange *x)
{
    return x && mark_is_set(x->response.head) &&
           !mark_is_set(x->response.end) && !x->is_h2 &&
           x->response.framing == FRAMING_CLOSE;
}

static void begin_request(const struct model *model, struct model_conn *state,
                          const struct conn *conn,
                          const struct http_event *event)
{
    struct exchange *x;

    if (state->exchanges++ == 0 && model->sink.begun)
        model->sink.begun(model->sink.context, conn);
    if (state->waiting.count >= WAITING_MAX) {
        state->crowded_out++;
        return;
    }
    x = exchange_new(event->stream);
    x->number = state->exchanges;
    x->request.start = event->at;
    x->request.last = event->at;
    x->request.begin = event->offset;
    x->request.reached = event->offset;
    x->server_top = conn->flow[conn_server(conn)].next -
                    conn->flow[conn_server(conn)].aside;
    x->behind_another = state->waiting.first != NULL;
    x->behind_endless =
        state->waiting.last && (is_endless(state->waiting.last) ||
                                state->waiting.last->behind_endless);
    if (!state->waiting.first)
        x->idle_since = state->last_response_end;
    x->is_h2 = event->slot != NULL;
    x->is_fastcgi = event->is_fastcgi;
    if (event->slot)
        *event->slot = x;
    waiting_append(&state->waiting, x);
}

/* From when on episodes may explain an exchange that has not ended. */
static nanos forget_until(const struct model_conn *state,
                          const struct exchange *x)
{
    const struct exchange *oldest = state->waiting.first;
    nanos until =
        mark_is_set(x->settled) ? x->settled.time : x->response.end.time;

    return oldest && oldest->request.start.time < until
               ? oldest->request.start.time
               : until;
}

static struct outcome outcome_of(struct conn *conn, enum conn_ending ending,
                                 const struct http_facts *facts)
{
    static const struct model_conn none;
    const struct model_conn *known = conn->model ? conn->model : &none;

    return (struct outcome){
        .conn = conn,
        .ending = ending,
        .http = facts,
        .unfinished = known->waiting.first,
        .exchanges = known->exchanges,
        .crowded_out = known->crowded_out,
        .complete = known->complete,
        .last_response_end = known->last_response_end,
        .last_reset = known->last_reset,
        .said_close = known->said_close,
        .said_close_by = known->said_close_by,
        .said_408 = known->said_408,
        .server_software = known->server_software,
        .client_software = known->client_software,
        .keep_alive = known->keep_alive,
        .orphans = known->orphans,
        .last_close_word = known->last_close_word,
        .bare_end = known->bare_end,
    };
}

/* What came behind the exchange that was told last is known by now. */
static void forget_told(struct model *model, struct conn *conn,
                        struct model_conn *state)
{
    if (state->told && state->told->behind) {
        struct http_facts facts = http_facts_of(conn);
        struct outcome outcome = outcome_of(conn, CONN_STILL_OPEN, &facts);

        model->sink.late(model->sink.context, &outcome, state->told);
    }
    exchange_free(state->told);
    state->told = NULL;
}

static void tell_complete(struct model *model, struct conn *conn,
                          struct model_conn *state, struct exchange *x)
{
    waiting_remove(&state->waiting, x);
    state->complete++;
    state->last_response_end = x->response.end;
    state->last_close_word = (enum close_word)x->close_word;
    state->bare_end |= x->bare_end;
    model->sink.complete(model->sink.context, conn, x);
    conn_forget_episodes(conn, forget_until(state, x));
    forget_told(model, conn, state);
    state->told = x;
}

/* A stream was reset: its exchange is over, the connection is not. */
static void tell_ended(struct model *model, struct conn *conn,
                       struct model_conn *state, struct exchange *x)
{
    waiting_remove(&state->waiting, x);
    state->last_reset = x->h2->reset;
    model->sink.ended(model->sink.context, conn, x);
    exchange_free(x);
}

/* One whose client closed before its answer waits: did it take the answer? */
static void tell_those_complete(struct model *model, struct conn *conn,
                                struct model_conn *state)
{
    struct exchange *next;

    for (struct exchange *x = state->waiting.whole; x; x = next) {
        next = x->next_whole;
        if (!x->client_had_closed)
            tell_complete(model, conn, state, x);
        else if (mark_is_set(x->settled))
            waiting_put_off(&state->waiting, x);
    }
}

/*
 * An exchange is told when its answer is not only sent but acknowledged: seen
 * at the server, what comes between is the network's. Before that only a
 * further request tells that it has arrived.
 */
static void take_acked(void *context, struct conn *conn, unsigned side)
{
    struct model *model = context;
    struct model_conn *state = conn->model;

    if (!state || side == conn->client)
        return;
    for (struct exchange *x = state->waiting.whole; x; x = x->next_whole) {
        if (!mark_is_set(x->settled))
            x->settled = conn->flow[side].acked_all;
    }
    tell_those_complete(model, conn, state);
}

/*
 * Bytes are missing in a flow. Whatever is unfinished there may have come to
 * its end in them, and so may whole messages that nobody saw begin.
 */
static void take_lost(struct model_conn *state, unsigned client,
                      const struct http_event *event)
{
    bool is_request = event->side == client;
    bool broken = event->kind == HTTP_BROKEN;

    if (event->slot) {
        struct exchange *x = *event->slot;

        if (x)
            x->request.lost = true;
        return;
    }
    /* newest first: where one was told of such before, all older ones were */
    for (struct exchange *x = state->waiting.last; x; x = x->before) {
        struct message *message = is_request ? &x->request : &x->response;

        if (mark_is_set(message->end)) {
            if (!x->is_h2)
                break;
            continue;
        }
        if (broken ? message->broken : message->lost)
            break;
        if (broken)
            message->broken = true;
        else
            message->lost = true;
    }
}

/* What comes behind an exchange may come when that has been told. */
static struct exchange *find_late(struct model_conn *state, uint64_t stream)
{
    struct exchange *x = waiting_find(&state->waiting, stream);

    return !x && state->told && state->told->stream == stream ? state->told : x;
}

/* Only a client's says something: it may refuse what it got. */
static void take_late_reset(struct model_conn *state, unsigned client,
                            const struct http_event *event)
{
    struct exchange *x = find_late(state, event->stream);

    if (x && x->is_h2 && event->side == client && exchange_is_complete(x))
        exchange_take_late_reset(x, event, client);
}

static void take_fault(struct model_conn *state, unsigned client,
                       const struct http_event *event)
{
    struct exchange *x = find_late(state, event->stream);

    if (!x)
        return;
    exchange_take_fault(x,
                        event->side == client ? MESSAGE_REQUEST
                                              : MESSAGE_RESPONSE,
                        event->fault);
    x->behind = true;
    x->before_next = x == state->told && state->waiting.first;
}

/* From its 101 on the request of HTTP/1 is HTTP/2's stream 1. */
static void take_upgrade(struct model_conn *state,
                         const struct http_event *event)
{
    struct exchange *x = waiting_find(&state->waiting, event->code);

    if (!x)
        return;
    x->is_h2 = true;
    x->upgrade_asked =
        false; /* and granted: what HTTP/2 answers is no tunnel */
    x->stream = event->stream;
    *event->slot = x;
}

static struct exchange *exchange_of(struct model_conn *state,
                                    const struct http_event *event)
{
    if (event->slot && *event->slot)
        return *event->slot;
    /* an HTTP/2 stream without one is not followed */
    if (event->slot)
        return NULL;
    return waiting_find(&state->waiting, event->stream);
}

/* An answer whose request the capture does not have; or a 408 that a server
 * says unasked, when it closes (RFC 9110, 15.5.9). */
static void take_orphan(struct model_conn *state, const struct conn *conn,
                        const struct http_event *event)
{
    bool all_seen = conn_start_seen(conn) && conn->flow[conn->client].lost == 0;

    if (event->kind == HTTP_RESPONSE_HEAD)
        state->orphan_status = event->head->status;
    if (event->kind != HTTP_RESPONSE_END)
        return;
    if (state->orphan_status == 408 && all_seen)
        state->said_408 = event->at;
    else
        state->orphans++;
}

static void take_event(void *context, struct conn *conn,
                       const struct http_event *event)
{
    struct model *model = context;
    struct model_conn *state = state_of(conn);
    struct exchange *x;

    if (event->kind == HTTP_REQUEST_START) {
        if (state->waiting.first && exchange_is_complete(state->waiting.first))
            tell_those_complete(model, conn, state);
        begin_request(model, state, conn, event);
        return;
    }
    if (event->kind == HTTP_LOST || event->kind == HTTP_BROKEN) {
        take_lost(state, conn->client, event);
        return;
    }
    if (event->kind == HTTP_FAULT) {
        take_fault(state, conn->client, event);
        return;
    }
    if (event->kind == HTTP_LATE_RESET) {
        take_late_reset(state, conn->client, event);
        return;
    }
    if (event->kind == HTTP_UPGRADED) {
        take_upgrade(state, event);
        return;
    }
    x = exchange_of(state, event);
    if (x && event->windows)
        exchange_take_windows(x, event, conn->client);
    if (x && event->kind == HTTP_RESET) {
        tell_ended(model, conn, state, x);
        return;
    }
    if (!x) {
        if (event->stream == 0)
            take_orphan(state, conn, event);
        return;
    }
    if (event->kind == HTTP_SKIPPED)
        model_take_skipped(
            event->side == conn->client ? &x->request : &x->response, event);
    else if (event->kind <= HTTP_REQUEST_END)
        model_take_request(state, x, event);
    else
        model_take_response(state, conn, x, event);
    if (event->kind == HTTP_REQUEST_HEAD && model->sink.asked)
        model->sink.asked(model->sink.context, conn, x);
    if (exchange_is_complete(x))
        waiting_is_whole(&state->waiting, x);
}

static nanos take_look(void *context, struct conn *conn,
                       const struct http_facts *facts)
{
    struct model *model = context;
    struct outcome outcome =
        outcome_of(conn, mark_is_set(conn->over) ? CONN_ENDED : CONN_STILL_OPEN,
                   facts);

    return model->sink.look(model->sink.context, &outcome);
}

static void take_over(void *context, struct conn *conn, enum conn_ending ending,
                      const struct http_facts *facts)
{
    struct model *model = context;
    struct model_conn *state = conn->model;
    struct exchange *opaque = model_opaque(conn, facts);
    struct outcome outcome;

    if (state)
        tell_those_complete(model, conn, state);
    outcome = outcome_of(conn, ending, facts);
    outcome.opaque = opaque;
    if (state && state->told)
        model->sink.late(model->sink.context, &outcome, state->told);
    model->sink.over(model->sink.context, &outcome);
    exchange_free(opaque);
    if (state) {
        waiting_release(&state->waiting);
        exchange_free(state->told);
    }
    free(state);
    conn->model = NULL;
}

struct http_sink model_http_sink(struct model *model)
{
    return (struct http_sink){.context = model,
                              .event = take_event,
                              .acked = take_acked,
                              .over = take_over,
                              .look = take_look};
}
