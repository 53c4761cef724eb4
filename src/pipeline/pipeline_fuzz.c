/*
 * The input is a byte that chooses the link type, then a row of frames: a time
 * step of one byte, a size of two, and as many bytes. The report is written
 * in every format.
 */
#include "base/reader.h"
#include "pipeline/pipeline.h"
#include "report/render.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Steps of a millisecond, and of a second from there on. */
enum {
    STEPS_SMALL = 128
};

static const uint32_t link_type[] = {1, 101, 0, 113, 276, 228, 12, 127};

static void render_all(const struct report *report, uint8_t first)
{
    const struct report_options how = {.width = 80,
                                       .color = first & 0x10,
                                       .show_secrets = first & 0x20,
                                       .list_exchanges = true};
    FILE *nowhere = fopen("/dev/null", "w");

    assert(nowhere);
    for (const struct renderer *each = renderer_all(); each->name; each++)
        assert(each->render(report, &how, nowhere));
    (void)fclose(nowhere);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pipeline_options options = {.settings = diagnose_defaults(),
                                       .list_exchanges = true};
    const struct capture_input input = {.path = "fuzz", .format = "pcap"};
    struct pipeline *pipeline = pipeline_new(&options);
    struct reader r = reader_on((struct span){data, size});
    uint8_t first = read_u8(&r);
    struct frame frame = {.link_type = link_type[first & 7],
                          .time = 1700000000 * NANOS_PER_SECOND};

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
    render_all(pipeline_finish(pipeline, &input, 1), first);
    pipeline_free(pipeline);
    return 0;
}
