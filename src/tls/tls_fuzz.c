/*
 * The input is a row of pieces of one connection: a byte (bit 0: who sends,
 * bit 1: it is missing), two bytes of size, so many bytes. What the sink is
 * told has to fit together. Secrets are logged for the random of zeros, which
 * open nothing, and, where those files are, for the connections of some
 * captures: the seeds are made of these (testdata/corpus/tls). Then the same
 * without secrets.
 */
#include "base/arena.h"
#include "base/reader.h"
#include "tls/tls.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
    uint64_t reached[2];
    bool ended[2];
    bool over;
};

static void follow(struct told *told, unsigned side, const struct chunk *chunk)
{
    assert(side < 2 && !told->over && !told->ended[side]);
    assert(chunk->bytes.size > 0);
    assert(chunk->offset >= told->reached[side]);
    told->reached[side] = chunk->offset + chunk->bytes.size;
}

static void take_data(void *context, struct conn *conn, unsigned side,
                      const struct chunk *chunk)
{
    uint8_t sum = 0;

    (void)conn;
    follow(context, side, chunk);
    for (size_t i = 0; i < chunk->bytes.size; i++)
        sum ^= chunk->bytes.at[i];
    assert(sum || !sum); /* all of it can be read */
}

static void take_gap(void *context, struct conn *conn, unsigned side,
                     const struct chunk *chunk)
{
    (void)conn;
    assert(!chunk->bytes.at);
    follow(context, side, chunk);
}

static void take_end(void *context, struct conn *conn, unsigned side,
                     struct mark at)
{
    struct told *told = context;

    (void)conn;
    assert(mark_is_set(at) && !told->ended[side]);
    told->ended[side] = true;
}

static void take_acked(void *context, struct conn *conn, unsigned side)
{
    (void)context;
    (void)conn;
    (void)side;
}

static void take_over(void *context, struct conn *conn, enum conn_ending how)
{
    struct told *told = context;

    (void)conn;
    (void)how;
    assert(!told->over);
    told->over = true;
}

/* Zeros for all: the keys fit nothing, but everything is tried. */
static struct keylog *log_of_zeros(void)
{
    static const char *const labels[] = {"CLIENT_RANDOM",
                                         "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                         "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                         "CLIENT_TRAFFIC_SECRET_0",
                                         "SERVER_TRAFFIC_SECRET_0",
                                         "CLIENT_EARLY_TRAFFIC_SECRET"};
    static const char zeros[] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    static const char *const files[] = {
        "testdata/captures/keys-go-panic.keys",
        "testdata/captures/keys-connect.keys",
        "testdata/captures/keys-connect-tls.keys",
        "testdata/captures/healthy-early-data.keys",
        "testdata/captures/healthy-early-data-declined.keys",
        "testdata/captures/healthy-renegotiated.keys"};
    struct keylog *keylog = keylog_new();
    struct fail fail = {0};

    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        keylog_take(keylog, span_of_text(labels[i]));
        keylog_take(keylog, span_of_text(" "));
        keylog_take(keylog, span_of_text(zeros));
        keylog_take(keylog, span_of_text(" "));
        keylog_take(keylog, span_of_text(zeros));
        keylog_take(keylog, span_of_text("\n"));
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        (void)keylog_add_file(keylog, files[i], &fail);
    return keylog;
}

static void take_piece(const struct tcp_sink *sink, struct conn *conn,
                       uint8_t how, struct span bytes, uint64_t frame)
{
    unsigned side = how & 1;
    struct chunk chunk = {
        .bytes = bytes,
        .at = {.frame = frame & 0xffffffffffff, .time = (nanos)frame},
        .offset = conn->flow[side].next,
        .ack = conn->flow[1 - side].next
    };

    conn->flow[side].next += bytes.size;
    conn->flow[side].top = conn->flow[side].next;
    if (how & 2) {
        chunk.bytes.at = NULL;
        sink->gap(sink->context, conn, side, &chunk);
    } else {
        sink->data(sink->context, conn, side, &chunk);
    }
}

/* Whatever was watched, what is asked of it makes sense. */
static void look(const struct conn *conn)
{
    const struct tls_facts *facts = tls_facts_of(conn);
    const struct tls_burst *burst;

    if (!facts)
        return;
    assert(facts->client < 2 && facts->unopened < TLS_UNOPENED_COUNT);
    assert(memchr(facts->name, 0, sizeof facts->name));
    assert(memchr(facts->protocol, 0, sizeof facts->protocol));
    assert(tls_step_name(facts));
    burst = tls_unanswered(facts);
    assert(!burst || burst->begin <= burst->end);
    assert(!tls_is_bare_close(conn, facts, 0) || facts->opened);
}

static void run(struct keylog *keylog, struct span data)
{
    struct told told = {0};
    struct tcp_sink to = {.context = &told,
                          .data = take_data,
                          .gap = take_gap,
                          .end = take_end,
                          .acked = take_acked,
                          .over = take_over};
    struct tls *tls = tls_new(keylog, &to);
    struct tcp_sink sink = tls_tcp_sink(tls);
    struct reader reader = reader_on(data);
    struct conn conn = {0};
    uint64_t frame = 1;

    for (unsigned side = 0; side < 2; side++) {
        conn.flow[side].next = CONN_ORIGIN + 1;
        conn.flow[side].syn = (struct mark){.frame = 1};
    }
    while (reader.rest.size && frame < 4096) {
        uint8_t how = read_u8(&reader);
        struct span bytes =
            span_head(reader.rest, (size_t)read_be16(&reader) + 1);

        bytes = span_head(reader.rest, bytes.size);
        read_skip(&reader, bytes.size);
        if (bytes.size)
            take_piece(&sink, &conn, how, bytes, ++frame);
    }
    for (unsigned side = 0; side < 2; side++)
        sink.end(sink.context, &conn, side,
                 (struct mark){.frame = frame & 0xffffffffffff});
    look(&conn);
    sink.over(sink.context, &conn, CONN_ENDED);
    assert(told.over && told.ended[0] && told.ended[1]);
    tls_free(tls);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keylog *keylog = log_of_zeros();

    run(keylog, (struct span){data, size});
    run(NULL, (struct span){data, size});
    keylog_free(keylog);
    return 0;
}
