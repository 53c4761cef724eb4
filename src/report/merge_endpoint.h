/* What two reports say of one server, joined: for merge.c. */
#ifndef REPORT_MERGE_ENDPOINT_H
#define REPORT_MERGE_ENDPOINT_H

#include <jansson.h>
#include <stdbool.h>

/* Adds the whole numbers of `from` to those of `into`, key by key. */
void merge_counts(json_t *into, json_t *from);

/* Joins what `from` says of a server to what `into` does, both objects. */
void merge_endpoint(json_t *into, json_t *from);

/* Are they sound enough to be joined? NULL, or what is wrong. */
const char *merge_endpoint_fault(json_t *endpoint);

/* The sum of two counts of that name, into the first. */
void merge_sum(json_t *into, json_t *from, const char *key);

/* The lower of two numbers, or the higher; one that is null is none. */
void merge_bound(json_t *into, json_t *from, const char *key, bool lower);

/* A member that is null says nothing: the other's is taken. */
void merge_member(json_t *into, json_t *from, const char *key,
                  void (*join)(json_t *into, json_t *from));

#endif
