/*
 * Frames of a pipe wait a while before they are looked at: secrets of their
 * connections may come behind them, and a pipe cannot be read twice.
 */
#ifndef FILES_HELD_FRAMES_H
#define FILES_HELD_FRAMES_H

#include "capture/frame.h"

enum {
    HELD_FRAMES_BYTES = 16 << 20
};

struct held_frames;

struct held_frames *held_frames_new(void);

/* NULL does nothing. */
void held_frames_free(struct held_frames *held);

/* Copies the frame and puts it behind the others; `refused`: by the filter. */
void held_frames_put(struct held_frames *held, const struct frame *frame,
                     bool refused);

/*
 * Takes the oldest while there are more bytes than may be held; with `all`,
 * any. False: there is none. It lives until the next call of either function.
 */
bool held_frames_take(struct held_frames *held, bool all, struct frame *frame,
                      bool *refused);

#endif
