#include "http/http.h"

#include "base/arena.h"
#include "http/fcgi_record.h"
#include "http/head.h"
#include "http/proxied.h"
#include "http/readers.h"

#include <stdlib.h>

/*
 * What is kept of a connection until it is known what it speaks: the first
 * bytes of each flow. Once it is, a reader takes over.
 */
struct http_conn {
    struct readers readers;
    uint8_t first[2][SNIFF_SIZE];
    uint8_t first_size[2];
    uint8_t sniffed[2];
    struct mark first_at[2];
    struct chunk start[2]; /* where the first bytes were; no bytes in it */
    bool missed[2];        /* bytes before the first ones are not known */
    struct proxied proxied[2];
    struct endpoint origin;
    bool other; /* decided: none of them */
};

struct http {
    struct http_sink sink;
    struct http_options options;
    uint64_t broken;
    struct head *spare; /* see head_take */
};

struct http *http_new(const struct http_options *options,
                      const struct http_sink *sink)
{
    struct http *http = must_calloc(1, sizeof *http);

    http->options = *options;
    http->sink = *sink;
    return http;
}

void http_free(struct http *http)
{
    head_free(http->spare);
    free(http);
}

uint64_t http_broken(const struct http *http)
{
    return http->broken;
}

static struct http_conn *state_of(struct conn *conn)
{
    struct http_conn *state = conn->http;

    if (!state) {
        state = must_calloc(1, sizeof *state);
        state->missed[0] = !mark_is_set(conn->flow[0].syn);
        state->missed[1] = !mark_is_set(conn->flow[1].syn);
        conn->http = state;
    }
    return state;
}

static bool is_forced(const struct http *http, const struct conn *conn)
{
    for (size_t i = 0; i < http->options.ports; i++) {
        if (http->options.port[i] == conn->endpoint[conn_server(conn)].port)
            return true;
    }
    return false;
}

static void start_h1(struct http *http, struct conn *conn)
{
    struct http_conn *state = conn->http;

    state->readers.h1 = h1_new(&http->sink, conn, conn->client, &http->spare);
    h1_count_on(state->readers.h1, state->readers.before);
    for (unsigned side = 0; side < 2; side++) {
        if (state->missed[side] && state->sniffed[side] != SNIFFED_REQUEST &&
            state->sniffed[side] != SNIFFED_RESPONSE)
            h1_lose(state->readers.h1, side);
    }
}

static bool start_fcgi(struct http *http, struct conn *conn, unsigned client)
{
    struct http_conn *state = conn->http;

    conn_set_client(conn, client);
    state->readers.fcgi = fcgi_new(&http->sink, conn, client, &http->spare);
    if (state->missed[1 - client])
        fcgi_lose(state->readers.fcgi, 1 - client);
    return true;
}

/* The first bytes were held back while they could not be told. */
static void hand_over_first(struct http *http, struct conn *conn, unsigned side)
{
    struct http_conn *state = conn->http;
    struct chunk chunk = state->start[side];

    chunk.bytes = (struct span){state->first[side], state->first_size[side]};
    if (chunk.bytes.size)
        readers_data(&state->readers, &http->sink, conn, side, &chunk);
}

static bool start_h2(struct http *http, struct conn *conn, unsigned client,
                     enum h2_start start)
{
    struct http_conn *state = conn->http;

    conn_set_client(conn, client);
    state->readers.h2 = h2_new(&http->sink, conn, client, start);
    return true;
}

/* Frames that come from the midst of a connection do not tell who is who. */
static bool join_h2(struct http *http, struct conn *conn, unsigned side)
{
    start_h2(http, conn, conn->client, H2_JOINED);
    h2_begin_frames(((struct http_conn *)conn->http)->readers.h2, side);
    return true;
}

/* Does what one flow begins with tell who must read the connection? */
static bool start_reader(struct http *http, struct conn *conn, unsigned side,
                         const struct chunk *chunk)
{
    const struct http_conn *state = conn->http;
    enum sniffed mine = state->sniffed[side];

    /* TLS asked, HTTP/1 answered: a mismatch, and nobody reads it */
    if (state->other)
        return false;
    if (mine == SNIFFED_FASTCGI)
        return start_fcgi(http, conn, side);
    if (mine == SNIFFED_H2_PREFACE)
        return start_h2(http, conn, side, H2_PREFACE);
    if (mine == SNIFFED_H2_FRAMES)
        return state->missed[side] ? join_h2(http, conn, side)
                                   : start_h2(http, conn, 1 - side, H2_PREFACE);
    if (mine == SNIFFED_OTHER && state->missed[side] &&
        h2_looks_like_frames(chunk->bytes))
        return join_h2(http, conn, side);
    if (mine == SNIFFED_REQUEST || mine == SNIFFED_RESPONSE)
        conn_set_client(conn, mine == SNIFFED_REQUEST ? side : 1 - side);
    else if (!is_forced(http, conn))
        return false;
    start_h1(http, conn);
    return true;
}

/* Adds the chunk's beginning to the flow's first bytes. */
static void keep_first(struct http_conn *state, unsigned side,
                       const struct chunk *chunk)
{
    size_t have = state->first_size[side];
    struct span piece = span_head(chunk->bytes, SNIFF_SIZE - have);

    if (have == 0) {
        state->start[side] = *chunk;
        state->start[side].bytes = (struct span){0};
        state->first_at[side] = chunk->at;
    }
    if (piece.size)
        memcpy(state->first[side] + have, piece.at, piece.size);
    state->first_size[side] = (uint8_t)(have + piece.size);
}

/*
 * Where a flow was joined midway its first bytes tell nothing; each segment
 * may be the one that begins a message.
 */
static bool may_sniff_again(const struct http_conn *state, unsigned side)
{
    return state->missed[side] && state->sniffed[side] == SNIFFED_OTHER;
}

static void sniff_chunk(struct http *http, struct conn *conn, unsigned side,
                        const struct chunk *chunk)
{
    struct http_conn *state = conn->http;
    size_t before = state->first_size[side];
    struct chunk rest = *chunk;

    if (may_sniff_again(state, side)) {
        state->first_size[side] = 0;
        before = 0;
    }
    keep_first(state, side, chunk);
    state->sniffed[side] = (uint8_t)sniff(
        (struct span){state->first[side], state->first_size[side]});
    if (state->sniffed[side] == SNIFFED_MORE &&
        state->first_size[side] == SNIFF_SIZE)
        state->sniffed[side] = SNIFFED_OTHER;
    if (state->sniffed[side] == SNIFFED_MORE)
        return;
    if (!start_reader(http, conn, side, chunk)) {
        state->other |= !may_sniff_again(state, side);
        return;
    }
    hand_over_first(http, conn, 1 - side);
    hand_over_first(http, conn, side);
    rest.bytes = span_skip(chunk->bytes, state->first_size[side] - before);
    rest.offset += state->first_size[side] - before;
    if (rest.bytes.size)
        readers_data(&state->readers, &http->sink, conn, side, &rest);
}

/* What the other side begins with is still wanted once a reader is at work. */
static void sniff_along(struct http_conn *state, unsigned side,
                        const struct chunk *chunk)
{
    if (state->first_size[side] < SNIFF_SIZE)
        keep_first(state, side, chunk);
    if (state->sniffed[side] == SNIFFED_MORE)
        state->sniffed[side] = (uint8_t)sniff(
            (struct span){state->first[side], state->first_size[side]});
    if (state->readers.fcgi && state->sniffed[side] == SNIFFED_OTHER &&
        fcgi_is_record(
            (struct span){state->first[side], state->first_size[side]}))
        state->sniffed[side] = SNIFFED_FASTCGI;
}

/* What a tunnel carries is read as if the connection began with it. */
static void begin_anew(struct http_conn *state)
{
    for (unsigned side = 0; side < 2; side++) {
        state->first_size[side] = 0;
        state->sniffed[side] = SNIFFED_MORE;
        state->missed[side] = false;
    }
}

static void take_bytes(struct http *http, struct conn *conn, unsigned side,
                       const struct chunk *chunk)
{
    struct http_conn *state = conn->http;

    if (readers_enter_tunnel(&state->readers, side, chunk))
        begin_anew(state);
    if (readers_any(&state->readers)) {
        sniff_along(state, side, chunk);
        readers_data(&state->readers, &http->sink, conn, side, chunk);
    } else if (state->sniffed[side] == SNIFFED_MORE ||
               may_sniff_again(state, side))
        sniff_chunk(http, conn, side, chunk);
    else
        sniff_along(state, side, chunk);
}

/* What a proxy says of its client comes before all, and is no HTTP. */
static void take_data(void *context, struct conn *conn, unsigned side,
                      const struct chunk *chunk)
{
    struct http_conn *state = state_of(conn);
    struct proxied *proxied = &state->proxied[side];
    struct chunk read[PROXIED_CHUNKS];
    size_t count;

    proxied->done |= state->missed[side];
    count = proxied_take(proxied, chunk, &state->origin, read);
    for (size_t i = 0; i < count; i++)
        take_bytes(context, conn, side, &read[i]);
    if (count > 0)
        proxied_release(proxied);
}

/* No header will come any more: what was held for it is read as it is. */
static void end_proxied(struct http *http, struct conn *conn, unsigned side)
{
    struct http_conn *state = conn->http;
    struct chunk held;

    if (proxied_end(&state->proxied[side], &held))
        take_bytes(http, conn, side, &held);
    proxied_release(&state->proxied[side]);
}

static void take_gap(void *context, struct conn *conn, unsigned side,
                     const struct chunk *gap)
{
    struct http_conn *state = state_of(conn);

    end_proxied(context, conn, side);
    if (readers_any(&state->readers)) {
        readers_gap(&state->readers, side, gap);
    } else if (state->sniffed[side] == SNIFFED_MORE) {
        state->missed[side] = true;
        state->sniffed[side] = SNIFFED_OTHER;
    }
}

static void take_end(void *context, struct conn *conn, unsigned side,
                     struct mark at)
{
    struct http_conn *state = conn->http;

    if (state)
        end_proxied(context, conn, side);
    if (state && state->readers.h1 && !state->readers.h2)
        h1_end(state->readers.h1, side, at);
}

static void take_acked(void *context, struct conn *conn, unsigned side)
{
    struct http *http = context;
    struct http_conn *state = conn->http;

    if (state && readers_any(&state->readers))
        http->sink.acked(http->sink.context, conn, side);
}

struct http_facts http_facts_of(const struct conn *conn)
{
    const struct http_conn *state = conn->http;
    struct http_facts facts = {0};

    if (!state)
        return facts;
    facts.protocol = http_protocol_of(state->sniffed, conn->client);
    facts.origin = state->origin;
    for (unsigned side = 0; side < 2; side++) {
        uint8_t size = state->first_size[side];

        facts.first[side] = state->sniffed[side];
        facts.first_at[side] = state->first_at[side];
        facts.first_size[side] =
            size < HTTP_FIRST_KEPT ? size : HTTP_FIRST_KEPT;
        memcpy(facts.first_byte[side], state->first[side],
               facts.first_size[side]);
    }
    readers_tell(&state->readers, &facts);
    return facts;
}

/* The same, and the streams of HTTP/2 are told their windows. */
static struct http_facts close_and_tell(struct conn *conn)
{
    const struct http_conn *state = conn->http;

    if (state && state->readers.h2)
        h2_close(state->readers.h2);
    return http_facts_of(conn);
}

static nanos take_look(void *context, struct conn *conn)
{
    const struct http *http = context;
    struct http_facts facts = close_and_tell(conn);

    return http->sink.look(http->sink.context, conn, &facts);
}

static void take_over(void *context, struct conn *conn, enum conn_ending ending)
{
    struct http *http = context;
    struct http_conn *state = conn->http;
    struct http_facts facts = close_and_tell(conn);

    http->broken += facts.broken;
    http->sink.over(http->sink.context, conn, ending, &facts);
    if (state) {
        readers_release(&state->readers);
        proxied_release(&state->proxied[0]);
        proxied_release(&state->proxied[1]);
    }
    free(state);
    conn->http = NULL;
}

struct tcp_sink http_tcp_sink(struct http *http)
{
    return (struct tcp_sink){
        .context = http,
        .data = take_data,
        .gap = take_gap,
        .end = take_end,
        .acked = take_acked,
        .over = take_over,
        .look = take_look,
    };
}
