/*
 * What time the capture covers: its latest packet, where it stood
 * still, and when it lost packets.
 */
#ifndef JUDGE_COVERAGE_H
#define JUDGE_COVERAGE_H

#include "tcp/conn.h"

/* Pauses longer than this say that the capture itself stood still: files
 * joined together, a laptop asleep. Nobody is blamed for them. */
#define COVERAGE_STANDSTILL (15 * 60 * NANOS_PER_SECOND)

/* So do shorter ones between two files, where no connection goes on from one
 * to the other: it is not known that anybody looked on meanwhile. */
#define COVERAGE_APART (1 * NANOS_PER_SECOND)

enum {
    COVERAGE_RUNS_KEPT = 256,
    COVERAGE_FILES = 1 << 16, /* as many as a mark tells apart */
    COVERAGE_LOSSES_KEPT = 64
};

/* Packets that the capture itself dropped, at some time between two. */
struct loss {
    nanos from;
    nanos to;
    uint64_t packets;
};

/* A part of the capture that went on without a standstill. */
struct coverage_run {
    struct mark last;   /* its latest packet */
    nanos pause;        /* to the packet behind it; negative: a step back */
    bool between_files; /* that packet is another file's first */
    bool is_spanned;    /* a connection goes on there, or a file */
};

struct coverage {
    bool of_files;    /* all are read, one after the other; else live */
    nanos back;       /* a step back by more is the clock that was set */
    struct mark last; /* the latest packet of the present run */
    nanos now;        /* time of the packet before */
    uint64_t seen[COVERAGE_FILES / 64];          /* files, a bit each */
    struct coverage_run run[COVERAGE_RUNS_KEPT]; /* earlier ones */
    size_t runs;
    uint64_t forgotten; /* frame number: runs up to it are not kept */
    /* in order; of too many the two oldest become one, that says as much lost
       at any time between */
    struct loss loss[COVERAGE_LOSSES_KEPT];
    size_t losses;
};

/* A packet was recorded. */
void coverage_tick(struct coverage *coverage, struct mark at);

/* It is `now`, and no packet came: the capture looks on. */
void coverage_pass(struct coverage *coverage, nanos now);

/* A connection is over, that was seen in all that is between the two. */
void coverage_span(struct coverage *coverage, struct mark first,
                   struct mark last);

/* A file has packets from the one time to the other. */
void coverage_hold(struct coverage *coverage, nanos first, nanos last);

/*
 * In how many places a file ends and no connection goes on behind the pause
 * that follows; `least`: the shortest of these pauses.
 */
size_t coverage_apart(const struct coverage *coverage, nanos *least);

/*
 * Until when a connection could have been seen, that was last seen then. Of a
 * run that is not kept that is not known: it is said to be then.
 */
struct mark coverage_until(const struct coverage *coverage, struct mark last);

/*
 * The capture dropped packets since `from`. Said again with the same `from`,
 * it is the same loss, which reaches until now and has grown by `packets`.
 */
void coverage_lose(struct coverage *coverage, nanos from, uint64_t packets);

/* Packets dropped at a time that touches the one between. */
uint64_t coverage_lost(const struct coverage *coverage, nanos from, nanos to);

#endif
