/*
 * What happened, in the words of those who report it: what curl, Go, Node and
 * Python print, and how HAProxy and Envoy log it.
 */
#ifndef REPORT_KNOWN_AS_H
#define REPORT_KNOWN_AS_H

#include "diagnose/finding.h"

enum reporter {
    REPORTER_CURL,
    REPORTER_GO,
    REPORTER_NODE,
    REPORTER_PYTHON,
    REPORTER_HAPROXY,
    REPORTER_ENVOY,
    REPORTER_COUNT
};

/* "curl", "go" …, as the keys of the JSON report. */
const char *reporter_name(enum reporter reporter);

/* NULL when it would not complain, or its words are not known. */
const char *known_as(const struct finding *finding, enum reporter reporter);

#endif
