#include "scene/recording.h"

#include "base/arena.h"
#include "scene/bytes.h"

#include <stdlib.h>

void recording_init(struct recording *recording)
{
    *recording = (struct recording){0};
}

void recording_release(struct recording *recording)
{
    for (size_t i = 0; i < recording->frames; i++)
        free(recording->frame[i].bytes);
    free(recording->frame);
    recording_init(recording);
}

void recording_add(struct recording *recording, struct recorded frame,
                   struct span bytes, size_t snap)
{
    struct span kept = span_head(bytes, snap);

    if (recording->frames == recording->room) {
        recording->room = recording->room ? recording->room * 2 : 64;
        recording->frame = must_realloc(recording->frame, recording->room,
                                        sizeof *recording->frame);
    }
    frame.length = bytes.size;
    frame.size = kept.size;
    frame.bytes = must_calloc(kept.size, 1);
    if (kept.size)
        memcpy(frame.bytes, kept.at, kept.size);
    recording->frame[recording->frames++] = frame;
}

/* Moves the frame at `from` behind the frames that come before it in truth. */
static void move_late(struct recording *recording, size_t from)
{
    struct recorded *frame = recording->frame;
    struct recorded late = frame[from];
    size_t to = from;

    while (to + 1 < recording->frames) {
        if (late.order == RECORDED_BY_TIME && frame[to + 1].time > late.time)
            break;
        frame[to] = frame[to + 1];
        to++;
        if (late.order == RECORDED_BEHIND_NEXT)
            break;
    }
    frame[to] = late;
}

/* A block's total length stands at its start and end; fills both in. */
static void close_block(struct text *out, size_t start)
{
    uint32_t size;

    while ((out->size - start) % 4)
        put_u8(out, 0);
    size = (uint32_t)(out->size - start) + 4;
    put_le32(out, size);
    for (size_t i = 0; i < 4; i++)
        out->at[start + 4 + i] = (char)(uint8_t)(size >> (8 * i));
}

static size_t open_block(struct text *out, uint32_t type)
{
    size_t start = out->size;

    put_le32(out, type);
    put_le32(out, 0);
    return start;
}

static void put_time(struct text *out, nanos time)
{
    put_le32(out, (uint32_t)((uint64_t)time >> 32));
    put_le32(out, (uint32_t)time);
}

static void write_section(struct text *out)
{
    size_t start = open_block(out, 0x0a0d0d0a);

    put_le32(out, 0x1a2b3c4d);
    put_le16(out, 1); /* version 1.0 */
    put_le16(out, 0);
    put_le32(out, UINT32_MAX); /* section length: not said */
    put_le32(out, UINT32_MAX);
    close_block(out, start);
}

static void write_interface(uint16_t link_type, struct text *out)
{
    size_t start = open_block(out, 1);

    put_le16(out, link_type);
    put_le16(out, 0);
    put_le32(out, 0); /* snap length: not said */
    put_le16(out, 9); /* if_tsresol: */
    put_le16(out, 1);
    put_le32(out, 9); /* 10^-9 s, and padding */
    put_le32(out, 0); /* end of options */
    close_block(out, start);
}

static void write_frame(const struct recorded *frame, struct text *out)
{
    size_t start = open_block(out, 6);

    put_le32(out, 0); /* interface */
    put_time(out, frame->time);
    put_le32(out, (uint32_t)frame->size);
    put_le32(out, (uint32_t)frame->length);
    text_add_bytes(out, (struct span){frame->bytes, frame->size});
    close_block(out, start);
}

static void write_statistics(const struct recording *recording,
                             struct text *out)
{
    size_t frames = recording->frames;
    size_t start = open_block(out, 5);

    put_le32(out, 0); /* interface */
    put_time(out, frames ? recording->frame[frames - 1].time : 0);
    put_le16(out, 5); /* isb_ifdrop */
    put_le16(out, 8);
    put_le32(out, (uint32_t)recording->drops);
    put_le32(out, (uint32_t)(recording->drops >> 32));
    put_le32(out, 0); /* end of options */
    close_block(out, start);
}

void recording_write(struct recording *recording, uint16_t link_type,
                     struct text *out)
{
    for (size_t i = recording->frames; i > 0; i--) {
        if (recording->frame[i - 1].order != RECORDED_IN_ORDER)
            move_late(recording, i - 1);
    }
    write_section(out);
    write_interface(link_type, out);
    for (size_t i = 0; i < recording->frames; i++)
        write_frame(&recording->frame[i], out);
    if (recording->drops)
        write_statistics(recording, out);
}
