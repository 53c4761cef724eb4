/*
 * Links between cases: the legs of a proxy, and which finding is the effect of
 * which. The cause is told first.
 */
#ifndef JUDGE_LINKS_H
#define JUDGE_LINKS_H

#include "judge/cases.h"

/* Finds the other leg of a case, as far as it is known by now. */
void links_pair(const struct cases *cases, struct judged_case *one);

/* The same for all while what they rest on is still kept: now and then, as
 * legs come. */
void links_keep_up(struct cases *cases);

/*
 * Live: the finding of `one`, just found, names what caused it, of what is told
 * by now; what was told before, `told`, stays so (0: none).
 */
void links_name_cause(const struct cases *cases, struct judged_case *one,
                      uint64_t told);

/*
 * Live: `effect` is told as caused by the finding `cause`, or no longer so.
 * Gives the case of that, when it is told and lists its effects anew; NULL:
 * nothing is new.
 */
struct judged_case *links_note_effect(const struct cases *cases, uint64_t cause,
                                      uint64_t effect, bool is_one);

/* Live: the finding lists the effects that its case has by now. */
void links_list_effects(const struct judged_case *one);

/*
 * All are judged: links effects to their causes, puts the findings in order of
 * time with causes before their effects, and numbers them.
 */
void links_order(struct cases *cases);

#endif
