/*
 * The display filter that shows a finding's packets in Wireshark.
 */
#ifndef REPORT_FILTER_H
#define REPORT_FILTER_H

#include "diagnose/finding.h"

enum {
    FILTER_SIZE = 80
};

/* Writes the filter and returns `text`. */
const char *filter_print(char text[static FILTER_SIZE],
                         const struct finding *finding);

#endif
