/*
 * What the formats for people say alike. Each adds to a text; secrets in words
 * of the wire are masked, and what could steer a terminal is escaped.
 */
#ifndef REPORT_PHRASES_H
#define REPORT_PHRASES_H

#include "report/report.h"

/* "" of one, else "s". */
const char *phrase_plural(uint64_t count);

/* "2 errors, 1 warning, 0 info" */
void phrase_severities(struct text *text,
                       const uint64_t by[static SEVERITY_COUNT]);

/* Method, host and target, or what stands for them. */
void phrase_request(struct text *text, const struct finding *finding,
                    const struct report_options *options);

/* "from 10.0.0.1:5 to 10.0.0.2:80, tcp.stream 3" */
void phrase_place(struct text *text, const struct finding *finding);

/* Which side a piece of evidence is about: "client". */
const char *phrase_witness(enum witness witness);

/* "gateway-timeout 502": the code, and the status that the client sees. */
void phrase_code(struct text *text, const struct finding *finding);

/* What its client sees. */
const char *phrase_symptom(const struct finding *finding);

/* "handler-abort: why it may be that. Settled by ..." */
void phrase_alternative(struct text *text,
                        const struct alternative *alternative);

/* What clients and proxies print; nothing where they print nothing. */
void phrase_known_as(struct text *text, const struct finding *finding);

/* "12 packets, 1 connection, 1 exchange (0 complete, 1 not); findings: 1 error
 * ...". How many exchanges there were, and how many findings, are two counts:
 * the words say which of these are not about an exchange that failed. */
void phrase_summary(struct text *text, const struct report *report);

#endif
