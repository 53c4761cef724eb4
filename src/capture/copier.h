/*
 * A copier writes one capture file once more, as pcapng: blocks byte for byte,
 * frames with comments (opt_comment, draft-ietf-opsawg-pcapng 3.5) put in front
 * of their other options. A packet of classic pcap becomes an Enhanced Packet
 * Block, its file a section with one interface, whose times keep their
 * resolution.
 *
 * Which blocks are frames the reader has found out (capture.h): they are given
 * one by one, as they came. What is between two of them is copied with the
 * second; packet blocks that were not given make no sense and are left out. A
 * section's length becomes "not said".
 */
#ifndef CAPTURE_COPIER_H
#define CAPTURE_COPIER_H

#include "capture/capture.h"

#include <stdio.h>

struct copier;

struct copier_options {
    FILE *out;           /* borrowed; what it cannot take, ferror tells */
    const char *program; /* named in sections that are made here */
    bool no_secrets;     /* Decryption Secrets Blocks are left out */
};

/*
 * Opens the file anew. NULL with `fail` set when it cannot be read. The caller
 * owns it and gives it to copier_close; path and options' texts are borrowed.
 */
struct copier *copier_open(const char *path,
                           const struct copier_options *options,
                           struct fail *fail);
void copier_close(struct copier *copier);

/*
 * Before the first frame, and before one that comes behind blocks of another
 * file: the section begins, or begins again with its interfaces. False when
 * their descriptions are too many to be kept.
 */
bool copier_begin(struct copier *copier);

/*
 * All up to the frame, and the frame with `comments` of UTF-8, each at most
 * BLOCK_OUT_TEXT_MOST bytes. Gives how many comments it took in *taken: none of
 * a Simple Packet Block, which has no room for them, and of others as many as
 * readers take. False when the file has no such block any more.
 */
bool copier_frame(struct copier *copier, const struct frame *frame,
                  const char *const comment[], size_t comments, size_t *taken);

/* What is behind the last frame; `sound`: the whole file was. */
void copier_rest(struct copier *copier, bool sound);

#endif
