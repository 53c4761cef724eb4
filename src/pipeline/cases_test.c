/*
 * The cases as a session uses them: what is told while it goes on, and what
 * becomes of it.
 */
#include "pipeline/stage_kit.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TICK (250 * NANOS_PER_MILLI)

static const char ask[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct told {
    enum verdict code;
    enum standing standing;
    enum confidence confidence;
    unsigned revision;
    uint64_t connection;
};

struct world {
    struct stage stage;
    struct pipeline_options options;
    struct told told[64];
    size_t tolds;
};

static void take_finding(void *context, const struct finding *finding)
{
    struct world *world = context;

    assert_in_range(world->tolds, 0, 63);
    world->told[world->tolds++] =
        (struct told){.code = finding->code,
                      .standing = finding->standing,
                      .confidence = finding->confidence,
                      .revision = finding->revision,
                      .connection = finding->connection.id};
}

static int set_up(void **state)
{
    static struct world world;

    world = (struct world){
        .options = {.judge.settings = diagnose_defaults(),
                    .judge.at_once = true,
                    .judge.live = true,
                    .judge.watcher = {.context = &world,
                                      .finding = take_finding}},
        .stage = {.frame = {.link_type = LINK_RAW,
                            .time = 10000 * NANOS_PER_SECOND},
                    .step = NANOS_PER_MILLI,
                    .client = CLIENT_ADDRESS,
                    .port = PORT_CLIENT                       }
    };
    *state = &world;
    return 0;
}

/* After what a test sets in the options. */
static struct stage *begin(struct world *world)
{
    world->stage.pipeline = pipeline_new(&world->options);
    stage_open(&world->stage);
    return &world->stage;
}

static const struct judge_counts *end(struct world *world)
{
    static struct judge_counts counts;

    counts = pipeline_finish(world->stage.pipeline, NULL, 0)->counts;
    pipeline_free(world->stage.pipeline);
    return &counts;
}

static void exchange(struct stage *stage)
{
    stage_say(stage, 0, ask);
    stage_say(stage, 1, answer);
    stage_send(stage, 0, TCP_ACK, 0);
}

/* Nothing comes for so long. */
static void pass(struct stage *stage, nanos time)
{
    for (nanos end = stage->frame.time + time; stage->frame.time < end;) {
        stage->frame.time += TICK;
        pipeline_tick(stage->pipeline, stage->frame.time);
    }
}

static void hang(struct stage *stage)
{
    stage_say(stage, 0, ask);
    stage_send(stage, 1, TCP_ACK, 0);
    pass(stage, 2 * NANOS_PER_SECOND);
}

static void assert_told(const struct world *world, size_t at, enum verdict code,
                        enum standing standing)
{
    assert_in_range(at, 0, world->tolds - 1);
    assert_int_equal(world->told[at].code, code);
    assert_int_equal(world->told[at].standing, standing);
    assert_int_equal(world->told[at].revision, at);
}

static void test_withdrawn(void **state)
{
    struct world *world = *state;
    struct stage *stage = begin(world);

    exchange(stage);
    hang(stage);
    assert_int_equal(world->tolds, 1);
    assert_told(world, 0, VERDICT_SERVER_STALL, STANDING_GOES_ON);
    stage_say(stage, 1, answer);
    stage_send(stage, 0, TCP_ACK, 0);
    assert_int_equal(world->tolds, 2);
    assert_told(world, 1, VERDICT_SERVER_STALL, STANDING_WITHDRAWN);
    assert_int_equal(end(world)->by_severity[SEVERITY_ERROR], 0);
}

static void test_settled(void **state)
{
    struct world *world = *state;
    struct stage *stage = begin(world);

    exchange(stage);
    hang(stage);
    stage_send(stage, 0, TCP_RST | TCP_ACK, 0);
    pass(stage, 20 * NANOS_PER_SECOND);
    assert_in_range(world->tolds, 2, 4);
    assert_int_equal(world->told[world->tolds - 1].standing, STANDING_SETTLED);
    assert_int_equal(end(world)->by_severity[SEVERITY_ERROR], 1);
    assert_int_equal(world->told[world->tolds - 1].standing, STANDING_SETTLED);
}

/* Told of, and then given up for want of room: it stays as it was told. */
static void test_evicted(void **state)
{
    struct world *world = *state;
    struct stage *stage;

    world->options.tcp.connections = 1;
    stage = begin(world);
    exchange(stage);
    hang(stage);
    assert_told(world, 0, VERDICT_SERVER_STALL, STANDING_GOES_ON);
    stage->port++;
    stage_open(stage);
    assert_int_equal(world->tolds, 2);
    assert_told(world, 1, VERDICT_SERVER_STALL, STANDING_SETTLED);
    pass(stage, 90 * NANOS_PER_SECOND);
    assert_int_equal(end(world)->by_severity[SEVERITY_ERROR], 1);
    assert_int_equal(world->tolds, 2);
}

/* Not told of yet: nobody is blamed for what was not followed to its end. */
static void test_evicted_soon(void **state)
{
    struct world *world = *state;
    struct stage *stage;

    world->options.tcp.connections = 1;
    stage = begin(world);
    exchange(stage);
    stage_say(stage, 0, ask);
    stage_send(stage, 1, TCP_ACK, 0);
    stage->port++;
    stage_open(stage);
    pass(stage, 3 * NANOS_PER_SECOND);
    assert_int_equal(world->tolds, 0);
    assert_int_equal(end(world)->not_judged, 1);
}

/* Drops that are heard of later weaken what was told, and say so. */
static void test_drops(void **state)
{
    struct world *world = *state;
    struct stage *stage = begin(world);
    nanos before = stage->frame.time;
    enum confidence sure;

    exchange(stage);
    stage_say(stage, 0, ask);
    stage_send(stage, 1, TCP_RST | TCP_ACK, 0);
    pass(stage, 2 * NANOS_PER_SECOND);
    assert_in_range(world->tolds, 1, 63);
    sure = world->told[world->tolds - 1].confidence;
    pipeline_lose(stage->pipeline, before, 9);
    pass(stage, 10 * NANOS_PER_SECOND);
    assert_true(world->told[world->tolds - 1].confidence != sure);
    assert_in_range(world->told[world->tolds - 1].revision, 1, 63);
    assert_int_equal(end(world)->by_severity[SEVERITY_ERROR], 1);
}

/*
 * The clock is set back by an hour while one request waits: its answer ends
 * it, nobody is blamed, and what hangs after it is found in time.
 */
static void test_clock_steps_back(void **state)
{
    struct world *world = *state;
    struct stage *stage = begin(world);

    exchange(stage);
    stage_say(stage, 0, ask);
    stage->frame.time -= 3600 * NANOS_PER_SECOND;
    pipeline_tick(stage->pipeline, stage->frame.time);
    stage_say(stage, 1, answer);
    stage_send(stage, 0, TCP_ACK, 0);
    pass(stage, 2 * NANOS_PER_SECOND);
    assert_int_equal(world->tolds, 0);
    stage_say(stage, 0, ask);
    stage_send(stage, 1, TCP_ACK, 0);
    pass(stage, NANOS_PER_SECOND / 2);
    assert_int_equal(world->tolds, 0);
    pass(stage, NANOS_PER_SECOND);
    assert_int_equal(world->tolds, 1);
    assert_told(world, 0, VERDICT_SERVER_STALL, STANDING_GOES_ON);
    (void)end(world);
}

/* How long something waits over the step is not known: nobody is blamed. */
static void test_wait_over_a_step(void **state)
{
    struct world *world = *state;
    struct stage *stage = begin(world);

    exchange(stage);
    stage_say(stage, 0, ask);
    stage_send(stage, 1, TCP_ACK, 0);
    stage->frame.time -= 3600 * NANOS_PER_SECOND;
    stage->port++;
    stage_open(stage);
    pass(stage, 5 * NANOS_PER_SECOND);
    assert_int_equal(world->tolds, 0);
    (void)end(world);
}

/* Who was first is the order of frames: the client had its answer when it
 * closed, which the clock does not say. */
static void test_close_over_a_step(void **state)
{
    struct world *world = *state;
    struct stage *stage = begin(world);

    exchange(stage);
    stage_say(stage, 0,
              "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n");
    stage_say(stage, 1,
              "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
    stage->frame.time -= NANOS_PER_SECOND / 2;
    stage_send(stage, 0, TCP_FIN | TCP_ACK, 0);
    stage_send(stage, 1, TCP_FIN | TCP_ACK, 0);
    stage_send(stage, 0, TCP_ACK, 0);
    (void)end(world);
    assert_int_equal(world->tolds, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_withdrawn, set_up),
        cmocka_unit_test_setup(test_settled, set_up),
        cmocka_unit_test_setup(test_evicted, set_up),
        cmocka_unit_test_setup(test_evicted_soon, set_up),
        cmocka_unit_test_setup(test_drops, set_up),
        cmocka_unit_test_setup(test_clock_steps_back, set_up),
        cmocka_unit_test_setup(test_wait_over_a_step, set_up),
        cmocka_unit_test_setup(test_close_over_a_step, set_up),
    };

    return cmocka_run_group_tests_name("cases", tests, NULL, NULL);
}
