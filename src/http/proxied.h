/*
 * A flow's beginning, which is held while it may become a header of the PROXY
 * protocol, and is read without that.
 */
#ifndef HTTP_PROXIED_H
#define HTTP_PROXIED_H

#include "tcp/tcp.h"

enum {
    PROXIED_CHUNKS = 2
};

/* What a flow begins with, held while it may become a header. */
struct proxied {
    struct proxied_bytes *held; /* owned; NULL: nothing is */
    bool done;                  /* it is known by now */
};

/*
 * The next bytes of a flow from its beginning on. Gives what is to be read of
 * them: nothing while they are held, what was held for nothing, what is behind
 * a header. Borrowed until proxied_release, which is due then.
 */
size_t proxied_take(struct proxied *proxied, const struct chunk *chunk,
                    struct endpoint *origin,
                    struct chunk read[static PROXIED_CHUNKS]);

/* No bytes follow: was anything held that is to be read? */
bool proxied_end(struct proxied *proxied, struct chunk *read);

void proxied_release(struct proxied *proxied);

#endif
