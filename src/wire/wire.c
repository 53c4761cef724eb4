#include "wire/wire.h"

#include "base/arena.h"
#include "wire/decode.h"
#include "wire/mirror.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 16,
    FRAGMENT_BYTES_MOST = 4 << 20
};

struct wire {
    struct fragments *fragments;
    struct mirror mirror;
    uint64_t segments;
    uint64_t ignored[WIRE_IGNORED_COUNT];
};

struct wire *wire_new(const struct wire_options *options)
{
    struct wire *wire = must_calloc(1, sizeof *wire);
    size_t budget = options ? options->fragment_bytes : 0;

    wire->fragments = fragments_new(budget ? budget : FRAGMENT_BYTES_MOST);
    mirror_init(&wire->mirror);
    return wire;
}

void wire_free(struct wire *wire)
{
    if (!wire)
        return;
    fragments_free(wire->fragments);
    free(wire);
}

bool decode_ignore(struct decoding *decoding, enum wire_ignored reason)
{
    decoding->reason = reason;
    return false;
}

bool decode_ignore_overrun(struct decoding *decoding)
{
    return decode_ignore(decoding,
                         decoding->absent ? WIRE_CUT_SHORT : WIRE_MALFORMED);
}

bool decode_deeper(struct decoding *decoding)
{
    return ++decoding->depth <= DEPTH_MAX ||
           decode_ignore(decoding, WIRE_TOO_DEEP);
}

void decode_note_place(struct decoding *decoding, uint32_t value)
{
    decoding->place = (decoding->place ^ value) * 0x9e3779b1u;
}

/* Not what decode_ip sets anyway, nor the list that `sacks` counts: it is done
 * for each packet. */
static void begin_segment(struct segment *segment, const struct frame *frame)
{
    memset(segment, 0, offsetof(struct segment, source));
    segment->at = (struct mark){.time = frame->time,
                                .frame = frame->number & 0xffffffffffff,
                                .file = frame->file & 0xffff};
    segment->process = frame->process;
}

bool wire_take(struct wire *wire, const struct frame *frame,
               struct segment *segment)
{
    struct decoding decoding = {
        .frame = frame,
        .fragments = wire->fragments,
        .segment = segment,
        .bytes = reader_on(frame->data),
    };

    begin_segment(segment, frame);
    if (frame->length > frame->data.size)
        decoding.absent = frame->length - (uint32_t)frame->data.size;
    decode_note_place(&decoding, frame->interface);
    if (!decode_link(&decoding, frame->link_type)) {
        wire->ignored[decoding.reason]++;
        return false;
    }
    if (mirror_take(&wire->mirror, segment, decoding.place)) {
        wire->ignored[WIRE_MIRRORED]++;
        return false;
    }
    wire->segments++;
    return true;
}

/*
 * Of fragments, only their keeper knows what became of them later: what
 * wire_take counted as held is either joined by now or lost.
 */
uint64_t wire_ignored_count(const struct wire *wire, enum wire_ignored reason)
{
    if (reason == WIRE_FRAGMENT_HELD)
        return fragments_joined(wire->fragments);
    if (reason == WIRE_FRAGMENT_LOST)
        return fragments_lost(wire->fragments);
    return wire->ignored[reason];
}

const char *wire_ignored_name(enum wire_ignored reason)
{
    static const char *const name[] = {
#define IGNORED(id, text) [WIRE_##id] = text,
#include "wire/ignored.def"
#undef IGNORED
    };

    static_assert(sizeof name / sizeof *name == WIRE_IGNORED_COUNT,
                  "a reason without a name");
    return name[reason];
}

uint64_t wire_segments(const struct wire *wire)
{
    return wire->segments;
}
