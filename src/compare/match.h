/*
 * Finds the connections that two traces both have. What NAT and firewalls
 * leave alone says it: numbers, payload, timestamps, IP-ID; addresses and ports
 * may differ, and sequence numbers by a constant.
 *
 *   same numbers     a segment that takes sequence numbers has the same ones,
 *                    acknowledges the same, and carries the same
 *   other numbers    data with the same timestamps or IP-ID and payload, always
 *                    as far apart (a firewall that makes them random)
 *
 * What fits two is matched to neither.
 */
#ifndef COMPARE_MATCH_H
#define COMPARE_MATCH_H

#include "compare/trace.h"
#include "diagnose/finding.h"

struct match {
    uint32_t connection[2]; /* in each trace */
    bool turned;     /* endpoint 0 of the first trace's is 1 of the other's */
    bool translated; /* addresses or ports differ */
    bool shifted;    /* sequence numbers do */
    /* the second trace's sequence number minus that of the first, by the
       first's endpoint that sends */
    uint32_t shift[2];
    uint32_t votes; /* segments that say so; not more than are asked */
    enum confidence confidence;
};

struct matches {
    struct match *match; /* owned; in the order of the first trace */
    uint32_t count;
    uint32_t ambiguous; /* connections of the first trace that fit several */
};

/* Marks the connections that are in both. The caller frees ->match. */
struct matches match_connections(struct trace trace[2]);

#endif
