/*
 * The list of cases to be judged: incidents, with what was told
 * of them. Of files all are judged when everything has been seen, for what
 * happened at one endpoint is judged by all that happened there. Where nobody
 * can wait for the end each is judged at once, told, and judged again as more
 * is seen; what changes is told again under the same id.
 *
 *     incident --> case --judge--> told --judge again--> told again | withdrawn
 *
 * A case that goes on (a hang of this moment) is held until it ends. Of those
 * that have ended the latest are held, up to a number; older ones are settled.
 */
#ifndef JUDGE_CASES_H
#define JUDGE_CASES_H

#include "diagnose/why.h"
#include "judge/case.h"
#include "judge/coverage.h"
#include "judge/judge.h"

struct cases {
    const struct judge_options *options;
    struct infer *infer;
    const struct coverage *coverage;
    struct judge_counts *counts;
    struct case_list ended;      /* of files: all of them */
    struct judged_case *uneased; /* of those, whose server has not worked since,
                                    the newest first */
    struct case_list going;
    struct case_list well; /* what went well; see cases_keep_well */
    uint64_t unshown;      /* past what --why shows */
    uint64_t ids;
    struct finding **finding; /* in order of time, after cases_order */
    size_t findings;
};

void cases_init(struct cases *cases, const struct judge_options *options,
                struct infer *infer, const struct coverage *coverage,
                struct judge_counts *counts);
void cases_release(struct cases *cases);

/* Is there room for one more that goes on? */
bool cases_has_room(const struct cases *cases);

/*
 * What goes on, or has just ended, as it is now: a new case, or `known` judged
 * by what is new. Takes the incident over. `preview`: see infer_preview; NULL:
 * it goes on. NULL when there is nothing to tell of it yet.
 */
struct judged_case *cases_watch(struct cases *cases, struct judged_case *known,
                                struct incident *incident,
                                const struct server_facts *preview);

/*
 * What has ended. Takes the incident over; `known` is its case if it was told
 * while it went on. `later_works`: another connection did.
 */
void cases_add(struct cases *cases, struct judged_case *known,
               struct incident *incident, bool later_works);

/* It has ended well, and may have come close to a limit, or outlived its
 * client. Takes the incident over. */
void cases_add_well(struct cases *cases, struct incident *incident);

/*
 * Are the limits of the case's client and server the wrong way round? That is
 * a case of its own, among those that have ended. For chains_add.
 */
void cases_add_chain(struct cases *cases, const struct judged_case *one);

/* It went on and went well: what was told of it is withdrawn. */
void cases_withdraw(struct cases *cases, struct judged_case *known);

/* Judges those again that are due. */
void cases_look_again(struct cases *cases, nanos now);

/* Judges all for the last time; chains_add may follow, then cases_order. */
void cases_finish(struct cases *cases);

/* Links causes and effects; findings and counts are complete after it. */
void cases_order(struct cases *cases);

/* Keeps, for --why only, what is not judged. Takes the incident over. */
void cases_keep_well(struct cases *cases, struct incident *incident);

/* More is known of an exchange that was kept so. */
void cases_forget_well(struct cases *cases, uint64_t connection,
                       const struct exchange *x);

/* See pipeline_why. */
uint64_t cases_why(struct cases *cases,
                   void (*take)(void *context, const struct why *why),
                   void *context);

/* What is known of the case's server is not held any more. */
void cases_let_go_server(const struct cases *cases, struct judged_case *one);

/*
 * For infer_options, of `struct cases`: is the exchange not judged, whatever
 * else is known of its server?
 */
bool cases_is_in_doubt(void *context, const struct infer_failed *failed);

/* Why nothing can be said of it, as far as is known by now. */
enum doubt cases_doubt(const struct cases *cases, struct incident *incident);

/* What is known of the world around a case by now; borrowed from it. */
const struct circumstances *cases_prepare(const struct cases *cases,
                                          struct judged_case *one);

#endif
