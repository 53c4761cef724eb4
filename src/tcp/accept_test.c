#include "tcp/tcp_kit.h"

/* Numbers far outside any window. */
enum {
    FAR = 500000000
};

static const struct conversation anchors[] = {
    ROW(.name = "a challenge ACK and its RST before the SYN is answered",
        .step = {SENT('c', 0, TCP_SYN, 0, 0, ""),
                 SENT('s', 1, A, FAR, 700000000, ""),
                 SENT('c', 2, TCP_RST, 700000000, 0, ""),
                 SENT('c', 1000, TCP_SYN, 0, 0, ""),
                 SENT('s', 1001, SA, 90, 1, ""),
                 SENT('c', 1002, A, 1, 91, "abc"),
                 SENT('s', 1003, A, 91, 4, "de")},
        .told = "c +1 abc #6\n"
                "s +1 de #7\n"
                "over open, 2 SYNs\n"
                "  ignored 1\n"
                "  stray resets 1\n"),
    ROW(.name = "an RST that answers no SYN refuses nothing",
        .step = {SENT('c', 0, TCP_SYN, 0, 0, ""),
                 SENT('s', 1, TCP_RST, 7, 0, ""), SENT('s', 2, RA, 0, FAR, "")},
        .told = "over open, one way\n"
                "  ignored 2\n"),
    ROW(.name = "a refusal that a SYN-ACK takes back",
        .step = {SENT('c', 0, TCP_SYN, 0, 0, ""), SENT('s', 1, RA, 0, 1, ""),
                 SENT('s', 2, SA, 90, 1, ""), SENT('c', 3, A, 1, 91, "abc")},
        .told = "c +1 abc #4\n"
                "over open\n"),
    ROW(.name = "of two SYN-ACKs the one counts that is answered",
        .step = {SENT('c', 0, TCP_SYN, 0, 0, ""), SENT('s', 1, SA, 90, 1, ""),
                 SENT('s', 2, SA, FAR, 1, ""), SENT('c', 3, A, 1, FAR + 1, ""),
                 SENT('s', 4, A, FAR + 1, 1, "de")},
        .told = "s +1 de #5\n"
                "over open\n"),
    ROW(.name = "a SYN on open ports that nobody answers",
        .step = {HANDSHAKE, SENT('c', 10, TCP_SYN, FAR, 0, ""),
                 SENT('c', 11, A, 1, 1, "abc"), SENT('s', 12, A, 1, 4, "de")},
        .told = "c +1 abc #5\n"
                "s +1 de #6\n"
                "over open\n"),
    ROW(.name = "a SYN on open ports that is sent again",
        .step = {HANDSHAKE, SENT('c', 10, TCP_SYN, FAR, 0, ""), PAUSE,
                 SENT('c', 1010, TCP_SYN, FAR, 0, "")},
        .told = "--\n"
                "over replaced\n"
                "[1] over open, one way, 2 SYNs\n"),
    ROW(.name = "a SYN on open ports that is refused",
        .step = {HANDSHAKE, SENT('c', 10, TCP_SYN, FAR, 0, ""), PAUSE,
                 SENT('s', 11, RA, 0, FAR + 1, "")},
        .told = "--\n"
                "over replaced\n"
                "[1] over ended, one way, refused\n"
                "  reset s #5 ack ttl 64 not 0\n"),
};

static const struct conversation windows[] = {
    ROW(.name = "data, an ACK and a FIN from outside the window",
        .step = {HANDSHAKE, SENT('s', 9, A, FAR, 1, "xx"),
                 SENT('c', 10, A, 1, 2 * FAR, ""),
                 SENT('c', 11, FA, FAR, 3 * FAR, ""),
                 SENT('c', 12, A, 1, 1, "abc")},
        .told = "c +1 abc #7\n"
                "over open\n"
                "  ignored 3\n"),
    ROW(.name = "the same twice is no more",
        .step = {HANDSHAKE, SENT('s', 9, A, FAR, 700000000, "xx"),
                 SENT('s', 10, A, FAR, 700000000, "xx"),
                 SENT('c', 12, A, 1, 1, "abc")},
        .told = "c +1 abc #6\n"
                "over open\n"
                "  ignored 2\n"),
    ROW(.name = "numbers that jumped, and are acknowledged",
        .step = {HANDSHAKE, SENT('s', 10, A, FAR, 1, "ab"),
                 SENT('c', 11, A, 1, FAR + 2, ""),
                 SENT('s', 12, A, FAR + 2, 1, "cd")},
        .told = "s +1 gap 500000001 #5\n"
                "s +500000002 cd #6\n"
                "over open\n"
                "  hole s x1 +1:500000001 #5 #5 #5 ended #5\n"
                "  ignored 1\n"),
    ROW(.name = "more than a window that the capture lost",
        .step = {HANDSHAKE, SENT('s', 10, A, FAR, 1, "ab"),
                 SENT('s', 11, A, FAR + 2, 1, "cd"),
                 SENT('c', 12, A, 1, FAR + 4, "")},
        .told = "s +1 gap 500000001 #6\n"
                "s +500000002 cd #5\n"
                "over open\n"
                "  hole s x1 +1:500000001 #6 #6 #6 ended #6\n"
                "  ignored 1\n"),
    ROW(.name = "numbers that jumped back behind an end",
        .step = {SENT('s', 0, A, 1000, 3 * FAR, "xx"),
                 SENT('c', 1, FA, 3 * FAR, 1002, ""),
                 SENT('c', 2, A, 1, 1002, "de"),
                 SENT('c', 3, A, 3, 1002, "fg")},
        .told = "s +1 xx #1\n"
                "c end #2\n"
                "over open, client c guessed\n"
                "  ignored 1\n"
                "  contradicted c #2\n"),
    ROW(.name = "numbers that jumped back while bytes wait",
        .step = {SENT('s', 0, A, 1000, 3 * FAR, "xx"),
                 SENT('c', 1, A, 3 * FAR, 3000, "abc"),
                 SENT('c', 2, A, 1, 3000, "de"), SENT('c', 3, A, 3, 3000, "fg"),
                 SENT('s', 4, A, 3000, 5, "y")},
        .told = "s +1 xx #1\n"
                "s +3 gap 1998 #2\n"
                "c +1 fg #4\n"
                "s +2001 y #5\n"
                "over open, client c guessed\n"
                "  hole s x1 +3:1998 #2 #2 #2 ended #2\n"
                "  ignored 1\n"
                "  contradicted c #2\n"),
};

static const struct conversation strange[] = {
    ROW(.name = "a FIN with another TTL, data goes on",
        .step = {HANDSHAKE, SENT('c', 10, FA, 1, 1, "", .ttl = 50),
                 SENT('c', 11, A, 1, 1, "abc")},
        .told = "c +1 abc #5\n"
                "over open\n"
                "  contradicted c #4\n"),
    ROW(.name = "a FIN with another TTL that is acknowledged",
        .step = {HANDSHAKE, SENT('c', 10, FA, 1, 1, "", .ttl = 50),
                 SENT('s', 11, A, 1, 2, "")},
        .told = "c end #4\n"
                "over open\n"),
    ROW(.name = "data with another TTL",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc", .ttl = 50),
                 SENT('c', 11, A, 4, 1, "de")},
        .told = "c +1 abc #4\n"
                "c +4 de #5\n"
                "over open\n"
                "  contradicted c #4\n"),
    ROW(.name = "the path is another one from there on",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc", .ttl = 50),
                 SENT('c', 11, A, 4, 1, "de", .ttl = 50),
                 SENT('c', 12, FA, 6, 1, "", .ttl = 50)},
        .told = "c +1 abc #4\n"
                "c +4 de #5\n"
                "c end #6\n"
                "over open\n"),
    ROW(.name = "other bytes in the same place",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abcdefghijklmnopq"),
                 SENT('c', 11, A, 1, 1, "abcdefghijklmnoXq")},
        .told = "c +1 abcdefghijklmnopq #4\n"
                "over open\n"
                "  retransmission c x1 +1:17 #4 #5 #5\n"
                "  contradicted c #5\n"),
    ROW(.name = "a FIN that data overtakes",
        .step = {HANDSHAKE, SENT('c', 10, FA, 1, 1, ""),
                 SENT('c', 11, A, 1, 1, "abc")},
        .told = "c end #4\n"
                "over open\n"
                "  contradicted c #4\n"),
    ROW(.name = "a FIN and an RST that no receiver takes",
        .step = {SENT('c', 0, TCP_SYN, 0, 0, "", .sum = SUM_GOOD),
                 SENT('s', 1, SA, 0, 1, ""),
                 SENT('c', 2, FA, 1, 1, "", .sum = SUM_BAD),
                 SENT('c', 3, RA, 1, 1, "", .sum = SUM_BAD),
                 SENT('c', 4, A, 1, 1, "abc")},
        .told = "c +1 abc #5\n"
                "over open\n"
                "  ignored 2\n"),
    ROW(.name = "the same, on ports that were used again",
        .step = {HANDSHAKE, SENT('c', 10, TCP_SYN, FAR, 0, "", .sum = SUM_GOOD),
                 PAUSE, SENT('s', 11, SA, 90, FAR + 1, ""),
                 SENT('c', 12, RA, FAR + 1, 91, "", .sum = SUM_BAD),
                 SENT('c', 13, A, FAR + 1, 91, "abc")},
        .told = "--\n"
                "over replaced\n"
                "[1] c +1 abc #7\n"
                "[1] over open\n"
                "  ignored 1\n"),
    ROW(.name = "no checksum of this side is right",
        .step = {SENT('c', 0, TCP_SYN, 0, 0, "", .sum = SUM_BAD),
                 SENT('s', 1, SA, 0, 1, ""),
                 SENT('c', 2, FA, 1, 1, "", .sum = SUM_BAD)},
        .told = "c end #3\n"
                "over open\n"),
    ROW(.name = "an RST behind which both sides go on",
        .step = {HANDSHAKE, SENT('s', 10, TCP_RST, 1, 0, "", .ttl = 50),
                 SENT('s', 11, A, 1, 1, "ab"), SENT('c', 12, A, 1, 3, "cd")},
        .told = "s +1 ab #5\n"
                "c +1 cd #6\n"
                "over open, data after reset\n"
                "  stray resets 1\n"),
};

static void check_all(const struct conversation *talk, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_conversation(&talk[i]);
}

static void test_anchors(void **state)
{
    (void)state;
    check_all(anchors, sizeof anchors / sizeof *anchors);
}

static void test_windows(void **state)
{
    (void)state;
    check_all(windows, sizeof windows / sizeof *windows);
}

static void test_strange(void **state)
{
    (void)state;
    check_all(strange, sizeof strange / sizeof *strange);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anchors),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_strange),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
