/*
 * pcapng (draft-ietf-opsawg-pcapng) written to a stream, block by block: a
 * section header, interfaces with times in nanoseconds, packets with
 * comments. Wireshark shows the comments beside the packets.
 *
 * The first failure stays: every later call fails too, with the same errno in
 * `trouble`, and writes nothing. What was written by then may end inside a
 * block.
 */
#ifndef CAPTURE_PCAPNG_OUT_H
#define CAPTURE_PCAPNG_OUT_H

#include "base/nanos.h"
#include "base/text.h"

#include <stdio.h>

enum {
    /* Wireshark refuses files with longer packets: what is more is cut off. */
    PCAPNG_OUT_PACKET_MOST = 262144
};

struct pcapng_out {
    FILE *file;          /* borrowed */
    struct text block;   /* the one under way */
    uint32_t interfaces; /* described so far */
    uint64_t bytes;      /* handed to the stream */
    int trouble;         /* errno of the first failure; 0: none */
};

/* Texts are UTF-8, or NULL. What is longer than 65535 bytes is cut. */
struct pcapng_out_section {
    const char *comment;
    const char *hardware;
    const char *os;
    const char *program; /* what wrote it, with its version */
};

struct pcapng_out_packet {
    uint32_t interface; /* as pcapng_out_interface numbered it */
    nanos time;         /* below 0: written as 0, for the format has no such */
    uint32_t length;    /* on the wire */
    struct span data;
    const char *const *comment; /* UTF-8 */
    size_t comments;
};

/* The stream must outlive it, and is the caller's to close. */
void pcapng_out_init(struct pcapng_out *out, FILE *file);
void pcapng_out_release(struct pcapng_out *out);

/* The first of all; exactly one. */
bool pcapng_out_section(struct pcapng_out *out,
                        const struct pcapng_out_section *section);

/*
 * Describes one more interface and sets *number. A snap length of 0 is none;
 * `name` may be NULL. The link type is a LINKTYPE_* of 16 bits.
 */
bool pcapng_out_interface(struct pcapng_out *out, uint32_t link_type,
                          uint32_t snap_length, const char *name,
                          uint32_t *number);

/* A TLS key log (4.7), for the packets behind it. Nothing of it stays here. */
bool pcapng_out_key_log(struct pcapng_out *out, struct span lines);

bool pcapng_out_packet(struct pcapng_out *out,
                       const struct pcapng_out_packet *packet);

/*
 * Says of each interface from when to when it was listened to (4.6): silence
 * behind the last packet is told apart from a capture that ended with it.
 */
bool pcapng_out_span(struct pcapng_out *out, nanos from, nanos until);

/* Flushes the stream: false unless all of it reached the file. */
bool pcapng_out_finish(struct pcapng_out *out);

#endif
