/* What two reports say of one server, joined: for merge.c. */
#ifndef REPORT_MERGE_ENDPOINT_H
#define REPORT_MERGE_ENDPOINT_H

#include <jansson.h>

/* Adds the whole numbers of `from` to those of `into`, key by key. */
void merge_counts(json_t *into, json_t *from);

/* Joins what `from` says of a server to what `into` does, both objects. */
void merge_endpoint(json_t *into, json_t *from);

/* Are they sound enough to be joined? NULL, or what is wrong. */
const char *merge_endpoint_fault(json_t *endpoint);

#endif
