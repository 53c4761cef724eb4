/*
 * Folds reports (whyeof.report/1) of one capture that was split by server into
 * the report of the whole. Counts add up, endpoints and findings come behind
 * one another, with times from the first packet of all; what two reports say of
 * the same server is joined: brackets, sketches of latencies, routes. What a
 * report says is taken as it is: nothing is judged again.
 */
#ifndef REPORT_MERGE_H
#define REPORT_MERGE_H

#include "base/fail.h"

#include <jansson.h>
#include <stdio.h>

enum {
    MERGE_BYTES_MOST = 1 << 30 /* of all reports together */
};

struct merge {
    json_t *document;       /* owned; NULL: nothing was added */
    json_t *endpoint;       /* owned; server: its object in `document` */
    json_t *path;           /* owned; files that are listed */
    json_t *warning;        /* owned; warnings that are */
    struct merge_seen *all; /* owned; reports taken, to know one given twice */
    size_t count;
    size_t bytes;
};

/*
 * Reads a report, JSON or NDJSON, from `file`, to its end, and adds it. A
 * report that is the same as one before counts once. False with `fail` set when
 * it is none; what was added before stays. `name` is for the message.
 */
bool merge_add(struct merge *merge, FILE *file, const char *name,
               struct fail *fail);

/* Orders the findings and gives them their numbers. Once, at the end. */
void merge_finish(struct merge *merge);

void merge_release(struct merge *merge);

/* The document, as JSON, or for people. False when it cannot be written. */
bool merge_write_json(const struct merge *merge, FILE *out);
bool merge_write_text(const struct merge *merge, unsigned width, FILE *out);

#endif
