#include "tls/tls.h"

#include "base/arena.h"
#include "tls/beginning.h"
#include "tls/epochs.h"

#include <openssl/crypto.h>
#include <stdlib.h>

enum {
    ALERT_FATAL = 2
};

/* A connection that is read, or may be. */
struct tls_reading {
    struct tls *tls;
    struct conn *conn;
    struct tls_ring ring;
    bool opens;    /* its secrets are known */
    bool ended[2]; /* by an alert, before TCP's end */
    uint8_t client;
    struct beginning beginning[2];
    struct tls_direction direction[2];
};

/* A connection that begins with a ClientHello. */
struct tls_conn {
    struct tls_watch watch;
    struct tls_reading *reading; /* owned; NULL: its records are given on */
};

struct tls {
    struct tcp_sink sink;
    struct keylog *keylog;
    struct tls_counts counts;
    uint8_t scratch[TLS_FRAGMENT_SIZE];
};

/* In conn->tls: whatever it is, it is given on as it comes. */
static char passes;

struct tls *tls_new(struct keylog *keylog, const struct tcp_sink *sink)
{
    struct tls *tls = must_calloc(1, sizeof *tls);

    tls->keylog = keylog;
    tls->sink = *sink;
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls)
        OPENSSL_cleanse(tls->scratch, sizeof tls->scratch);
    free(tls);
}

struct tls_counts tls_counts(const struct tls *tls)
{
    return tls->counts;
}

static struct tls_conn *watched(const struct conn *conn)
{
    return conn->tls == &passes ? NULL : conn->tls;
}

static struct tls_reading *reading(const struct conn *conn)
{
    const struct tls_conn *known = watched(conn);

    return known ? known->reading : NULL;
}

const struct tls_facts *tls_facts_of(const struct conn *conn)
{
    const struct tls_conn *known = watched(conn);

    return known ? &known->watch.facts : NULL;
}

/* No more of it is opened. */
static void stop_reading(struct conn *conn)
{
    struct tls_reading *state = reading(conn);

    if (state) {
        for (unsigned side = 0; side < 2; side++) {
            tls_direction_release(&state->direction[side]);
            beginning_release(&state->beginning[side]);
        }
        OPENSSL_clear_free(state, sizeof *state);
        watched(conn)->reading = NULL;
    }
}

static void release(struct conn *conn)
{
    struct tls_conn *known = watched(conn);

    stop_reading(conn);
    if (known)
        tls_watch_release(&known->watch);
    free(known);
    conn->tls = NULL;
}

/* Nothing of it is read: who comes next sees how it began. */
static void pass_on(struct tls *tls, struct conn *conn)
{
    struct tls_reading *state = reading(conn);

    if (!state)
        return;
    for (unsigned i = 0; i < 2 && !state->opens; i++) {
        unsigned side = i ? 1u - state->client : state->client;
        struct chunk chunk = beginning_first(&state->beginning[side]);

        if (chunk.bytes.size)
            tls->sink.data(tls->sink.context, conn, side, &chunk);
    }
    stop_reading(conn);
}

/* The side that is read, for the calls back of a reader. */
struct now {
    struct tls_reading *state;
    unsigned side;
    struct tls_reader reader;
};

static bool find_secrets(struct tls_reading *state)
{
    const struct tls_secrets *found;

    if (!state->beginning[0].hello || !state->beginning[1].hello)
        return false;
    if (!state->ring.session.suite) {
        state->tls->counts.no_suite++;
        return false;
    }
    found = keylog_find(state->tls->keylog, state->ring.session.random[0]);
    if (!found) {
        state->tls->counts.no_key++;
        return false;
    }
    state->ring.secrets = *found;
    state->tls->counts.opened++;
    state->opens = true;
    return true;
}

static bool take_clear(void *context, struct span record)
{
    struct now *now = context;
    struct tls_reading *state = now->state;
    struct span fragment = span_skip(record, TLS_HEADER_SIZE);

    conn_add_aside(state->conn, now->side, record.size);
    if (record.at[0] == TLS_HANDSHAKE)
        return beginning_take(&state->beginning[now->side],
                              &state->ring.session, now->side == state->client,
                              fragment);
    if (record.at[0] != TLS_CHANGE_CIPHER_SPEC ||
        state->ring.session.version >= TLS_1_3)
        return true;
    if (!state->opens && !find_secrets(state))
        return false;
    now->reader.ring = &state->ring;
    return epochs_change_cipher(&now->reader);
}

/* RFC 8446, 6: close_notify and what is fatal ends what its sender sends. */
static void take_alert(const struct now *now, const struct chunk *chunk)
{
    const struct tls *tls = now->state->tls;
    struct tls_reading *state = now->state;

    if (chunk->bytes.size < 2 ||
        (chunk->bytes.at[0] != ALERT_FATAL && chunk->bytes.at[1] != 0) ||
        state->ended[now->side])
        return;
    state->ended[now->side] = true;
    conn_set_shut(state->conn, now->side, chunk->at, chunk->ack,
                  chunk->bytes.at[1]);
    tls->sink.end(tls->sink.context, state->conn, now->side, chunk->at);
}

/* Behind its end by an alert a side has no more to say. */
static void take_plain(void *context, uint8_t content,
                       const struct chunk *chunk, size_t record)
{
    const struct now *now = context;
    struct tls_reading *state = now->state;
    const struct tcp_sink *sink = &state->tls->sink;

    if (content == TLS_APPLICATION_DATA && chunk->bytes.size &&
        !state->ended[now->side]) {
        sink->data(sink->context, state->conn, now->side, chunk);
        return;
    }
    conn_add_aside(state->conn, now->side, record);
    if (content == TLS_ALERT)
        take_alert(now, chunk);
}

static void take_lost(void *context, const struct chunk *gap)
{
    const struct now *now = context;
    struct tls_reading *state = now->state;
    const struct tcp_sink *sink = &state->tls->sink;

    state->tls->counts.failed++;
    if (!state->ended[now->side])
        sink->gap(sink->context, state->conn, now->side, gap);
}

/* The reader calls back with `now`, which must stay where it is. */
static void set_now(struct now *now, struct tls *tls, struct tls_reading *state,
                    unsigned side)
{
    *now = (struct now){
        .state = state,
        .side = side,
        .reader = {.direction = &state->direction[side],
                   .ring = state->opens ? &state->ring : NULL,
                   .role = side != state->client,
                   .scratch = tls->scratch,
                   .clear = take_clear,
                   .plain = take_plain,
                   .gap = take_lost,
                   .context = now}
    };
}

/* Only what begins with a ClientHello is watched, and can be read. */
static void begin(struct tls *tls, struct conn *conn, unsigned side,
                  const struct chunk *chunk)
{
    struct tls_conn *known;

    conn->tls = &passes;
    if (!mark_is_set(conn->flow[side].syn) ||
        chunk->offset != CONN_ORIGIN + 1 || !tls_watch_begins(chunk))
        return;
    known = must_calloc(1, sizeof *known);
    known->watch.facts.client = (uint8_t)side;
    conn->tls = known;
    if (!keylog_may_help(tls->keylog))
        return;
    known->reading = must_calloc(1, sizeof *known->reading);
    known->reading->tls = tls;
    known->reading->conn = conn;
    known->reading->client = (uint8_t)side;
}

static void take_records(struct tls *tls, struct tls_reading *state,
                         unsigned side, const struct chunk *chunk)
{
    struct chunk rest = *chunk;
    struct now now;

    set_now(&now, tls, state, side);
    if (!state->opens)
        beginning_keep(&state->beginning[side], chunk);
    if (tls_direction_take(&now.reader, &rest))
        return;
    /* it is no TLS, or the keys are wanted from here on */
    if (!state->opens && find_secrets(state)) {
        now.reader.ring = &state->ring;
        if (tls_direction_take(&now.reader, &rest))
            return;
    }
    if (!state->opens) {
        pass_on(tls, state->conn);
        return;
    }
    state->direction[side].dead = true;
    (void)tls_direction_take(&now.reader, &rest);
}

/* Apart, so that what is no TLS pays for nothing of it. */
__attribute__((noinline)) static void take_watched(struct tls *tls,
                                                   struct conn *conn,
                                                   unsigned side,
                                                   const struct chunk *chunk)
{
    if (!conn->tls && chunk->bytes.size)
        begin(tls, conn, side, chunk);
    if (watched(conn))
        tls_watch_take(&watched(conn)->watch, side, chunk);
    if (reading(conn))
        take_records(tls, reading(conn), side, chunk);
    else
        tls->sink.data(tls->sink.context, conn, side, chunk);
}

static void take_data(void *context, struct conn *conn, unsigned side,
                      const struct chunk *chunk)
{
    struct tls *tls = context;

    if (conn->tls == &passes)
        tls->sink.data(tls->sink.context, conn, side, chunk);
    else
        take_watched(tls, conn, side, chunk);
}

static void take_gap(void *context, struct conn *conn, unsigned side,
                     const struct chunk *gap)
{
    struct tls *tls = context;
    struct tls_reading *state = reading(conn);
    struct now now;

    if (watched(conn))
        tls_watch_gap(&watched(conn)->watch);
    if (state && !state->opens && !find_secrets(state)) {
        pass_on(tls, conn);
        state = NULL;
    }
    if (!state) {
        if (!conn->tls)
            conn->tls = &passes;
        tls->sink.gap(tls->sink.context, conn, side, gap);
        return;
    }
    set_now(&now, tls, state, side);
    tls_direction_gap(&now.reader, gap);
}

/* Nothing is found any more behind a hole. */
static void finish(struct tls *tls, struct tls_reading *state, unsigned side,
                   struct mark at)
{
    struct chunk end = {.at = at,
                        .offset = state->conn->flow[side].next,
                        .ack = CONN_NO_OFFSET};
    struct now now;

    set_now(&now, tls, state, side);
    tls_direction_end(&now.reader, &end);
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
        finish(tls, state, side, at);
    if (!state || !state->ended[side])
        tls->sink.end(tls->sink.context, conn, side, at);
}

static void take_acked(void *context, struct conn *conn, unsigned side)
{
    const struct tls *tls = context;

    tls->sink.acked(tls->sink.context, conn, side);
}

static void take_over(void *context, struct conn *conn, enum conn_ending how)
{
    struct tls *tls = context;
    struct tls_reading *state = reading(conn);

    if (state && !state->opens)
        pass_on(tls, conn);
    state = reading(conn);
    for (unsigned side = 0; state && side < 2; side++)
        finish(tls, state, side, conn->last);
    tls->sink.over(tls->sink.context, conn, how);
    release(conn);
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
