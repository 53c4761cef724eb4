/*
 * An incident is an exchange that did not go well, or a connection that did
 * not, copied out of the pipeline with all that is known of it: it outlives
 * the connection and waits until the whole capture has been seen, for what
 * happened at one endpoint is judged by all that happened there.
 */
#ifndef MODEL_INCIDENT_H
#define MODEL_INCIDENT_H

#include "model/model.h"
#include "tls/tls.h"

enum {
    INCIDENT_SOFTWARE_SIZE = 64
};

/* Who closed the connection first, and how. */
enum closer {
    CLOSED_BY_NOBODY,
    CLOSED_BY_CLIENT,
    CLOSED_BY_SERVER
};

struct closing {
    enum closer by;
    bool by_reset; /* RST; else FIN */
    struct mark at;
    uint64_t acks;             /* what it acknowledges of the other flow;
                                  CONN_NO_OFFSET: nothing */
    const struct reset *reset; /* inside the conn, when by_reset */
};

struct incident {
    struct conn conn;          /* its episodes are owned by the incident */
    struct exchange *exchange; /* owned; NULL: about the connection itself */
    struct http_facts http;
    struct tls_facts tls; /* where has_tls */
    enum conn_ending ending;
    uint64_t complete;
    uint32_t orphans;
    uint64_t unfollowed;    /* exchanges of the connection: too many at once */
    bool has_tls;           /* it began with a ClientHello */
    bool is_complete;       /* the exchange came to its end all the same */
    struct mark said_408;   /* before its request was there; not set: none */
    struct mark said_close; /* the response before it that said Connection:
                               close; not set: none did */
    char server_software[INCIDENT_SOFTWARE_SIZE];
    char client_software[INCIDENT_SOFTWARE_SIZE];
};

/* Copies of what it is given; the caller owns it. `x` may be NULL. */
struct incident *incident_new(const struct outcome *outcome,
                              const struct exchange *x);

/*
 * Of an exchange whose connection goes on: it is complete, or its HTTP/2 stream
 * was reset. What is known of a connection that is over is not in it: its
 * ending, how many exchanges it had, its servers' and clients' software.
 */
struct incident *incident_of_exchange(const struct conn *conn,
                                      const struct exchange *x);
/* The same once more; the caller owns it. */
struct incident *incident_copy(const struct incident *incident);
void incident_free(struct incident *incident);

/*
 * Who closed first. Between two FINs the one that does not acknowledge the
 * other came first, whatever the order of capture. TLS's close_notify, or a
 * fatal alert, closes as a FIN does (RFC 8446, 6.1).
 */
struct closing conn_closing(const struct conn *conn);

/*
 * HTTP/1: the client had closed before its answer came, or before the rest of
 * it, and took nothing of what came then. What came is evidence of what it did
 * not wait for; it ended nothing.
 */
bool exchange_was_left(const struct conn *conn, const struct exchange *x);

/*
 * HTTP/1: a body that only a close ends, though none was announced, and the
 * client was the first to close, a second or more after the last of it.
 */
bool exchange_is_without_end(const struct conn *conn, const struct exchange *x);

/*
 * It counts as complete: its answer is whole, and came to somebody. An answer
 * to a request that it did not wait for is one all the same (RFC 9112, 9.6), if
 * no reset has overtaken it and it does not complain of just that.
 */
bool exchange_went_well(const struct conn *conn, const struct exchange *x);

/* What ended an HTTP/2 stream that both its own end and the connection's may
 * have: the first that could not be undone. */
struct closing stream_closing(const struct conn *conn,
                              const struct h2_facts *h2,
                              const struct exchange *x);

/* Its RST_STREAM came before the connection closed and before the other side
 * gave the connection up: it is what ended the stream. */
bool was_ended_by_reset(const struct conn *conn, const struct h2_facts *h2,
                        const struct exchange *x);

#endif
