/*
 * What a proxy passes on of a request, or says of it, by which an exchange is
 * known again on the other leg: identifiers, as hashes, and the client for
 * whom it speaks.
 */
#ifndef MODEL_PASSED_ON_H
#define MODEL_PASSED_ON_H

#include "http/event.h"

struct passed_on {
    uint64_t request_id;    /* X-Request-Id; 0: none */
    uint64_t trace;         /* the trace-id of traceparent (W3C Trace Context,
                               3.2.2.3); 0: none, or it is not valid */
    struct endpoint client; /* the last of X-Forwarded-For; version 0: none, or
                               no address; port 0: it has none */
};

struct passed_on passed_on_of(const struct http_head *head);

#endif
