/*
 * A report is all that a run has to say, as plain data: the renderers read it
 * and nothing else. It borrows from the pipeline that made it.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "capture/capture.h"
#include "diagnose/finding.h"

#include <stdio.h>

/* Packets left out, by reason. */
struct report_ignored {
    const char *reason;
    uint64_t packets;
};

/* One exchange of all, for --exchanges. `x` is borrowed. */
struct report_exchange {
    uint64_t connection; /* tcp.stream */
    struct endpoint client;
    struct endpoint server;
    const struct exchange *x;
    enum http_protocol protocol;
    bool complete;
};

/* How many there were of what, in all. */
struct report_counts {
    uint64_t connections;
    uint64_t http_connections;
    uint64_t tls_connections;
    uint64_t h2_connections;
    uint64_t other_connections; /* with bytes that are none of these */
    uint64_t exchanges;
    uint64_t complete;
    uint64_t doubtful; /* exchanges that the capture lacks bytes of */
    uint64_t by_severity[SEVERITY_COUNT];
    uint64_t by_code[VERDICT_COUNT];
    uint64_t not_detailed;   /* findings counted but not listed */
    uint64_t hidden;         /* by --only, --ignore, --stream */
    uint64_t crowded_out;    /* exchanges: too many waited on a connection */
    uint64_t evicted;        /* connections: their place was needed */
    uint64_t holes_given_up; /* early: too much waited behind them */
    uint64_t one_way;        /* HTTP connections seen in one direction */
};

struct report {
    bool live; /* the capture is still going on, or was watched to its end */
    const struct capture_input *input;
    size_t inputs;
    nanos zero; /* time of the first packet of all: 0 of every `*_s` */
    uint64_t packets;
    uint64_t tcp_segments;
    uint64_t open_connections;            /* live: followed now */
    uint64_t servers_forgotten;           /* they made room for others */
    const struct report_ignored *ignored; /* those with packets only */
    size_t ignoreds;
    const char *const *warning; /* what could not be seen, in words */
    size_t warnings;
    struct report_counts counts;
    const struct finding *const *finding; /* in order of time */
    size_t findings;
    const struct server_facts *server; /* a list, in order of appearance */
    uint64_t listed; /* exchanges told of before, one by one */
};

struct report_options {
    bool show_secrets;
    bool color;
    unsigned width;      /* columns; text only */
    bool list_exchanges; /* --exchanges */
    FILE *spool;         /* those that wait for a document, by the renderer's
                            own `spool`, from its beginning; NULL: none */
};

#endif
