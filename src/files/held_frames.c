#include "files/held_frames.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

struct held_one {
    struct held_one *next;
    struct frame frame;
    bool refused;
    struct packet_process process;
    uint8_t bytes[]; /* what its data points to */
};

struct held_frames {
    struct held_one *first;
    struct held_one **end;
    struct held_one *given; /* out last; freed at the next call */
    size_t bytes;
};

struct held_frames *held_frames_new(void)
{
    struct held_frames *held = must_calloc(1, sizeof *held);

    held->end = &held->first;
    return held;
}

static void forget_given(struct held_frames *held)
{
    free(held->given);
    held->given = NULL;
}

void held_frames_free(struct held_frames *held)
{
    struct held_one *next;

    if (!held)
        return;
    forget_given(held);
    for (struct held_one *one = held->first; one; one = next) {
        next = one->next;
        free(one);
    }
    free(held);
}

void held_frames_put(struct held_frames *held, const struct frame *frame,
                     bool refused)
{
    struct held_one *one =
        must_calloc(1, sizeof(struct held_one) + frame->data.size);

    forget_given(held);
    one->frame = *frame;
    one->refused = refused;
    if (frame->data.size)
        memcpy(one->bytes, frame->data.at, frame->data.size);
    one->frame.data.at = one->bytes;
    if (frame->process) {
        one->process = *frame->process;
        one->frame.process = &one->process;
    }
    *held->end = one;
    held->end = &one->next;
    held->bytes += sizeof *one + frame->data.size;
}

bool held_frames_take(struct held_frames *held, bool all, struct frame *frame,
                      bool *refused)
{
    struct held_one *one = held->first;

    forget_given(held);
    if (!one || (!all && held->bytes <= HELD_FRAMES_BYTES))
        return false;
    held->first = one->next;
    if (!held->first)
        held->end = &held->first;
    held->bytes -= sizeof *one + one->frame.data.size;
    held->given = one;
    *frame = one->frame;
    *refused = one->refused;
    return true;
}
