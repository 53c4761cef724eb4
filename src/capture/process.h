/*
 * The process behind a packet, where the recorder knew it:
 *
 * - ptcpdump: a comment on the packet, "PID: 12\nCmd: /usr/bin/curl\n..."
 * - Apple's tcpdump: a block of each process (0x80000001: its number, option 2
 *   its name), and of each packet which of them it is of (options 0x8001,
 *   0x8003), and which way it went (2)
 * - eCapture, which names itself in the section's header: bytes behind the IP
 *   packet of an Ethernet frame: 0xcc0c4cfc, the number, the name's size, the
 *   name (its user/module/probe_pcap.go), before which what is shorter than 60
 *   bytes is filled up to them
 *
 * Other comments are people's. None of the three is part of the pcapng draft.
 */
#ifndef CAPTURE_PROCESS_H
#define CAPTURE_PROCESS_H

#include "capture/block.h"
#include "capture/frame.h"

enum {
    PROCESSES_KEPT = 4096 /* of a section */
};

/* Of one section of a file. */
struct processes {
    struct process *process; /* owned */
    size_t count;
    size_t room;
    bool behind;                  /* they are looked for behind packets */
    struct packet_process packet; /* the latest */
};

void processes_release(struct processes *processes);

/* A section begins, of which its header is read but for its length and its
 * options: the processes of the one before are no longer. */
void processes_begin(struct processes *processes, const struct blocks *blocks,
                     struct reader *reader);

/* Apple's block, from its body's beginning. */
void processes_take(struct processes *processes, const struct blocks *blocks,
                    struct reader *reader);

/* By a packet's options, which are read, or its bytes; good until the next.
 * NULL: nothing says. */
const struct packet_process *processes_of(struct processes *processes,
                                          const struct blocks *blocks,
                                          struct reader *reader,
                                          const struct frame *frame);

#endif
