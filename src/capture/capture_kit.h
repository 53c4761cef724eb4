/*
 * For the tests of this folder: captures built in memory piece by piece, and
 * a capture read back as text, one line for each frame and one for its input.
 */
#ifndef CAPTURE_CAPTURE_KIT_H
#define CAPTURE_CAPTURE_KIT_H

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "capture/capture.h"

enum {
    KIT_ROOM = 1 << 16,
    KIT_PATH_SIZE = 64,
    KIT_TEXT_LIMIT = 1 << 16
};

struct kit {
    bool big_endian;
    size_t size;
    size_t block; /* where the block under way begins */
    uint8_t bytes[KIT_ROOM];
};

void put(struct kit *kit, uint64_t value, unsigned size);

/* A run of bytes that tells where it was cut: 0, 1, 2, ... */
void put_data(struct kit *kit, uint32_t size);
void put_text(struct kit *kit, const char *text);

/* Classic pcap. */

void put_pcap(struct kit *kit, uint32_t magic, uint32_t link_type);
void put_record(struct kit *kit, uint32_t seconds, uint32_t fraction,
                uint32_t size);

/* pcapng. */

void begin_block(struct kit *kit, uint32_t type);
void end_block(struct kit *kit);
void put_section(struct kit *kit, bool big_endian);
void begin_interface(struct kit *kit, uint32_t link_type, uint32_t snap_length);
void put_option(struct kit *kit, uint32_t code, uint32_t size, uint64_t value);
void put_interface(struct kit *kit, uint32_t link_type);
void put_packet(struct kit *kit, uint32_t interface, uint64_t ticks,
                uint32_t size);

/* A new file with these bytes; the caller unlinks it. */
void kit_save(const void *bytes, size_t size, char path[static KIT_PATH_SIZE]);
void say_capture(struct text *text, const char *const path[], size_t count,
                 const char *filter);

/*
 * Expected text may end in "...", where a library's own words follow, which
 * change from version to version.
 */
void expect_text(struct text *text, const char *expected);

/* Reads these bytes as a file and compares what is said of it. */
void expect_of(const void *bytes, size_t size, const char *expected);
void expect(const struct kit *kit, const char *expected);

#endif
