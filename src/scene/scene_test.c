#include "scene/scene.h"

#include "base/reader.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * The scenes below are raw IPv4 and count from 0 on both sides, so that a
 * packet is told in a line: milliseconds, port of the sender, flags in hex,
 * numbers, window, size of the options, payload, and what was cut of it.
 */
#define HEAD                                                                   \
    "link raw\n"                                                               \
    "client 10.0.0.1:40000 isn 0\n"                                            \
    "server 10.0.0.2:80 isn 0\n"
#define HANDSHAKE                                                              \
    HEAD "0 c> SYN\n"                                                          \
         "0 s> SYN ACK\n"                                                      \
         "0 c> ACK\n"

static void tell(struct span data, size_t missing, struct text *out)
{
    struct reader r = reader_on(data);
    unsigned port, flags, window, header;
    uint32_t seq, ack;

    read_skip(&r, 20);
    port = read_be16(&r);
    read_skip(&r, 2);
    seq = read_be32(&r);
    ack = read_be32(&r);
    header = read_u8(&r) >> 4;
    flags = read_u8(&r);
    window = read_be16(&r);
    read_skip(&r, 4 + header * 4 - 20);
    assert_false(r.overrun);
    text_addf(out, "%u %02x %d %d %u %u ", port, flags, (int)seq, (int)ack,
              window, header * 4 - 20);
    text_add_visible(out, r.rest);
    if (missing)
        text_addf(out, " -%zu", missing);
}

/* Opens the capture with libpcap, which must find it sound. */
static void tell_all(const struct scene *scene, struct text *out)
{
    char error[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *head;
    const u_char *data;
    FILE *file = fmemopen(scene->pcapng.at, scene->pcapng.size, "rb");
    pcap_t *pcap = pcap_fopen_offline_with_tstamp_precision(
        file, PCAP_TSTAMP_PRECISION_NANO, error);
    int result;

    assert_non_null(pcap);
    while ((result = pcap_next_ex(pcap, &head, &data)) == 1) {
        text_addf(out, "%d ",
                  (int)((head->ts.tv_sec - 1704067200) * 1000 +
                        head->ts.tv_usec / 1000000));
        tell((struct span){data, head->caplen}, head->len - head->caplen, out);
        text_add(out, "\n");
    }
    assert_int_equal(result, PCAP_ERROR_BREAK);
    pcap_close(pcap);
}

#define SHAKEN                                                                 \
    "0 40000 02 0 0 64240 12 \n"                                               \
    "0 80 12 0 1 64240 12 \n"                                                  \
    "0 40000 10 1 1 502 0 \n"

/* A row in the form of a call: clang-format would align braces beyond 80. */
#define ROW(...)                                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

static const struct {
    const char *name;
    const char *scene;
    const char *told;
} rows[] = {
    ROW("request and response",
        HANDSHAKE "0.020 c> \"GET\"\n"
                  "0.030 s> \"HTTP/1.1 \" \"200\" FIN\n"
                  "+0.5 c> FIN nopsh\n"
                  "+0.5 s> ACK\n",
        SHAKEN "20 40000 18 1 1 502 0 GET\n"
               "30 80 19 1 4 502 0 HTTP/1.1 200\n"
               "530 40000 11 4 14 502 0 \n"
               "1030 80 10 14 5 502 0 \n"),
    ROW("lost by the capture, and by the network",
        HANDSHAKE "1 c> \"ab\" lose\n"
                  "2 s> ACK\n"
                  "3 c> \"cd\" drop as gone\n"
                  "4 c> \"ef\"\n"
                  "5 s> ACK sack 5-7\n"
                  "6 c> again of gone\n"
                  "7 s> ACK\n",
        SHAKEN "2000 80 10 1 3 502 0 \n"
               "3000 40000 18 3 1 502 0 cd\n"
               "4000 40000 18 5 1 502 0 ef\n"
               "5000 80 10 1 3 502 12 \n"
               "6000 40000 18 3 1 502 0 cd\n"
               "7000 80 10 1 7 502 0 \n"),
    ROW("sent again",
        HANDSHAKE "1 c> \"ab\" as first\n"
                  "1 c> \"cd\"\n"
                  "1 c> ACK\n"
                  "2 c> again\n"
                  "3 c> again of first win 128\n",
        SHAKEN "1000 40000 18 1 1 502 0 ab\n"
               "1000 40000 18 3 1 502 0 cd\n"
               "1000 40000 10 5 1 502 0 \n"
               "2000 40000 18 3 1 502 0 cd\n"
               "3000 40000 18 1 1 1 0 ab\n"),
    ROW("acknowledgements",
        HANDSHAKE "1 c> bytes 95\n"
                  "1 s> ACK ack +0\n"
                  "1 s> ACK ack +10\n"
                  "1 s> ACK ack 96\n"
                  "1 s> ACK ack all\n",
        SHAKEN "1000 40000 18 1 1 502 0 "
               "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
               "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq\n"
               "1000 80 10 1 1 502 0 \n"
               "1000 80 10 1 11 502 0 \n"
               "1000 80 10 1 96 502 0 \n"
               "1000 80 10 1 96 502 0 \n"),
    ROW("probes",
        HANDSHAKE "1 c> \"ab\"\n"
                  "2 c> probe\n"
                  "3 s> ACK win 0\n"
                  "4 c> window-probe \"x\"\n"
                  "5 s> ACK win 0\n"
                  "6 c> \"xy\" cut 41\n",
        SHAKEN "1000 40000 18 1 1 502 0 ab\n"
               "2000 40000 10 2 1 502 0 \n"
               "3000 80 10 1 3 0 0 \n"
               "4000 40000 18 3 1 502 0 x\n"
               "5000 80 10 1 3 0 0 \n"
               "6000 40000 18 3 1 502 0 x -1\n"),
    ROW("recorded late and twice",
        HANDSHAKE "1 c> \"a\" late\n"
                  "2 c> \"b\" late 1.5\n"
                  "3 c> \"c\" twice 0.1\n"
                  "4 c> \"d\"\n",
        SHAKEN "3000 40000 18 3 1 502 0 c\n"
               "1000 40000 18 1 1 502 0 a\n"
               "3100 40000 18 3 1 502 0 c\n"
               "3500 40000 18 2 1 502 0 b\n"
               "4000 40000 18 4 1 502 0 d\n"),
    ROW("refused, and reset",
        HEAD "0 c> SYN \"hi\"\n"
             "0 s> RST ACK\n"
             "1 c> again\n"
             "1 s> RST ACK\n",
        "0 40000 02 0 0 64240 12 hi\n"
        "0 80 14 0 3 0 0 \n"
        "1000 40000 02 0 0 64240 12 hi\n"
        "1000 80 14 0 3 0 0 \n"),
    ROW("a host that has no such socket",
        HANDSHAKE "1 s> FIN\n"
                  "1 c> \"ab\" ack 1\n"
                  "1 s> RST\n"
                  "2 c> RST ACK\n",
        SHAKEN "1000 80 11 1 1 502 0 \n"
               "1000 40000 18 1 1 502 0 ab\n"
               "1000 80 04 1 0 0 0 \n"
               "2000 40000 14 3 2 502 0 \n"),
    ROW("joined midway",
        HEAD "1 c> \"ab\"\n"
             "1 s> \"cd\"\n",
        "1000 40000 18 1 1 64256 0 ab\n"
        "1000 80 18 1 3 64256 0 cd\n"),
    ROW("options",
        HEAD "0 c> SYN mss 1400 ws 6 ts 1\n"
             "0 s> SYN ACK like macos nosack ts 2 1\n"
             "0 c> ACK ts\n"
             "0 s> hex 00ff41 nots win 128\n",
        "0 40000 02 0 0 64240 20 \n"
        "0 80 12 0 1 64240 20 \n"
        "0 40000 10 1 1 1004 12 \n"
        "0 80 18 1 1 1 0 \\x00\\xffA\n"),
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fail fail = {0};
        struct scene scene;
        struct text told;

        text_init(&told, 10000);
        if (!scene_build(span_of_text(rows[i].scene), &scene, &fail))
            fail_msg("'%s': %s", rows[i].name, fail.text);
        tell_all(&scene, &told);
        if (strcmp(text_string(&told), rows[i].told) != 0)
            fail_msg("'%s':\n%s", rows[i].name, text_string(&told));
        text_release(&told);
        scene_release(&scene);
    }
}

static const struct {
    const char *scene;
    const char *trouble;
} troubles[] = {
    ROW("fin", "line 1: unknown statement 'fin'"),
    ROW("\n\n0 c> FON", "line 3: unknown word 'FON'"),
    ROW("0 c>", "line 1: a packet without a word"),
    ROW("0 ACK", "line 1: unknown connection 'ACK'"),
    ROW("0 c", "line 1: unknown connection 'c'"),
    ROW("0", "line 1: c> or s> is missing"),
    ROW("1 c> ACK\n0.5 c> ACK", "line 2: time goes back (see 'late')"),
    ROW("x 0 c> ACK", "line 1: unknown statement 'x'"),
    ROW("client 10.0.0.1", "line 1: an address without a port: '10.0.0.1'"),
    ROW("client 10.0.0:1", "line 1: no address: '10.0.0'"),
    ROW("client 10.0.0.1:0", "line 1: no port: '0'"),
    ROW("client ::1:5", "line 1: no address: '::1'"),
    ROW("server [10.0.0.1]:5", "line 1: no address: '10.0.0.1'"),
    ROW("0 c> ACK\nclient 10.0.0.1:1",
        "line 2: the connection has packets already"),
    ROW("link token", "line 1: unknown link layer"),
    ROW("0 c> ACK\nlink raw", "line 2: the link layer comes first"),
    ROW("link raw\nvia vlan 7\n0 c> ACK",
        "line 3: this wrapping does not fit what is around it"),
    ROW("via ipip\nvia vlan 7\n0 c> ACK",
        "line 3: this wrapping does not fit what is around it"),
    ROW("via vlan 5000", "line 1: vlan is not between 0 and 4094"),
    ROW("via pigeon", "line 1: via what?"),
    ROW("start yesterday",
        "line 1: no time like 2024-05-01T10:00:00Z: 'yesterday'"),
    ROW("connection a\nconnection a",
        "line 2: connection 'a' is there already"),
    ROW("0 c> again", "line 1: nothing was sent that could come again"),
    ROW("0 c> \"a\"\n0 c> again of b",
        "line 2: nothing was sent that could come again"),
    ROW("0 c> \"a\"\n0 c> again \"b\"",
        "line 2: what is sent again has its payload"),
    ROW("0 c> SYN\n0 s> SYN ACK\n0 c> ACK win 100",
        "line 3: win is not a multiple of 128"),
    ROW("0 c> ACK win 100000", "line 1: win does not fit the header"),
    ROW("0 c> zeros 65001", "line 1: size is not between 0 and 65000"),
    ROW("0 c> zeros 60000 zeros 60000",
        "line 1: more payload than one packet takes (65000)"),
    ROW("0 c> hex 0", "line 1: not hex digits in pairs: '0'"),
    ROW("0 c> sack 5", "line 1: a sack block is A-B, not '5'"),
    ROW("0 c> ACK sack 1-2 sack 3-4 sack 5-6 sack 7-8",
        "line 1: too many sack blocks"),
    ROW("0 c> SYN ts sack 1-2 sack 3-4 sack 5-6",
        "line 1: more options than a header takes"),
    ROW("secret CLIENT_RANDOM", "line 1: no line of a key log in quotes"),
    ROW("expect", "line 1: code is missing"),
    ROW("expect a x0", "line 1: no count like x3: 'x0'"),
    ROW("expect a warn", "line 1: unknown word 'warn'"),
    ROW("expect none\nexpect a", "line 2: more to expect than none"),
    ROW("expect a\nexpect none", "line 2: expect none, but more before"),
};

static void test_troubles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        struct fail fail = {0};
        struct scene scene;

        if (scene_build(span_of_text(troubles[i].scene), &scene, &fail) ||
            strcmp(fail.text, troubles[i].trouble) != 0)
            fail_msg("'%s': %s", troubles[i].scene, fail.text);
        scene_release(&scene);
    }
}

static void test_expectations(void **state)
{
    struct fail fail = {0};
    struct scene scene;

    (void)state;
    assert_true(scene_build(
        span_of_text("expect a\nexpect b-c warning\n\nexpect d likely x3\n"
                     "expect e error certain x2"),
        &scene, &fail));
    assert_int_equal(scene.expects, 4);
    assert_false(scene.expects_none);
    assert_string_equal(scene.expect[0].code, "a");
    assert_null(scene.expect[0].severity);
    assert_int_equal(scene.expect[0].count, 1);
    assert_string_equal(scene.expect[1].severity, "warning");
    assert_string_equal(scene.expect[2].confidence, "likely");
    assert_int_equal(scene.expect[2].line, 4);
    assert_string_equal(scene.expect[3].severity, "error");
    assert_int_equal(scene.expect[3].count, 2);
    scene_release(&scene);
    assert_true(scene_build(span_of_text("expect none"), &scene, &fail));
    assert_true(scene.expects_none);
    scene_release(&scene);
}

/* Damaged scenes: no worse than an error. The sanitizers judge. */
static void test_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t size = strlen(rows[i].scene);

        for (size_t at = 0; at < size; at++) {
            struct fail fail = {0};
            struct scene scene;
            uint8_t *copy = malloc(size);

            memcpy(copy, rows[i].scene, size);
            copy[at] = (uint8_t) "0 9\"\n\\+-x#\xff"[at % 11];
            (void)scene_build((struct span){copy, size}, &scene, &fail);
            scene_release(&scene);
            free(copy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_troubles),
        cmocka_unit_test(test_expectations),
        cmocka_unit_test(test_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
