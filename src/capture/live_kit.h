/*
 * For the tests that need interfaces: a network namespace with 'va' and 'vb',
 * the two ends of one cable. What is sent into vb arrives at va.
 */
#ifndef CAPTURE_LIVE_KIT_H
#define CAPTURE_LIVE_KIT_H

#include "capture/capture_kit.h"

#include <errno.h>
#include <sched.h>
#include <sys/wait.h>

#include "capture/live.h"

enum {
    COMMAND_WORDS = 16
};

/* Runs a command of at most COMMAND_WORDS words without quotes. */
bool run(const char *command);

/* A fresh namespace; the one before it ends with its last socket. */
bool make_cable(void);

#define NEED_CABLE()                                                           \
    do {                                                                       \
        if (!make_cable())                                                     \
            skip();                                                            \
    } while (0)

#endif
