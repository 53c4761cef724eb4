/*
 * The input is a row of frames: link type 2 bytes, time step 1 byte (in
 * milliseconds), bytes that were not recorded 1, recorded bytes 2, and these.
 */
#include "base/reader.h"
#include "wire/wire.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches every byte of the payload, so that a sanitizer sees it. */
static void check(const struct segment *segment)
{
    struct reader r = reader_on(segment->payload);
    unsigned sum = 0;

    while (r.rest.size)
        sum += read_u8(&r);
    assert(sum <= 255 * segment->payload.size);
    assert(segment->missing <= 1 << 20);
    assert(segment->scale <= 14);
    assert(segment->sacks <= SEGMENT_SACK_KEPT);
    assert(segment->source.address.version == 4 ||
           segment->source.address.version == 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct wire_options options = {.fragment_bytes = 1 << 18};
    struct wire *wire = wire_new(&options);
    struct reader r = reader_on((struct span){data, size});
    struct frame frame = {0};
    uint64_t sum;

    while (r.rest.size) {
        struct segment segment;
        size_t recorded;

        frame.number++;
        frame.link_type = read_be16(&r);
        frame.time += read_u8(&r) * NANOS_PER_MILLI;
        frame.length = read_u8(&r);
        recorded = read_be16(&r);
        frame.data = span_head(r.rest, recorded);
        read_skip(&r, frame.data.size);
        frame.length += (uint32_t)frame.data.size;
        if (wire_take(wire, &frame, &segment))
            check(&segment);
    }
    sum = wire_segments(wire);
    for (int i = 0; i < WIRE_IGNORED_COUNT; i++)
        sum += wire_ignored_count(wire, (enum wire_ignored)i);
    assert(sum == frame.number);
    wire_free(wire);
    return 0;
}
