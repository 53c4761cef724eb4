/*
 * Builds a finding while the words of a rule are told: texts go into its arena,
 * evidence is put in order of time at the end.
 */
#ifndef DIAGNOSE_FINDING_BUILDER_H
#define DIAGNOSE_FINDING_BUILDER_H

#include "diagnose/facts.h"

/* A text that lives as long as the finding. */
__attribute__((format(printf, 2, 3))) const char *
finding_say(struct finding *finding, const char *format, ...);

/* Cites a frame. Nothing happens without one, or when there is no room. */
__attribute__((format(printf, 4, 5))) void
finding_cite(struct finding *finding, struct mark at, enum witness from,
             const char *format, ...);

/* Adds a sentence to the explanation. */
__attribute__((format(printf, 2, 3))) void
finding_explain(struct finding *finding, const char *format, ...);

__attribute__((format(printf, 2, 3))) void
finding_advise(struct finding *finding, const char *format, ...);

/* The texts must be literals or come from finding_say. */
void finding_alternative(struct finding *finding, enum verdict code,
                         const char *why_possible, const char *settled_by);

/*
 * Cites what every judgement rests on: the request, the answer as far as it
 * came, probes, windows, retransmissions, and how it ended.
 */
void finding_timeline(struct finding *finding, const struct facts *f);

/* The capture lost packets meanwhile: the finding is that much less sure. */
void finding_weigh_drops(struct finding *finding, const struct facts *f);

/*
 * What was not kept of the connection, and resets that a host would ignore:
 * said, and the finding is that much less sure.
 */
void finding_weigh_episodes(struct finding *finding, const struct facts *f);

/* What has an alternative is not certain, nor what rests on a connection's
 * silence to the end of the capture. */
void finding_bound_confidence(struct finding *finding, const struct facts *f);

/* Puts the evidence in order of time. */
void finding_sort(struct finding *finding);

/* "1.50 s", or "1.50 s to 2.10 s": the shortest and the longest of a set. */
const char *finding_range(struct finding *finding, const struct durations *set);

/* A duration in words, in the finding's arena. */
const char *finding_duration(struct finding *finding, nanos duration);

/* Words of the wire as they may be shown, for the finding's own. */
const char *finding_quote(const struct facts *f, struct finding *finding,
                          struct span wire);

#endif
