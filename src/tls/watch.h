/*
 * What the records of a connection tell of TLS without its keys: how far the
 * handshake came, who ended it and with which alert, what was said in the clear
 * of names and versions, when each side sent application data, and whether its
 * last record was cut (RFC 8446, 4, 5 and 6; RFC 5246, 6 and 7).
 */
#ifndef TLS_WATCH_H
#define TLS_WATCH_H

#include "tcp/tcp.h"
#include "tls/keylog.h"

enum {
    TLS_NAME_KEPT = 64,
    TLS_PROTOCOL_KEPT = 16, /* the longest of HTTP has 8 (IANA, ALPN) */
    TLS_NO_ALERT = 0xff     /* 255 is none (IANA, TLS Alerts) */
};

/* Why records are not opened. */
enum tls_unopened {
    TLS_OPENS,      /* they are */
    TLS_NO_SECRETS, /* nobody gave any */
    TLS_NO_KEY,     /* none of those given is for this client's random */
    TLS_NO_SUITE,   /* its cipher suite is not read */
    TLS_NO_HELLO,   /* a hello was not there, or not whole */
    TLS_BAD_RECORD, /* records did not open: another key, or damaged */
    TLS_JOINED,     /* its beginning is not in the capture */
    TLS_UNOPENED_COUNT
};

/* Of one side, by the index of its flow. */
struct tls_side_facts {
    struct mark hello;    /* the record in which it ends */
    struct mark cipher;   /* ChangeCipherSpec */
    struct mark finished; /* its part of the handshake is over */
    struct mark notify;   /* close_notify, as was read */
    struct mark first;    /* the first record that is encrypted as data */
    struct mark data;     /* the first of those that is longer than an alert */
    struct mark last;     /* the latest record, or what came of it */
    struct mark alert;    /* the first: in the clear, or as long as one is */
    uint32_t datas;       /* records with data */
    uint16_t last_size;   /* of the latest record: bytes behind its header */
    uint16_t last_came;   /* of these, by now */
    uint64_t alert_ack;   /* what it acknowledges of the other flow */
    uint8_t alert_code;   /* TLS_NO_ALERT: it is encrypted */
    bool alert_fatal;
    bool cut;     /* the latest record is not whole by now */
    bool is_data; /* it has data, as far as its header tells */
};

/* What the client sent last, since the server had said anything. */
struct tls_burst {
    struct mark start; /* its first record with data; not set: there is none */
    struct mark last;
    struct mark answer; /* the server's first record with data behind it */
    uint64_t answer_begin;
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
    bool lost;             /* bytes are missing: later records are not known */
    bool strange;          /* it went on as no TLS does */
    bool offers_h2;        /* the client, by ALPN */
    bool chose_h2;         /* the server, in the clear */
    bool chose;            /* it chose some protocol, in the clear */
    bool resumed;          /* by the session's id, a ticket or a PSK */
    bool asks_certificate; /* the server, of the client */
    bool opened;           /* a record was */
    bool offers_early;     /* the client sends data with its hello (0-RTT), */
    bool takes_early;      /* and the server takes it */
    bool has_extensions;   /* TLS 1.3: what it says there is known */
    uint8_t unopened;      /* enum tls_unopened; TLS_BAD_RECORD: from some
                              record on */
    uint16_t version;      /* the server's choice; 0: not known */
    uint16_t suite;        /* the same */
    uint64_t session;      /* of the client's session id; 0: none */
    bool has_inner;        /* it carries TLS */
    uint8_t random[TLS_RANDOM_SIZE];       /* of the client's hello */
    uint8_t inner_random[TLS_RANDOM_SIZE]; /* of that of TLS in it */
    char protocol[TLS_PROTOCOL_KEPT]; /* that was chosen by ALPN; "": none */
    char name[TLS_NAME_KEPT];         /* SNI; "": none */
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

/* A record of so many bytes, header included, was opened and held this. */
void tls_watch_opened(struct tls_watch *watch, unsigned side, uint8_t content,
                      const struct chunk *plain, size_t record);
void tls_watch_release(struct tls_watch *watch);

/* Take from a whole hello, behind whose handshake header it is, what a watcher
 * wants; what makes no sense is left out. The second says whether it is a
 * HelloRetryRequest, after which others come. In hello_facts.c. */
void tls_read_client_hello(struct span message, struct tls_facts *facts);
bool tls_read_server_hello(struct span message, struct tls_facts *facts);
void tls_read_encrypted_extensions(struct span message,
                                   struct tls_facts *facts);

/* What a handshake record holds: messages may be cut into records at will, and
 * several be in one. In messages.c. */
void tls_watch_messages(struct tls_watch *watch, unsigned side,
                        struct span bytes, const struct chunk *chunk);

/* The handshake is over, as far as can be seen. */
bool tls_is_established(const struct tls_facts *facts);

/*
 * What the client asked last and the server has said nothing to, as far as
 * records tell: NULL where an exchange cannot be told from what it is not, as
 * of HTTP/2, or where all was answered.
 */
const struct tls_burst *tls_unanswered(const struct tls_facts *facts);

/*
 * What the client asked last, where a record with data of the server's, behind
 * it, is the latest and not whole: NULL as above, or where none is.
 */
const struct tls_burst *tls_cut_answer(const struct tls_facts *facts);

/* The side's latest record has data and is not whole, for all that is known. */
bool tls_is_cut(const struct tls_facts *facts, unsigned side);

/*
 * The side closed with a FIN and without close_notify, and all that it sent
 * was opened, or else would show it.
 */
bool tls_is_bare_close(const struct conn *conn, const struct tls_facts *facts,
                       unsigned side);

/* How far the handshake came: "client-hello", "server-hello",
 * "client-finished", "established". */
const char *tls_step_name(const struct tls_facts *facts);

/* "no-key"; NULL of TLS_OPENS. */
const char *tls_unopened_name(enum tls_unopened why);

/* "unknown_ca" (RFC 8446, 6, and before); NULL: no such is known. */
const char *tls_alert_name(unsigned code);

/* "TLS 1.3"; NULL: it is none. */
const char *tls_version_name(unsigned version);

#endif
