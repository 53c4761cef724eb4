/*
 * An exchange is one request and what came back for it, and how far both
 * came: plain facts with times, nothing judged. Times are marks; a mark that
 * is not set means that it never came, or that the capture does not have it.
 */
#ifndef MODEL_EXCHANGE_H
#define MODEL_EXCHANGE_H

#include "http/http.h"
#include "model/passed_on.h"

/* One message of the two. Offsets are in its own flow. */
struct message {
    struct mark start; /* its first byte */
    struct mark head;  /* the end of its header section */
    struct mark last;  /* its latest byte */
    struct mark end;   /* its last byte, when it is whole */
    uint64_t begin;    /* offset of its first byte */
    uint64_t reached;  /* offset behind its latest byte */
    uint64_t bytes;    /* of the message, framing included */
    uint64_t body;     /* of its body, those not in the capture included */
    uint64_t expected; /* of its body; HTTP_NO_LENGTH: not known */
    enum http_framing framing;
    uint32_t messages; /* gRPC's, whole ones; HTTP_MESSAGES_UNKNOWN */
    bool lost;         /* bytes are missing, and with them where it ends */
    bool broken;       /* bytes that were no HTTP */
};

enum {
    EXCHANGE_METHOD_LIMIT = 24,
    EXCHANGE_TARGET_LIMIT = 2048,
    EXCHANGE_HOST_LIMIT = 256,
    EXCHANGE_GRPC_MESSAGE_LIMIT = 1024
};

/* Why its connection could carry no other one (RFC 9112, 9.3): who said so
 * first, and by which word. */
enum close_word {
    CLOSE_UNSAID,
    CLOSE_CLIENT_SAID,   /* the request: Connection: close */
    CLOSE_CLIENT_HTTP10, /* the request: HTTP/1.0, and no keep-alive */
    CLOSE_SERVER_SAID,   /* the response: Connection: close */
    CLOSE_SERVER_HTTP10, /* the response: HTTP/1.0, and no keep-alive */
    CLOSE_SERVER_ENDLESS /* the response: only the close ends its body */
};

/*
 * What HTTP/2 adds, where there is something to say: a reset, a window that
 * was used up. Windows are by message: of what the request's sender may send,
 * and of what the response's may.
 */
enum {
    MESSAGE_REQUEST,
    MESSAGE_RESPONSE,
    MESSAGES
};

struct exchange_h2 {
    struct h2_window stream[MESSAGES];
    struct h2_window connection[MESSAGES];
    bool known[MESSAGES];
    struct h2_holder holder[MESSAGES][H2_HOLDERS]; /* of the connection's
                                                      window */
    struct mark reset;                             /* RST_STREAM */
    uint32_t reset_code;
    bool reset_by_client;
    uint32_t open; /* streams on the connection */
    uint32_t limit;
    struct mark limited; /* when the server said its limit last */
};

struct exchange {
    struct exchange *next; /* on the same connection */
    struct exchange *before;
    struct exchange *next_whole; /* of those whose both messages are whole */
    struct exchange *whole_before;
    struct http_fault *fault[MESSAGES]; /* owned; HTTP/1's first; or NULL */
    struct exchange_h2 *h2; /* owned; what is told of its stream, or NULL */
    uint64_t stream;        /* n-th request of the connection; 0: unknown */
    uint64_t number;        /* n-th exchange of the connection, from 1 */
    const char *method;     /* NULL when the request was not seen */
    const char *target;
    const char *host;
    char *text;         /* owned; what those three point into */
    size_t text_size;   /* with the NUL behind each */
    char *grpc_message; /* owned; percent-encoded, as sent; NULL: none */
    struct message request;
    struct message response;
    struct passed_on passed_on;
    struct mark interim;    /* the latest 1xx response */
    struct mark idle_since; /* end of the exchange before; not set: first */
    struct mark pause;      /* where the longest pause in the response began */
    struct mark pause_end;
    nanos pause_resent_at; /* the latest of pause_resent */
    nanos request_pause;   /* the longest between two of the request's bytes */
    struct mark settled;   /* its last byte was acknowledged */
    uint64_t server_top; /* how far the server's flow was when it began, without
                            what was aside of its data */
    nanos grpc_timeout;  /* 0: none */
    uint32_t grpc_status;
    uint16_t status;    /* 0: none */
    uint8_t close_word; /* enum close_word */
    uint8_t
        pause_resent; /* in the pause, segments that had been acknowledged */
    bool expects_continue;
    bool says_close; /* in the response, or its version's default */
    bool tunnel;     /* CONNECT or Upgrade that was granted */
    bool upgrade_asked;
    bool opaque; /* of TLS that is not read: only when, and how much */
    bool is_h2;
    bool is_fastcgi;
    bool has_via;      /* the request: a gateway sent it on */
    bool windows_lost; /* HTTP/2: whether a window was used up is not known */
    bool is_grpc;      /* the request says so, or the response */
    bool answers_grpc; /* the response does */
    bool has_grpc_status;
    bool behind_another;    /* it began before the one before it had ended */
    bool is_event_stream;   /* of events, of pictures: silence is its nature */
    bool client_had_closed; /* its FIN was there before the answer's end */
    bool behind_endless;    /* the one before had a body that only a close ends,
                               and its client asked on all the same */
    bool bare_end;    /* a FIN ended its body, and TLS had not said so before */
    bool behind;      /* it is judged by what comes behind its end */
    bool before_next; /* that came when the next request was there */
    bool is_whole;    /* listed by waiting.h as such */
};

static inline enum http_protocol exchange_protocol(const struct exchange *x)
{
    return x->is_h2        ? PROTOCOL_HTTP2
           : x->is_fastcgi ? PROTOCOL_FASTCGI
                           : PROTOCOL_HTTP1;
}

/* Both messages came to their end, as their framing tells it. */
static inline bool exchange_is_complete(const struct exchange *x)
{
    return mark_is_set(x->request.end) && mark_is_set(x->response.end);
}

/* What a gateway says when what is behind it failed (RFC 9110, 15.6). */
static inline bool status_is_gateways(unsigned status)
{
    return status >= 502 && status <= 504;
}

/* Its latest byte, of either message: by frame, since a clock may be set
 * back. */
static inline struct mark exchange_moved(const struct exchange *x)
{
    return x->response.last.frame > x->request.last.frame ? x->response.last
                                                          : x->request.last;
}

/* The capture lacks bytes that its outcome depends on. */
static inline bool exchange_lacks_bytes(const struct exchange *x)
{
    return x->request.lost || x->response.lost || x->stream == 0;
}

/*
 * HTTP/2: the response ended with fewer body bytes than it promised, and none
 * of them is missing in the capture only.
 */
bool exchange_is_short(const struct exchange *x);

/* HTTP/2: a message has more body than it promised, or any where none may be;
 * a request that has ended, also less (RFC 9113, 8.1.1). */
bool exchange_is_long(const struct exchange *x);
bool exchange_is_miscounted(const struct exchange *x);

/*
 * HTTP/2: every byte that Content-Length promised is there, though not
 * END_STREAM, and the server said of no error. A gRPC response is not whole
 * without its trailers.
 */
bool exchange_is_whole_by_length(const struct exchange *x);

/* HTTP/1: what was to be its response's status line is none; another one may
 * have come behind it. */
bool exchange_is_garbled(const struct exchange *x);

/* The response came to its end, by its framing or by its length. */
bool exchange_is_answered(const struct exchange *x);

struct exchange *exchange_new(uint64_t stream);
struct exchange *exchange_copy(const struct exchange *x);
void exchange_free(struct exchange *x);

/* Keeps method, target and host as the capture has them, each up to a limit.
 * They may hold any byte but NUL, where they end. */
void exchange_keep_names(struct exchange *x, const struct http_head *head);

/* Takes grpc-status and grpc-message over from a header or trailer section,
 * the latter up to a limit. */
void exchange_take_grpc(struct exchange *x, const struct http_head *head);

/* Keeps the first fault of one of its messages. */
void exchange_take_fault(struct exchange *x, unsigned message,
                         const struct http_fault *fault);

/* HTTP/2: it was whole, and one side reset its stream all the same. */
void exchange_take_late_reset(struct exchange *x,
                              const struct http_event *event, unsigned client);

/* Takes the windows over where they explain something, and the reset. */
void exchange_take_windows(struct exchange *x, const struct http_event *event,
                           unsigned client);

#endif
