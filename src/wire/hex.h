/*
 * Packets for tests, written in hex and put together from the pieces below.
 * Outer IP headers have a total length of 0, "as much as there is", so that
 * they fit any inside.
 */
#ifndef WIRE_HEX_H
#define WIRE_HEX_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ETH "02a000000001 02a000000002 "
#define WLAN(control)                                                          \
    control " 0000 02a000000001 02a000000002 02a000000003 0000 "
#define TCP     "9c40 0050 00000064 000000c8 5018 0200 0000 0000 61626364 "
#define IP4     "4500 002c 0001 4000 4006 0000 0a000001 0a000002 "
#define IP6     "60000000 0018 06 40 " FROM6 TO6
#define FROM6   "20010db8000000000000000000000001 "
#define TO6     "20010db8000000000000000000000002 "
#define OUT(p)  "4500 0000 0001 4000 40" p "0000 c0a80001 c0a80002 "
#define OUT6(p) "60000000 0000 " p " 40 " FROM6 TO6
#define UDP(to) OUT("11") "c000 " to " 0000 0000 "
#define AH      "4500 0000 0001 4000 4033 0000 0a000001 0a000002 "

enum {
    GIVES_SEGMENT = -1,
    ROOM = 512
};

/* Blanks are passed over. Returns how many bytes there were. */
static inline size_t from_hex(const char *hex, uint8_t bytes[ROOM])
{
    size_t size = 0;

    for (; *hex; hex += 2) {
        char digits[3] = {hex[0], hex[1], '\0'};

        while (*hex == ' ')
            hex++;
        if (!*hex)
            break;
        memcpy(digits, hex, 2);
        assert(size < ROOM);
        bytes[size++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return size;
}

#endif
