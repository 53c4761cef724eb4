/*
 * Honesty: a capture that lacks one packet of a scene may say less of it, but
 * accuses of nothing else.
 */
#include "pipeline/worse_kit.h"

/*
 * Without its RST or FIN, and nothing behind that, a connection is one on
 * which nothing moves any more: there is no other way to read it.
 */
static bool is_left_hanging(const struct trial *trial, size_t at,
                            const struct finding *finding)
{
    struct view gone;
    struct view later;

    if ((finding->code != VERDICT_SERVER_STALL &&
         finding->code != VERDICT_GOAWAY_HANG) ||
        !view_of(&trial->tape.frame[at], &gone) ||
        !(gone.flags & (FLAG_FIN | FLAG_RST)))
        return false;
    for (size_t i = at + 1; i < trial->tape.frames; i++) {
        if (view_of(&trial->tape.frame[i], &later) &&
            same_connection(&gone, &later))
            return false;
    }
    return true;
}

static void drop_each(struct trial *trial)
{
    for (size_t at = 0; at < trial->tape.frames; at++) {
        reel_copy(&trial->reel, &trial->tape);
        reel_remove(&trial->reel, at);
        must_be_honest(trial, "without", at, is_left_hanging);
    }
}

static void test_honesty(void **state)
{
    (void)state;
    for_each_recording(drop_each);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honesty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
