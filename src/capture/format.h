/*
 * What a capture format is to an input: how to know it, and how to read its
 * frames one by one.
 */
#ifndef CAPTURE_FORMAT_H
#define CAPTURE_FORMAT_H

#include "capture/source.h"

/* What a format's reader works on; all of it outlives the reader. */
struct intake {
    struct source *source;
    struct capture_input *facts;
    uint32_t *interfaces; /* how many the whole capture has so far */
    const struct capture_secrets *secrets; /* NULL: nobody wants them */
};

/* Is a pcapng block of this type a packet that nobody wants? */
static inline bool intake_passes(const struct intake *intake, uint32_t type)
{
    return intake->secrets && intake->secrets->alone &&
           (type == 6 || type == 3 || type == 2);
}

struct format {
    bool (*knows)(struct span head);
    const char *(*name)(struct span head);
    /* NULL when not even the file's header makes sense: the facts say why. */
    void *(*open)(const struct intake *intake);
    /*
     * The next frame, all but its numbers and its file; false at the end or
     * at trouble, which is then in the facts. Its bytes live until the next
     * call.
     */
    bool (*next)(void *reader, struct frame *frame);
    void (*close)(void *reader);
};

/* As many bytes as any format wants to see to know its own. */
enum {
    FORMAT_HEAD_SIZE = 12
};

#endif
