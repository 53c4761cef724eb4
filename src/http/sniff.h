/*
 * What a connection speaks is told by its first bytes, never by its port.
 */
#ifndef HTTP_SNIFF_H
#define HTTP_SNIFF_H

#include "base/span.h"

enum sniffed {
    SNIFFED_MORE, /* could still become several: more bytes are needed */
    SNIFFED_REQUEST,
    SNIFFED_RESPONSE,
    SNIFFED_H2_PREFACE, /* RFC 9113, 3.4 */
    SNIFFED_H2_FRAMES,  /* a SETTINGS frame on stream 0 */
    SNIFFED_FASTCGI,    /* what a web server begins with; or, where it did, a
                           record that answers */
    SNIFFED_TLS,        /* RFC 8446, 5.1: a handshake or an alert record */
    SNIFFED_OTHER,
    SNIFFED_COUNT
};

/* Enough bytes to tell; fewer may do. */
enum {
    SNIFF_SIZE = 24
};

enum sniffed sniff(struct span first);

/* In words: "HTTP", "TLS", "an HTTP/2 preface", "something else". */
const char *sniffed_name(enum sniffed sniffed);

#endif
