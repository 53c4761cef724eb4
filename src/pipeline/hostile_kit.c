#include "pipeline/hostile_kit.h"

#include <sys/time.h>

void memory_open(struct memory *memory)
{
    memory->file = memfd_create("capture", 0);
    assert_true(memory->file >= 0);
    (void)snprintf(memory->path, sizeof memory->path, "/proc/self/fd/%d",
                   memory->file);
}

void memory_fill(const struct memory *memory, const void *bytes, size_t size)
{
    assert_int_equal(ftruncate(memory->file, 0), 0);
    assert_int_equal(pwrite(memory->file, bytes, size, 0), size);
}

void memory_cut(const struct memory *memory, size_t size)
{
    assert_int_equal(ftruncate(memory->file, (off_t)size), 0);
}

void memory_close(const struct memory *memory)
{
    assert_int_equal(close(memory->file), 0);
}

struct capture *memory_capture(const struct memory *memory)
{
    const char *const paths[] = {memory->path};
    struct fail fail = {0};
    struct capture *capture = capture_open(paths, 1, NULL, &fail);

    assert_non_null(capture);
    return capture;
}

struct yield memory_count(const struct memory *memory)
{
    struct capture *capture = memory_capture(memory);
    struct yield yield = {.frames = 0};
    struct frame frame;
    size_t inputs;

    while (capture_next(capture, &frame))
        yield.frames++;
    yield.trouble = capture_inputs(capture, &inputs)->trouble;
    capture_close(capture);
    return yield;
}

/* Of several errors with one code, what holds for all of them is noted. */
static void note_error(struct yield *yield, const struct finding *finding)
{
    bool named[VERDICT_COUNT] = {false};
    bool first = !yield->error[finding->code];
    bool open = finding->connection.is_open;

    for (size_t i = 0; i < finding->alternatives; i++)
        named[finding->alternative[i].code] = true;
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        yield->doubted[finding->code][i] =
            named[i] && (first || yield->doubted[finding->code][i]);
    yield->open[finding->code] = open && (first || yield->open[finding->code]);
    yield->error[finding->code] = true;
}

static void note_findings(struct yield *yield, const struct report *report)
{
    for (size_t i = 0; i < report->findings; i++) {
        yield->said[report->finding[i]->code] = true;
        if (report->finding[i]->severity == SEVERITY_ERROR)
            note_error(yield, report->finding[i]);
    }
}

static void tell_exchange(void *context, const struct listed_exchange *exchange)
{
    const struct teller *teller = context;
    const struct report *report = pipeline_report(teller->pipeline, NULL, 0);

    if (!teller->out)
        return;
    text_renderer.live->exchange(report, teller->how, exchange, teller->out);
    assert_true(
        json_renderer.spool(report, teller->how, exchange, teller->spool));
}

struct yield memory_run(const struct memory *memory, FILE *out)
{
    struct report_options how = {.width = 80, .list_exchanges = true};
    struct teller teller = {.how = &how, .out = out, .spool = tmpfile()};
    struct pipeline_options options = {
        .judge.settings = diagnose_defaults(),
        .judge.list_exchanges = true,
        .judge.watcher = {.context = &teller, .exchange = tell_exchange}
    };
    struct capture *capture = memory_capture(memory);
    struct pipeline *pipeline = pipeline_new(&options);
    struct yield yield = {.frames = 0};
    const struct capture_input *input;
    const struct report *report;
    struct frame frame;
    size_t inputs;

    assert_non_null(teller.spool);
    teller.pipeline = pipeline;
    limit_cpu(RUN_SECONDS_MAX);
    while (capture_next(capture, &frame)) {
        yield.frames++;
        pipeline_take(pipeline, &frame);
    }
    input = capture_inputs(capture, &inputs);
    report = pipeline_finish(pipeline, input, inputs);
    yield.trouble = input->trouble;
    note_findings(&yield, report);
    if (out) {
        rewind(teller.spool);
        how.spool = teller.spool;
        assert_true(text_renderer.render(report, &how, out));
        assert_true(json_renderer.render(report, &how, out));
    }
    (void)fclose(teller.spool);
    pipeline_free(pipeline);
    capture_close(capture);
    limit_cpu(0);
    return yield;
}

unsigned hostile_step(void)
{
    const char *said = getenv("WHYEOF_HOSTILE");
    unsigned long step = said ? strtoul(said, NULL, 10) : 1;

    return step < 1 || step > 1000 ? 1 : (unsigned)step;
}

uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t memory_peak(void)
{
    struct rusage usage;

    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return (size_t)usage.ru_maxrss * 1024;
}

void limit_cpu(unsigned seconds)
{
    struct itimerval timer = {.it_value.tv_sec = seconds};

    assert_int_equal(setitimer(ITIMER_PROF, &timer, NULL), 0);
}

double cpu_seconds(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
