/* Waiting for somebody who writes to a FIFO: there may never be one. */
#ifndef CAPTURE_FIFO_H
#define CAPTURE_FIFO_H

#include <signal.h>
#include <stdbool.h>

/*
 * Waits until there is something to read in `file`. True: a signal came before,
 * during the waiting or, with its handler having set the flag (NULL: there is
 * none), before that.
 */
bool fifo_is_interrupted(int file, const volatile sig_atomic_t *interrupted);

#endif
