#ifndef DIAGNOSE_H2_CODE_H
#define DIAGNOSE_H2_CODE_H

#include <stdint.h>

/* The name of an error code (RFC 9113, 7). */
const char *h2_code_name(uint32_t code);

#endif
