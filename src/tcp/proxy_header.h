/*
 * The PROXY protocol's header (haproxy.org, proxy-protocol.txt, versions 1 and
 * 2): in front of what a client says a proxy tells for whom it speaks.
 */
#ifndef TCP_PROXY_HEADER_H
#define TCP_PROXY_HEADER_H

#include "base/span.h"
#include "wire/segment.h"

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

#endif
