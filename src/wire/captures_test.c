/*
 * Public captures that others made. They are no part of the project, so the
 * test passes over them where they are absent.
 */
#include "wire/wire.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <unistd.h>

#define FOLDER "../shared/captures/"

/*
 * `tcp` was counted with tshark 4.0: -Y 'tcp && !icmp && !icmpv6' (it also
 * finds TCP headers quoted by ICMP errors). `fragments` are the frames with
 * -Y 'ip.flags.mf == 1 || ip.frag_offset > 0', without those in which a
 * datagram was completed. `mirrored` was found by reading the packet list:
 * frames whose addresses, ports, identification, numbers and payload are
 * those of a frame just before.
 */
static const struct row {
    const char *file;
    uint64_t tcp;
    uint64_t mirrored;
    uint64_t fragments;
} rows[] = {
    {"enc-6in4-http.pcap",               75,   0,   0 },
    {"enc-chdlc-http.pcap",              17,   0,   0 },
    {"enc-geneve-http.pcap",             10,   0,   0 },
    {"enc-gre-erspan-vxlan-http.pcap",   7,    0,   0 },
    {"enc-gtp-http-frag.pcap",           68,   0,   40},
    {"enc-ipv4-dlt228-http.pcap",        12,   0,   0 },
    {"enc-mixed-vlan-mpls-http.pcap",    47,   0,   0 },
    {"enc-nflog-http.pcap",              13,   2,   0 },
    {"enc-pktap.pcap",                   0,    0,   0 },
    {"enc-pppoe-over-qinq.pcap",         86,   0,   0 },
    {"enc-raw-dlt12-http.pcap",          81,   0,   0 },
    {"enc-rawip-http6.pcap",             92,   0,   0 },
    {"enc-sctp-www.pcap",                0,    0,   0 },
    {"enc-sll-http.pcap",                483,  0,   0 },
    {"enc-teredo-http.pcap",             33,   0,   0 },
    {"enc-tso-len0-http.pcap",           1,    0,   0 },
    {"enc-tzsp-http.pcapng",             0,    0,   0 },
    {"enc-vlan0-http.pcap",              14,   0,   0 },
    {"file-corrupt-len.pcap",            21,   0,   0 },
    {"file-ng-10if-one-flow.pcapng",     10,   0,   0 },
    {"file-ng-22if.pcapng",              693,  0,   0 },
    {"file-ng-lo-dup.pcapng",            24,   12,  0 },
    {"h1-fake-rst-synack-loss.pcap",     15,   0,   0 },
    {"h1-m57-dup-frames.pcap",           227,  113, 0 },
    {"h1-mobile-ooo-rtx.pcap",           3214, 0,   0 },
    {"h1-request-after-rst.pcap",        12,   0,   0 },
    {"h1-retrans-storm.pcap",            108,  81,  0 },
    {"h1-rst-unacked-lossy.pcap",        75,   0,   0 },
    {"h1-wow-loss-dup.pcap",             95,   33,  0 },
    {"h2c-prior-knowledge-lo0.pcapng",   100,  0,   0 },
    {"ip4-frag-http-req.pcap",           1,    0,   10},
    {"ip4-frag-socks-http.pcap",         14,   0,   58},
    {"ip4-frag-syn.pcap",                1,    0,   1 },
    {"ip6-hoa-tcp.pcap",                 1,    0,   0 },
    {"tcp-fast-retransmit-60s-rst.pcap", 39,   0,   0 },
    {"tcp-fin-retransmission.pcap",      5,    0,   0 },
    {"tls-to-http-port.pcap",            14,   4,   0 },
};

static uint64_t take_all(struct wire *wire, pcap_t *pcap)
{
    struct frame frame = {.link_type = (uint32_t)pcap_datalink(pcap)};
    struct pcap_pkthdr *head;
    const u_char *data;

    while (pcap_next_ex(pcap, &head, &data) == 1) {
        struct segment segment;

        frame.number++;
        frame.time = head->ts.tv_sec * NANOS_PER_SECOND + head->ts.tv_usec;
        frame.length = head->len;
        frame.data = (struct span){data, head->caplen};
        wire_take(wire, &frame, &segment);
    }
    return frame.number;
}

static void check_capture(const struct row *row)
{
    char path[256];
    char error[PCAP_ERRBUF_SIZE];
    struct wire *wire = wire_new(NULL);
    uint64_t frames, sum, mirrored, fragments;
    pcap_t *pcap;

    snprintf(path, sizeof path, FOLDER "%s", row->file);
    pcap = pcap_open_offline_with_tstamp_precision(path,
                                                   PCAP_TSTAMP_PRECISION_NANO,
                                                   error);
    assert_non_null(pcap);
    frames = take_all(wire, pcap);
    mirrored = wire_ignored_count(wire, WIRE_MIRRORED);
    fragments = wire_ignored_count(wire, WIRE_FRAGMENT_HELD) +
                wire_ignored_count(wire, WIRE_FRAGMENT_LOST);
    if (wire_segments(wire) + mirrored != row->tcp ||
        mirrored != row->mirrored || fragments != row->fragments)
        fail_msg("%s: %d segments, %d mirrored, %d fragments", row->file,
                 (int)wire_segments(wire), (int)mirrored, (int)fragments);
    sum = wire_segments(wire);
    for (int i = 0; i < WIRE_IGNORED_COUNT; i++)
        sum += wire_ignored_count(wire, (enum wire_ignored)i);
    assert_int_equal(sum, frames);
    pcap_close(pcap);
    wire_free(wire);
}

static void test_captures(void **state)
{
    (void)state;
    if (access(FOLDER, R_OK) != 0)
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_capture(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
