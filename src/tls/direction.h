/*
 * One direction of a TLS connection: records are put together from chunks,
 * opened with the keys of their epoch, and handed on as plaintext.
 *
 * An epoch is not announced where that can be read: each record is tried with
 * the keys at hand, then with those that may follow (RFC 8446, 4.6.3 and 7.2),
 * then with later sequence numbers. The tag proves which is right, so what the
 * capture lacks, or what its sender counted and did not send, costs no more
 * than itself. Behind a hole records are looked for in the same way.
 */
#ifndef TLS_DIRECTION_H
#define TLS_DIRECTION_H

#include "tcp/tcp.h"
#include "tls/hello.h"
#include "tls/opener.h"

enum tls_epoch {
    TLS_EPOCH_CLEAR,
    TLS_EPOCH_EARLY, /* of the client's alone */
    TLS_EPOCH_HANDSHAKE,
    TLS_EPOCH_TRAFFIC
};

/* RFC 8446, 5.1 */
enum tls_content {
    TLS_CHANGE_CIPHER_SPEC = 20,
    TLS_ALERT,
    TLS_HANDSHAKE,
    TLS_APPLICATION_DATA
};

struct tls_direction {
    enum tls_epoch epoch;
    struct tls_opener *opener;        /* NULL in the clear */
    uint64_t sequence;                /* of the next record */
    uint8_t traffic[TLS_SECRET_SIZE]; /* TLS 1.3: the secret of this epoch */
    uint8_t *held;                    /* the beginning of a record */
    size_t held_size;
    uint64_t next;     /* offset behind the last record that was read */
    size_t skip;       /* bytes still to come of a record that has a hole */
    uint32_t failures; /* records that did not open: in a row */
    uint32_t guesses;  /* places behind holes that could be a record's */
    bool lost;         /* where the next record begins is not known */
    bool dead;         /* no more is tried */
};

/* What both sides said, and what was logged of it. */
struct tls_ring {
    struct tls_session session;
    const struct keylog *keylog;
    uint32_t place; /* of the secrets, there */
};

/* Who reads a direction: its offsets are TCP's, its sizes those of plaintext.*/
struct tls_reader {
    struct tls_direction *direction;
    const struct tls_ring *ring; /* NULL: keys are not known yet */
    unsigned role;               /* 0: what the client sends, 1: the server */
    uint8_t *scratch;            /* TLS_FRAGMENT_SIZE bytes */
    struct tls_contexts *contexts;
    void *context;
    /* a record that is not encrypted; false: it is none of TLS */
    bool (*clear)(void *context, struct span record);
    /* what a record of so many bytes held, which ended where the chunk does */
    void (*plain)(void *context, uint8_t content, const struct chunk *chunk,
                  size_t record);
    void (*gap)(void *context, const struct chunk *gap);
};

/*
 * Takes the chunk. False: it is no TLS, or its next record needs keys; then the
 * chunk is what is left of it, and may be given again.
 */
bool tls_direction_take(const struct tls_reader *reader, struct chunk *chunk);

/* Bytes are missing there. */
void tls_direction_gap(const struct tls_reader *reader,
                       const struct chunk *gap);

/* No more comes; `end` says when, and its offset where: what lay behind a hole
 * that no record was found after is told as lost. */
void tls_direction_end(const struct tls_reader *reader,
                       const struct chunk *end);

/* Frees what it holds, and wipes it. */
void tls_direction_release(struct tls_direction *direction);

#endif
