#include "tls/reading.h"

#include "base/arena.h"
#include "tls/epochs.h"

#include <openssl/crypto.h>
#include <stdlib.h>

enum {
    ALERT_FATAL = 2
};

struct tls_reading *reading_new(struct tls_shared *shared, struct conn *conn,
                                struct tls_watch *watch, unsigned client)
{
    struct tls_reading *reading = must_calloc(1, sizeof *reading);

    reading->shared = shared;
    reading->conn = conn;
    reading->watch = watch;
    reading->client = (uint8_t)client;
    reading->beginning = must_calloc(2, sizeof *reading->beginning);
    return reading;
}

static void free_beginning(struct tls_reading *reading)
{
    if (!reading->beginning)
        return;
    beginning_release(&reading->beginning[0]);
    beginning_release(&reading->beginning[1]);
    free(reading->beginning);
    reading->beginning = NULL;
}

void reading_free(struct tls_reading *reading)
{
    if (!reading)
        return;
    renewal_free(reading->renewal);
    held_chunks_release(&reading->early);
    for (unsigned side = 0; side < 2; side++)
        tls_direction_release(&reading->direction[side]);
    free_beginning(reading);
    OPENSSL_clear_free(reading, sizeof *reading);
}

/* The side that is read, for the calls back of a reader. */
struct now {
    struct tls_reading *state;
    unsigned side;
    struct tls_reader reader;
};

static void replay_early(struct tls_reading *reading);

static void set_unopened(struct tls_reading *state, enum tls_unopened why)
{
    state->watch->facts.unopened = (uint8_t)why;
}

static bool find_secrets(struct tls_reading *state)
{
    const struct tls_secrets *found;

    if (!state->beginning[0].hello || !state->beginning[1].hello)
        return false;
    set_unopened(state, TLS_NO_SUITE);
    if (!state->ring.session.suite)
        return false;
    found = keylog_find(state->shared->keylog, state->ring.session.random[0]);
    set_unopened(state, keylog_may_help(state->shared->keylog)
                            ? TLS_NO_KEY
                            : TLS_NO_SECRETS);
    if (!found)
        return false;
    set_unopened(state, TLS_OPENS);
    state->ring.keylog = state->shared->keylog;
    state->ring.place = keylog_place(state->shared->keylog, found);
    state->shared->opened++;
    state->opens = true;
    free_beginning(state);
    return true;
}

/* A later ChangeCipherSpec, behind other hellos. */
static bool change_again(struct now *now)
{
    struct tls_reading *state = now->state;
    const struct tls_ring *ring =
        state->renewal ? renewal_ring(state->renewal, state->shared->keylog)
                       : NULL;

    if (!ring)
        return false;
    now->reader.ring = ring;
    if (!epochs_change_cipher(&now->reader))
        return false;
    state->renewal->is_changed[now->reader.role] = true;
    if (state->renewal->is_changed[1 - now->reader.role]) {
        state->ring = *ring;
        renewal_free(state->renewal);
        state->renewal = NULL;
    }
    now->reader.ring = &state->ring;
    return true;
}

static bool take_clear(void *context, struct span record)
{
    struct now *now = context;
    struct tls_reading *state = now->state;
    struct span fragment = span_skip(record, TLS_HEADER_SIZE);

    conn_add_aside(state->conn, now->side, record.size);
    /* a second hello of the client's, behind a first that was enough */
    if (record.at[0] == TLS_HANDSHAKE && !state->beginning)
        return true;
    if (record.at[0] == TLS_HANDSHAKE)
        return beginning_take(&state->beginning[now->side],
                              &state->ring.session, now->side == state->client,
                              fragment);
    if (record.at[0] != TLS_CHANGE_CIPHER_SPEC ||
        state->ring.session.version >= TLS_1_3)
        return true;
    if (!state->opens && !find_secrets(state))
        return false;
    if (now->reader.direction->epoch == TLS_EPOCH_TRAFFIC)
        return change_again(now);
    now->reader.ring = &state->ring;
    return epochs_change_cipher(&now->reader);
}

/* RFC 8446, 6: close_notify and what is fatal ends what its sender sends. */
static void take_alert(const struct now *now, const struct chunk *chunk)
{
    const struct tls_shared *tls = now->state->shared;
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

/* What the server has declined is not what the client asks for. */
static bool is_declined(const struct tls_reading *state, unsigned side)
{
    return state->direction[side].epoch == TLS_EPOCH_EARLY &&
           !state->watch->facts.takes_early;
}

static void take_messages(const struct now *now, struct span plain)
{
    struct tls_reading *state = now->state;

    if (state->ring.session.version < TLS_1_3)
        renewal_take(&state->renewal, now->reader.role, plain);
    else if (now->side != state->client && state->early.first &&
             state->watch->facts.has_extensions)
        replay_early(state);
}

/* Behind its end by an alert a side has no more to say. */
static void take_plain(void *context, uint8_t content,
                       const struct chunk *chunk, size_t record)
{
    const struct now *now = context;
    struct tls_reading *state = now->state;
    const struct tcp_sink *sink = &state->shared->sink;

    tls_watch_opened(state->watch, now->side, content, chunk, record);
    if (content == TLS_APPLICATION_DATA && chunk->bytes.size &&
        !state->ended[now->side] && !is_declined(state, now->side)) {
        sink->data(sink->context, state->conn, now->side, chunk);
        return;
    }
    conn_add_aside(state->conn, now->side, record);
    if (content == TLS_ALERT)
        take_alert(now, chunk);
    if (content == TLS_HANDSHAKE)
        take_messages(now, chunk->bytes);
}

static void take_lost(void *context, const struct chunk *gap)
{
    const struct now *now = context;
    struct tls_reading *state = now->state;
    const struct tcp_sink *sink = &state->shared->sink;

    state->shared->failed++;
    if (state->direction[now->side].dead)
        set_unopened(state, TLS_BAD_RECORD);
    if (!state->ended[now->side])
        sink->gap(sink->context, state->conn, now->side, gap);
}

/* The reader calls back with `now`, which must stay where it is. */
static void set_now(struct now *now, struct tls_reading *state, unsigned side)
{
    *now = (struct now){
        .state = state,
        .side = side,
        .reader = {.direction = &state->direction[side],
                   .ring = state->opens ? &state->ring : NULL,
                   .role = side != state->client,
                   .scratch = state->shared->scratch,
                   .contexts = state->shared->contexts,
                   .clear = take_clear,
                   .plain = take_plain,
                   .gap = take_lost,
                   .context = now}
    };
}

static void take_records(struct tls_reading *reading, unsigned side,
                         struct chunk *chunk)
{
    struct now now;

    set_now(&now, reading, side);
    if (tls_direction_take(&now.reader, chunk))
        return;
    reading->direction[side].dead = true;
    set_unopened(reading, TLS_BAD_RECORD);
    (void)tls_direction_take(&now.reader, chunk);
}

static void replay_early(struct tls_reading *reading)
{
    struct held_chunk *one;

    while ((one = held_chunks_take(&reading->early))) {
        struct chunk chunk = *held_chunk_of(one);

        take_records(reading, reading->client, &chunk);
        held_chunk_free(one);
    }
}

/* Whether its server takes what the client sends with its hello is not known
 * yet. */
static bool is_early(const struct tls_reading *reading, unsigned side)
{
    return side == reading->client &&
           (!reading->beginning || reading->beginning[side].hello) &&
           reading->watch->facts.offers_early &&
           !reading->watch->facts.has_extensions;
}

/* There is no room for more, or a hole: no more of the side is opened. */
static void give_up_early(struct tls_reading *reading)
{
    reading->direction[reading->client].dead = true;
    set_unopened(reading, TLS_BAD_RECORD);
    replay_early(reading);
}

bool reading_take(struct tls_reading *reading, unsigned side,
                  const struct chunk *chunk)
{
    struct chunk rest = *chunk;
    struct now now;

    if (is_early(reading, side) && (reading->early.first || reading->opens)) {
        if (!held_chunks_put(&reading->early, chunk)) {
            if (!reading->opens)
                return false;
            give_up_early(reading);
            take_records(reading, side, &rest);
        }
        return true;
    }
    set_now(&now, reading, side);
    if (!reading->opens)
        beginning_keep(&reading->beginning[side], chunk);
    if (tls_direction_take(&now.reader, &rest))
        return true;
    if (!reading->opens && is_early(reading, side))
        return held_chunks_put(&reading->early, &rest);
    /* it is no TLS, or the keys are wanted from here on */
    if (!reading->opens && find_secrets(reading)) {
        now.reader.ring = &reading->ring;
        if (tls_direction_take(&now.reader, &rest))
            return true;
    }
    if (!reading->opens)
        return false;
    take_records(reading, side, &rest);
    return true;
}

bool reading_gap(struct tls_reading *reading, unsigned side,
                 const struct chunk *gap)
{
    struct now now;

    if (!reading->opens && !find_secrets(reading))
        return false;
    if (side == reading->client && reading->early.first)
        give_up_early(reading);
    set_now(&now, reading, side);
    tls_direction_gap(&now.reader, gap);
    return true;
}

void reading_end(struct tls_reading *reading, unsigned side, struct mark at)
{
    const struct conn *conn = reading->conn;
    struct now now;

    if (side == reading->client && reading->early.first)
        give_up_early(reading);
    set_now(&now, reading, side);
    /* nothing is found any more behind a hole */
    tls_direction_end(&now.reader,
                      &(struct chunk){.at = at,
                                      .offset = conn->flow[side].next,
                                      .ack = CONN_NO_OFFSET});
}
