/* Facts about messages that are not as they must be, that rules and words
 * share. */
#ifndef DIAGNOSE_FACTS_FAULT_H
#define DIAGNOSE_FACTS_FAULT_H

#include "diagnose/facts.h"

/* What is wrong with the message; NULL: nothing that is known. */
const struct http_fault *fault_of(const struct facts *f, unsigned message);

/* A later exchange of the connection came to its end. */
bool went_on(const struct facts *f);

/* An RST of the client's ended it, within a second of the fault. */
bool was_refused_by_client(const struct facts *f,
                           const struct http_fault *fault);

/* The server refused the request: by its status, or by closing. */
bool was_refused_by_server(const struct facts *f);

/*
 * HTTP/1.1: a body that only a close ends, and nobody closed but a client that
 * had waited. It came in one go, and neither side had said that it would close
 * (RFC 9112, 6.3, rule 8, and 9.3).
 */
bool is_without_end(const struct facts *f);

#endif
