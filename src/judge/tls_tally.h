/*
 * How many connections with TLS were opened, and which were not and why: of
 * those the client's random is what to look for in a key log.
 */
#ifndef JUDGE_TLS_TALLY_H
#define JUDGE_TLS_TALLY_H

#include "model/model.h"
#include "tls/tls.h"

enum {
    OPAQUE_LISTED = 64
};

struct opaque_conn {
    uint64_t connection; /* tcp.stream */
    uint8_t why;         /* enum tls_unopened; not TLS_JOINED */
    uint8_t random[TLS_RANDOM_SIZE];
    char name[TLS_NAME_KEPT]; /* SNI, bytes of any kind; "": none */
};

struct tls_tally {
    uint64_t opened;
    uint64_t opaque;
    uint64_t by[TLS_UNOPENED_COUNT];
    struct opaque_conn list[OPAQUE_LISTED]; /* the first of them */
    size_t listed;
};

/* Takes in a connection that is over, whatever it carried. */
void tls_tally_add(struct tls_tally *tally, const struct outcome *outcome);

#endif
