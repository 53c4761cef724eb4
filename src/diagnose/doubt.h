/*
 * Doubt about the capture is asked before anybody is blamed: what it lacks may
 * be the very thing that a judgement would rest on.
 */
#ifndef DIAGNOSE_DOUBT_H
#define DIAGNOSE_DOUBT_H

#include "diagnose/facts.h"

/*
 * Does the capture lack what the judgement needs? Bytes that are missing may
 * hold the very answer; one direction alone shows no answers; bytes of an
 * answer that could not be read are no empty reply.
 */
bool is_doubtful(const struct facts *f);

/* An answer in TLS is no HTTP, and yet it says all: the port expects HTTPS. */
bool is_told_by_first_bytes(const struct facts *f);

/*
 * HTTP/2 that was joined midway: windows are not known, but who closed the
 * connection on an unfinished stream, and after which GOAWAY, is.
 */
bool is_told_by_close(const struct facts *f);

#endif
