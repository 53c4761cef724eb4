/*
 * A follow reads files that are being written, tcpdump's -G and -C sets among
 * them, as one stream: a file to its end, and when a newer one of the set is
 * there, that one. It never ends by itself.
 *
 * Frames are numbered over all files, as mergecap would number them.
 */
#ifndef CAPTURE_FOLLOW_H
#define CAPTURE_FOLLOW_H

#include "base/fail.h"
#include "capture/capture.h"
#include "capture/source.h"

/* Files whose facts are kept one by one; those after share the last,
 * which has the counts of all of them. */
enum {
    FOLLOW_FILES_KEPT = 1024
};

struct follow;

struct follow_options {
    const char *const *path; /* see fileset_init; or "-" or a FIFO, alone */
    size_t paths;
    const char *filter; /* pcap-filter(7), or NULL */
    struct patience patience;
    struct capture_secrets secrets; /* take is NULL: nobody */
};

/*
 * NULL with `fail` set when the filter does not compile, a folder cannot be
 * read or a path is a device or a socket. That no file is there yet is no
 * failure. The paths must outlive it.
 */
struct follow *follow_open(const struct follow_options *options,
                           struct fail *fail);
void follow_close(struct follow *follow);

/*
 * The next frame; false when the patience is at its end. The frame's bytes
 * live until the next call.
 */
bool follow_next(struct follow *follow, struct frame *frame);

/* The files so far, the one being read among them; borrowed until the next
 * call. */
const struct capture_input *follow_inputs(struct follow *follow, size_t *count);

/* The folders that are watched; borrowed. */
const char *const *follow_folders(const struct follow *follow, size_t *count);

#endif
