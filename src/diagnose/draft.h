/*
 * A draft is a finding while a rule writes it: texts go into its arena,
 * evidence is put in order of time at the end.
 */
#ifndef DIAGNOSE_DRAFT_H
#define DIAGNOSE_DRAFT_H

#include "diagnose/facts.h"

/* A text that lives as long as the finding. */
__attribute__((format(printf, 2, 3))) const char *
draft_say(struct finding *finding, const char *format, ...);

/* Cites a frame. Nothing happens without one, or when there is no room. */
__attribute__((format(printf, 4, 5))) void draft_cite(struct finding *finding,
                                                      struct mark at,
                                                      enum witness from,
                                                      const char *format, ...);

/* Adds a sentence to the explanation. */
__attribute__((format(printf, 2, 3))) void
draft_explain(struct finding *finding, const char *format, ...);

__attribute__((format(printf, 2, 3))) void
draft_advise(struct finding *finding, const char *format, ...);

/* The texts must be literals or come from draft_say. */
void draft_alternative(struct finding *finding, enum verdict code,
                       const char *why_possible, const char *settled_by);

/*
 * Cites what every judgement rests on: the request, the answer as far as it
 * came, probes, windows, retransmissions, and how it ended.
 */
void draft_timeline(struct finding *finding, const struct facts *f);

/* The capture lost packets meanwhile: the finding is that much less sure. */
void draft_weigh_drops(struct finding *finding, const struct facts *f);

/*
 * What was not kept of the connection, and resets that a host would ignore:
 * said, and the finding is that much less sure.
 */
void draft_weigh_episodes(struct finding *finding, const struct facts *f);

/* Puts the evidence in order of time. */
void draft_sort(struct finding *finding);

/* "1.50 s", or "1.50 s to 2.10 s": the shortest and the longest of a set. */
const char *draft_range(struct finding *finding, const struct durations *set);

/* A duration in words, in the finding's arena. */
const char *draft_duration(struct finding *finding, nanos duration);

/* Words of the wire as they may be shown, for the finding's own. */
const char *draft_quote(const struct facts *f, struct finding *finding,
                        struct span wire);

#endif
