#include "tls/tls.h"

#include "base/arena.h"
#include "tls/prelude.h"
#include "tls/reading.h"

#include <openssl/crypto.h>
#include <stdlib.h>

/* A connection that begins with a ClientHello, or may yet come to one. */
struct tls_conn {
    struct prelude prelude; /* before it */
    bool begun;
    struct tls_watch watch;
    struct tls_reading *reading; /* owned; NULL: its records are given on */
};

struct tls {
    struct tls_shared shared;
};

/* In conn->tls: whatever it is, it is given on as it comes. */
static char passes;

struct tls *tls_new(struct keylog *keylog, const struct tcp_sink *sink)
{
    struct tls *tls = must_calloc(1, sizeof *tls);

    tls->shared.keylog = keylog;
    tls->shared.sink = *sink;
    tls->shared.contexts = contexts_new();
    return tls;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    contexts_free(tls->shared.contexts);
    OPENSSL_cleanse(tls->shared.scratch, sizeof tls->shared.scratch);
    free(tls);
}

struct tls_counts tls_counts(const struct tls *tls)
{
    return (struct tls_counts){.opened = tls->shared.opened,
                               .failed = tls->shared.failed,
                               .late = tls->shared.keylog
                                           ? keylog_late(tls->shared.keylog)
                                           : 0};
}

static struct tls_conn *known(const struct conn *conn)
{
    return conn->tls == &passes ? NULL : conn->tls;
}

/* NULL: it has not come to a ClientHello, or never will. */
static struct tls_conn *watched(const struct conn *conn)
{
    struct tls_conn *state = known(conn);

    return state && state->begun ? state : NULL;
}

static struct tls_reading *reading(const struct conn *conn)
{
    const struct tls_conn *state = watched(conn);

    return state ? state->reading : NULL;
}

const struct tls_facts *tls_facts_of(const struct conn *conn)
{
    const struct tls_conn *state = watched(conn);

    return state ? &state->watch.facts : NULL;
}

/* No more of it is opened. */
static void stop_reading(struct conn *conn)
{
    struct tls_conn *state = watched(conn);

    if (!state)
        return;
    reading_free(state->reading);
    state->reading = NULL;
}

static void release(struct conn *conn)
{
    struct tls_conn *state = known(conn);

    stop_reading(conn);
    if (state)
        tls_watch_release(&state->watch);
    free(state);
    conn->tls = NULL;
}

/* Nothing of it is read: who comes next sees how it began. */
static void pass_on(struct tls *tls, struct conn *conn)
{
    const struct tcp_sink *sink = &tls->shared.sink;
    struct tls_reading *state = reading(conn);

    if (!state)
        return;
    for (unsigned i = 0; i < 2 && !state->opens; i++) {
        unsigned side = i ? 1u - state->client : state->client;
        struct chunk chunk = beginning_first(&state->beginning[side]);

        if (chunk.bytes.size)
            sink->data(sink->context, conn, side, &chunk);
    }
    stop_reading(conn);
}

/* The chunk begins with a ClientHello. */
static void begin_tls(struct tls *tls, struct conn *conn, unsigned side)
{
    struct tls_conn *state = conn->tls;
    struct tls_facts *facts = &state->watch.facts;
    bool may_open = keylog_may_help(tls->shared.keylog);

    state->begun = true;
    facts->client = (uint8_t)side;
    facts->unopened = may_open ? TLS_NO_HELLO : TLS_NO_SECRETS;
    if (may_open)
        state->reading = reading_new(&tls->shared, conn, &state->watch, side);
}

/* The first bytes of a connection: only what begins with a ClientHello, or with
 * what may lead to one, is looked at any more. */
static void begin(struct tls *tls, struct conn *conn, unsigned side,
                  const struct chunk *chunk)
{
    bool first = conn_start_seen(conn) && chunk->offset == CONN_ORIGIN + 1;
    bool hello = first && tls_watch_begins(chunk);
    struct prelude prelude = {0};

    conn->tls = &passes;
    if (!first || (!hello && !prelude_begin(&prelude, side, chunk)))
        return;
    conn->tls = must_calloc(1, sizeof(struct tls_conn));
    known(conn)->prelude = prelude;
    if (hello)
        begin_tls(tls, conn, side);
}

/* Gives on what comes before TLS, and leaves in the chunk what does not. */
static void take_prelude(struct tls *tls, struct conn *conn, unsigned side,
                         struct chunk *chunk)
{
    const struct tcp_sink *sink = &tls->shared.sink;
    struct tls_conn *state = conn->tls;
    struct chunk before = *chunk;
    size_t size;

    switch (prelude_take(&state->prelude, side, chunk, &size)) {
    case PRELUDE_ENDS:
        before.bytes = span_head(chunk->bytes, size);
        if (size)
            sink->data(sink->context, conn, side, &before);
        chunk->bytes = span_skip(chunk->bytes, size);
        chunk->offset += size;
        begin_tls(tls, conn, side);
        return;
    case PRELUDE_OTHER:
        free(state);
        conn->tls = &passes;
        break;
    default:
        break;
    }
    sink->data(sink->context, conn, side, chunk);
    chunk->bytes.size = 0;
}

/* Apart, so that what is no TLS pays for nothing of it. */
__attribute__((noinline)) static void take_watched(struct tls *tls,
                                                   struct conn *conn,
                                                   unsigned side,
                                                   const struct chunk *given)
{
    struct chunk chunk = *given;

    if (!conn->tls && chunk.bytes.size)
        begin(tls, conn, side, &chunk);
    if (known(conn) && !known(conn)->begun)
        take_prelude(tls, conn, side, &chunk);
    if (!chunk.bytes.size)
        return;
    if (watched(conn))
        tls_watch_take(&watched(conn)->watch, side, &chunk);
    if (!reading(conn))
        tls->shared.sink.data(tls->shared.sink.context, conn, side, &chunk);
    else if (!reading_take(reading(conn), side, &chunk))
        pass_on(tls, conn);
}

static void take_data(void *context, struct conn *conn, unsigned side,
                      const struct chunk *chunk)
{
    struct tls *tls = context;

    if (conn->tls == &passes)
        tls->shared.sink.data(tls->shared.sink.context, conn, side, chunk);
    else
        take_watched(tls, conn, side, chunk);
}

static void take_gap(void *context, struct conn *conn, unsigned side,
                     const struct chunk *gap)
{
    struct tls *tls = context;
    struct tls_conn *state = known(conn);

    if (state && !state->begun) {
        free(state);
        conn->tls = &passes;
    } else if (state) {
        tls_watch_gap(&state->watch);
    }
    if (!conn->tls)
        conn->tls = &passes;
    if (reading(conn) && reading_gap(reading(conn), side, gap))
        return;
    pass_on(tls, conn);
    tls->shared.sink.gap(tls->shared.sink.context, conn, side, gap);
}

static void take_end(void *context, struct conn *conn, unsigned side,
                     struct mark at)
{
    struct tls *tls = context;
    struct tls_reading *state = reading(conn);

    if (state && !state->opens) {
        pass_on(tls, conn);
        state = NULL;
    }
    if (state)
        reading_end(state, side, at);
    if (!state || !state->ended[side])
        tls->shared.sink.end(tls->shared.sink.context, conn, side, at);
}

static void take_acked(void *context, struct conn *conn, unsigned side)
{
    const struct tls *tls = context;

    tls->shared.sink.acked(tls->shared.sink.context, conn, side);
}

/* When it began there were no secrets at all. */
static void note_unread(const struct tls *tls, const struct tls_facts *facts)
{
    if (tls->shared.keylog && facts->unopened == TLS_NO_SECRETS &&
        mark_is_set(facts->side[facts->client].hello))
        keylog_miss(tls->shared.keylog, facts->random);
}

static void take_over(void *context, struct conn *conn, enum conn_ending how)
{
    struct tls *tls = context;
    struct tls_reading *state = reading(conn);

    if (state && !state->opens)
        pass_on(tls, conn);
    state = reading(conn);
    for (unsigned side = 0; state && side < 2; side++)
        reading_end(state, side, conn->last);
    if (watched(conn))
        note_unread(tls, &watched(conn)->watch.facts);
    tls->shared.sink.over(tls->shared.sink.context, conn, how);
    release(conn);
}

static nanos take_look(void *context, struct conn *conn)
{
    const struct tls *tls = context;

    return tls->shared.sink.look(tls->shared.sink.context, conn);
}

struct tcp_sink tls_tcp_sink(struct tls *tls)
{
    return (struct tcp_sink){
        .context = tls,
        .data = take_data,
        .gap = take_gap,
        .end = take_end,
        .acked = take_acked,
        .over = take_over,
        .look = tls->shared.sink.look ? take_look : NULL,
    };
}
