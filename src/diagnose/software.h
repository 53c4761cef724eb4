/* What settings the software has that a server's fields name. */
#ifndef DIAGNOSE_SOFTWARE_H
#define DIAGNOSE_SOFTWARE_H

#include "diagnose/finding_builder.h"

/* Nothing names it: Go's net/http, Node and uWSGI say nothing of their own. */
bool is_unnamed(const struct facts *f);

bool is_software(const struct facts *f, const char *word);

/*
 * What calls itself so is often a proxy: its timers are those of silence, and
 * its closes and resets may be those of the leg behind it.
 */
bool is_known_proxy(const struct facts *f);

/* What names itself so ends no answer because it took long; something between
 * may, that passes its Server field on. */
bool has_no_response_timeout(const struct facts *f);

/* Its setting for idle connections; of unnamed ones all that fit. */
const char *idle_setting(const struct facts *f);

/* Its limit on the time for reading a request; of unnamed ones all that fit. */
const char *request_setting(const struct facts *f);

/* Its setting for responses that take too long. NULL: none is known. */
const char *response_setting(const struct facts *f);

#endif
