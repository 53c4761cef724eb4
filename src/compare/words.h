/*
 * What is told of a comparison in words, for people.
 */
#ifndef COMPARE_WORDS_H
#define COMPARE_WORDS_H

#include "base/text.h"
#include "compare/compare.h"

/* "client side", "server side" */
const char *words_side(unsigned side);

/* As a key of JSON. */
const char *words_event(enum event_kind kind);
const char *words_where(enum where where);

/* "client-side #12" */
void words_add_frame(struct text *text, unsigned side,
                     const struct trace_segment *segment);

/* "RST", "1448 bytes", "200 bytes with FIN" */
void words_add_segment(struct text *text, const struct trace_segment *segment);

/* A sentence. */
void words_add_event(struct text *text, const struct compared *connection,
                     const struct compare_event *event);
void words_add_where(struct text *text, const struct located *located);
void words_add_clock(struct text *text, const struct clock *clock);

/* What was counted of one direction, and how long it took. */
void words_add_way(struct text *text, const struct compared *connection,
                   enum way way);

/* What changed, by name; NULL ends the list. */
extern const struct change_name {
    const char *name; /* as a key of JSON */
    enum change change;
} words_changes[];

#endif
