#include "tls/tls.h"

#include "base/arena.h"
#include "tls/prelude.h"
#include "tls/reading.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* A connection that begins with a ClientHello, or may yet come to one. */
struct tls_conn {
    struct prelude prelude; /* before it */
    bool begun;
    struct tls_watch watch;
    struct tls_reading *reading; /* owned; NULL: its records are given on */
    void *inner;                 /* the same of TLS in this TLS */
};

struct tls {
    struct tls_shared shared; /* its sink takes plaintext, */
    struct tcp_sink sink;     /* this one what is given on as it is */
    struct tls *inner; /* owned; what TLS carries may be TLS; NULL: it is what
                          is inside */
};

/* In the place of a state: whatever it is, it is given on as it comes. */
static char passes;

static struct tls *stage_new(struct keylog *keylog, const struct tcp_sink *sink,
                             struct tls_contexts *contexts)
{
    struct tls *tls = must_calloc(1, sizeof *tls);

    tls->shared.keylog = keylog;
    tls->shared.sink = *sink;
    tls->shared.contexts = contexts;
    tls->sink = *sink;
    return tls;
}

static void stage_free(struct tls *tls)
{
    OPENSSL_cleanse(tls->shared.scratch, sizeof tls->shared.scratch);
    free(tls);
}

struct tls *tls_new(struct keylog *keylog, const struct tcp_sink *sink)
{
    struct tls *tls = stage_new(keylog, sink, contexts_new());

    tls->inner = stage_new(keylog, sink, tls->shared.contexts);
    tls->shared.sink = tls_tcp_sink(tls->inner);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    stage_free(tls->inner);
    contexts_free(tls->shared.contexts);
    stage_free(tls);
}

struct tls_counts tls_counts(const struct tls *tls)
{
    return (struct tls_counts){
        .opened = tls->shared.opened,
        .failed = tls->shared.failed + tls->inner->shared.failed,
        .late = tls->shared.keylog ? keylog_late(tls->shared.keylog) : 0};
}

/* What is inside is known where its outside is. */
static void **place_of(const struct tls *tls, struct conn *conn)
{
    return tls->inner ? &conn->tls : &((struct tls_conn *)conn->tls)->inner;
}

static struct tls_conn *known(const struct tls *tls, struct conn *conn)
{
    void *state = *place_of(tls, conn);

    return state == &passes ? NULL : state;
}

/* NULL: it has not come to a ClientHello, or never will. */
static struct tls_conn *watched(const struct tls *tls, struct conn *conn)
{
    struct tls_conn *state = known(tls, conn);

    return state && state->begun ? state : NULL;
}

static struct tls_reading *reading(const struct tls *tls, struct conn *conn)
{
    const struct tls_conn *state = watched(tls, conn);

    return state ? state->reading : NULL;
}

const struct tls_facts *tls_facts_of(const struct conn *conn)
{
    const struct tls_conn *state = conn->tls == &passes ? NULL : conn->tls;

    return state && state->begun ? &state->watch.facts : NULL;
}

/* Who takes what ends here: it goes the way of what came before, also where no
 * more of it is opened, and what is inside has a state to be rid of. */
static const struct tcp_sink *next_of(const struct tls *tls, struct conn *conn)
{
    const struct tls_conn *state = watched(tls, conn);
    bool was_opened =
        state && (state->inner || (state->reading && state->reading->opens));

    return was_opened ? &tls->shared.sink : &tls->sink;
}

/* No more of it is opened. */
static void stop_reading(const struct tls *tls, struct conn *conn)
{
    struct tls_conn *state = watched(tls, conn);

    if (!state)
        return;
    reading_free(state->reading);
    state->reading = NULL;
}

static void release(const struct tls *tls, struct conn *conn)
{
    struct tls_conn *state = known(tls, conn);

    stop_reading(tls, conn);
    if (state)
        tls_watch_release(&state->watch);
    free(state);
    *place_of(tls, conn) = NULL;
}

/* Nothing of it is read: who comes next sees how it began. */
static void pass_on(struct tls *tls, struct conn *conn)
{
    const struct tcp_sink *sink = &tls->sink;
    struct tls_reading *state = reading(tls, conn);

    if (!state)
        return;
    for (unsigned i = 0; i < 2 && !state->opens; i++) {
        unsigned side = i ? 1u - state->client : state->client;
        struct chunk chunk = beginning_first(&state->beginning[side]);

        if (chunk.bytes.size)
            sink->data(sink->context, conn, side, &chunk);
    }
    stop_reading(tls, conn);
}

/* The chunk begins with a ClientHello. */
static void begin_tls(struct tls *tls, struct conn *conn, unsigned side)
{
    struct tls_conn *state = *place_of(tls, conn);
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
    bool first = !tls->inner ||
                 (conn_start_seen(conn) && chunk->offset == CONN_ORIGIN + 1);
    bool hello = first && tls_watch_begins(chunk);
    struct prelude prelude = {0};
    void **place = place_of(tls, conn);

    *place = &passes;
    if (!first || (!hello && !prelude_begin(&prelude, side, chunk)))
        return;
    *place = must_calloc(1, sizeof(struct tls_conn));
    known(tls, conn)->prelude = prelude;
    if (hello)
        begin_tls(tls, conn, side);
}

/* Gives on what comes before TLS, and leaves in the chunk what does not. */
static void take_prelude(struct tls *tls, struct conn *conn, unsigned side,
                         struct chunk *chunk)
{
    const struct tcp_sink *sink = &tls->sink;
    struct tls_conn *state = *place_of(tls, conn);
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
        *place_of(tls, conn) = &passes;
        break;
    default:
        break;
    }
    sink->data(sink->context, conn, side, chunk);
    chunk->bytes.size = 0;
}

/* Whose secrets it takes to read what is inside. */
static void note_inner(const struct conn *conn, const struct tls_facts *inner)
{
    struct tls_facts *facts = &((struct tls_conn *)conn->tls)->watch.facts;

    if (facts->has_inner || !mark_is_set(inner->side[inner->client].hello))
        return;
    facts->has_inner = true;
    memcpy(facts->inner_random, inner->random, sizeof facts->inner_random);
}

static void take_begun(struct tls *tls, struct conn *conn, unsigned side,
                       const struct chunk *chunk)
{
    if (watched(tls, conn))
        tls_watch_take(&watched(tls, conn)->watch, side, chunk);
    if (!tls->inner && watched(tls, conn))
        note_inner(conn, &watched(tls, conn)->watch.facts);
    if (!reading(tls, conn))
        tls->sink.data(tls->sink.context, conn, side, chunk);
    else if (!reading_take(reading(tls, conn), side, chunk))
        pass_on(tls, conn);
}

/* Of the chunk a part may come before it begins. */
static void take_beginning(struct tls *tls, struct conn *conn, unsigned side,
                           struct chunk chunk)
{
    if (!*place_of(tls, conn) && chunk.bytes.size)
        begin(tls, conn, side, &chunk);
    if (known(tls, conn) && !known(tls, conn)->begun)
        take_prelude(tls, conn, side, &chunk);
    if (chunk.bytes.size)
        take_begun(tls, conn, side, &chunk);
}

/* Apart, so that what is no TLS pays for nothing of it. */
__attribute__((noinline)) static void take_watched(struct tls *tls,
                                                   struct conn *conn,
                                                   unsigned side,
                                                   const struct chunk *chunk)
{
    if (known(tls, conn) && known(tls, conn)->begun)
        take_begun(tls, conn, side, chunk);
    else
        take_beginning(tls, conn, side, *chunk);
}

static void take_data(void *context, struct conn *conn, unsigned side,
                      const struct chunk *chunk)
{
    struct tls *tls = context;

    if (*place_of(tls, conn) == &passes)
        tls->sink.data(tls->sink.context, conn, side, chunk);
    else
        take_watched(tls, conn, side, chunk);
}

static void take_gap(void *context, struct conn *conn, unsigned side,
                     const struct chunk *gap)
{
    struct tls *tls = context;
    struct tls_conn *state = known(tls, conn);

    if (state && !state->begun) {
        free(state);
        *place_of(tls, conn) = &passes;
    } else if (state) {
        tls_watch_gap(&state->watch);
    }
    if (!*place_of(tls, conn))
        *place_of(tls, conn) = &passes;
    if (reading(tls, conn) && reading_gap(reading(tls, conn), side, gap))
        return;
    pass_on(tls, conn);
    tls->sink.gap(tls->sink.context, conn, side, gap);
}

static void take_end(void *context, struct conn *conn, unsigned side,
                     struct mark at)
{
    struct tls *tls = context;
    struct tls_reading *state = reading(tls, conn);
    const struct tcp_sink *next;

    if (state && !state->opens) {
        pass_on(tls, conn);
        state = NULL;
    }
    if (state)
        reading_end(state, side, at);
    next = next_of(tls, conn);
    if (!state || !state->ended[side])
        next->end(next->context, conn, side, at);
}

static void take_acked(void *context, struct conn *conn, unsigned side)
{
    const struct tls *tls = context;

    tls->sink.acked(tls->sink.context, conn, side);
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
    struct tls_reading *state = reading(tls, conn);
    const struct tcp_sink *next;

    if (state && !state->opens)
        pass_on(tls, conn);
    state = reading(tls, conn);
    for (unsigned side = 0; state && side < 2; side++)
        reading_end(state, side, conn->last);
    if (watched(tls, conn))
        note_unread(tls, &watched(tls, conn)->watch.facts);
    next = next_of(tls, conn);
    next->over(next->context, conn, how);
    release(tls, conn);
}

static nanos take_look(void *context, struct conn *conn)
{
    const struct tls *tls = context;

    return tls->sink.look(tls->sink.context, conn);
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
        .look = tls->sink.look ? take_look : NULL,
    };
}
