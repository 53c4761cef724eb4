/*
 * The voices of a live capture: each is one format on its way to one reader,
 * told of everything as it happens. What a format cannot say piece by piece
 * (json) is written at the end.
 */
#ifndef LIVE_OUTPUT_H
#define LIVE_OUTPUT_H

#include "live/line_writer.h"
#include "options/options.h"

#include <poll.h>

enum {
    VOICES_MAX = OPTIONS_OUTPUTS_MAX + 1
};

struct voice {
    const struct renderer *format;
    const char *name;             /* for messages */
    struct report_options report; /* how it wants to be told */
    struct outlet *outlet;        /* NULL: written at the end */
    FILE *late;                   /* where to, then */
    int folder;                   /* of the file; -1: it was open already */
    bool is_device;               /* which it is not, then */
    struct live_memory memory;
};

struct voices {
    struct voice voice[VOICES_MAX]; /* the first is standard output */
    size_t count;
};

/*
 * Finds what the options ask for, and takes what is open already: standard
 * output, /dev/fd/N. `is_root`: root that is to become another user; then a
 * file is opened as well if nobody but root can write in any folder on the way
 * to it. False with `fail` set when there is no such folder.
 */
bool voices_find(struct voices *voices, const struct options *options,
                 bool is_root, struct fail *fail);

/* Opens the rest, as the user that it is now. False with `fail` set. */
bool voices_open(struct voices *voices, struct fail *fail);

/* Frees what is open. */
void voices_close(struct voices *voices);

void voices_begin(struct voices *voices, const struct report *report);
void voices_tell(struct voices *voices, const struct report *report,
                 const struct finding *finding);
void voices_tell_exchange(struct voices *voices, const struct report *report,
                          const struct listed_exchange *exchange);
void voices_warn(struct voices *voices, const char *text);

/* All that is said at the end. False when something could not be written. */
bool voices_end(struct voices *voices, const struct report *report,
                struct fail *fail);

/* For a log that was rotated: goes on in new files of the same names. */
bool voices_reopen(struct voices *voices, struct fail *fail);

/* Adds what is waited for; gives how many places it took. */
size_t voices_poll(const struct voices *voices, struct pollfd *places);

/* Writes what waits, if its reader takes it. */
void voices_flush(struct voices *voices);

/* The reader of standard output has gone. */
bool voices_are_alone(const struct voices *voices);

/* What went wrong with an output since, once each; NULL: nothing. */
const char *voices_failure(struct voices *voices, const char **name);

/* Lines that no reader took in time. */
uint64_t voices_dropped(const struct voices *voices);

#endif
