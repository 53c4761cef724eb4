/*
 * The docket is the list of cases to be judged: incidents, with what was told
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
#ifndef PIPELINE_DOCKET_H
#define PIPELINE_DOCKET_H

#include "diagnose/why.h"
#include "pipeline/docket_case.h"
#include "pipeline/timeline.h"
#include "report/report.h"

struct pipeline_options;

struct docket {
    const struct pipeline_options *options;
    struct infer *infer;
    const struct timeline *timeline;
    struct report_counts *counts;
    struct docket_list ended; /* of files: all of them */
    struct docket_list going;
    struct docket_list well; /* what went well; see docket_keep_well */
    uint64_t unshown;        /* past what --why shows */
    uint64_t ids;
    struct finding **finding; /* in order of time, after docket_finish */
    size_t findings;
};

void docket_init(struct docket *docket, const struct pipeline_options *options,
                 struct infer *infer, const struct timeline *timeline,
                 struct report_counts *counts);
void docket_release(struct docket *docket);

/* Is there room for one more that goes on? */
bool docket_has_room(const struct docket *docket);

/*
 * What goes on, or has just ended, as it is now: a new case, or `known` judged
 * by what is new. Takes the incident over. `preview`: see infer_preview; NULL:
 * it goes on. NULL when there is nothing to tell of it yet.
 */
struct docket_case *docket_watch(struct docket *docket,
                                 struct docket_case *known,
                                 struct incident *incident,
                                 const struct server_facts *preview);

/*
 * What has ended. Takes the incident over; `known` is its case if it was told
 * while it went on.
 */
void docket_add(struct docket *docket, struct docket_case *known,
                struct incident *incident);

/* It went on and went well: what was told of it is withdrawn. */
void docket_withdraw(struct docket *docket, struct docket_case *known);

/* Judges those again that are due. */
void docket_look_again(struct docket *docket, nanos now);

/* Judges all for the last time: findings and counts are complete after it. */
void docket_finish(struct docket *docket);

/* Is that what --why asks about? `x`: NULL for the connection itself. */
bool docket_is_asked_why(const struct docket *docket, const struct conn *conn,
                         const struct exchange *x);

/* Keeps, for --why only, what is not judged. Takes the incident over. */
void docket_keep_well(struct docket *docket, struct incident *incident);

/* See pipeline_why. */
uint64_t docket_why(struct docket *docket,
                    void (*take)(void *context, const struct why *why),
                    void *context);

/* Adds what is known of the world around a case by now; its server. */
const struct server_facts *docket_prepare(const struct docket *docket,
                                          struct docket_case *one);

#endif
