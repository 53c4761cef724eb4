/*
 * The flight recorder: holds the packets of open connections, and writes
 * those of a connection on which something was found as a pcapng of their
 * own, with the finding's words beside the frames that show it.
 *
 *     take ---> store (bounded)        finding, revised, withdrawn
 *                 |                        |
 *                 +------------------------+--> over, 60 s, short of memory
 *                                                    |
 *                                  DIR/TIME-CODE-SERVER-sSTREAM.pcapng
 *
 * One file for each connection and code. It is written when the connection is
 * over; when it goes on, 60 s after the finding, or as soon as its packets
 * would have to make room for others. What is found later on the same
 * connection makes another file, whose name ends in -2, -3, ...
 *
 * It prints nothing and reads no clock: time is the packets'. The calls of
 * one connection must come in the order take, finding, over.
 */
#ifndef RECORD_RECORDER_H
#define RECORD_RECORDER_H

#include "base/fail.h"
#include "capture/frame.h"
#include "record/recordings.h"
#include "tls/keylog.h"

/* A connection that goes on is written that long after a finding. */
#define RECORDER_PATIENCE (60 * NANOS_PER_SECOND)

#define RECORDER_MEMORY (UINT64_C(64) << 20)
#define RECORDER_BYTES  (UINT64_C(1) << 30)

enum {
    RECORDER_FILES = 1000
};

struct recorder_options {
    const char *folder;  /* where files go; made if there is none */
    const int *opened;   /* its descriptor, borrowed; NULL: it is opened here */
    size_t memory;       /* bytes for held packets; 0: RECORDER_MEMORY */
    uint64_t files;      /* files kept at most; 0: RECORDER_FILES */
    uint64_t bytes;      /* bytes of files kept at most; 0: RECORDER_BYTES */
    const char *asked;   /* the command line, for the files; may be NULL */
    const char *program; /* name and version, for the files; may be NULL */
    /* The secrets of TLS that were inside the input are written, too, those of
     * the connection alone. Borrowed; NULL: none are. */
    const struct keylog *keylog;
    /*
     * Told when files cannot be written, once for each cause: packets are
     * taken as before and the next file is tried again. May be NULL.
     */
    void (*complain)(void *context, const char *text);
    /* Told of each file that was written. May be NULL. */
    void (*written)(void *context, const struct recording *recording);
    void *context;
};

struct recorder_counts {
    uint64_t files;       /* written */
    uint64_t bytes;       /* in them */
    uint64_t removed;     /* files, for the limits */
    uint64_t failures;    /* files that could not be written */
    uint64_t lost;        /* connections with findings but no packets left */
    uint64_t connections; /* of which packets are held now */
    uint64_t packets;     /* held now */
    uint64_t trimmed;     /* connections that lost payload for want of memory */
    uint64_t shortened;   /* those that lost packets */
    uint64_t dropped;     /* those that were given up whole */
};

struct recorder;

/*
 * Copies the options. NULL with `fail` set when the folder cannot be had or
 * there is no memory. The caller owns it.
 */
struct recorder *recorder_open(const struct recorder_options *options,
                               struct fail *fail);

/* Writes nothing: recorder_finish does. NULL is nothing to close. */
void recorder_close(struct recorder *recorder);

/*
 * Holds a packet of the connection `conn` (tcp.stream). `headers`: bytes of
 * the frame up to the TCP payload, what stays when memory is short.
 */
void recorder_take(struct recorder *recorder, uint64_t conn,
                   const struct frame *frame, size_t headers);

/*
 * A finding on the connection of its incident: a new one (`revision` 0), a
 * new version of the one with the same `id` (counting up), or one that does
 * not stand any more (`standing`). What it needs is copied. Ignored when no
 * packets of the connection are held, and a revision also when the finding was
 * written.
 */
void recorder_finding(struct recorder *recorder, const struct finding *finding);

/* The connection ended: its files are written and its packets given up. */
void recorder_over(struct recorder *recorder, uint64_t conn, nanos now);

/* Time went on; cheap enough for every packet. */
void recorder_tick(struct recorder *recorder, nanos now);

/* Nothing more comes: writes what stands. */
void recorder_finish(struct recorder *recorder, nanos now);

/*
 * The file that has the packets of a finding, by the id that the recorder was
 * told (finding->told_as); of several the latest. Borrowed until the next call
 * that may write. NULL: none was written, or it made room for others.
 */
const char *recorder_file(const struct recorder *recorder, uint64_t finding);

struct recorder_counts recorder_counts(const struct recorder *recorder);

#endif
