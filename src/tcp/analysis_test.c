#include "tcp/tcp_kit.h"

/* Takes frames 1 to 5; what comes of it is TALKED. */
#define TALK                                                                   \
    HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"), SENT('s', 11, A, 1, 4, "de")
#define TALKED "c +1 abc #4\ns +1 de #5\n"

static const struct conversation probes[] = {
    ROW(.name = "keep-alive: answered, then over",
        .step = {TALK, SENT('c', 12, A, 4, 3, ""),
                 SENT('s', 15000, A, 2, 4, ""), SENT('c', 15001, A, 4, 3, ""),
                 SENT('s', 30000, A, 2, 4, ""), SENT('c', 30001, A, 4, 3, ""),
                 SENT('c', 40000, A, 4, 3, "x")},
        .told = TALKED "c +4 x #11\n"
                       "over open\n"
                       "  keep-alive s x2 answered 2 #7 #7 #9 ended #11\n"),
    ROW(.name = "keep-alive: with the byte before, not answered",
        .step = {TALK, SENT('c', 12, A, 4, 3, ""),
                 SENT('s', 15000, A, 2, 4, "e"), SENT('s', 30000, A, 2, 4, "e"),
                 SENT('s', 45000, A, 2, 4, "e")},
        .told = TALKED "over open\n"
                       "  keep-alive s x3 #7 #7 #9\n"),
    ROW(.name = "keep-alive: no probe while something is outstanding",
        .step = {TALK, SENT('s', 15000, A, 2, 4, "")},
        .told = TALKED "over open\n"),
    ROW(.name = "a window of zero, probed until it opens",
        .step = {TALK, SENT('s', 20, A, 3, 4, "", .window = WINDOW_ZERO),
                 SENT('c', 300, A, 4, 3, "x"),
                 SENT('s', 301, A, 3, 4, "", .window = WINDOW_ZERO),
                 SENT('c', 900, A, 4, 3, "x"), SENT('s', 901, A, 3, 5, "")},
        .told = TALKED "c +4 x #7\n"
                       "over open\n"
                       "  zero-window s x2 #6 #7 #9 ended #10\n"),
    ROW(.name = "a window of zero that stays",
        .step = {TALK, SENT('s', 20, A, 3, 4, "", .window = WINDOW_ZERO),
                 SENT('s', 30, A, 3, 4, "", .window = WINDOW_ZERO)},
        .told = TALKED "over open\n"
                       "  zero-window s x0 #6 #6 #7\n"),
    ROW(.name = "a window of zero for 99 ms is not kept",
        .step = {TALK, SENT('s', 20, A, 3, 4, "", .window = WINDOW_ZERO),
                 SENT('s', 119, A, 3, 4, "")},
        .told = TALKED "over open\n"),
    ROW(.name = "a window of zero whose opening is missing",
        .step = {TALK, SENT('s', 20, A, 3, 4, "", .window = WINDOW_ZERO),
                 SENT('c', 200, A, 4, 3, "xyz")},
        .told = TALKED "c +4 xyz #7\n"
                       "over open\n"
                       "  zero-window s x0 #6 #6 #6 ended #7\n"),
};

static const struct conversation retransmission[] = {
    ROW(.name = "sent again until it is acknowledged",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('c', 210, A, 1, 1, "abc"), SENT('c', 610, A, 1, 1, "abc"),
                 SENT('s', 620, A, 1, 4, "")},
        .told = "c +1 abc #4\n"
                "over open\n"
                "  retransmission c x2 +1:3 #4 #5 #6 ended #7\n"),
    ROW(.name = "sent again, never acknowledged",
        .step = {HANDSHAKE, SENT('s', 10, A, 1, 1, "abc"),
                 SENT('s', 20, A, 4, 1, "def"), SENT('s', 300, A, 4, 1, "def"),
                 SENT('s', 400, A, 1, 1, "ab")},
        .told = "s +1 abc #4\n"
                "s +4 def #5\n"
                "over open\n"
                "  retransmission s x2 +1:6 #4 #6 #7\n"),
    ROW(.name = "settled within 99 ms: not kept",
        .step = {HANDSHAKE, SENT('c', 10, A, 1, 1, "abc"),
                 SENT('c', 50, A, 1, 1, "abc"), SENT('s', 109, A, 1, 4, "")},
        .told = "c +1 abc #4\n"
                "over open\n"),
    ROW(.name = "needless: it had been acknowledged",
        .step = {TALK, SENT('c', 500, A, 1, 3, "abc")},
        .told = TALKED "over open\n"
                       "  retransmission c x1 +1:3 #6 #6 #6\n"),
    ROW(.name = "a hole filled within 3 ms is reordering",
        .step = {HANDSHAKE, SENT('c', 10, A, 4, 1, "def"),
                 SENT('c', 13, A, 1, 1, "abc")},
        .told = "c +1 abc #5\n"
                "c +4 def #5\n"
                "over open\n"),
    ROW(.name = "a hole filled later was sent again",
        .step = {HANDSHAKE, SENT('c', 10, A, 4, 1, "def"),
                 SENT('c', 14, A, 1, 1, "abc")},
        .told = "c +1 abc #5\n"
                "c +4 def #5\n"
                "over open\n"
                "  retransmission c x1 +1:3 #4 #5 #5\n"),
};

/* RFC 9293, 3.5.3: without ACK to a segment that had one, and else with. */
static const struct conversation resets[] = {
    ROW(.name = "RST,ACK: a live socket was aborted",
        .step = {TALK, SENT('s', 20, RA, 3, 4, "")},
        .told = TALKED "over ended\n"
                       "  reset s #6 +3 ack\n"),
    ROW(.name = "RST: there was no socket any more",
        .step = {TALK, SENT('s', 20, FA, 3, 4, ""),
                 SENT('c', 30, A, 4, 4, "xyz"),
                 SENT('s', 31, TCP_RST, 4, 0, "")},
        .told = TALKED "s end #6\n"
                       "c +4 xyz #7\n"
                       "over ended\n"
                       "  reset s #8 +4\n"),
    ROW(.name = "by somebody on the way",
        .step = {TALK, SENT('s', 20, TCP_RST, 3, 0, "", .ttl = 50)},
        .told = TALKED "over ended\n"
                       "  reset s #6 +3 ttl 50 not 64\n"),
    ROW(.name = "refused",
        .step = {SENT('c', 0, TCP_SYN, 0, 0, ""),
                 SENT('s', 1, RA, 0, 1, "", .ttl = 0)},
        .told = "over ended, one way, refused\n"
                "  reset s #2 ack ttl 64 not 0\n"),
    ROW(.name = "data after a reset",
        .step = {TALK, SENT('s', 20, RA, 3, 4, ""),
                 SENT('c', 21, A, 4, 3, "xyz")},
        .told = TALKED "c +4 xyz #7\n"
                       "over ended, data after reset\n"
                       "  reset s #6 +3 ack\n"),
    ROW(.name = "each is kept",
        .step = {TALK, SENT('s', 20, TCP_RST, 3, 0, ""),
                 SENT('s', 21, TCP_RST, 3, 0, ""), SENT('c', 22, RA, 4, 3, "")},
        .told = TALKED "over ended\n"
                       "  reset s #6 +3\n"
                       "  reset s #7 +3\n"
                       "  reset c #8 +4 ack\n"),
    ROW(.name = "out of any window: it ends nothing",
        .step = {TALK, SENT('s', 20, TCP_RST, 900000, 0, ""),
                 SENT('c', 30, A, 4, 3, "x")},
        .told = TALKED "c +4 x #7\n"
                       "over open\n"
                       "  stray resets 1\n"),
    ROW(.name = "out of the window, but its socket's last word",
        .step = {TALK, SENT('s', 20, A, 3, 4, "", .has_timestamp = true),
                 SENT('s', 30, RA, 900000, 4, "", .has_timestamp = true)},
        .told = TALKED "over open\n"
                       "  reset s #7 +900000 ack out of window\n"),
    ROW(.name = "out of the window, and its socket goes on",
        .step = {TALK, SENT('s', 20, A, 3, 4, "", .has_timestamp = true),
                 SENT('s', 30, RA, 900000, 4, "", .has_timestamp = true),
                 SENT('s', 40, A, 3, 4, "", .has_timestamp = true)},
        .told = TALKED "over open\n"
                       "  stray resets 1\n"),
    ROW(.name = "more than are kept: the first, and the first of each side",
        .step = {TALK, SENT('s', 20, TCP_RST, 3, 0, ""),
                 SENT('s', 21, TCP_RST, 3, 0, ""),
                 SENT('s', 22, TCP_RST, 3, 0, ""),
                 SENT('s', 23, TCP_RST, 3, 0, ""),
                 SENT('s', 24, TCP_RST, 3, 0, ""), SENT('c', 25, RA, 4, 3, "")},
        .told = TALKED "over ended\n"
                       "  reset s #6 +3\n"
                       "  reset s #7 +3\n"
                       "  reset s #8 +3\n"
                       "  reset c #11 +4 ack\n"),
};

static void check_all(const struct conversation *talk, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_conversation(&talk[i]);
}

static void test_probes(void **state)
{
    (void)state;
    check_all(probes, sizeof probes / sizeof *probes);
}

static void test_retransmissions(void **state)
{
    (void)state;
    check_all(retransmission, sizeof retransmission / sizeof *retransmission);
}

static void test_resets(void **state)
{
    (void)state;
    check_all(resets, sizeof resets / sizeof *resets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probes),
        cmocka_unit_test(test_retransmissions),
        cmocka_unit_test(test_resets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
