/*
 * An input is one file, or standard input, read frame by frame. Whatever is
 * wrong with it ends up in its facts; to its user it is only at its end.
 */
#ifndef CAPTURE_INPUT_H
#define CAPTURE_INPUT_H

#include "capture/format.h"

enum {
    INPUT_FORMAT_SIZE = 40
};

struct input {
    struct intake intake;
    const struct format *format; /* NULL when at its end */
    void *reader;
    uint64_t stored; /* bytes of the file; 0 when unknown */
    uint32_t file;   /* its index among the inputs */
    char format_name[INPUT_FORMAT_SIZE];
};

/*
 * Opens facts->path. The input may not be moved in memory after that, and the
 * facts, the count of interfaces and who takes secrets must outlive it.
 * `patience`: see source_open.
 */
void input_open(struct input *input, struct capture_input *facts,
                uint32_t *interfaces, const struct capture_secrets *secrets,
                const struct patience *patience);
void input_close(struct input *input);

/*
 * The next frame; false at the end. Its number is only how many numbers it
 * takes: one, and one for each record without a packet before it; at the end it
 * is those behind the last frame. Its bytes live until the next call for the
 * same input.
 */
bool input_next(struct input *input, struct frame *frame);

#endif
