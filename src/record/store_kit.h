/*
 * For the tests of the store: packets whose bytes tell which packet they are
 * of, and where in it.
 */
#ifndef RECORD_STORE_KIT_H
#define RECORD_STORE_KIT_H

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/store.h"

enum {
    SMALL = 64 << 10,
    HEADERS = 54
};

void give(struct store *store, uint64_t conn, uint64_t number, size_t size);
struct store *must_open(size_t memory);
struct store_holding must_find(struct store *store, uint64_t conn);
void check_bytes(const struct store_packet *packet, size_t size);

#endif
