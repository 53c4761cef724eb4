/* Which connections are the same at both sides. */
#include "compare/compare_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Other addresses, ports and sequence numbers at the server's side. */
static void it_is_known_again(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23, TCP_ACK, 1,   1,   100, KIT_BOTH,      0, 0, 0},
        {KIT_SERVER, 40, TCP_ACK, 1,   101, 900, KIT_BOTH,      0, 0, 0},
        {KIT_CLIENT, 60, TCP_ACK, 101, 901, 80,  KIT_BOTH,      0, 0, 0},
        {KIT_SERVER, 80, TCP_ACK, 901, 181, 700, KIT_SENT_ONLY, 0, 0, 0},
        {KIT_SERVER, 99, TCP_ACK, 901, 181, 700, KIT_BOTH,      0, 0, 0},
    };

    (void)state;
    for (unsigned how = 0; how < 4; how++) {
        struct kit_pair pair;
        const struct comparison *c;

        kit_pair_init(&pair);
        if (how & 1)
            pair.end_there[KIT_CLIENT].port = 1234;
        if (how & 2)
            pair.isn_shift[KIT_SERVER] = 0x87654321;
        c = kit_pair_run(&pair, table, KIT_COUNT(table));
        assert_int_equal(c->connections, 1);
        assert_int_equal(c->connection->match.translated, (how & 1) != 0);
        assert_int_equal(c->connection->match.shifted, (how & 2) != 0);
        assert_int_equal(kit_only_event(c)->kind, EVENT_LOST);
        assert_int_equal(kit_only_event(c)->of[SERVER_SIDE]->frame, 7);
        kit_pair_release(&pair);
    }
}

/* What was made by hand has the same small numbers everywhere. */
static void small_numbers_tell_nothing(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23, TCP_ACK, 1, 1, 100, KIT_BOTH, 0, 0, 0},
    };
    struct kit_pair pair;

    (void)state;
    kit_pair_init(&pair);
    pair.isn[0] = 0;
    pair.isn[1] = 0;
    pair.has_timestamps = pair.has_ids = false;
    pair.end_there[KIT_CLIENT].port = 1234;
    assert_int_equal(kit_pair_run(&pair, table, KIT_COUNT(table))->connections,
                     0);
    kit_pair_release(&pair);
}

/* The same twice at the server's side, by other ports: it may be either. */
static void what_fits_two_is_neither(void **state)
{
    static const struct kit_segment table[] = {
        KIT_HANDSHAKE,
        {KIT_CLIENT, 23, TCP_ACK, 1, 1, 100, KIT_BOTH, 0, 0, 0},
    };
    static const struct kit_segment again[] = {
        {KIT_CLIENT, 0,  TCP_SYN,           0, 0, 0,   KIT_CAME_ONLY, 0, 0, 0},
        {KIT_SERVER, 11, TCP_SYN | TCP_ACK, 0, 1, 0,   KIT_SENT_ONLY, 0, 0, 0},
        {KIT_CLIENT, 22, TCP_ACK,           1, 1, 0,   KIT_CAME_ONLY, 0, 0, 0},
        {KIT_CLIENT, 23, TCP_ACK,           1, 1, 100, KIT_CAME_ONLY, 0, 0, 0},
    };
    struct kit_pair pair;
    const struct comparison *c;

    (void)state;
    kit_pair_init(&pair);
    pair.end_there[KIT_CLIENT].port = 1234;
    kit_pair_play(&pair, table, KIT_COUNT(table));
    pair.end_there[KIT_CLIENT].port = 1235;
    c = kit_pair_run(&pair, again, KIT_COUNT(again));
    assert_int_equal(c->connections, 0);
    assert_int_equal(c->matches.ambiguous, 1);
    kit_pair_release(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_known_again),
        cmocka_unit_test(small_numbers_tell_nothing),
        cmocka_unit_test(what_fits_two_is_neither),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
