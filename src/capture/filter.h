/*
 * A filter is one pcap-filter(7) expression, compiled anew for each link type
 * that comes up.
 */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H

#include "base/fail.h"
#include "capture/frame.h"

struct filter;

/*
 * NULL with `fail` set when no usual link type can compile the expression,
 * which must outlive the filter.
 */
struct filter *filter_open(const char *expression, struct fail *fail);
void filter_close(struct filter *filter);

enum filter_answer {
    FILTER_PASS,
    FILTER_REFUSE,
    FILTER_CANNOT /* the expression makes no sense for this link type */
};

enum filter_answer filter_ask(struct filter *filter, const struct frame *frame);

/* libpcap's words for the last FILTER_CANNOT. */
const char *filter_why(const struct filter *filter);

#endif
