/* How connections are used, as JSON. */
#ifndef REPORT_JSON_USE_H
#define REPORT_JSON_USE_H

#include "infer/connection_use.h"

#include <jansson.h>

/* A new reference; null for NULL. */
json_t *json_use(const struct connection_use *use);

/* Of two of them, in reports that are folded. */
void merge_use(json_t *into, json_t *from);

/* Is it one, as far as it is added up? Null is none, and good. */
bool merge_use_is_sound(json_t *json);

#endif
