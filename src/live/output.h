/*
 * The outputs of a live capture: each is one format on its way to one reader,
 * told of everything as it happens. What a format cannot say piece by piece
 * (json) is written at the end.
 */
#ifndef LIVE_OUTPUT_H
#define LIVE_OUTPUT_H

#include "live/line_writer.h"
#include "options/options.h"

#include <poll.h>

enum {
    LIVE_OUTPUTS_MAX = OPTIONS_OUTPUTS_MAX + 1
};

struct live_output {
    const struct renderer *format;
    const char *name;             /* for messages */
    struct report_options report; /* how it wants to be told */
    struct line_writer *writer;   /* NULL: written at the end */
    FILE *late;                   /* where to, then */
    int folder;                   /* of the file; -1: it was open already */
    bool is_device;               /* which it is not, then */
    struct live_memory memory;
};

struct live_outputs {
    struct live_output
        live_output[LIVE_OUTPUTS_MAX]; /* the first is standard output */
    size_t count;
};

/*
 * Finds what the options ask for, and takes what is open already: standard
 * output, /dev/fd/N. `is_root`: root that is to become another user; then a
 * file is opened as well if nobody but root can write in any folder on the way
 * to it. False with `fail` set when there is no such folder.
 */
bool live_outputs_find(struct live_outputs *live_outputs,
                       const struct options *options, bool is_root,
                       struct fail *fail);

/* Opens the rest, as the user that it is now. False with `fail` set. */
bool live_outputs_open(struct live_outputs *live_outputs, struct fail *fail);

/* Frees what is open. */
void live_outputs_close(struct live_outputs *live_outputs);

void live_outputs_begin(struct live_outputs *live_outputs,
                        const struct report *report);
void live_outputs_tell(struct live_outputs *live_outputs,
                       const struct report *report,
                       const struct finding *finding);
void live_outputs_tell_exchange(struct live_outputs *live_outputs,
                                const struct report *report,
                                const struct listed_exchange *exchange);
void live_outputs_record(struct live_outputs *live_outputs,
                         const struct recording *recording);
void live_outputs_warn(struct live_outputs *live_outputs, const char *text);

/* All that is said at the end. False when something could not be written. */
bool live_outputs_end(struct live_outputs *live_outputs,
                      const struct report *report, struct fail *fail);

/* For a log that was rotated: goes on in new files of the same names. */
bool live_outputs_reopen(struct live_outputs *live_outputs, struct fail *fail);

/* Adds what is waited for; gives how many places it took. */
size_t live_outputs_poll(const struct live_outputs *live_outputs,
                         struct pollfd *places);

/* Writes what waits, if its reader takes it. */
void live_outputs_flush(struct live_outputs *live_outputs);

/* The reader of standard output has gone. */
bool live_outputs_are_alone(const struct live_outputs *live_outputs);

/* What went wrong with an output since, once each; NULL: nothing. */
const char *live_outputs_failure(struct live_outputs *live_outputs,
                                 const char **name);

/* Lines that no reader took in time. */
uint64_t live_outputs_dropped(const struct live_outputs *live_outputs);

#endif
