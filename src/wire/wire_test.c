#include "wire/hex.h"
#include "wire/wire.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

struct packet {
    const char *name;
    uint32_t link_type;
    const char *hex;
    int outcome; /* GIVES_SEGMENT or enum wire_ignored */
};

/* A row in the form of a call: clang-format would align braces beyond 80. */
#define PACKET(...)                                                            \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

static const struct packet packets[] = {

    /* link types */
    PACKET("ethernet", 1, ETH "0800" IP4 TCP, GIVES_SEGMENT),
    PACKET("null, little endian", 0, "02000000" IP4 TCP, GIVES_SEGMENT),
    PACKET("null, big endian", 0, "00000002" IP4 TCP, GIVES_SEGMENT),
    PACKET("null, macOS ipv6", 0, "1e000000" IP6 TCP, GIVES_SEGMENT),
    PACKET("null, FreeBSD ipv6", 0, "1c000000" IP6 TCP, GIVES_SEGMENT),
    PACKET("loop, OpenBSD ipv6", 108, "00000018" IP6 TCP, GIVES_SEGMENT),
    PACKET("null, Linux ipv6", 0, "0a000000" IP6 TCP, GIVES_SEGMENT),
    PACKET("null, appletalk", 0, "10000000" IP4 TCP, WIRE_UNKNOWN_NETWORK),
    PACKET("ppp", 9, "ff030021" IP4 TCP, GIVES_SEGMENT),
    PACKET("ppp, all compressed", 9, "21" IP4 TCP, GIVES_SEGMENT),
    PACKET("ppp, ipv6", 50, "ff030057" IP6 TCP, GIVES_SEGMENT),
    PACKET("ppp, lcp", 9, "ff03c021 01020304", WIRE_UNKNOWN_NETWORK),
    PACKET("ppp with direction", 204, "01 ff030021" IP4 TCP, GIVES_SEGMENT),
    PACKET("pppoe", 51, "11 00 0007 002e 0021" IP4 TCP, GIVES_SEGMENT),
    PACKET("cisco hdlc", 104, "0f00 0800" IP4 TCP, GIVES_SEGMENT),
    PACKET("raw", 101, IP4 TCP, GIVES_SEGMENT),
    PACKET("raw, ipv6", 101, IP6 TCP, GIVES_SEGMENT),
    PACKET("raw, DLT 12", 12, IP6 TCP, GIVES_SEGMENT),
    PACKET("raw, DLT 14", 14, IP4 TCP, GIVES_SEGMENT),
    PACKET("raw, neither", 101, "50000000", WIRE_UNKNOWN_NETWORK),
    PACKET("raw, empty", 101, "", WIRE_MALFORMED),
    PACKET("ipv4", 228, IP4 TCP, GIVES_SEGMENT),
    PACKET("ipv6", 229, IP6 TCP, GIVES_SEGMENT),
    PACKET("ipv4, but 6", 228, IP6 TCP, WIRE_MALFORMED),
    PACKET("sll", 113, "0000 0001 0006 02a0000000010000 0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("sll, llc", 113,
           "0000 0001 0006 02a0000000010000 0004 aaaa03 000000 0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("sll2", 276,
           "86dd 0000 00000003 0001 04 06 02a0000000010000" IP6 TCP,
           GIVES_SEGMENT),
    PACKET("nflog", 239,
           "02000001 0800010008000100 0500020061000000 3000 0900" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("nflog, endless", 239, "02000001 00000100 00000100", WIRE_MALFORMED),
    PACKET("enc", 109, "02000000 00001234 00000001" IP4 TCP, GIVES_SEGMENT),
    PACKET("pflog", 117, "05 02 0000 00000000" IP4 TCP, GIVES_SEGMENT),
    PACKET("rfc 1483", 100, "aaaa03 000000 0800" IP4 TCP, GIVES_SEGMENT),
    PACKET("mpls", 219, "00010140" IP4 TCP, GIVES_SEGMENT),
    PACKET("802.11", 105, WLAN("0802") "aaaa03 000000 0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("802.11, four addresses", 105,
           WLAN("0803") "020000000004 aaaa03 000000 0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("802.11, qos", 105, WLAN("8802") "0000 aaaa03 000000 86dd" IP6 TCP,
           GIVES_SEGMENT),
    PACKET("802.11, qos and ht control", 105,
           WLAN("8882") "0000 00000000 aaaa03 000000 0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("802.11, aggregated", 105,
           WLAN("8802") "8000 aaaa03 000000 0800" IP4 TCP,
           WIRE_UNKNOWN_NETWORK),
    PACKET("802.11, encrypted", 105, WLAN("0842") "aaaa03 000000 0800" IP4 TCP,
           WIRE_UNKNOWN_NETWORK),
    PACKET("802.11, no data", 105, WLAN("4801") "", WIRE_UNKNOWN_NETWORK),
    PACKET("802.11, beacon", 105, WLAN("8000") "", WIRE_UNKNOWN_NETWORK),
    PACKET("802.11, cut", 105, "0802 0000 02000000", WIRE_MALFORMED),
    PACKET("radiotap", 127,
           "00000800 00000000" WLAN("0802") "aaaa03 000000 0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("radiotap, time and padding", 127,
           "00001900 030000a0 00000000 00000000 0102030405060708 20" WLAN(
               "8802") "0000 0000 aaaa03 000000 0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("radiotap, too short", 127, "00000400 00000000", WIRE_MALFORMED),
    PACKET("ppi, 802.11", 192,
           "00000800 69000000" WLAN("0802") "aaaa03 000000 0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("ppi in ppi in ppi", 192, "00000800 c0000000 00000800 c0000000",
           WIRE_MALFORMED),
    PACKET("bluetooth", 201, "00000000", WIRE_UNKNOWN_LINK),

    /* ethertypes */
    PACKET("arp", 1, ETH "0806 0001", WIRE_UNKNOWN_NETWORK),
    PACKET("vlan", 1, ETH "8100 0007 0800" IP4 TCP, GIVES_SEGMENT),
    PACKET("qinq", 1, ETH "88a8 0007 8100 0008 86dd" IP6 TCP, GIVES_SEGMENT),
    PACKET("old qinq", 1, ETH "9100 0007 8100 0008 0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("802.1ah", 1, ETH "88e7 00000007" ETH "0800" IP4 TCP, GIVES_SEGMENT),
    PACKET("vn-tag", 1, ETH "8926 00000007 0800" IP4 TCP, GIVES_SEGMENT),
    PACKET("pppoe in vlan", 1, ETH "8100 0007 8864 11000007002e 0021" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("802.3 with snap", 1, ETH "0034 aaaa03 000000 0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("802.3, spanning tree", 1, ETH "0026 424203 0000",
           WIRE_UNKNOWN_NETWORK),
    PACKET("802.3, cisco", 1, ETH "0034 aaaa03 00000c 2000 02b4",
           WIRE_UNKNOWN_NETWORK),
    PACKET("mpls, two labels", 1, ETH "8847 00010040 00020140" IP6 TCP,
           GIVES_SEGMENT),
    PACKET("mpls, control word", 1,
           ETH "8847 00010140 00000000" ETH "0800" IP4 TCP, GIVES_SEGMENT),
    PACKET("mpls, ethernet", 1, ETH "8848 00010140" ETH "0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("mpls, neither", 1, ETH "8847 00010140 00000000 00000000",
           WIRE_UNKNOWN_NETWORK),
    PACKET("mpls, no bottom", 1, ETH "8847 00010040 00010040", WIRE_MALFORMED),
    PACKET("bridged", 1, ETH "6558" ETH "0800" IP4 TCP, GIVES_SEGMENT),

    /* IP protocols */
    PACKET("ipip", 101, OUT("04") IP4 TCP, GIVES_SEGMENT),
    PACKET("6in4", 101, OUT("29") IP6 TCP, GIVES_SEGMENT),
    PACKET("4in6", 101, OUT6("04") IP4 TCP, GIVES_SEGMENT),
    PACKET("gre", 101, OUT("2f") "0000 0800" IP4 TCP, GIVES_SEGMENT),
    PACKET("gre, all fields", 101,
           OUT("2f") "b000 86dd 00000000 00000007 00000001" IP6 TCP,
           GIVES_SEGMENT),
    PACKET("gre, bridged", 101,
           OUT("2f") "2000 6558 00000007" ETH "0800" IP4 TCP, GIVES_SEGMENT),
    PACKET("gre, pptp", 101,
           OUT("2f") "3081 880b 00300007 00000001 00000002 ff030021" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("erspan i", 101, OUT("2f") "0000 88be" ETH "0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("erspan ii", 101,
           OUT("2f") "1000 88be 00000001 1007 0000 00000000" ETH "0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("erspan iii", 101,
           OUT("2f") "1000 22eb 00000001 2007 0000 00000000 0000 0001"
                     "0000000000000000" ETH "0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("etherip", 101, OUT("61") "3000" ETH "0800" IP4 TCP, GIVES_SEGMENT),
    PACKET("mpls in ip", 101, OUT("89") "00010140" IP4 TCP, GIVES_SEGMENT),
    PACKET("ah, 96 bits", 101,
           AH "06 04 0000 00000001 00000001"
              "010203040506070809101112" TCP,
           GIVES_SEGMENT),
    PACKET("ah, too long", 101, AH "06 ff 0000 00000001 00000001" TCP,
           WIRE_MALFORMED),
    PACKET("esp", 101, OUT("32") "00000001 00000001", WIRE_ENCRYPTED),
    PACKET("icmp", 101, OUT("01") "0800 0000", WIRE_ICMP),
    PACKET("icmpv6", 101, OUT6("3a") "8000 0000", WIRE_ICMP),
    PACKET("sctp", 101, OUT("84") "0001 0002 00000000 00000000", WIRE_SCTP),
    PACKET("ospf", 101, OUT("59") "0201 0000", WIRE_OTHER_IP),
    PACKET("udp", 101, UDP("0035") IP4 TCP, WIRE_UDP),

    /* IPv6 extension headers */
    PACKET("hop-by-hop", 101, OUT6("00") "06 00 010400000000" TCP,
           GIVES_SEGMENT),
    PACKET("many extensions", 101,
           OUT6("00") "3c 00 010400000000 2b 00 010400000000"
                      "87 00 000400000000 06 00 010400000000" TCP,
           GIVES_SEGMENT),
    PACKET("atomic fragment", 101, OUT6("2c") "06 00 0000 00000001" TCP,
           GIVES_SEGMENT),
    PACKET("extension too long", 101, OUT6("00") "06 ff 010400000000" TCP,
           WIRE_MALFORMED),
    PACKET("no next header", 101, OUT6("3b"), WIRE_OTHER_IP),

    /* tunnels in UDP */
    PACKET("vxlan", 101, UDP("12b5") "08000000 00000700" ETH "0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("vxlan of flannel", 101,
           UDP("2118") "08000000 00000700" ETH "8100 0001 0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("vxlan, no network", 101, UDP("12b5") "00000000" ETH "0800" IP4 TCP,
           WIRE_UDP),
    PACKET("vxlan, arp", 101, UDP("12b5") "08000000 00000700" ETH "0806 0001",
           WIRE_UDP),
    PACKET("vxlan-gpe, ip", 101, UDP("12b6") "0c000002 00000700" IP6 TCP,
           GIVES_SEGMENT),
    PACKET("geneve", 101, UDP("17c1") "0000 6558 00000700" ETH "0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("geneve with options", 101,
           UDP("17c1") "0200 0800 00000700 0102030400000000" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("gtp-u", 101, UDP("0868") "30ff 0030 00000007" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("gtp-u with extension", 101,
           UDP("0868") "34ff 0030 00000007 0000 00 85 01 0001 00" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("gtp-u, extension of no size", 101,
           UDP("0868") "34ff 0030 00000007 0000 00 85 00 0001 00" IP4 TCP,
           WIRE_UDP),
    PACKET("gtp echo", 101, UDP("0868") "3201 0004 00000000 00000000",
           WIRE_UDP),
    PACKET("teredo", 101, UDP("0dd8") IP6 TCP, GIVES_SEGMENT),
    PACKET(
        "teredo with all", 101,
        UDP("0dd8") "0001 01 02 aabbcc 000000000000000000 0000 112233445566" IP6
            TCP,
        GIVES_SEGMENT),
    PACKET("mpls in udp", 101, UDP("19eb") "00010140" IP4 TCP, GIVES_SEGMENT),
    PACKET("tzsp", 101,
           UDP("9090") "01 00 0001 00 0a 01 aa 01" ETH "0800" IP4 TCP,
           GIVES_SEGMENT),
    PACKET("tzsp without end", 101, UDP("9090") "01 00 0001 00 0a 01 aa",
           WIRE_UDP),

    /* damage */
    PACKET("ethernet, no type", 1, ETH "08", WIRE_MALFORMED),
    PACKET("ipv4, header of 16", 101,
           "4400 0000 0001 4000 4006 0000 0a000001"
           "0a000002" TCP,
           WIRE_MALFORMED),
    PACKET("ipv4, total below header", 101,
           "4500 0010 0001 4000 4006 0000 0a000001"
           "0a000002" TCP,
           WIRE_MALFORMED),
    PACKET("ipv4, no payload", 101,
           "4500 0014 0001 4000 4006 0000 0a000001 0a000002", WIRE_MALFORMED),
    PACKET("tcp, 19 bytes", 101,
           "4500 0027 0001 4000 4006 0000 0a000001 0a000002" TCP,
           WIRE_MALFORMED),
    PACKET("tcp, header of 16", 101,
           IP4 "9c40 0050 00000064 000000c8 4018 0200 0000 0000 61626364",
           WIRE_MALFORMED),
    PACKET("tcp, header behind the end", 101,
           IP4 "9c40 0050 00000064 000000c8 f018 0200 0000 0000 61626364",
           WIRE_MALFORMED),
    PACKET("17 vlans", 1,
           ETH "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 8100 0006"
               "8100 0007 8100 0008 8100 0009 8100 000a 8100 000b 8100 000c"
               "8100 000d 8100 000e 8100 000f 8100 0010 8100 0011 0800" IP4 TCP,
           WIRE_TOO_DEEP),
};

static void check_segment(const struct segment *segment)
{
    assert_int_equal(segment->at.frame, 7);
    assert_int_equal(segment->at.time, 1234567890);
    assert_int_equal(segment->source.port, 40000);
    assert_int_equal(segment->destination.port, 80);
    assert_int_equal(segment->seq, 100);
    assert_int_equal(segment->ack, 200);
    assert_int_equal(segment->flags, TCP_PSH | TCP_ACK);
    assert_int_equal(segment->window, 512);
    assert_int_equal(segment->ttl, 64);
    assert_int_equal(segment->payload.size, 4);
    assert_memory_equal(segment->payload.at, "abcd", 4);
    assert_int_equal(segment->missing, 0);
    if (segment->source.address.version == 4) {
        assert_memory_equal(segment->source.address.byte, "\x0a\0\0\1\0\0", 6);
        assert_int_equal(segment->ip_id, 1);
    } else {
        assert_memory_equal(segment->destination.address.byte, "\x20\x01\x0d",
                            3);
        assert_int_equal(segment->destination.address.byte[15], 2);
        assert_int_equal(segment->ip_id, 0);
    }
}

static void check_packet(const struct packet *packet)
{
    struct wire *wire = wire_new(NULL);
    uint8_t bytes[ROOM];
    struct frame frame = {
        .time = 1234567890,
        .number = 7,
        .link_type = packet->link_type,
        .data = {bytes, from_hex(packet->hex, bytes)}
    };
    struct segment segment;
    int outcome = GIVES_SEGMENT;

    frame.length = (uint32_t)frame.data.size;
    if (wire_take(wire, &frame, &segment)) {
        check_segment(&segment);
        assert_int_equal(wire_segments(wire), 1);
    }
    for (int i = 0; i < WIRE_IGNORED_COUNT; i++) {
        if (wire_ignored_count(wire, (enum wire_ignored)i))
            outcome = i;
    }
    if (outcome != packet->outcome)
        fail_msg("'%s': outcome %d instead of %d", packet->name, outcome,
                 packet->outcome);
    wire_free(wire);
}

static void test_packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++)
        check_packet(&packets[i]);
}

/* At whatever byte a packet is cut or damaged, nothing worse than a count. */
static void test_cut_and_damaged(void **state)
{
    struct wire *wire = wire_new(NULL);
    uint64_t frames = 0;
    uint64_t sum;

    (void)state;
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        uint8_t bytes[ROOM];
        size_t size = from_hex(packets[i].hex, bytes);

        for (size_t cut = 0; cut < size; cut++) {
            /* Of that very size, so that a sanitizer sees every overrun. */
            uint8_t *copy = malloc(cut ? cut : 1);
            struct frame frame = {
                .time = (nanos)frames * NANOS_PER_SECOND,
                .link_type = packets[i].link_type,
                .length = (uint32_t)size,
                .data = {copy, cut}
            };
            struct segment segment;

            memcpy(copy, bytes, cut);
            if (cut)
                copy[cut / 2] = (uint8_t)(copy[cut / 2] ^ (1u << (cut % 8)));
            frames++;
            if (wire_take(wire, &frame, &segment))
                assert_true(segment.payload.size <= cut);
            free(copy);
        }
    }
    sum = wire_segments(wire);
    for (int i = 0; i < WIRE_IGNORED_COUNT; i++)
        sum += wire_ignored_count(wire, (enum wire_ignored)i);
    assert_int_equal(sum, frames);
    wire_free(wire);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(wire_ignored_name(WIRE_UNKNOWN_LINK),
                        "unknown link type");
    for (int i = 0; i < WIRE_IGNORED_COUNT; i++)
        assert_non_null(wire_ignored_name((enum wire_ignored)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets),
        cmocka_unit_test(test_cut_and_damaged),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
