/*
 * A frame is one packet as it was recorded: some bytes, when, and where it
 * comes from. It is borrowed and lives until the next capture_next.
 */
#ifndef CAPTURE_FRAME_H
#define CAPTURE_FRAME_H

#include "base/nanos.h"
#include "base/span.h"

enum {
    PROCESS_NAME_SIZE = 48
};

/* A process as the recorder names it: any bytes but NUL. */
struct process {
    uint32_t pid; /* 0: not known */
    char name[PROCESS_NAME_SIZE];
};

enum packet_way {
    WAY_UNKNOWN,
    WAY_IN, /* its process receives it */
    WAY_OUT
};

/* The process behind a packet, at one of its ends. */
struct packet_process {
    struct process process;
    enum packet_way way;
};

struct frame {
    nanos time;
    uint64_t number;      /* over all inputs as merged, from 1: Wireshark's
                             frame.number when there is one input */
    uint64_t file_number; /* the same within its own file */
    uint32_t file;        /* index of the input */
    uint32_t interface;   /* index of the interface, unique over all inputs */
    uint32_t link_type;   /* LINKTYPE_* of www.tcpdump.org/linktypes.html */
    uint32_t length;      /* bytes on the wire; never below data.size */
    struct span data;     /* bytes recorded */
    uint64_t offset;      /* pcapng: where its block begins, unpacked */
    const struct packet_process *process; /* whose it is; NULL: nobody says */
};

#endif
