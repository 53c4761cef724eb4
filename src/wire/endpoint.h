/*
 * Addresses and ports for people: "10.0.0.1:80", "[2001:db8::1]:80".
 */
#ifndef WIRE_ENDPOINT_H
#define WIRE_ENDPOINT_H

#include "wire/segment.h"

enum {
    ENDPOINT_TEXT_SIZE = 64
};

/* The same address and port? */
bool endpoint_same(const struct endpoint *a, const struct endpoint *b);

/* Writes the endpoint and returns `text`. */
const char *endpoint_print(char text[static ENDPOINT_TEXT_SIZE],
                           const struct endpoint *endpoint);

#endif
