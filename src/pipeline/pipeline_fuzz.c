/*
 * The input is a byte that chooses the link type, then a row of frames: a time
 * step of one byte, a size of two, and as many bytes. The report is written
 * in every format, and every rule is asked about the first connection.
 */
#include "base/reader.h"
#include "pipeline/pipeline.h"
#include "report/render.h"
#include "report/why.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Steps of a millisecond, and of a second from there on. */
enum {
    STEPS_SMALL = 128
};

static const uint32_t link_type[] = {1, 101, 0, 113, 276, 228, 12, 127};

/* Each exchange as it ends, in every way. */
struct teller {
    struct pipeline *pipeline;
    struct report_options how;
    FILE *nowhere;
};

static void tell_exchange(void *context, const struct listed_exchange *exchange)
{
    const struct teller *teller = context;
    const struct report *report = pipeline_report(teller->pipeline, NULL, 0);

    for (size_t i = 0; renderer_all()[i]; i++) {
        const struct renderer *each = renderer_all()[i];

        if (each->spool)
            assert(
                each->spool(report, &teller->how, exchange, teller->nowhere));
        else if (each->live)
            each->live->exchange(report, &teller->how, exchange,
                                 teller->nowhere);
    }
}

static void render_all(const struct teller *teller, const struct report *report)
{
    for (size_t i = 0; renderer_all()[i]; i++)
        assert(
            renderer_all()[i]->render(report, &teller->how, teller->nowhere));
}

static void tell_why(void *context, const struct why *why)
{
    const struct teller *teller = context;
    const struct page page = {teller->nowhere, teller->how.width, false};

    why_write(&page, &teller->how, 0, why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct capture_input input = {.path = "fuzz", .format = "pcap"};
    struct reader r = reader_on((struct span){data, size});
    uint8_t first = read_u8(&r);
    struct teller teller = {
        .how = {.width = 80,
                .color = first & 0x10,
                .show_secrets = first & 0x20,
                .list_exchanges = true},
        .nowhere = fopen("/dev/null", "w")
    };
    struct pipeline_options options = {
        .judge.settings = diagnose_defaults(),
        .judge.list_exchanges = true,
        .judge.why = {.asked = true             },
        .judge.watcher = { .context = &teller, .exchange = tell_exchange}
    };
    struct pipeline *pipeline;
    struct frame frame = {.link_type = link_type[first & 7],
                          .time = 1700000000 * NANOS_PER_SECOND};

    assert(teller.nowhere);
    options.judge.settings.show_secrets = teller.how.show_secrets;
    pipeline = pipeline_new(&options);
    teller.pipeline = pipeline;
    while (r.rest.size) {
        uint8_t step = read_u8(&r);
        size_t recorded = read_be16(&r);

        frame.time += step < STEPS_SMALL
                          ? step * NANOS_PER_MILLI
                          : (step - STEPS_SMALL) * NANOS_PER_SECOND;
        frame.data = span_head(r.rest, recorded);
        read_skip(&r, frame.data.size);
        frame.length = (uint32_t)frame.data.size;
        frame.number++;
        frame.file_number++;
        pipeline_take(pipeline, &frame);
    }
    render_all(&teller, pipeline_finish(pipeline, &input, 1));
    (void)pipeline_why(pipeline, tell_why, &teller);
    pipeline_free(pipeline);
    (void)fclose(teller.nowhere);
    return 0;
}
