/*
 * What may come before a ClientHello on a connection: the header with which a
 * proxy tells its client's address (PROXY protocol, versions 1 and 2), or a
 * CONNECT request and its answer (RFC 9110, 9.3.6), also behind others that
 * were refused.
 */
#ifndef TLS_PRELUDE_H
#define TLS_PRELUDE_H

#include "tcp/tcp.h"

enum prelude_kind {
    PRELUDE_NONE,
    PRELUDE_PROXY,
    PRELUDE_CONNECT
};

struct prelude {
    uint8_t kind;
    uint8_t client; /* whose bytes began it */
    bool read;      /* the header has been, or CONNECT was granted */
    uint8_t tail;   /* of CR LF CR LF, what the server has said last */
    bool answered;  /* it began to answer */
    bool refused;   /* and said no: the client may ask again */
};

enum prelude_step {
    PRELUDE_GOES_ON, /* all of the chunk is of it */
    PRELUDE_ENDS,    /* so many of its bytes are; then a ClientHello begins */
    PRELUDE_OTHER    /* no TLS comes */
};

/* Is the first chunk of a connection the beginning of one? */
bool prelude_begin(struct prelude *prelude, unsigned side,
                   const struct chunk *chunk);

/* Takes a chunk of either side, the first one too. */
enum prelude_step prelude_take(struct prelude *prelude, unsigned side,
                               const struct chunk *chunk, size_t *size);

#endif
