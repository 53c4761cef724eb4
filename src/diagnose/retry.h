/*
 * May the request be sent again? The one place that decides it.
 *
 * safe     no program can have seen it, or the protocol says that it was not
 *          processed
 * unsafe   a program may have acted on it, and its method is not idempotent
 *          (RFC 9110, 9.2.2)
 * unknown  neither
 */
#ifndef DIAGNOSE_RETRY_H
#define DIAGNOSE_RETRY_H

#include "diagnose/facts.h"

/* RETRY_NONE: no request failed. */
enum retry retry_of(const struct facts *f, enum verdict code);

#endif
