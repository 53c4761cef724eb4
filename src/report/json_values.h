/*
 * The parts of a report as JSON values (design: the whyeof.report/1 schema,
 * man whyeof). Every string is valid UTF-8: bytes from the wire are escaped.
 * Each function gives a new reference.
 */
#ifndef REPORT_JSON_VALUES_H
#define REPORT_JSON_VALUES_H

#include "base/mask.h"
#include "report/report.h"

#include <jansson.h>

json_t *json_seconds(nanos duration);

/* Seconds since the report's first packet; null when it never came. */
json_t *json_moment(const struct report *report, struct mark mark);

/* RFC 3339; null for NANOS_NEVER. */
json_t *json_time(nanos time);

/* Any text, made valid and visible; null for NULL. */
json_t *json_text(const char *text);

/* Text of the wire, masked. */
json_t *json_wire(struct span wire, enum mask_kind kind,
                  const struct report_options *options);

/* null when `count` is HTTP_NO_LENGTH. */
json_t *json_count(uint64_t count);

json_t *json_endpoint_name(const struct endpoint *endpoint);

/* Its address alone. */
json_t *json_host_name(const struct endpoint *endpoint);

/* ROLE, ROLE_ip and ROLE_port: "10.0.0.1:80", "10.0.0.1", 80. */
void json_set_endpoint(json_t *json, const char *role,
                       const struct endpoint *endpoint);

json_t *json_finding(const struct report *report,
                     const struct report_options *options,
                     const struct finding *finding);
json_t *json_server(const struct server_facts *server,
                    const struct report_options *options);
json_t *json_exchange(const struct report *report,
                      const struct report_options *options,
                      const struct listed_exchange *exchange);

/* A client's random, in hexadecimal as key logs have it. */
json_t *json_random(const uint8_t random[static TLS_RANDOM_SIZE]);

/* What is known of a connection's TLS. */
json_t *json_tls(const struct report *report, const struct tls_facts *tls,
                 const struct report_options *options);

/* null when nothing was timed. */
json_t *json_latency(const struct latency *latency);

/* time_s: every holder, in seconds. */
json_t *json_turns(const struct turns *turns);

/* The other leg of a proxy under `name`; nothing where none is known. */
void json_set_leg(json_t *json, const char *name, const struct other_leg *leg);

/* The fields of an exchange that findings and the list of all share. */
json_t *json_exchange_facts(const struct exchange *x,
                            const struct report_options *options);

const char *protocol_version(enum http_protocol protocol, uint8_t minor);

#endif
