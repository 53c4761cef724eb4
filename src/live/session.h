/*
 * A session watches an interface, or files as they grow, until somebody ends
 * it: frames into the pipeline, a look around four times a second, what is
 * found to the outputs and to the recorder.
 *
 *     live or follow --frame--> pipeline --finding--> outputs, recorder,
 * metrics
 *                                  ^
 *                    clock --tick--+
 *
 * SIGINT and SIGTERM end it with a full report, a second one at once; SIGUSR1
 * asks how it goes; SIGHUP opens the output files anew.
 */
#ifndef LIVE_SESSION_H
#define LIVE_SESSION_H

#include "options/options.h"

struct session;

/* What the program is told meanwhile, for standard error. */
struct session_listener {
    void *context;
    void (*say)(void *context, const char *text);
};

/*
 * Opens what is to be watched, becomes the user it runs as, opens where it
 * goes, and gives up all that is not needed any more. NULL with `fail` set when
 * something cannot be had. The options must outlive it; the caller gives it to
 * session_close. Signals that it takes are blocked from then on.
 */
struct session *session_open(const struct options *options,
                             const struct session_listener *listener,
                             struct fail *fail);

/* Watches until the end. False with `fail` set when there is no more to watch,
 * though nobody has ended it. */
bool session_run(struct session *session, struct fail *fail);

/*
 * Judges what is left and tells it. *report is borrowed until session_close.
 * False with `fail` set when an output could not be written.
 */
bool session_finish(struct session *session, const struct report **report,
                    struct fail *fail);

/* Standard output was closed by who read it: the report is still unsaid. */
bool session_is_unheard(const struct session *session);

void session_close(struct session *session);

#endif
