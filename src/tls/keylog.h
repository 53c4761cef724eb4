/*
 * The secrets that a client or server logged, in the format of NSS
 * (SSLKEYLOGFILE; draft-ietf-tls-keylogfile): a line is a label, the client's
 * random and a secret, in hexadecimal. They are kept by client random, wiped
 * when freed, and never shown.
 */
#ifndef TLS_KEYLOG_H
#define TLS_KEYLOG_H

#include "base/fail.h"
#include "base/span.h"
#include "base/text.h"

enum {
    TLS_RANDOM_SIZE = 32,
    TLS_SECRET_SIZE = 48
};

enum tls_label {
    TLS_MASTER, /* CLIENT_RANDOM: TLS 1.2 and before */
    TLS_CLIENT_HANDSHAKE,
    TLS_SERVER_HANDSHAKE,
    TLS_CLIENT_TRAFFIC,
    TLS_SERVER_TRAFFIC,
    TLS_CLIENT_EARLY,
    TLS_LABELS
};

struct tls_secrets {
    uint8_t random[TLS_RANDOM_SIZE]; /* of the client */
    uint8_t size[TLS_LABELS];        /* 0: not logged */
    bool inside; /* a capture's own; else it is from a file beside it */
    uint8_t secret[TLS_LABELS][TLS_SECRET_SIZE];
};

struct keylog;

struct keylog *keylog_new(void);

/* Wipes it. NULL does nothing. */
void keylog_free(struct keylog *keylog);

/*
 * Takes more of a log: whole lines and the beginning of one, which the next
 * call goes on with. Lines of other kinds, and no lines at all, are left out.
 */
void keylog_take(struct keylog *keylog, struct span bytes);

/* The log ends: what its last line lacks will not come. */
void keylog_end(struct keylog *keylog);

/*
 * A file to read from, now and again when a secret is missed (it may grow).
 * Opened here; false with `fail` set when it cannot be.
 */
bool keylog_add_file(struct keylog *keylog, const char *path,
                     struct fail *fail);

/*
 * Who looks, once, for secrets that lie ahead, when one is missed for the first
 * time. NULL: nobody.
 */
void keylog_set_ahead(struct keylog *keylog, void (*look)(void *context),
                      void *context);

/*
 * What a capture holds (pcapng, Decryption Secrets Block): taken when it is a
 * key log. For struct capture_secrets; `keylog` is one.
 */
void keylog_take_block(void *keylog, uint32_t type, struct span secrets);

/* Is there any secret, or a file that may yet get some, or may any lie ahead?
 */
bool keylog_may_help(const struct keylog *keylog);

/*
 * The secrets of the connection that began with this random; NULL: none are
 * logged. Valid until the next call of any of these.
 */
const struct tls_secrets *
keylog_find(struct keylog *keylog,
            const uint8_t random[static TLS_RANDOM_SIZE]);

/* Adds what was inside a capture for this random, as lines of a log; nothing
 * where there is none. */
void keylog_write(const struct keylog *keylog,
                  const uint8_t random[static TLS_RANDOM_SIZE],
                  struct text *lines);

/* Where they are kept: as long as the log. */
uint32_t keylog_place(const struct keylog *keylog,
                      const struct tls_secrets *secrets);
const struct tls_secrets *keylog_at(const struct keylog *keylog,
                                    uint32_t place);

/* A connection that began with this random went unread: its secrets may be
 * known by now, or come yet. */
void keylog_miss(struct keylog *keylog,
                 const uint8_t random[static TLS_RANDOM_SIZE]);

/* Client randoms whose secrets came when they had been looked for in vain: as
 * far as the latest of those are remembered. */
uint64_t keylog_late(const struct keylog *keylog);

/* Client randoms that were not kept: there were too many. */
uint64_t keylog_dropped(const struct keylog *keylog);

#endif
