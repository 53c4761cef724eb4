/*
 * Past the limits that whyeof-internals(7) lists: what is not kept is said,
 * and what rests on it is less sure.
 */
#include "pipeline/scenes_kit.h"

enum {
    REQUESTS = 1100, /* more than are followed of a connection */
    FOLLOWED = 1024,
    HEADS = 100,
    INPUTS = 100
};

static void start_scene(struct text *text)
{
    text_init(text, SCENE_SIZE_MAX);
    text_add(text, "client 10.1.0.5:51034 ts\n"
                   "server 10.1.0.9:8080 ts\n"
                   "   0.000000 c> SYN\n"
                   "   0.001000 s> SYN ACK\n"
                   "   0.002000 c> ACK\n");
}

/* Given to tape_release; the text is released. */
static void open_text(struct tape *tape, struct text *text)
{
    struct fail fail = {0};

    *tape = (struct tape){.name = "made here"};
    arena_init(&tape->arena);
    tape->frame = must_calloc(TAPE_FRAMES_MAX, sizeof *tape->frame);
    if (!scene_build(span_of_text(text_string(text)), &tape->scene, &fail))
        fail_msg("%s", fail.text);
    tape_record(tape);
    text_release(text);
}

static bool has_warning(const struct report *report, const char *words)
{
    for (size_t i = 0; i < report->warnings; i++) {
        if (strstr(report->warning[i], words))
            return true;
    }
    return false;
}

static void test_streams_at_once(void **state)
{
    struct text text;
    struct tape tape;
    struct run run;

    (void)state;
    start_scene(&text);
    text_add(&text, "   0.003000 c> h2 preface h2 settings\n"
                    "   0.004000 s> h2 settings h2 settings ack\n"
                    "   0.005000 c> h2 settings ack\n");
    for (unsigned i = 0; i < REQUESTS; i++)
        text_addf(&text,
                  "   0.006000 c> h2 headers %u end \":method=GET\" "
                  "\":scheme=http\" \":authority=a\" \":path=/%u\"\n",
                  2 * i + 1, i);
    text_add(&text, "   0.010000 s> ACK\n"
                    "   0.500000 s> FIN\n"
                    "   0.501000 c> FIN\n"
                    "   0.502000 s> ACK\n");
    open_text(&tape, &text);
    run = tape_run(&tape);
    assert_int_equal(run.report->counts.crowded_out, REQUESTS - FOLLOWED);
    assert_true(has_warning(run.report, "76 requests were not followed"));
    assert_int_equal(run.report->findings, FOLLOWED);
    for (size_t i = 0; i < run.report->findings; i++) {
        const struct finding *finding = run.report->finding[i];

        assert_int_equal(finding->code, VERDICT_H2_CONNECTION_CLOSED);
        assert_int_equal(finding->confidence, CONFIDENCE_LIKELY);
        assert_non_null(strstr(finding->explanation,
                               "76 more exchanges of this connection were not "
                               "followed"));
    }
    run_release(&run);
    tape_release(&tape);
}

/* `count` times the client does not read for so many seconds. */
static void add_stalls(struct text *text, double *now, unsigned count,
                       double lasts)
{
    for (unsigned i = 0; i < count; i++) {
        text_addf(text,
                  "   %f c> ACK win 0\n"
                  "   %f s> probe\n"
                  "   %f c> ACK win 0\n"
                  "   %f c> ACK win 64000\n",
                  *now, *now + 0.3, *now + 0.31, *now + lasts);
        *now += lasts + 0.5;
    }
}

static const char begin_h2[] =
    "   0.003000 c> h2 preface h2 settings\n"
    "   0.004000 s> h2 settings h2 settings ack\n"
    "   0.005000 c> h2 settings ack\n"
    "   0.006000 c> h2 headers 1 end \":method=GET\" \":scheme=http\" "
    "\":authority=a\" \":path=/1\"\n"
    "   0.010000 s> h2 headers 1 \":status=200\" h2 data 1 zeros 100\n"
    "   0.010100 c> ACK\n";

/* While stream 1 is on its way the client stops reading `stalls` times. */
static void run_stalls(struct run *run, struct tape *tape, unsigned stalls)
{
    struct text text;
    double now = 1;

    start_scene(&text);
    text_add(&text, begin_h2);
    add_stalls(&text, &now, stalls, 1.5);
    text_add(&text, "   200.000000 s> h2 data 1 end zeros 100\n"
                    "   200.000100 c> ACK\n");
    open_text(tape, &text);
    *run = tape_run(tape);
}

/* As many as are kept, or more: nothing else is said. */
static void test_stalls(void **state)
{
    static const unsigned stalls[] = {1, 48, 49, 60};

    (void)state;
    for (size_t i = 0; i < sizeof stalls / sizeof *stalls; i++) {
        struct tape tape;
        struct run run;

        run_stalls(&run, &tape, stalls[i]);
        assert_int_equal(run.report->findings, 1);
        assert_int_equal(run.report->finding[0]->code,
                         VERDICT_TCP_ZERO_WINDOW_STALL);
        assert_int_equal(run.report->finding[0]->confidence,
                         CONFIDENCE_CERTAIN);
        run_release(&run);
        tape_release(&tape);
    }
}

/*
 * Many long stalls before stream 3, and in it more than are kept: those that
 * are not lasted longer than those that are.
 */
static void test_stall_not_kept(void **state)
{
    struct text text;
    struct tape tape;
    struct run run;
    double now = 1;
    unsigned unsure = 0;

    (void)state;
    start_scene(&text);
    text_add(&text, begin_h2);
    add_stalls(&text, &now, 48, 3);
    text_addf(&text,
              "   %f c> h2 headers 3 end \":method=GET\" \":scheme=http\" "
              "\":authority=a\" \":path=/3\"\n",
              now);
    add_stalls(&text, &now, 12, 1.4);
    add_stalls(&text, &now, 9, 1.1);
    text_addf(&text,
              "   %f s> h2 headers 3 \":status=200\" h2 data 3 end zeros 9 "
              "h2 data 1 end zeros 9\n"
              "   %f c> ACK\n",
              now, now + 0.001);
    open_text(&tape, &text);
    run = tape_run(&tape);
    assert_int_equal(run.report->findings, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct finding *finding = run.report->finding[i];
        bool is_third = finding->exchange->stream == 3;

        assert_int_equal(finding->code, VERDICT_TCP_ZERO_WINDOW_STALL);
        assert_int_equal(finding->confidence,
                         is_third ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN);
        unsure += strstr(finding->explanation,
                         "held up more often than is kept: of other "
                         "episodes, none longer than 3.00 s, nothing") != NULL;
    }
    assert_int_equal(unsure, 1);
    run_release(&run);
    tape_release(&tape);
}

/* RFC 9110, 9.3.2: their answers have a length and no body. */
static void test_heads_at_once(void **state)
{
    struct text text;
    struct tape tape;
    struct run run;

    (void)state;
    start_scene(&text);
    for (unsigned i = 0; i < HEADS; i++)
        text_addf(
            &text,
            "   0.003000 c> \"%s /%u HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\"\n",
            i % 3 ? "GET" : "HEAD", i);
    for (unsigned i = 0; i < HEADS; i++)
        text_addf(&text,
                  "   0.010000 s> \"HTTP/1.1 200 OK\\r\\n"
                  "Content-Length: 5\\r\\n\\r\\n%s\"\n",
                  i % 3 ? "hello" : "");
    text_add(&text, "   0.011000 c> ACK\n"
                    "   0.500000 c> FIN\n"
                    "   0.501000 s> FIN\n"
                    "   0.502000 c> ACK\n");
    open_text(&tape, &text);
    run = tape_run(&tape);
    assert_int_equal(run.report->counts.complete, HEADS);
    assert_int_equal(run.report->findings, 0);
    assert_int_equal(run.report->warnings, 0);
    run_release(&run);
    tape_release(&tape);
}

/* However many inputs there are notes of, those of other kinds are told. */
static void test_notes_of_inputs(void **state)
{
    struct pipeline_options options = {.judge.settings = diagnose_defaults(),
                                       .judge.has_stream = true,
                                       .judge.stream = 7};
    struct pipeline *pipeline = pipeline_new(&options);
    struct capture_input *input = must_calloc(INPUTS, sizeof *input);
    const struct report *report;

    (void)state;
    for (size_t i = 0; i < INPUTS; i++)
        input[i] = (struct capture_input){.path = "x.pcap",
                                          .end_time = NANOS_NEVER,
                                          .interface_drops = 3,
                                          .problem = "cut"};
    report = pipeline_finish(pipeline, input, INPUTS);
    assert_true(has_warning(report,
                            "there is no tcp.stream 7: the capture has no "
                            "TCP connection"));
    assert_true(has_warning(report, "169 more notes of these kinds"));
    assert_int_equal(report->warnings, 33);
    pipeline_free(pipeline);
    free(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_at_once),
        cmocka_unit_test(test_stalls),
        cmocka_unit_test(test_stall_not_kept),
        cmocka_unit_test(test_heads_at_once),
        cmocka_unit_test(test_notes_of_inputs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
