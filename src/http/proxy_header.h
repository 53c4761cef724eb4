/*
 * The PROXY protocol's header (haproxy.org, proxy-protocol.txt, versions 1 and
 * 2): in front of what a client says a proxy tells for whom it speaks.
 */
#ifndef HTTP_PROXY_HEADER_H
#define HTTP_PROXY_HEADER_H

#include "tcp/tcp.h"

enum {
    PROXY_HEADER_MOST = 536 /* that a receiver must take (2.2) */
};

/*
 * The size of the header that the bytes begin with; 0 when they begin with none
 * that is whole. *origin becomes the client that it names; of version 0 when it
 * names none (UNKNOWN, LOCAL).
 */
size_t proxy_header_read(struct span bytes, struct endpoint *origin);

/* May it become a header with the bytes that follow? */
bool proxy_header_may_follow(struct span bytes);

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
