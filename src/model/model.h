/*
 * The model puts events together to exchanges. It is an http_sink on its left;
 * on its right it hands over each exchange that came to its end, and each
 * connection when it is over, with the exchanges that did not.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "http/http.h"
#include "model/exchange.h"

/* What a connection came to. Borrowed for the call. */
struct outcome {
    struct conn *conn;
    enum conn_ending ending;
    const struct http_facts *http;
    const struct exchange *unfinished; /* oldest first; NULL: none */
    const struct exchange *opaque; /* TLS that is not read: what the client sent
                                      last, to which nothing was said; NULL */
    uint64_t exchanges;            /* begun on it */
    uint64_t complete;
    uint64_t crowded_out;            /* more waited than are kept */
    struct mark last_response_end;   /* of the last complete exchange */
    struct mark last_reset;          /* HTTP/2: of the last stream reset */
    const char *server_software;     /* as Server said; "" if unknown */
    const char *client_software;     /* as User-Agent said */
    struct mark said_close;          /* HTTP/1: a whole response that said so */
    uint64_t said_close_by;          /* number of its exchange */
    struct mark said_408;            /* HTTP/1: the server said 408 unasked */
    uint32_t keep_alive;             /* as Keep-Alive said; 0: nothing */
    uint32_t orphans;                /* responses without their requests */
    enum close_word last_close_word; /* of the last complete exchange */
    bool bare_end;                   /* of one of them, see exchange.h */
};

struct model_sink {
    void *context;
    /* its first request: by now it is known who asks whom. NULL: nobody wants
       to know */
    void (*begun)(void *context, const struct conn *conn);
    /* the head of a request has come. NULL: nobody wants to know */
    void (*asked)(void *context, const struct conn *conn,
                  const struct exchange *x);
    /* `x` is complete; it is gone after the call */
    void (*complete)(void *context, struct conn *conn,
                     const struct exchange *x);
    /* HTTP/2: its stream was reset; it is gone after the call */
    void (*ended)(void *context, struct conn *conn, const struct exchange *x);
    void (*over)(void *context, const struct outcome *outcome);
    /* `x` was told as complete; by now it is known what came behind its end:
       something did, or it was the connection's last (then before `over`) */
    void (*late)(void *context, const struct outcome *outcome,
                 const struct exchange *x);
    /* it goes on, or may: what it came to by now. Gives when to look at it
       next. NULL: nobody looks */
    nanos (*look)(void *context, const struct outcome *outcome);
};

struct model;

struct model *model_new(const struct model_sink *sink);
void model_free(struct model *model);

/* The sink to give to http_new. */
struct http_sink model_http_sink(struct model *model);

#endif
