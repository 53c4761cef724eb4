/*
 * http finds out what a connection speaks and reads it: HTTP/1 with llhttp,
 * one parser for each direction (h1.h), HTTP/2 by its frames, with nghttp2's
 * HPACK (h2.h), FastCGI by its records (fcgi.h). Bodies are counted and never
 * kept. TLS and anything else are recognised and left.
 *
 * It is a tcp_sink on its left and gives events to an http_sink on its right.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "http/event.h"
#include "http/sniff.h"

enum http_protocol {
    PROTOCOL_NONE, /* no byte was seen */
    PROTOCOL_HTTP1,
    PROTOCOL_HTTP2,
    PROTOCOL_FASTCGI,
    PROTOCOL_TLS,
    PROTOCOL_OTHER,
    PROTOCOL_COUNT
};

enum {
    HTTP_FIRST_KEPT = 14,
    H2_DEBUG_KEPT = 64
};

/* What HTTP/1 leaves to HTTP/2; borrowed. */
struct h2_upgrade {
    uint32_t request;     /* its number, from 1 */
    struct span settings; /* HTTP2-Settings; base64url; empty: not known */
};

enum {
    H2_RESET_BURST = 20 /* so many streams reset by one side are many */
};

/* A GOAWAY frame (RFC 9113, 6.8). */
struct h2_goaway {
    struct mark at;
    uint32_t last_stream;
    uint32_t code;
    char debug[H2_DEBUG_KEPT]; /* of its debug data; may hold any byte */
    uint8_t debug_size;
    uint32_t debug_sent; /* bytes there were: more than debug_size are cut */
    uint32_t resets;     /* RST_STREAM frames of the other side before it */
};

/* What is known of an HTTP/2 connection, by the index of the sending flow. */
struct h2_facts {
    struct h2_goaway goaway[2]; /* the first with an error, else the latest */
    struct mark first_goaway[2];
    struct mark first_ping[2]; /* PINGs that are no answers */
    struct mark ping[2];       /* the latest */
    uint32_t pings[2];
    uint32_t resets[2];         /* RST_STREAM */
    struct mark reset_burst[2]; /* when they were H2_RESET_BURST */
    uint32_t open;              /* streams at the end */
    uint32_t most;              /* streams open at once */
    uint64_t dropped;           /* streams not followed: too many at once */
    uint64_t strange;           /* frames that RFC 9113 forbids */
    bool joined; /* without its beginning: windows are not known */
};

/* What became of an HTTP/1 connection that is a tunnel now. */
struct tunnel_facts {
    bool is_websocket;
    bool lost;            /* of its frames not all could be told apart */
    struct mark close[2]; /* a Close frame of that side (RFC 6455, 5.5.1) */
};

/* What the http stage knows of a connection when it is over. */
struct http_facts {
    enum http_protocol protocol;
    enum sniffed first[2]; /* what each flow began with */
    uint8_t first_byte[2][HTTP_FIRST_KEPT];
    uint8_t first_size[2];
    struct mark first_at[2];
    uint64_t broken; /* times that the bytes were no HTTP */
    uint8_t minor;   /* HTTP/1: version of the last request, or response */
    bool tunnel;
    struct tunnel_facts in_tunnel;
    struct h2_facts h2;
    struct endpoint origin; /* for whom a proxy said that it speaks (PROXY
                               protocol); of version 0: nobody */
    bool in_orphan;         /* a response without its request had not ended */
    bool told_tls_port;     /* a 400 said that the port expects HTTPS */
};

struct http_sink {
    void *context;
    void (*event)(void *context, struct conn *conn,
                  const struct http_event *event);
    /* all that the flow has sent so far is acknowledged */
    void (*acked)(void *context, struct conn *conn, unsigned side);
    void (*over)(void *context, struct conn *conn, enum conn_ending ending,
                 const struct http_facts *facts);
    /* it goes on, or may: what is known of it by now. Gives when to look at it
       next. NULL: nobody looks */
    nanos (*look)(void *context, struct conn *conn,
                  const struct http_facts *facts);
};

enum {
    HTTP_PORTS_MAX = 32
};

struct http_options {
    uint16_t port[HTTP_PORTS_MAX]; /* HTTP whatever the bytes look like */
    size_t ports;
};

struct http;

/* Options and sink are copied. The caller owns it; http_free after tcp_free. */
struct http *http_new(const struct http_options *options,
                      const struct http_sink *sink);
void http_free(struct http *http);

/* The sink to give to tcp_new. */
struct tcp_sink http_tcp_sink(struct http *http);

/* What is known of a connection by now; nothing when it was not read. */
struct http_facts http_facts_of(const struct conn *conn);

/* Times that bytes on an HTTP connection were no HTTP. */
uint64_t http_broken(const struct http *http);

/* What a connection speaks, by what each of its flows began with. */
enum http_protocol http_protocol_of(const uint8_t sniffed[static 2],
                                    unsigned client);

const char *http_protocol_name(enum http_protocol protocol);

#endif
