/*
 * What the http stage says: requests and responses, of HTTP/1, HTTP/2 and
 * FastCGI alike, as events on a stream of a connection. HTTP/1 and FastCGI
 * number the requests of a connection from 1; a response to a request that the
 * capture does not have is on stream 0.
 */
#ifndef HTTP_EVENT_H
#define HTTP_EVENT_H

#include "http/h2_window.h"
#include "tcp/tcp.h"

enum http_event_kind {
    HTTP_REQUEST_START,  /* its first byte */
    HTTP_REQUEST_HEAD,   /* its header section is complete: head */
    HTTP_REQUEST_BYTES,  /* `size` bytes of it, `body` of them of its body */
    HTTP_REQUEST_END,    /* its last byte */
    HTTP_RESPONSE_START, /* the same for the response */
    HTTP_INTERIM,        /* a whole 1xx response: head */
    HTTP_RESPONSE_HEAD,
    HTTP_RESPONSE_BYTES,
    HTTP_RESPONSE_END,
    HTTP_TRAILER,    /* a response's trailer section: head */
    HTTP_RESET,      /* HTTP/2: RST_STREAM by `side` with `code`; windows */
    HTTP_LATE_RESET, /* HTTP/2: the same of one that both had ended */
    HTTP_STILL_OPEN, /* HTTP/2: the stream is open at the end; windows */
    HTTP_UPGRADED,   /* to HTTP/2: HTTP/1's request `code` is stream 1 now */
    HTTP_TUNNEL,     /* from here on both sides' bytes are opaque */
    HTTP_LOST,       /* `size` bytes missing, and with them the framing */
    HTTP_SKIPPED,    /* `size` bytes missing inside a body of known length */
    HTTP_BROKEN,     /* bytes that are no HTTP: the framing is lost */
    HTTP_FAULT,      /* what of a message cannot be as it is: fault */
    HTTP_EVENT_KIND_COUNT
};

/* How the end of a body is told (RFC 9112, 6.3). */
enum http_framing {
    FRAMING_NONE,    /* there is no body */
    FRAMING_LENGTH,  /* Content-Length */
    FRAMING_CHUNKED, /* Transfer-Encoding: chunked */
    FRAMING_CLOSE,   /* until the connection is closed */
    FRAMING_STREAM   /* HTTP/2: END_STREAM; FastCGI: END_REQUEST */
};

#define HTTP_NO_LENGTH UINT64_MAX

/* What cannot be as it is in a message of HTTP/1 (RFC 9112), or in what a
 * FastCGI application answers (RFC 3875, 6). */
enum fault_kind {
    FAULT_NONE,
    FAULT_BEHIND,     /* bytes behind a whole message that begin no other */
    FAULT_START_LINE, /* the status line, or the request line */
    FAULT_FIELD,      /* a line of the header or trailer section */
    FAULT_LENGTH,     /* Content-Length: no number, or two unlike ones */
    FAULT_CHUNK,      /* a chunk's size, or what stands behind its bytes */
    FAULT_LENIENT,    /* an obsolete form that some accept */
    FAULT_NO_HEAD,    /* FastCGI: it ends before its header section does */
    FAULT_KIND_COUNT
};

enum {
    FAULT_BYTES_KEPT = 24
};

struct http_fault {
    enum fault_kind kind;
    struct mark at;
    uint64_t offset;    /* in its flow, of the first byte of those kept */
    const char *name;   /* as llhttp, and so Node, calls it; a literal */
    bool taken_by_some; /* clients are known that accept it */
    uint8_t size;
    uint8_t bytes[FAULT_BYTES_KEPT]; /* as they came; any byte */
};

/* A header section. The spans are borrowed for the call. */
struct http_head {
    struct span method; /* requests */
    struct span target;
    struct span host;
    struct span software; /* Server, or User-Agent */
    struct span upgrade;  /* Upgrade */
    struct span content_type;
    struct span request_id;    /* X-Request-Id */
    struct span traceparent;   /* W3C Trace Context, 3.2 */
    struct span forwarded_for; /* X-Forwarded-For; empty when it was cut; or
                                  FastCGI's REMOTE_ADDR and REMOTE_PORT */
    uint64_t length;           /* HTTP_NO_LENGTH: not known from the head */
    enum http_framing framing;
    uint16_t status;       /* responses; 0 in a request */
    bool has_via;          /* Via: a gateway sent it on (RFC 9110, 7.6.3) */
    bool expects_continue; /* RFC 9110, 10.1.1 */
    bool closes;           /* Connection: close, or the version's default */
    bool says_close;       /* the same, not because only that ends the body */
    bool is_http10;        /* HTTP/1.0, whose default is to close */
    uint32_t keep_alive;   /* Keep-Alive: timeout=N, in seconds; 0: none */
    bool has_grpc_status;
    uint32_t grpc_status;
    struct span grpc_message;
    nanos grpc_timeout;      /* 0: none */
    struct span h2_settings; /* HTTP2-Settings (RFC 7540, 3.2.1) */
};

/* Streams whose unread bytes use up a connection window, largest first. */
enum {
    H2_HOLDERS = 4
};

struct h2_holder {
    uint32_t stream;
    uint64_t unread; /* received, not credited */
};

/*
 * The flow-control windows that one stream depends on, by the index of the
 * flow that sends. Borrowed for the call.
 */
struct h2_windows {
    struct h2_window stream[2];
    struct h2_window connection[2];
    bool known[2];       /* false: bytes or SETTINGS were missed */
    uint32_t open;       /* the client's streams that are, this one included */
    uint32_t limit;      /* the server's SETTINGS_MAX_CONCURRENT_STREAMS */
    struct mark limited; /* when it said that last */
    struct h2_holder holder[2][H2_HOLDERS];
};

#define HTTP_MESSAGES_UNKNOWN UINT32_MAX
#define H2_NO_LIMIT           UINT32_MAX

struct http_event {
    enum http_event_kind kind;
    unsigned side; /* the flow it happened in */
    uint64_t stream;
    struct mark at;
    uint64_t offset; /* in the flow, behind the bytes of the event */
    uint64_t size;
    uint64_t body;
    const struct http_head *head;
    const struct http_fault *fault;
    uint32_t code;     /* HTTP_RESET, HTTP_LATE_RESET, HTTP_UPGRADED */
    bool windows_lost; /* HTTP_RESPONSE_END of HTTP/2: whether one was used up
                          is not known */
    bool is_fastcgi;
    uint32_t messages; /* HTTP/2: gRPC's, whole ones so far of this side */
    /* HTTP_RESET, HTTP_STILL_OPEN; at the ends, where one was ever used up */
    const struct h2_windows *windows;
    void **slot; /* HTTP/2: the model's own, one for each stream */
};

#endif
