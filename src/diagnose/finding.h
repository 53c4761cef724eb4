/*
 * A finding is a verdict with its reasons: what happened to the client, why,
 * how sure that is, the frames that show it, what else it could be and what
 * to do. It is plain data for the renderers.
 */
#ifndef DIAGNOSE_FINDING_H
#define DIAGNOSE_FINDING_H

#include "base/arena.h"
#include "capture/frame.h"
#include "diagnose/turns.h"
#include "infer/infer.h"

enum verdict {
#define VERDICT(id, slug, ...) VERDICT_##id,
#include "diagnose/verdicts.def"
#undef VERDICT
    VERDICT_COUNT,
    VERDICT_NONE = VERDICT_COUNT
};

enum severity {
    SEVERITY_INFO,
    SEVERITY_WARNING,
    SEVERITY_ERROR,
    SEVERITY_COUNT
};

enum confidence {
    CONFIDENCE_POSSIBLE,
    CONFIDENCE_LIKELY,
    CONFIDENCE_CERTAIN,
    CONFIDENCE_COUNT
};

/* What the client experienced (whyeof-verdicts(7)). */
enum symptom {
    SYMPTOM_NONE,
    SYMPTOM_EMPTY_REPLY,
    SYMPTOM_TRUNCATED,
    SYMPTOM_RESET,
    SYMPTOM_HANG,
    SYMPTOM_REFUSED,
    SYMPTOM_CONNECT_TIMEOUT,
    SYMPTOM_ERROR_STATUS,
    SYMPTOM_SLOW,
    SYMPTOM_REJECTED,   /* bytes came that the client could not accept */
    SYMPTOM_TLS_ERROR,  /* the client says that the handshake failed */
    SYMPTOM_TUNNEL_CUT, /* a tunnel ended without its own close */
    SYMPTOM_COUNT
};

enum {
    FINDING_EVIDENCE_MAX = 40, /* more than the rules can cite */
    FINDING_ALTERNATIVES_MAX = 4,
    FINDING_ADVICE_MAX = 4,
    FINDING_EFFECTS_MAX = 16
};

/* May the failed request be sent again? See diagnose/retry.h. */
enum retry {
    RETRY_NONE, /* none failed */
    RETRY_UNKNOWN,
    RETRY_SAFE,
    RETRY_UNSAFE,
    RETRY_COUNT
};

/* Why the capture cannot carry a judgement. */
enum doubt {
    DOUBT_NONE,
    DOUBT_BYTES_LOST,    /* bytes that the outcome depends on are missing */
    DOUBT_ONE_DIRECTION, /* the other was not recorded */
    DOUBT_JOINED_MIDWAY, /* it rests on what came before the capture */
    DOUBT_NOT_HTTP,      /* its bytes could not be read as HTTP */
    DOUBT_BUDGET,        /* it was not followed to its end */
    DOUBT_SNAPLEN,       /* as bytes lost, by the capture's snap length */
    DOUBT_COUNT
};

/* Is it the last word? Of a capture that is read to its end it always is. */
enum standing {
    STANDING_SETTLED,
    STANDING_GOES_ON,  /* it may yet end one way or another */
    STANDING_WITHDRAWN /* it was told, and does not hold */
};

/* Which side a piece of evidence comes from. */
enum witness {
    FROM_CLIENT,
    FROM_SERVER,
    FROM_PATH,
    FROM_UPSTREAM, /* the leg behind the server, a proxy */
    FROM_FRONT     /* the leg in front of the client, a proxy */
};

struct evidence {
    struct mark at;
    enum witness from;
    const char *what;
};

struct alternative {
    enum verdict code;
    const char *why_possible;
    const char *settled_by;
};

/* The connection that a finding is about, as far as it is told. */
struct finding_connection {
    uint64_t id; /* tcp.stream */
    struct endpoint client;
    struct endpoint server;
    struct endpoint origin; /* the client's, as a proxy says; version 0: none */
    enum http_protocol protocol;
    uint8_t minor; /* of the HTTP version */
    bool start_seen;
    bool is_open; /* it had not ended */
    bool has_tls; /* it began with a ClientHello */
    struct tls_facts tls;
    struct mark first;
    struct mark last;
    struct process client_process; /* pid 0: not known */
    struct process server_process;
};

/* The other leg of a proxy. */
struct other_leg {
    uint64_t connection; /* tcp.stream */
    uint64_t stream;     /* as the exchange's; 0: the connection itself */
    bool known;
    bool sure; /* else others fit as well */
};

/* What a client met that began with TLS, or with HTTP/2's preface. */
enum met {
    MET_ITS_LIKE, /* or it began with neither */
    MET_HTTP1,
    MET_OTHER,
    MET_NOTHING
};

/* Whole by itself: nothing in it is borrowed but literals. */

/* How a handshake ended, if it failed. */
enum tls_failure {
    TLS_WENT_WELL,         /* or it is not known, or the client just left */
    TLS_REFUSED_BY_SERVER, /* with an alert */
    TLS_REFUSED_BY_CLIENT,
    TLS_LEFT_BY_CLIENT,   /* behind the server's part, without an alert */
    TLS_CLOSED_BY_SERVER, /* without one that could be seen */
    TLS_SILENT_SERVER
};

struct finding {
    uint64_t id;      /* from 1, in order of the failures' times */
    uint64_t told_as; /* the id by which a watcher knows it: in files another
                         one, given before all were in order */
    enum verdict code;
    enum severity severity;
    enum confidence confidence;
    enum symptom symptom;
    enum retry retry;
    unsigned revision; /* how often it was told before */
    enum standing standing;
    bool settled_before;   /* it was told as settled by then */
    enum doubt not_judged; /* in which it was found all the same */
    uint64_t caused_by;    /* id of the finding that it is the effect of; 0:
                              none that is told */
    uint64_t effects;      /* as many findings are effects of it */
    uint64_t effect[FINDING_EFFECTS_MAX]; /* live: their ids, the first ones */
    const char *title;                    /* one line */
    const char *explanation;              /* one or more sentences */
    const char *advice[FINDING_ADVICE_MAX];
    size_t advices;
    struct evidence evidence[FINDING_EVIDENCE_MAX]; /* in order of time */
    size_t evidences;
    struct alternative alternative[FINDING_ALTERNATIVES_MAX]; /* best first */
    size_t alternatives;
    struct finding_connection connection;
    struct exchange *exchange;  /* owned; NULL: about the connection itself */
    bool answered_strangely;    /* an HTTP/1 request, in something else */
    enum met tls_met;           /* what a client that began with TLS met */
    enum met h2_met;            /* one that began with HTTP/2's preface */
    enum tls_failure handshake; /* of tls-handshake-failed */
    uint8_t tls_alert;          /* of whoever refused it; TLS_NO_ALERT */
    bool bad_record;            /* its alert: the last record is a bad one */
    bool by_reset;              /* an RST closed the connection */
    bool is_too_late;           /* the request, sent behind the close */
    struct mark asked;          /* the request complete, as far as it was */
    struct mark ended;          /* the close, or the last sign of life */
    nanos wait;                 /* how long it took from asked to ended */
    struct turns turns;         /* whose turn it was, and for how long */
    struct other_leg upstream;  /* behind its server */
    struct other_leg front;     /* before its client */
    /* HTTP/2: the window that was used up */
    bool has_window;
    const char *window_of; /* "stream", "connection" */
    struct h2_window window;
    struct mark blocked_from;
    struct mark blocked_until; /* not set: to the end */
    uint64_t body_unsent; /* promised, never sent; HTTP_NO_LENGTH: unknown */
    struct arena arena;   /* the texts */
};

const char *verdict_slug(enum verdict code);
const char *verdict_title(enum verdict code);
enum severity verdict_severity(enum verdict code);

/* VERDICT_NONE when there is no such code. */
enum verdict verdict_by_slug(const char *slug);

const char *severity_name(enum severity severity);
const char *confidence_name(enum confidence confidence);
const char *symptom_name(enum symptom symptom);

/* What a client sees, with the name: "a reset (reset)". */
const char *symptom_words(enum symptom symptom);

/* As machines name the reason: "bytes-lost", and "none". */
const char *doubt_name(enum doubt doubt);

const char *standing_name(enum standing standing);

/* NULL of RETRY_NONE. */
const char *retry_name(enum retry retry);

#endif
