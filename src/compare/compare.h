/*
 * Compares two captures of the same traffic, one taken nearer to the clients,
 * one nearer to the servers: what left one place and did not come to the
 * other, what came that nobody sent, what was changed, and how long it took.
 *
 *     trace    what each capture has of TCP
 *     match    connections that are in both
 *     clock    the time at one place by that at the other
 *     passage  segments that are in both; and what became of the others
 *     where    of each finding: at an end, or between the captures
 *
 * Whether the path or a capture lost a segment is told apart (fate.c); where
 * that is not possible, nothing is told, or it is said to be possible.
 */
#ifndef COMPARE_COMPARE_H
#define COMPARE_COMPARE_H

#include "compare/passage.h"
#include "report/report.h"

enum side {
    CLIENT_SIDE,
    SERVER_SIDE
};

enum {
    COMPARE_EVENTS_KEPT = 64, /* of a connection */
    COMPARE_UNARRIVED_KEPT = 1000
};

/* What differs between a segment as it was sent and as it came. */
enum change {
    CHANGE_PAYLOAD = 0x01,
    CHANGE_FLAGS = 0x02,
    CHANGE_ACK = 0x04,
    CHANGE_WINDOW = 0x08,
    CHANGE_MSS = 0x10,
    CHANGE_SCALE = 0x20,
    CHANGE_TIMESTAMP = 0x40
};

/* Worst first. */
enum event_kind {
    EVENT_INJECTED, /* it came, and was not sent */
    EVENT_CHANGED,
    EVENT_LOST, /* it left, and did not come */
    EVENT_DUPLICATED,
    EVENT_COUNT
};

struct compare_event {
    enum event_kind kind;
    enum way way;
    enum severity severity;
    bool maybe;  /* a capture may have missed it */
    bool unsure; /* or it was another copy of the same bytes */
    bool healed; /* lost: its bytes came in another segment */
    unsigned changes;
    uint32_t missing; /* lost: sequence numbers that did not come */
    uint64_t alike;   /* changed: as many more were changed so */
    const struct trace_segment *of[2]; /* by side; NULL: it is not there */
};

/* One direction of a connection. */
struct compare_way {
    uint64_t sent; /* segments, as recorded where they come from */
    uint64_t came; /* where they go to */
    uint64_t paired;
    uint64_t recut;     /* sent segments whose bytes came in others */
    uint64_t lost;      /* with data, SYN, FIN or RST */
    uint64_t lost_bare; /* acknowledgements without */
    uint64_t injected;
    uint64_t duplicates;
    uint64_t changed;
    uint64_t reordered;  /* came behind what was sent later */
    uint64_t unsent;     /* came; the sender's capture lacks them */
    uint64_t unrecorded; /* sent; the receiver's capture lacks them */
    uint64_t outside;    /* when the other capture may not have run */
    bool has_delay;
    nanos least; /* one-way delay, by the aligned clocks */
    nanos median;
    nanos most;
    const struct trace_segment *held[2]; /* that took longest, by side */
    bool has_hops;
    int hops; /* routers between the captures, by TTL */
};

struct compared {
    struct match match;
    const struct trace_connection *of[2]; /* by side */
    unsigned near;       /* endpoint of of[CLIENT_SIDE] that is at that side */
    enum severity worst; /* of its events and findings */
    bool is_told;        /* it has an event or a finding */
    size_t located;      /* its first finding, among those of all */
    size_t locateds;     /* warnings and errors, of both captures */
    struct compare_way way[2];
    struct compare_event *event; /* owned; worst first */
    size_t events;
    uint64_t events_left_out;
};

/* Where the cause of a finding lies. */
enum where {
    WHERE_UNKNOWN,   /* the packets that show it are not in both captures */
    WHERE_MADE,      /* between: a segment that neither end sent */
    WHERE_LOST,      /* between: a segment that never came */
    WHERE_CHANGED,   /* between: bytes that were changed */
    WHERE_HELD_UP,   /* between: lost, and sent again; or late */
    WHERE_AT_CLIENT, /* both captures have the same of it: an end's doing, or
                        beyond the capture there */
    WHERE_AT_SERVER,
    WHERE_AT_AN_END,
    WHERE_COUNT
};

struct located {
    size_t number;
    const struct finding *finding[2]; /* by side; NULL: it tells nothing */
    const struct compared *connection;
    enum where where;
    const struct compare_event *event; /* NULL: none */
    nanos held; /* how long of[] took; 0: it is not that */
    const struct trace_segment *of[2]; /* the end of it in both; or NULL */
};

/* A connection whose SYNs left the client's side, and did not come. */
struct unarrived {
    const struct trace_connection *connection;
    const struct finding *finding; /* of it; NULL: none */
};

struct comparison {
    struct trace trace[2]; /* by side */
    const struct report *report[2];
    bool swapped; /* the first capture is that of the server's side */
    struct matches matches;
    struct clock clock;          /* here: the client's side */
    struct compared *connection; /* owned; worst first, in order of the trace */
    size_t connections;
    struct located *located; /* owned; by connection */
    size_t locateds;
    uint64_t elsewhere[2];       /* findings of connections not in both */
    struct unarrived *unarrived; /* owned; of the client's side */
    size_t unarriveds;
    uint64_t unarrived_left_out;
    uint64_t by_severity[SEVERITY_COUNT]; /* findings and events */
};

/* The caller owns it and gives it to comparison_free. */
struct comparison *comparison_new(void);
void comparison_free(struct comparison *comparison);

/* A segment of the first (0) or second capture, as trace_take. */
void comparison_take(struct comparison *comparison, unsigned capture,
                     uint64_t stream, enum opener opener,
                     const struct segment *segment);

/* Both were read. The reports are borrowed, one input each. */
void comparison_finish(struct comparison *comparison,
                       const struct report *const report[2]);

/* Counts findings with their connections; and, of each, where it was, once
 * these are in order. compare.c calls them. */
void comparison_note_findings(struct comparison *comparison);
void comparison_locate(struct comparison *comparison);

/* Finds connections of which only SYNs are at one side. compare.c calls it. */
void comparison_find_unarrived(struct comparison *comparison);

/* What the captures know of their own time. */
struct passage_world comparison_world(const struct comparison *comparison,
                                      enum way way);

/* False when it could not be written; errno says why. */
bool comparison_write_text(const struct comparison *comparison,
                           const struct report_options *options, FILE *out);
bool comparison_write_json(const struct comparison *comparison,
                           const struct report_options *options, FILE *out);

#endif
