/*
 * The messages of an HTTP/1 connection: how requests and responses of its two
 * directions belong together (RFC 9112, 9.3.2), and what an answer must know
 * of its request.
 */
#ifndef HTTP_H1_MESSAGES_H
#define HTTP_H1_MESSAGES_H

#include "base/text.h"
#include "http/http.h"

#include <llhttp.h>

struct methods;

struct h1_messages {
    const struct http_sink *sink;
    struct conn *conn;
    struct head **spare; /* for who reads a head; see head_take */
    uint64_t requests;
    uint64_t answered;
    struct methods *methods; /* owned; by request number; NULL: never asked */
    uint64_t broken;
    uint8_t major;
    uint8_t minor;
    bool requests_lost; /* bytes of requests are missing: perhaps a HEAD */
    bool tunnel;
    bool websocket; /* the tunnel is one (RFC 6455) */
    bool is_h2;     /* a 101 has made it HTTP/2 */
    bool opaque;    /* neither direction is read any further */
    bool told_tls_port;
    struct text bad_request; /* the beginning of a 400's body */
    struct text h2_settings; /* HTTP2-Settings of the latest request */
};

void h1_messages_init(struct h1_messages *messages,
                      const struct http_sink *sink, struct conn *conn);
void h1_messages_release(struct h1_messages *messages);

/* Gives its number; 0: a response to a request that was not seen. */
uint64_t h1_begin_message(struct h1_messages *messages, bool is_request,
                          bool after_loss);

/* The head of a request is complete: the method that its answer depends on. */
void h1_request_head(struct h1_messages *messages, uint64_t stream,
                     uint8_t method);
void h1_note_version(struct h1_messages *messages, const llhttp_t *parser);
bool h1_answers_without_body(const struct h1_messages *messages,
                             uint64_t stream, uint16_t status);

/* Its HTTP2-Settings (RFC 7540, 3.2.1). */
void h1_keep_settings(struct h1_messages *messages, struct span settings);

/* A final response came to its end; `ended` says of which stream and where. */
void h1_response_ended(struct h1_messages *messages,
                       const struct http_event *ended, uint16_t status);

/* So did a 101 that offers h2c. */
void h1_becomes_h2(struct h1_messages *messages);

/* Is the request that was answered last a CONNECT? */
bool h1_asked_connect(const struct h1_messages *messages);

void h1_say(const struct h1_messages *messages, const struct http_event *event);
void h1_broken(struct h1_messages *messages);

/* Some of the body of a 400: does it say that TLS is spoken there? */
void h1_bad_request_body(struct h1_messages *messages, struct span body);

#endif
