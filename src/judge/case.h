/*
 * A case is an incident that is judged, with what was found and told of it.
 */
#ifndef JUDGE_CASE_H
#define JUDGE_CASE_H

#include "diagnose/diagnose.h"

struct judged_case {
    struct incident *incident;   /* owned */
    struct finding *finding;     /* owned; borrows the incident; NULL: none */
    struct server_facts *server; /* held, of infer; NULL: none is known */
    struct circumstances around; /* as of when it was judged last */
    enum doubt doubt;
    struct judged_case *cause; /* borrowed, after cases_order; NULL: none */
    uint64_t legs_seen;        /* as many had ended when it became a case */
    bool paired;               /* its legs are known for good */
    bool judged;
    bool is_chain; /* of another case: its client's and server's limits */
    bool well;     /* it went well: kept in case a limit becomes known */
    bool wanted;   /* what was found is not hidden by an option */
    bool settled;  /* as what has ended, at some time */
    bool told;     /* somebody was told of it */
    bool goes_on;  /* its exchange, or connection, has not ended */
    bool closed;   /* judged for the last time */
    uint64_t id;   /* under which it is told; 0: not yet */
    unsigned revision;
    uint64_t effects; /* live: so many name it as their cause, by their ids */
    uint64_t effect[FINDING_EFFECTS_MAX];
    nanos opened;  /* when it became a case */
    nanos look_at; /* when it is judged next */
    struct judged_case *newer;
    struct judged_case *older;
    struct judged_case *next_waiting;  /* case_wait */
    struct judged_case **waiting_link; /* what points here; NULL: nothing */
};

struct case_list {
    struct judged_case *oldest;
    struct judged_case *newest;
    size_t count;
};

/* Takes the incident over. */
struct judged_case *case_new(struct incident *incident, nanos now);
void case_free(struct judged_case *one);

/* Puts it first in a list of those that wait for something, of one such list at
 * most, until it no longer does or is freed. */
void case_wait(struct judged_case **list, struct judged_case *one);
void case_wait_no_more(struct judged_case *one);

void case_list_append(struct case_list *list, struct judged_case *one);
void case_list_remove(struct case_list *list, struct judged_case *one);

/* Frees the cases in it. */
void case_list_release(struct case_list *list);

#endif
