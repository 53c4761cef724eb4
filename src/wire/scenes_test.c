/*
 * Scenes in every wrapping that the scene language knows: whatever one stage
 * wraps, the other must unwrap.
 */
#include "scene/scene.h"
#include "wire/wire.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#define IPV4                                                                   \
    "client 10.0.0.1:40000 ts\n"                                               \
    "server 10.0.0.2:80 ts\n"
#define IPV6                                                                   \
    "client [fd00::1]:40000 ts\n"                                              \
    "server [fd00::2]:80 ts\n"

/* Seven segments; the third is recorded twice. */
static const char conversation[] = "0.000 c> SYN\n"
                                   "0.010 s> SYN ACK\n"
                                   "0.010 c> ACK twice\n"
                                   "0.011 c> \"GET / HTTP/1.1\\r\\n\\r\\n\"\n"
                                   "0.300 c> again\n"
                                   "0.310 s> bytes 1000 cut 500\n"
                                   "0.320 c> ACK\n";

static const char *const heads[] = {
    IPV4,
    IPV6,
    "link null\n" IPV4,
    "link null\n" IPV6,
    "link raw\n" IPV4,
    "link raw\n" IPV6,
    "link sll\n" IPV4,
    "link sll\n" IPV6,
    "via vlan 7\n" IPV4,
    "via vlan 7\nvia vlan 8\n" IPV6,
    "via mpls 16\n" IPV4,
    "via mpls 16\nvia mpls 17\n" IPV6,
    "via gre\n" IPV4,
    "via gre\nvia mpls 16\n" IPV6,
    "via ipip\n" IPV4,
    "via ipip\n" IPV6,
    "via vxlan 7\n" IPV4,
    "via vlan 3\nvia vxlan 7\nvia vlan 4\n" IPV6,
    "link sll\nvia gre\nvia vxlan 7\n" IPV4,
    "link raw\nvia vxlan 7\nvia ipip\n" IPV6,
};

static void check_segments(const struct segment segment[7])
{
    for (size_t i = 0; i < 7; i++)
        assert_true(segment[i].has_timestamp);
    assert_int_equal(segment[0].flags, TCP_SYN);
    assert_int_equal(segment[0].mss, 1460);
    assert_int_equal(segment[1].scale, 7);
    assert_int_equal(segment[1].ack, segment[0].seq + 1);
    assert_int_equal(segment[3].seq, segment[4].seq);
    assert_int_equal(segment[3].payload.size, 18);
    assert_int_equal(segment[5].payload.size + segment[5].missing, 1000);
    assert_true(segment[5].missing > 500);
    assert_int_equal(segment[6].ack, segment[5].seq + 1000);
    assert_int_equal(segment[6].source.port, 40000);
}

/* Gives all frames of the capture to the wire. */
static size_t take_all(struct wire *wire, struct span capture,
                       struct segment *segment, size_t room)
{
    char error[PCAP_ERRBUF_SIZE];
    FILE *file = fmemopen((void *)(uintptr_t)capture.at, capture.size, "rb");
    pcap_t *pcap = pcap_fopen_offline_with_tstamp_precision(
        file, PCAP_TSTAMP_PRECISION_NANO, error);
    struct frame frame = {0};
    struct pcap_pkthdr *head;
    const u_char *data;
    size_t given = 0;

    assert_non_null(pcap);
    while (pcap_next_ex(pcap, &head, &data) == 1) {
        frame.number++;
        frame.link_type = (uint32_t)pcap_datalink(pcap);
        frame.time = head->ts.tv_sec * NANOS_PER_SECOND + head->ts.tv_usec;
        frame.length = head->len;
        frame.data = (struct span){data, head->caplen};
        assert_true(given < room);
        given += wire_take(wire, &frame, &segment[given]);
    }
    pcap_close(pcap);
    return given;
}

static void test_wrappings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct wire *wire = wire_new(NULL);
        struct fail fail = {0};
        struct segment segment[8];
        struct scene scene;
        struct text text;
        size_t given;

        text_init(&text, 10000);
        text_addf(&text, "%s%s", heads[i], conversation);
        if (!scene_build(span_of_text(text_string(&text)), &scene, &fail))
            fail_msg("'%s': %s", heads[i], fail.text);
        given = take_all(
            wire, (struct span){(uint8_t *)scene.pcapng.at, scene.pcapng.size},
            segment, 8);
        if (given != 7 || wire_ignored_count(wire, WIRE_MIRRORED) != 1)
            fail_msg("'%s': %zu segments", heads[i], given);
        check_segments(segment);
        scene_release(&scene);
        text_release(&text);
        wire_free(wire);
    }
}

static void read_file(const char *path, struct text *text)
{
    FILE *file = fopen(path, "rb");
    uint8_t piece[4096];
    size_t size;

    assert_non_null(file);
    while ((size = fread(piece, 1, sizeof piece, file)) > 0)
        text_add_bytes(text, (struct span){piece, size});
    assert_int_equal(fclose(file), 0);
}

/* The committed capture is what its scene says; every packet counts. */
static void test_seed(void **state)
{
    struct wire *wire = wire_new(NULL);
    struct fail fail = {0};
    struct segment segment[23];
    struct scene scene;
    struct text text, capture;

    (void)state;
    text_init(&text, 1 << 20);
    text_init(&capture, 1 << 20);
    read_file("testdata/seed/write-timeout.scene", &text);
    read_file("testdata/seed/write-timeout.pcapng", &capture);
    assert_true(scene_build(span_of_text(text_string(&text)), &scene, &fail));
    assert_int_equal(capture.size, scene.pcapng.size);
    assert_memory_equal(capture.at, scene.pcapng.at, capture.size);
    assert_int_equal(
        take_all(wire, (struct span){(uint8_t *)capture.at, capture.size},
                 segment, 23),
        22);
    assert_int_equal(segment[4].payload.size, 95);
    assert_int_equal(segment[6].seq + 1, segment[9].seq);
    assert_false(segment[6].has_timestamp);
    scene_release(&scene);
    text_release(&text);
    text_release(&capture);
    wire_free(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrappings),
        cmocka_unit_test(test_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
