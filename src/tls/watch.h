/*
 * What the records of a connection tell of TLS without its keys: how far the
 * handshake came, who ended it and with which alert, what was said in the clear
 * of names and versions, when each side sent application data, and whether its
 * last record was cut (RFC 8446, 4, 5 and 6; RFC 5246, 6 and 7).
 */
#ifndef TLS_WATCH_H
#define TLS_WATCH_H

#include "tcp/tcp.h"

enum {
    TLS_NAME_KEPT = 64,
    TLS_NO_ALERT = 0xff /* 255 is none (IANA, TLS Alerts) */
};

/* Of one side, by the index of its flow. */
struct tls_side_facts {
    struct mark hello;  /* the record in which it ends */
    struct mark cipher; /* ChangeCipherSpec */
    struct mark first;  /* the first record that is encrypted as data */
    struct mark data;   /* the first of those that is longer than an alert */
    struct mark last;   /* the latest record, or what came of it */
    struct mark alert;  /* the first: in the clear, or as long as one is */
    uint32_t datas;     /* records with data */
    uint16_t last_size; /* of the latest record: bytes behind its header */
    uint64_t alert_ack; /* what it acknowledges of the other flow */
    uint8_t alert_code; /* TLS_NO_ALERT: it is encrypted */
    bool alert_fatal;
    bool cut;      /* the latest record is not whole by now */
    bool finished; /* its part of the handshake is over */
};

/* What the client sent last, since the server had said anything. */
struct tls_burst {
    struct mark start; /* its first record with data; not set: there is none */
    struct mark last;
    uint64_t begin; /* offsets of the client's flow */
    uint64_t end;
    uint64_t bytes;
    uint16_t first_size; /* of its first record, without the header */
    bool has_full;       /* a record as long as one can be: of a body */
};

struct tls_facts {
    struct tls_side_facts side[2];
    struct tls_burst burst;
    struct mark answered; /* the server's latest record with data */
    uint8_t client;
    bool lost;        /* bytes are missing: later records are not known */
    bool strange;     /* it went on as no TLS does */
    bool offers_h2;   /* the client, by ALPN */
    bool chose_h2;    /* the server, in the clear */
    bool chose;       /* it chose some protocol, in the clear */
    uint16_t version; /* the server's choice; 0: not known */
    char name[TLS_NAME_KEPT]; /* SNI; "": none */
};

struct tls_watch_side {
    uint8_t header[5];
    uint8_t header_size;
    uint16_t left; /* bytes of the record that are still to come */
    uint8_t message[4];
    uint8_t message_size; /* of its header */
    uint32_t message_left;
    uint8_t *hello; /* owned; NULL: none is kept */
    size_t hello_size;
};

struct tls_watch {
    struct tls_facts facts;
    struct tls_watch_side side[2];
};

/* Whoever sends `chunk` is the client, if its bytes begin a ClientHello. */
bool tls_watch_begins(const struct chunk *chunk);

void tls_watch_take(struct tls_watch *watch, unsigned side,
                    const struct chunk *chunk);
void tls_watch_gap(struct tls_watch *watch);
void tls_watch_release(struct tls_watch *watch);

/* Take from a whole hello, behind whose handshake header it is, what a watcher
 * wants; what makes no sense is left out. The second says whether it is a
 * HelloRetryRequest, after which others come. In hello_facts.c. */
void tls_read_client_hello(struct span message, struct tls_facts *facts);
bool tls_read_server_hello(struct span message, struct tls_facts *facts);

/* The handshake is over, as far as can be seen. */
bool tls_is_established(const struct tls_facts *facts);

/*
 * What the client asked last and the server has said nothing to, as far as
 * records tell: NULL where an exchange cannot be told from what it is not, as
 * of HTTP/2, or where all was answered.
 */
const struct tls_burst *tls_unanswered(const struct tls_facts *facts);

/* "unknown_ca" (RFC 8446, 6, and before); NULL: no such is known. */
const char *tls_alert_name(unsigned code);

/* "TLS 1.3"; NULL: it is none. */
const char *tls_version_name(unsigned version);

#endif
