#include "tcp/tcp_kit.h"

static const struct conversation ordered[] = {
    ROW(.name = "in order",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('s', 20, A, 1, 4, "de"), SENT('c', 21, A, 4, 3, "")},
        .told = "c +1 abc #4\n"
                "s +1 de #5\n"
                "over open\n"),
    ROW(.name = "all that was sent is acknowledged",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('s', 20, A, 1, 3, "de"), SENT('s', 21, A, 3, 4, ""),
                 SENT('c', 22, A, 4, 3, "")},
        .told = "c +1 abc #4\n"
                "s +1 de #5\n"
                "c acked\n"
                "s acked\n"
                "over open\n",
        .with_acked = true),
    ROW(.name = "out of order",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('c', 11, A, 7, 1, "ghi"), PAUSE,
                 SENT('c', 12, A, 4, 1, "def")},
        .told = "c +1 abc #4\n"
                "--\n"
                "c +4 def #6\n"
                "c +7 ghi #6\n"
                "over open\n"),
    ROW(.name = "the first copy of a byte counts",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('c', 11, A, 2, 1, "XYZ"),
                 SENT('c', 12, A, 1, 1, "12345678")},
        .told = "c +1 abc #4\n"
                "c +4 Z #5\n"
                "c +5 5678 #6\n"
                "over open\n"),
    ROW(.name = "overlaps among those that wait",
        .step = {HANDSHAKE, SENT('c', 10, A, 4, 1, "def"),
                 SENT('c', 10, A, 5, 1, "EFGH"), SENT('c', 10, A, 5, 1, "x"),
                 SENT('c', 11, A, 1, 1, "abc")},
        .told = "c +1 abc #7\n"
                "c +4 def #7\n"
                "c +7 GH #7\n"
                "over open\n"
                "  retransmission c x1 +5:1 #4 #6 #6\n"),
    ROW(.name = "an answer before its question",
        .step = {HANDSHAKE, SENT('s', 10, A, 1, 4, "de"), PAUSE,
                 SENT('c', 11, A, 1, 1, "abc")},
        .told = "--\n"
                "c +1 abc #5\n"
                "s +1 de #4\n"
                "over open\n"),
    ROW(.name = "sequence numbers wrap",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('s', 20, A, 1, 4, "de"), SENT('c', 31, A, 7, 3, "ghi"),
                 SENT('c', 32, A, 4, 3, "def")},
        .told = "c +1 abc #4\n"
                "s +1 de #5\n"
                "c +4 def #7\n"
                "c +7 ghi #7\n"
                "over open\n",
        .isn = {0xfffffffe, 0xfffffffd}),
    ROW(.name = "more than 2^32 bytes",
        .step = {HANDSHAKE,
                 SENT('c', 1, A, 0x00000001, 1, "a", .missing = 0x3fffffff),
                 SENT('c', 2, A, 0x40000001, 1, "b", .missing = 0x3fffffff),
                 SENT('c', 3, A, 0x80000001, 1, "c", .missing = 0x3fffffff),
                 SENT('c', 4, A, 0xc0000001, 1, "d", .missing = 0x3fffffff),
                 SENT('c', 5, A, 0x00000001, 1, "e")},
        .told = "c +1 a #4\n"
                "c +2 gap 1073741823 #4\n"
                "c +1073741825 b #5\n"
                "c +1073741826 gap 1073741823 #5\n"
                "c +2147483649 c #6\n"
                "c +2147483650 gap 1073741823 #6\n"
                "c +3221225473 d #7\n"
                "c +3221225474 gap 1073741823 #7\n"
                "c +4294967297 e #8\n"
                "over open\n"
                "  hole c x4 +2:4294967292 #4 #4 #7 ended #7\n"),
};

static const struct conversation holes[] = {
    ROW(.name = "acknowledged: given up after 100 ms",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('c', 11, A, 7, 1, "ghi"), SENT('s', 20, A, 1, 10, ""),
                 SENT('s', 120, A, 1, 10, ""), PAUSE,
                 SENT('s', 121, A, 1, 10, ""), PAUSE},
        .told = "c +1 abc #4\n"
                "--\n"
                "c +4 gap 3 #6\n"
                "c +7 ghi #5\n"
                "--\n"
                "over open\n"
                "  hole c x1 +4:3 #6 #6 #6 ended #6\n"),
    ROW(.name = "acknowledged: comes late, but in time",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('s', 20, A, 1, 7, ""), PAUSE,
                 SENT('c', 119, A, 4, 1, "def"), SENT('s', 300, A, 1, 7, "")},
        .told = "c +1 abc #4\n"
                "--\n"
                "c +4 def #6\n"
                "over open\n"),
    ROW(.name = "not acknowledged: no gap, ever",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('c', 11, A, 7, 1, "ghi"), SENT('s', 500, A, 1, 4, ""),
                 SENT('s', 900, A, 1, 4, "")},
        .told = "c +1 abc #4\n"
                "over open\n"),
    ROW(.name = "acknowledged, at the end of the capture",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('s', 20, A, 1, 9, ""), PAUSE},
        .told = "c +1 abc #4\n"
                "--\n"
                "c +4 gap 5 #5\n"
                "over open\n"
                "  hole c x1 +4:5 #5 #5 #5 ended #5\n"),
    ROW(.name = "its sender stands behind them, at the end of the capture",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('s', 20, A, 1, 4, ""), SENT('s', 30, A, 9, 4, ""), PAUSE,
                 SENT('s', 900, A, 9, 4, ""), PAUSE},
        .told = "c +1 abc #4\n"
                "--\n"
                "--\n"
                "s +1 gap 8 #7\n"
                "over open\n"
                "  hole s x1 +1:8 #7 #7 #7 ended #7\n"),
    ROW(.name = "its sender stands behind them, and they come",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('s', 20, A, 4, 4, ""), SENT('s', 900, A, 1, 4, "def")},
        .told = "c +1 abc #4\n"
                "s +1 def #6\n"
                "over open\n"),
    ROW(.name = "a question that was not captured",
        .step = {HANDSHAKE, SENT('s', 10, A, 1, 4, "de"), PAUSE,
                 SENT('s', 111, A, 3, 4, "f")},
        .told = "--\n"
                "c +1 gap 3 #4\n"
                "s +1 de #4\n"
                "s +3 f #5\n"
                "over open\n"
                "  hole c x1 +1:3 #4 #4 #4 ended #4\n"),
    ROW(.name = "one way: nobody acknowledges",
        .step = {SENT('c', 0, TCP_SYN, 0, 0, ""), SENT('c', 2, A, 1, 1, ""),
                 SENT('c', 10, A, 1, 1, "abc"), SENT('c', 20, A, 7, 1, "ghi"),
                 PAUSE, SENT('c', 121, A, 10, 1, "jkl")},
        .told = "c +1 abc #3\n"
                "--\n"
                "c +4 gap 3 #4\n"
                "c +7 ghi #4\n"
                "c +10 jkl #5\n"
                "over open, one way\n"
                "  hole c x1 +4:3 #4 #4 #4 ended #4\n"),
    ROW(.name = "budget used up",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('c', 11, A, 7, 1, "ghi"), PAUSE,
                 SENT('c', 12, A, 10, 1, "jkl"), PAUSE},
        .told = "c +1 abc #4\n"
                "--\n"
                "c +4 gap 3 #5\n"
                "c +7 ghi #5\n"
                "c +10 jkl #6\n"
                "--\n"
                "over open\n"
                "  hole c x1 +4:3 #5 #5 #5 ended #5\n"
                "budget 1\n",
        .options = {.held_bytes = 60}),
    ROW(.name = "cut by the snap length",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc", .missing = 7),
                 SENT('c', 11, A, 11, 1, "k")},
        .told = "c +1 abc #4\n"
                "c +4 gap 7 #4\n"
                "c +11 k #5\n"
                "over open\n"
                "  hole c x1 +4:7 #4 #4 #4 ended #4\n"),
};

static const struct conversation endings[] = {
    ROW(.name = "FINs, each behind its bytes",
        .step = {HANDSHAKE, SENT('c', 10, FA, 1, 1, "abc"),
                 SENT('s', 20, A, 1, 5, "de"), SENT('s', 21, FA, 3, 5, ""),
                 SENT('c', 22, A, 5, 4, "")},
        .told = "c +1 abc #4\n"
                "c end #4\n"
                "s +1 de #5\n"
                "s end #6\n"
                "over ended\n"),
    ROW(.name = "a FIN before its bytes",
        .step = {HANDSHAKE, SENT('c', 10, FA, 4, 1, ""), PAUSE,
                 SENT('c', 11, A, 1, 1, "abc")},
        .told = "--\n"
                "c +1 abc #5\n"
                "c end #4\n"
                "over open\n"),
    ROW(.name = "late packets still count for a second",
        .step = {HANDSHAKE, SENT('c', 10, FA, 1, 1, ""),
                 SENT('s', 20, FA, 4, 2, ""), SENT('s', 1020, A, 1, 2, "abc"),
                 PAUSE, SENT('C', 1021, TCP_SYN, 0, 0, ""), PAUSE,
                 SENT('s', 1100, A, 1, 2, "abc")},
        .told = "c end #4\n"
                "s +1 abc #6\n"
                "s end #5\n"
                "--\n"
                "over ended\n"
                "--\n"
                "[1] over open, one way\n"),
    ROW(.name = "a SYN that is sent again",
        .step = {SENT('c', 0, TCP_SYN, 0, 0, ""),
                 SENT('c', 1000, TCP_SYN, 0, 0, ""),
                 SENT('s', 1001, SA, 0, 1, ""),
                 SENT('c', 1002, A, 1, 1, "abc")},
        .told = "c +1 abc #4\n"
                "over open, 2 SYNs\n"),
    ROW(.name = "ports used again, while open",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"), PAUSE,
                 SENT('c', 20, TCP_SYN, 90000, 0, ""),
                 SENT('s', 21, SA, 70000, 90001, ""),
                 SENT('c', 22, A, 90001, 70001, "xyz")},
        .told = "c +1 abc #4\n"
                "--\n"
                "over replaced\n"
                "[1] c +1 xyz #7\n"
                "[1] over open\n"),
    ROW(.name = "ports used again, after the end",
        .step = {HANDSHAKE, SENT('c', 10, FA, 1, 1, ""),
                 SENT('s', 11, FA, 1, 2, ""),
                 SENT('c', 20, TCP_SYN, 90000, 0, ""),
                 SENT('s', 21, SA, 70000, 90001, "")},
        .told = "c end #4\n"
                "s end #5\n"
                "over ended\n"
                "[1] over open\n"),
    ROW(.name = "joined midway",
        .step = {SENT('c', 10, A, 500, 700, "abc"),
                 SENT('s', 11, A, 700, 503, "de")},
        .told = "c +1 abc #1\n"
                "s +1 de #2\n"
                "over open, client c guessed\n"),
    ROW(.name = "joined midway, the server is first",
        .step = {SENT('s', 10, A, 700, 503, "de"),
                 SENT('c', 11, A, 503, 702, "xyz")},
        .told = "s +1 de #1\n"
                "c +1 xyz #2\n"
                "over open, client c guessed\n"),
    ROW(.name = "what an ICMP error quotes has a number, and nothing else",
        .step = {SENT('C', 0, TCP_SYN, 0, 0, "", .quoted = true),
                 SENT('C', 1, TCP_SYN, 0, 0, "", .quoted = true),
                 SENT('c', 2, TCP_SYN, 0, 0, ""), PAUSE},
        .told = "--\n"
                "[1] over open, one way\n"),
    ROW(.name = "and keeps it when it comes itself",
        .step = {SENT('C', 0, TCP_SYN, 0, 0, "", .quoted = true),
                 SENT('c', 1, TCP_SYN, 0, 0, ""),
                 SENT('c', 2, TCP_SYN, 0, 0, "", .quoted = true),
                 SENT('C', 3, TCP_SYN, 0, 0, ""), PAUSE},
        .told = "--\n"
                "[1] over open, one way\n"
                "over open, one way\n"),
    ROW(.name = "the oldest goes when places run out",
        .step = {SENT('c', 0, TCP_SYN, 0, 0, ""),
                 SENT('C', 1, TCP_SYN, 0, 0, ""), PAUSE},
        .told = "over evicted, one way\n"
                "--\n"
                "[1] over open, one way\n",
        .options = {.connections = 1}),
};

static void check_all(const struct conversation *talk, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_conversation(&talk[i]);
}

static void test_order(void **state)
{
    (void)state;
    check_all(ordered, sizeof ordered / sizeof *ordered);
}

static void test_holes(void **state)
{
    (void)state;
    check_all(holes, sizeof holes / sizeof *holes);
}

static void test_endings(void **state)
{
    (void)state;
    check_all(endings, sizeof endings / sizeof *endings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_holes),
        cmocka_unit_test(test_endings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
