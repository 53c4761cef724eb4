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
    uint8_t alert_code; /* TLS_NO_ALERT: it is encrypted */
    bool alert_fatal;
    bool cut;      /* the latest record is not whole by now */
    bool finished; /* its part of the handshake is over */
};

struct tls_facts {
    struct tls_side_facts side[2];
    uint8_t client;
    bool lost;        /* bytes are missing: later records are not known */
    bool strange;     /* it went on as no TLS does */
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

/* "unknown_ca" (RFC 8446, 6, and before); NULL: no such is known. */
const char *tls_alert_name(unsigned code);

/* "TLS 1.3"; NULL: it is none. */
const char *tls_version_name(unsigned version);

#endif
