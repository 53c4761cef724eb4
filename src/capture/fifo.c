#include "capture/fifo.h"

#include <poll.h>
#include <stddef.h>

/* A signal that comes between the look at the flag and the waiting would be
 * lost: it is held back until then. */
bool fifo_is_interrupted(int file, const volatile sig_atomic_t *interrupted)
{
    struct pollfd writer = {file, POLLIN, 0};
    sigset_t all;
    sigset_t before;
    bool came;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    came =
        (interrupted && *interrupted) || ppoll(&writer, 1, NULL, &before) < 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return came;
}
