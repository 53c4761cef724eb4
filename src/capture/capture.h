/*
 * A capture is one or several files (or standard input) read as one stream of
 * frames, in order of time between the files and in file order within each.
 *
 * What goes wrong with one input is a fact of that input (`problem`), not the
 * end of the run: the others are still read, and what was read of it before
 * the problem counts.
 *
 *     file, stdin --> source --> [gzip, zstd, lz4] --> pcap (libpcap)
 *                                                  \-> pcapng (ours)
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <signal.h>

#include "base/fail.h"
#include "capture/frame.h"

enum capture_trouble {
    CAPTURE_SOUND,      /* read to its end */
    CAPTURE_TRUNCATED,  /* ends inside a record: read up to there */
    CAPTURE_CORRUPT,    /* a record makes no sense: read up to there, or
                           around it where its end is known (pcapng) */
    CAPTURE_UNFILTERED, /* has a link type that the filter is not for: frames
                          of that type are left out */
    CAPTURE_UNREADABLE  /* missing, no permission, or no capture at all */
};

enum {
    CAPTURE_LINK_TYPES_KEPT = 16
};

/* What is known of one input; complete once capture_next has said no. */
struct capture_input {
    const char *path;   /* as given; "-" is standard input */
    const char *format; /* "pcap", "pcapng", "pcap (gzip)" …; "" if unknown */
    uint32_t link_type[CAPTURE_LINK_TYPES_KEPT]; /* in order of appearance */
    size_t link_types;
    uint64_t packets; /* frames read, before any filter */
    uint64_t bytes;   /* bytes of the input consumed, as stored */
    nanos first_time; /* of its first and last frame; NANOS_NEVER if none */
    nanos last_time;
    nanos end_time; /* when its recorder stopped, as it says itself (pcapng);
                       NANOS_NEVER: it does not */
    enum capture_trouble trouble;
    char problem[512]; /* in words with the byte offset; "" when sound */
    bool has_drops;    /* the input says how many packets were dropped */
    uint64_t interface_drops;
    uint64_t snapped; /* frames recorded shorter than they were */
};

struct capture;

/*
 * Who takes the secrets that a capture holds (pcapng's Decryption Secrets
 * Blocks): their type as it is in the block, and their bytes, borrowed.
 */
struct capture_secrets {
    void *context;
    void (*take)(void *context, uint32_t type, struct span secrets);
    bool alone; /* of pcapng nothing else is wanted: no frame is given */
};

/* Who is shown the frames that the filter refuses: what went on in the capture
 * meanwhile. The frame is borrowed. */
struct capture_refused {
    void *context;
    void (*take)(void *context, const struct frame *frame);
};

struct capture_options {
    const char *filter; /* pcap-filter(7) text over all inputs, or NULL */
    struct capture_refused refused; /* take is NULL: nobody */
    struct capture_secrets secrets; /* take is NULL: nobody */
    /* Not zero: a signal came, and a FIFO that nobody has opened for writing
     * is no longer waited for. It must outlive the capture. NULL: only a
     * signal that comes during the waiting ends it. */
    const volatile sig_atomic_t *interrupted;
};

/*
 * Opens the inputs. NULL with `fail` set only when the filter does not
 * compile; an input that cannot be opened is CAPTURE_UNREADABLE. The paths
 * must outlive the capture. The caller owns it and gives it to capture_close.
 */
struct capture *capture_open(const char *const path[], size_t count,
                             const struct capture_options *options,
                             struct fail *fail);

/*
 * The next frame that passes the filter; false when all inputs are at their
 * end. Frames that the filter refuses still take a frame number, as in
 * Wireshark. The frame's bytes live until the next call.
 */
bool capture_next(struct capture *capture, struct frame *frame);

/* The inputs, as many as were opened; borrowed until capture_close. */
const struct capture_input *capture_inputs(const struct capture *capture,
                                           size_t *count);

/* Nothing more comes of an input: asked after a frame of another one, or none.
 */
bool capture_has_ended(const struct capture *capture, size_t input);

/* Bytes consumed and bytes there are (0 when unknown), for a progress bar. */
void capture_progress(const struct capture *capture, uint64_t *done,
                      uint64_t *total);

void capture_close(struct capture *capture);

#endif
