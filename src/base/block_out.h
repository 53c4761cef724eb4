/*
 * Blocks of pcapng (draft-ietf-opsawg-pcapng), little-endian, put one behind
 * the other into a text that serves as a buffer.
 *
 *     type 4 | total length 4 | fields | options | total length 4
 *
 * A block is opened with its fields, takes its options, and is closed, which
 * fills in its length. Nothing else may go into the text in between, and the
 * text must have room for the fields; an option that does not fit is left out
 * whole.
 */
#ifndef BASE_BLOCK_OUT_H
#define BASE_BLOCK_OUT_H

#include "base/nanos.h"
#include "base/text.h"

enum {
    BLOCK_OUT_TEXT_MOST =
        65535,         /* bytes of an option: its length has 16 bits */
    BLOCK_OUT_TAIL = 8 /* what closing adds: end of options, length */
};

enum {
    BLOCK_OUT_TLS_KEY_LOG = 0x544c534b
};

enum block_out_option {
    BLOCK_OUT_COMMENT = 1, /* of any block */
    BLOCK_OUT_SHB_HARDWARE = 2,
    BLOCK_OUT_SHB_OS = 3,
    BLOCK_OUT_SHB_PROGRAM = 4,
    BLOCK_OUT_IF_NAME = 2,
    BLOCK_OUT_ISB_START = 2,
    BLOCK_OUT_ISB_END = 3,
    BLOCK_OUT_ISB_IFDROP = 5
};

struct block_out {
    struct text *text; /* borrowed */
    size_t start;
    bool has_options;
};

/* A section header, 4.1: version 1.0, its length not said. */
struct block_out block_out_section(struct text *text);

enum {
    BLOCK_OUT_MICROSECONDS = 6, /* of if_tsresol: ticks of 10^-6 s */
    BLOCK_OUT_NANOSECONDS = 9
};

/*
 * An interface description, 4.2, whose times are as `resolution` (if_tsresol)
 * says. A snap length of 0 is none.
 */
struct block_out block_out_interface(struct text *text, uint16_t link_type,
                                     uint32_t snap_length, uint8_t resolution);

/* An enhanced packet, 4.3. `length` is what it had on the wire. */
struct block_out_packet {
    uint32_t interface; /* in order of description, from 0 */
    nanos time;         /* in ticks of the interface */
    uint32_t length;
    struct span data;
};

struct block_out block_out_packet(struct text *text,
                                  const struct block_out_packet *packet);

/* Interface statistics, 4.6. */
struct block_out block_out_statistics(struct text *text, uint32_t interface,
                                      nanos time);

/* Decryption secrets, 4.7, of a type that is registered there. */
struct block_out block_out_secrets(struct text *text, uint32_t type,
                                   struct span secrets);

/*
 * Options. Of UTF-8 longer than BLOCK_OUT_TEXT_MOST the end is left out, from
 * the start of a character on. Nothing happens with NULL.
 */
void block_out_string(struct block_out *block, enum block_out_option option,
                      const char *string);
void block_out_number(struct block_out *block, enum block_out_option option,
                      uint64_t value);

/* In nanoseconds, as the times of packets are: the upper half first. */
void block_out_time(struct block_out *block, enum block_out_option option,
                    nanos time);

void block_out_close(struct block_out *block);

#endif
