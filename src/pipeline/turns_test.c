/*
 * The turn ledger of every exchange and finding of every scene, whole and with
 * each packet left out in turn: no part is negative, and they add up to the
 * time from the first byte to the end, to the nanosecond.
 */
#include "pipeline/trial_kit.h"

struct tally {
    struct trial *trial;
    unsigned exchanges;
    unsigned findings;
    bool seen[HOLDER_COUNT]; /* some scene shows each */
};

static struct tally tally;

static void must_add_up(const struct exchange *x, const struct turns *turns,
                        nanos whole, const char *of)
{
    for (unsigned i = 0; i < HOLDER_COUNT; i++) {
        tally.seen[i] |= turns->of[i] > 0;
        if (turns->of[i] < 0)
            complain(tally.trial, "%s %" PRIu64 ": %s is negative", of,
                     x->stream, holder_name((enum holder)i));
    }
    if (whole != turns_total(turns))
        complain(tally.trial, "%s %" PRIu64 ": %" PRId64 " of %" PRId64 " ns",
                 of, x->stream, turns_total(turns), whole);
}

static nanos passed(struct mark from, struct mark until)
{
    nanos between = nanos_between(from.time, until.time);

    return between > 0 ? between : 0;
}

/* An exchange may have ended later than its last byte, never sooner. */
static void take_exchange(void *context, const struct listed_exchange *listed)
{
    const struct exchange *x = listed->x;
    struct mark first =
        mark_is_set(x->request.start) ? x->request.start : x->response.start;
    nanos total = turns_total(&listed->turns);

    (void)context;
    tally.exchanges++;
    must_add_up(x, &listed->turns, total, "exchange");
    if (listed->complete && mark_is_set(x->response.end) &&
        total < passed(first, x->response.end))
        complain(tally.trial, "exchange %" PRIu64 " is too short", x->stream);
}

static void take_finding(const struct finding *finding)
{
    const struct exchange *x = finding->exchange;

    if (!x) {
        assert_int_equal(turns_total(&finding->turns), 0);
        return;
    }
    tally.findings++;
    must_add_up(x, &finding->turns,
                passed(mark_is_set(x->request.start) ? x->request.start
                                                     : x->response.start,
                       finding->ended),
                "finding");
}

static void run_through(const struct reel *reel,
                        const struct capture_input *input)
{
    struct pipeline_options options = {
        .judge = {.settings = diagnose_defaults(),
                  .list_exchanges = true,
                  .watcher = {.exchange = take_exchange}}
    };
    struct pipeline *pipeline = pipeline_new(&options);
    const struct report *report;

    for (size_t i = 0; i < reel->frames; i++) {
        struct frame numbered = reel->frame[i];

        numbered.number = i + 1;
        numbered.file_number = i + 1;
        pipeline_take(pipeline, &numbered);
    }
    report = pipeline_finish(pipeline, input, 1);
    for (size_t i = 0; i < report->findings; i++)
        take_finding(report->finding[i]);
    pipeline_free(pipeline);
}

static void add_up(struct trial *trial)
{
    tally.trial = trial;
    for (size_t left_out = 0; left_out <= trial->tape.frames; left_out++) {
        reel_copy(&trial->reel, &trial->tape);
        if (left_out < trial->tape.frames)
            reel_remove(&trial->reel, left_out);
        trial->variants++;
        run_through(&trial->reel, &trial->tape.input);
    }
}

static void test_add_up(void **state)
{
    (void)state;
    for_each_scene(add_up);
    print_message("# %u exchanges, %u findings\n", tally.exchanges,
                  tally.findings);
    assert_true(tally.exchanges > 1000 && tally.findings > 1000);
    for (unsigned i = 0; i < HOLDER_COUNT; i++) {
        if (!tally.seen[i])
            fail_msg("no scene shows %s", holder_name((enum holder)i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
