#include "scene/recording.h"

#include "base/arena.h"
#include "base/block_out.h"
#include "base/bytes.h"

#include <stdlib.h>

enum {
    SECRETS_MOST = 1 << 16
};

void recording_init(struct recording *recording)
{
    *recording = (struct recording){0};
    text_init(&recording->secrets, SECRETS_MOST);
}

void recording_release(struct recording *recording)
{
    for (size_t i = 0; i < recording->frames; i++)
        free(recording->frame[i].bytes);
    free(recording->frame);
    text_release(&recording->secrets);
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

static void write_statistics(const struct recording *recording,
                             struct text *out)
{
    size_t frames = recording->frames;
    struct block_out block =
        block_out_statistics(out, 0,
                             frames ? recording->frame[frames - 1].time : 0);

    block_out_number(&block, BLOCK_OUT_ISB_IFDROP, recording->drops);
    block_out_close(&block);
}

static void write_frame(const struct recorded *frame, struct text *out)
{
    struct block_out block =
        block_out_packet(out, &(struct block_out_packet){
                                  .time = frame->time,
                                  .length = (uint32_t)frame->length,
                                  .data = {frame->bytes, frame->size}
    });

    block_out_close(&block);
}

static void write_secrets(const struct recording *recording, struct text *out)
{
    struct block_out block = block_out_secrets(out, BLOCK_OUT_TLS_KEY_LOG,
                                               text_span(&recording->secrets));

    block_out_close(&block);
}

void recording_write(struct recording *recording, uint16_t link_type,
                     struct text *out)
{
    struct block_out block;

    for (size_t i = recording->frames; i > 0; i--) {
        if (recording->frame[i - 1].order != RECORDED_IN_ORDER)
            move_late(recording, i - 1);
    }
    block = block_out_section(out);
    block_out_close(&block);
    block = block_out_interface(out, link_type, 0, BLOCK_OUT_NANOSECONDS);
    block_out_close(&block);
    if (recording->secrets.size && !recording->secrets_last)
        write_secrets(recording, out);
    for (size_t i = 0; i < recording->frames; i++)
        write_frame(&recording->frame[i], out);
    if (recording->secrets.size && recording->secrets_last)
        write_secrets(recording, out);
    if (recording->drops)
        write_statistics(recording, out);
}
