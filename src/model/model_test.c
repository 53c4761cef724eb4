#include "base/text.h"
#include "model/model.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    STEPS_MAX = 24,
    OVER = HTTP_EVENT_KIND_COUNT, /* of the connection */
    ACKED                         /* what the server sent so far */
};

/* An event, one millisecond and one frame after the one before. */
struct step {
    int kind;
    uint64_t stream;
    uint64_t size; /* body; in a head: status, or 0 */
};

#define ROW(...)                                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

#define STEP(kind, stream, size)                                               \
    {                                                                          \
        kind, stream, size                                                     \
    }
#define ASK(n)                                                                 \
    STEP(HTTP_REQUEST_START, n, 0), STEP(HTTP_REQUEST_HEAD, n, 0),             \
        STEP(HTTP_REQUEST_END, n, 0)
#define ANSWER(n)                                                              \
    STEP(HTTP_RESPONSE_START, n, 0), STEP(HTTP_RESPONSE_HEAD, n, 200),         \
        STEP(HTTP_RESPONSE_BYTES, n, 5), STEP(HTTP_RESPONSE_END, n, 0)

/*
 * What it tells: "complete STREAM STATUS BODY", and at the end "over BEGUN
 * COMPLETE ORPHANS" with a line for each exchange that is unfinished: how far
 * its messages came, and what is known to be missing.
 */
static const struct {
    const char *name;
    struct step step[STEPS_MAX];
    const char *told;
} rows[] = {
    ROW(.name = "nothing", .step = {STEP(OVER, 0, 0)}, .told = "over 0 0 0\n"),
    ROW(.name = "complete, told when acknowledged",
        .step = {ASK(1), ANSWER(1), STEP(ACKED, 0, 0), STEP(OVER, 0, 0)},
        .told = "complete 1 200 body 5\n"
                "over 1 1 0\n"),
    ROW(.name = "complete, told by the next request",
        .step = {ASK(1), ANSWER(1), ASK(2), STEP(OVER, 0, 0)},
        .told = "complete 1 200 body 5\n"
                "over 2 1 0\n"
                "  2 asked\n"),
    ROW(.name = "complete, told at the end",
        .step = {ASK(1), ANSWER(1), STEP(OVER, 0, 0)},
        .told = "complete 1 200 body 5\n"
                "over 1 1 0\n"),
    ROW(.name = "the request is not whole",
        .step = {STEP(HTTP_REQUEST_START, 1, 0), STEP(HTTP_REQUEST_HEAD, 1, 0),
                 STEP(HTTP_REQUEST_BYTES, 1, 3), STEP(OVER, 0, 0)},
        .told = "over 1 0 0\n"
                "  1 asking\n"),
    ROW(.name = "the response is not whole",
        .step = {ASK(1), STEP(HTTP_RESPONSE_START, 1, 0),
                 STEP(HTTP_RESPONSE_HEAD, 1, 206),
                 STEP(HTTP_RESPONSE_BYTES, 1, 7), STEP(OVER, 0, 0)},
        .told = "over 1 0 0\n"
                "  1 asked answering 206 body 7\n"),
    ROW(.name = "pipelined, the first is answered",
        .step = {ASK(1), ASK(2), ASK(3), ANSWER(1), STEP(ACKED, 0, 0),
                 STEP(OVER, 0, 0)},
        .told = "complete 1 200 body 5\n"
                "over 3 1 0\n"
                "  2 asked behind\n"
                "  3 asked behind\n"),
    ROW(.name = "an interim response is no answer yet",
        .step = {ASK(1), STEP(HTTP_RESPONSE_START, 1, 0),
                 STEP(HTTP_INTERIM, 1, 100), STEP(OVER, 0, 0)},
        .told = "over 1 0 0\n"
                "  1 asked interim\n"),
    ROW(.name = "an answer before the request is whole",
        .step = {STEP(HTTP_REQUEST_START, 1, 0), STEP(HTTP_REQUEST_HEAD, 1, 0),
                 ANSWER(1), STEP(ACKED, 0, 0), STEP(OVER, 0, 0)},
        .told = "over 1 0 0\n"
                "  1 asking answered 200 body 5\n"),
    ROW(.name = "orphans",
        .step = {ANSWER(0), ANSWER(0), ASK(1), ANSWER(1), STEP(OVER, 0, 0)},
        .told = "complete 1 200 body 5\n"
                "over 1 1 2\n"),
    ROW(.name = "an orphan that does not end is none",
        .step = {STEP(HTTP_RESPONSE_START, 0, 0),
                 STEP(HTTP_RESPONSE_HEAD, 0, 200), STEP(OVER, 0, 0)},
        .told = "over 0 0 0\n"),
    ROW(.name = "skipped bytes belong to the body",
        .step = {ASK(1), STEP(HTTP_RESPONSE_START, 1, 0),
                 STEP(HTTP_RESPONSE_HEAD, 1, 200),
                 STEP(HTTP_RESPONSE_BYTES, 1, 2), STEP(HTTP_SKIPPED, 1, 30),
                 STEP(HTTP_RESPONSE_END, 1, 0), STEP(OVER, 0, 0)},
        .told = "complete 1 200 body 32\n"
                "over 1 1 0\n"),
    ROW(.name = "lost bytes put every unfinished answer in doubt",
        .step = {ASK(1), ASK(2), STEP(HTTP_LOST, 1, 9), STEP(OVER, 0, 0)},
        .told = "over 2 0 0\n"
                "  1 asked lost\n"
                "  2 asked behind lost\n"),
    ROW(.name = "the answer of the first was lost, that of the second came",
        .step = {ASK(1), ASK(2), ANSWER(2), STEP(OVER, 0, 0)},
        .told = "complete 2 200 body 5 behind\n"
                "over 2 1 0\n"
                "  1 asked lost\n"),
    ROW(.name = "broken",
        .step = {ASK(1), STEP(HTTP_BROKEN, 1, 0), STEP(OVER, 0, 0)},
        .told = "over 1 0 0\n"
                "  1 asked broken\n"),
    ROW(.name = "a tunnel",
        .step = {ASK(1), STEP(HTTP_RESPONSE_START, 1, 0),
                 STEP(HTTP_RESPONSE_HEAD, 1, 101), STEP(HTTP_TUNNEL, 1, 0),
                 STEP(HTTP_RESPONSE_END, 1, 0), STEP(OVER, 0, 0)},
        .told = "complete 1 101 body 0 tunnel\n"
                "over 1 1 0\n"),
};

static void write_exchange(struct text *told, const struct exchange *x)
{
    if (mark_is_set(x->response.start))
        text_addf(told, " %d body %d", x->status, (int)x->response.body);
    if (mark_is_set(x->interim))
        text_add(told, " interim");
    if (x->behind_another)
        text_add(told, " behind");
    if (x->response.lost)
        text_add(told, " lost");
    if (x->response.broken)
        text_add(told, " broken");
    if (x->tunnel)
        text_add(told, " tunnel");
    text_add(told, "\n");
}

static void take_complete(void *context, struct conn *conn,
                          const struct exchange *x)
{
    (void)conn;
    text_addf(context, "complete %d", (int)x->stream);
    write_exchange(context, x);
}

static void take_ended(void *context, struct conn *conn,
                       const struct exchange *x)
{
    (void)conn;
    text_addf(context, "ended %d", (int)x->stream);
    write_exchange(context, x);
}

static void take_late(void *context, const struct outcome *outcome,
                      const struct exchange *x)
{
    (void)outcome;
    if (x->behind)
        text_addf(context, "late %d\n", (int)x->stream);
}

static void take_over(void *context, const struct outcome *outcome)
{
    text_addf(context, "over %d %d %d\n", (int)outcome->exchanges,
              (int)outcome->complete, (int)outcome->orphans);
    for (const struct exchange *x = outcome->unfinished; x; x = x->next) {
        text_addf(context, "  %d %s", (int)x->stream,
                  mark_is_set(x->request.end) ? "asked" : "asking");
        if (mark_is_set(x->response.start))
            text_add(context,
                     mark_is_set(x->response.end) ? " answered" : " answering");
        write_exchange(context, x);
    }
}

static void give_event(const struct http_sink *sink, struct conn *conn,
                       const struct step *step, struct mark at)
{
    bool has_head = step->kind == HTTP_REQUEST_HEAD ||
                    step->kind == HTTP_RESPONSE_HEAD ||
                    step->kind == HTTP_INTERIM;
    const struct http_head head = {.method = span_of_text("GET"),
                                   .target = span_of_text("/"),
                                   .host = span_of_text("h"),
                                   .status = (uint16_t)step->size,
                                   .length = HTTP_NO_LENGTH};
    const struct http_event event = {.kind = (enum http_event_kind)step->kind,
                                     .side = step->kind > HTTP_REQUEST_END,
                                     .stream = step->stream,
                                     .at = at,
                                     .size = has_head ? 0 : step->size,
                                     .body = has_head ? 0 : step->size,
                                     .head = has_head ? &head : NULL};

    sink->event(sink->context, conn, &event);
}

static void give_step(const struct http_sink *sink, struct conn *conn,
                      const struct step *step, struct mark at)
{
    static const struct http_facts facts = {.protocol = PROTOCOL_HTTP1};

    if (step->kind == OVER) {
        sink->over(sink->context, conn, CONN_STILL_OPEN, &facts);
    } else if (step->kind == ACKED) {
        conn->flow[1].acked_all = at;
        sink->acked(sink->context, conn, 1);
    } else {
        give_event(sink, conn, step, at);
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text told;
        const struct model_sink sink = {.context = &told,
                                        .complete = take_complete,
                                        .ended = take_ended,
                                        .over = take_over,
                                        .late = take_late};
        struct model *model = model_new(&sink);
        struct http_sink http = model_http_sink(model);
        struct conn conn = {.id = 0};
        struct mark at = {0};

        text_init(&told, 4000);
        for (size_t k = 0; k == 0 || rows[i].step[k - 1].kind != OVER; k++) {
            at.frame++;
            at.time += NANOS_PER_MILLI;
            give_step(&http, &conn, &rows[i].step[k], at);
        }
        assert_null(conn.model);
        model_free(model);
        if (strcmp(text_string(&told), rows[i].told) != 0)
            fail_msg("%s:\n%s-- instead of\n%s", rows[i].name,
                     text_string(&told), rows[i].told);
        text_release(&told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
