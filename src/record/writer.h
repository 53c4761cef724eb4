/*
 * A writer writes one recording: the packets of a connection as far as they
 * are held, as pcapng, with the words of findings beside the frames they cite.
 */
#ifndef RECORD_WRITER_H
#define RECORD_WRITER_H

#include "record/comments.h"
#include "record/store.h"

#include <stdio.h>

struct writer {
    struct store *store;
    uint64_t conn;             /* tcp.stream */
    struct comments *comments; /* a list; those with another code are
                                passed over */
    enum verdict code;
    uint64_t unsaid;     /* findings of the connection that there was
                            no room for */
    nanos now;           /* how long the connection was watched */
    const char *asked;   /* what whyeof was asked; visible UTF-8 */
    const char *program; /* name and version */
    const char *os;
    const char *hardware;
    const struct keylog *keylog; /* NULL: no secrets are written */
};

/*
 * Writes it all and flushes; false with errno set when it could not. The
 * connection must be held.
 */
bool writer_write(const struct writer *writer, FILE *file);

#endif
