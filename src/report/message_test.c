#include "report/message.h"

#include "report/explain.h"
#include "report/known_as.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <string.h>

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A text of many words takes no longer than its length allows. */
static void test_long_text(void **state)
{
    static char text[20001];
    struct message_codes codes;

    (void)state;
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "a ", 2);
    assert_false(message_look_up(&codes, text));
    memcpy(text + sizeof text - 20, "socket hang up     ", 19);
    assert_true(message_look_up(&codes, text));
    assert_int_equal(codes.code[0], VERDICT_IDLE_CLOSE_RACE);
}

static bool lists(const struct message_codes *codes, enum verdict code)
{
    for (size_t i = 0; i < codes->count; i++) {
        if (codes->code[i] == code)
            return true;
    }
    return false;
}

static void expect_no_code_twice(const struct message_codes *codes)
{
    for (size_t i = 0; i < codes->count; i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(codes->code[i], codes->code[j]);
    }
}

/* What is said of two agrees with both. */
static void test_intersection(void **state)
{
    struct message_codes codes;

    (void)state;
    assert_true(message_look_up(
        &codes, "502 Bad Gateway: upstream_response_timeout UT"));
    assert_true(lists(&codes, VERDICT_SERVER_STALL));
    assert_false(lists(&codes, VERDICT_CONNECT_REFUSED));
    assert_true(message_look_up(
        &codes, "curl: (18) transfer closed: Connection reset by peer"));
    assert_true(lists(&codes, VERDICT_HANDLER_ABORT));
    assert_false(lists(&codes, VERDICT_STREAM_IDLE_TIMEOUT));
    expect_no_code_twice(&codes);
}

static void test_nothing_in_packets(void **state)
{
    struct message_codes codes;

    (void)state;
    assert_true(message_look_up(&codes, "httpx.PoolTimeout"));
    assert_int_equal(codes.count, 0);
    assert_non_null(codes.said[0].note);
}

struct order {
    const char *name;
    size_t count;
    enum verdict code[16];
};

static const struct order order[] = {
#define ORDER(name, ...)                                                       \
    {#name,                                                                    \
     sizeof((enum verdict[]){__VA_ARGS__}) / sizeof(enum verdict),             \
     {__VA_ARGS__}},
#include "report/explain.def"
};

/* Six of them are shown, so an order has no more, and none of them twice. */
static void test_orders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        assert_in_range(order[i].count, 1, MESSAGE_CODES_FIRST);
        for (size_t j = 0; j < order[i].count; j++) {
            for (size_t k = 0; k < j; k++) {
                if (order[i].code[j] == order[i].code[k])
                    fail_msg("%s twice in %s", verdict_slug(order[i].code[j]),
                             order[i].name);
            }
        }
    }
}

static const struct said row[] = {
#define SAYS(words, who, source, symptoms, order)   {words, who, source, NULL},
#define MARK(words, who, source, symptoms, order)   {words, who, source, NULL},
#define STATUS(words, who, source, symptoms, order) {words, who, source, NULL},
#define HINT(words, symptoms, order)                {words, "-", "-", NULL},
#define NOTED(words, who, source, symptoms, order, note)                       \
    {words, who, source, note},
#define TOLD(words, who, source, note) {words, who, source, note},
#include "report/explain.def"
};

/* A text with a row's words: of each the first that may be there. */
static void write_text(char *text, size_t size, const char *words)
{
    FILE *out = fmemopen(text, size, "w");

    assert_non_null(out);
    while (*words) {
        size_t length = strcspn(words, " ");
        size_t first = strcspn(words, " |");

        if (words[length - 1] == '?' || *words == '*')
            first = 0;
        if (*words == '#')
            (void)fputc('7', out);
        else
            (void)fprintf(out, "%.*s", (int)first, words);
        words += length + (words[length] == ' ');
        if (*words && first > 0)
            (void)fputc(' ', out);
    }
    assert_int_equal(fclose(out), 0);
    for (char *at = text; (at = strchr(at, '*')) != NULL;)
        *at = 'x';
}

/* No row is hidden by another, and each has its source. */
static void test_rows(void **state)
{
    struct message_codes codes;
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_true(row[i].who[0] && row[i].source[0]);
        write_text(text, sizeof text, row[i].words);
        if (!message_look_up(&codes, text))
            fail_msg("'%s' is not found in '%s'", row[i].words, text);
        if (strcmp(codes.said[0].words, row[i].words) != 0)
            fail_msg("'%s' is hidden by '%s'", row[i].words,
                     codes.said[0].words);
        assert_true(codes.count > 0 || codes.said[0].note);
    }
}

/* Findings of all kinds that known_as tells apart, each the first of a
 * connection. */
struct walk {
    struct finding finding;
    struct exchange exchange;
    struct exchange_h2 h2;
    struct http_fault fault;
};

/* Literals that were looked up; NULL behind them. */
static const char *seen[512];

static bool is_new(const char *text)
{
    size_t i = 0;

    while (seen[i] && strcmp(seen[i], text) != 0)
        i++;
    if (seen[i])
        return false;
    assert_in_range(i, 0, sizeof seen / sizeof *seen - 2);
    seen[i] = text;
    return true;
}

static void expect_known(const struct walk *walk)
{
    struct message_codes codes;

    for (unsigned i = 0; i < REPORTER_COUNT; i++) {
        const char *text = known_as(&walk->finding, (enum reporter)i);

        if (!text || !is_new(text))
            continue;
        if (!message_look_up(&codes, text))
            fail_msg("'%s' is not known", text);
        if (codes.count == 0)
            fail_msg("'%s' has no codes", text);
        expect_no_code_twice(&codes);
    }
}

static void start(struct walk *walk, unsigned code, unsigned symptom)
{
    memset(walk, 0, sizeof *walk);
    walk->finding.code = (enum verdict)code;
    walk->finding.symptom = (enum symptom)symptom;
}

static bool can_have(unsigned code, unsigned symptom)
{
    return explanation_of((enum verdict)code)->symptoms & 1U << symptom;
}

/* With no more known than its symptom, a finding's code is among those of each
 * text that stands for it. */
static void expect_code(const struct walk *walk)
{
    struct message_codes codes;

    for (unsigned i = 0; i < REPORTER_COUNT; i++) {
        const char *text = known_as(&walk->finding, (enum reporter)i);

        if (text && message_look_up(&codes, text) &&
            !lists(&codes, walk->finding.code))
            fail_msg("'%s' does not lead to %s", text,
                     verdict_slug(walk->finding.code));
    }
}

static void walk_h1(struct walk *walk)
{
    walk->finding.exchange = &walk->exchange;
    walk->exchange.method = "GET";
    expect_known(walk);
    walk->exchange.response.framing = FRAMING_LENGTH;
    expect_known(walk);
    walk->exchange.response.head.frame = 4;
    expect_known(walk);
    walk->finding.answered_strangely = true;
    expect_known(walk);
}

static void walk_h2(struct walk *walk)
{
    static const uint32_t code[] = {NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL};

    walk->finding.exchange = &walk->exchange;
    walk->exchange.is_h2 = true;
    walk->exchange.h2 = &walk->h2;
    for (unsigned i = 0; i < 16; i++) {
        walk->exchange.is_grpc = i & 1;
        walk->h2.reset.frame = i & 2 ? 7 : 0;
        walk->h2.reset_code = code[i >> 2 & 1];
        walk->h2.reset_by_client = i & 8;
        walk->finding.by_reset = i & 4;
        expect_known(walk);
    }
}

static void walk_met(struct walk *walk)
{
    for (unsigned i = 0; i < 16; i++) {
        walk->finding.tls_met = (enum met)(i & 3);
        walk->finding.h2_met = (enum met)(i >> 2);
        for (unsigned j = 0; j < 4; j++) {
            walk->finding.by_reset = j & 1;
            walk->finding.bad_record = j & 2;
            expect_known(walk);
        }
    }
}

static void walk_handshakes(struct walk *walk)
{
    for (unsigned failure = 0; failure <= TLS_SILENT_SERVER; failure++) {
        for (unsigned alert = 0; alert <= UINT8_MAX; alert++) {
            walk->finding.handshake = (enum tls_failure)failure;
            walk->finding.tls_alert = (uint8_t)alert;
            walk->finding.by_reset = false;
            expect_known(walk);
            walk->finding.by_reset = true;
            expect_known(walk);
        }
    }
}

static void walk_faults(struct walk *walk)
{
    /* those that h1_fault.c finds (grep HPE_) */
    static const char *const name[] = {
        "HPE_INVALID_CONSTANT",
        "HPE_INVALID_VERSION",
        "HPE_INVALID_STATUS",
        "HPE_INVALID_HEADER_TOKEN",
        "HPE_UNEXPECTED_SPACE",
        "HPE_LF_EXPECTED",
        "HPE_STRICT",
        "HPE_INVALID_CONTENT_LENGTH",
        "HPE_INVALID_CHUNK_SIZE",
        "HPE_UNEXPECTED_CONTENT_LENGTH",
        "HPE_CR_EXPECTED",
        "HPE_INVALID_EOF_STATE",
        "HPE_INVALID_METHOD",
        "HPE_INVALID_URL",
        "HPE_CLOSED_CONNECTION",
        "HPE_INVALID_TRANSFER_ENCODING",
    };

    walk->finding.exchange = &walk->exchange;
    walk->exchange.fault[MESSAGE_RESPONSE] = &walk->fault;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        walk->fault.name = name[i];
        for (unsigned kind = 0; kind < FAULT_KIND_COUNT; kind++) {
            walk->fault.kind = (enum fault_kind)kind;
            walk->fault.taken_by_some = false;
            expect_known(walk);
            walk->fault.taken_by_some = true;
            expect_known(walk);
        }
    }
}

static void test_known_as(void **state)
{
    struct walk walk;

    (void)state;
    for (unsigned code = 0; code < VERDICT_COUNT; code++) {
        for (unsigned symptom = 0; symptom < SYMPTOM_COUNT; symptom++) {
            start(&walk, code, symptom);
            if (can_have(code, symptom))
                expect_code(&walk);
            walk_met(&walk);
            walk_h1(&walk);
            start(&walk, code, symptom);
            walk_h2(&walk);
        }
        start(&walk, code, SYMPTOM_REJECTED);
        walk_faults(&walk);
    }
    start(&walk, VERDICT_TLS_HANDSHAKE_FAILED, SYMPTOM_TLS_ERROR);
    walk_handshakes(&walk);
    /* curl's and Go's own, and one of each of the deeper branches */
    assert_false(is_new("curl: (52) Empty reply from server"));
    assert_false(is_new("EOF"));
    assert_false(is_new("http2: frame too large"));
    assert_false(is_new("code = Internal"));
    assert_false(is_new("curl: (8) Invalid Content-Length: value"));
    assert_false(is_new("local error: tls: bad record MAC"));
    assert_false(is_new("remote error: tls: handshake failure"));
    assert_false(is_new("curl: (28) SSL connection timeout"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_text),
        cmocka_unit_test(test_intersection),
        cmocka_unit_test(test_nothing_in_packets),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_known_as),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
