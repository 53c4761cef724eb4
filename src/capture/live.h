/*
 * A live capture reads an interface through libpcap, without ever blocking:
 *
 *     live_open ... live_next until it says LIVE_EMPTY, then poll(2) for
 *     POLLIN on live_descriptor, and again ... live_close
 *
 * The poll should end after a second at most: an interface that goes down or
 * away is only seen by live_next. On Linux the kernel hands packets over in
 * blocks, a tenth of a second after the first packet of a block at the latest
 * (the caller's clock may be that far ahead of the newest packet).
 *
 * Everything that needs a privilege happens in live_open. The name "any" is
 * all interfaces at once, where the system has it.
 *
 * Only this module, of all that is below the command line, reads a clock.
 */
#ifndef CAPTURE_LIVE_H
#define CAPTURE_LIVE_H

#include <stdio.h>

#include "base/fail.h"
#include "capture/capture.h"

/*
 * By default packets are kept whole: with segmentation offload they are of up
 * to 64 kB, and a cut takes the sizes of later chunks and the frames of HTTP/2
 * with it. The kernel's ring packs packets by their size, so that small ones
 * take no more room than with a small length.
 */
enum {
    LIVE_SNAPLEN_FULL = 262144,
    LIVE_BUFFER_DEFAULT = 16 << 20
};

struct live_options {
    const char *interface;
    const char *filter; /* pcap-filter(7) text, or NULL */
    uint32_t snaplen;   /* bytes kept of each packet; 0: all */
    size_t buffer;      /* bytes the kernel may hold; 0: LIVE_BUFFER_DEFAULT */
};

struct live;

/*
 * NULL with `fail` set when the interface cannot be opened or the filter does
 * not compile. The caller owns it and gives it to live_close.
 */
struct live *live_open(const struct live_options *options, struct fail *fail);
void live_close(struct live *live);

/* What libpcap did otherwise than asked, in its words; "" if nothing. */
const char *live_warning(const struct live *live);

enum live_answer {
    LIVE_FRAME,
    LIVE_EMPTY, /* nothing now: poll */
    LIVE_DOWN,  /* the same, and the interface is down; it may come up again,
                   and then its packets come as before */
    LIVE_GONE   /* the interface was removed, or cannot be read any more:
                   nothing will come (live_problem) */
};

/*
 * Never blocks. After LIVE_FRAME `frame` is set: numbered from 1, of file 0
 * and interface 0. Its bytes live until the next call.
 */
enum live_answer live_next(struct live *live, struct frame *frame);

/* Why LIVE_GONE was said, in words; "" before. */
const char *live_problem(const struct live *live);

/* For poll(2); it stays the same. */
int live_descriptor(const struct live *live);

/* Counted since live_open. */
struct live_drops {
    uint64_t received;  /* packets that passed the filter, the kernel's drops
                           among them */
    uint64_t kernel;    /* dropped by the kernel: we were too slow */
    uint64_t interface; /* dropped by the interface; all packets, not only
                           those that pass the filter */
};

/* False when the system does not say; `drops` is what is known then. */
bool live_drops(struct live *live, struct live_drops *drops);

/*
 * What is known of it up to now, as of any input. `bytes` are those of the
 * frames that were read. Borrows from `live`: its texts live as long.
 */
void live_facts(struct live *live, struct capture_input *facts);

/*
 * Writes the interfaces that live_open may take, one a line: name, up or
 * down, addresses, description.
 */
bool live_list(FILE *out, struct fail *fail);

/*
 * Time since some start that no one can set. What packets say of the time is
 * another clock: only differences may be added to it.
 */
nanos live_clock(void);

#endif
