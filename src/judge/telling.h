/*
 * What the watcher is told of a case: at once, again under the same id when it
 * has changed, and that it does not hold.
 */
#ifndef JUDGE_TELLING_H
#define JUDGE_TELLING_H

#include "judge/cases.h"

void telling_say(struct cases *cases, struct judged_case *one,
                 struct finding *finding, enum standing standing);

/* Tells what is new of it; `before` is what was found last, NULL: nothing. A
 * cause that has one more effect, or one less, is told again, too. */
void telling_tell(struct cases *cases, struct judged_case *one,
                  struct finding *before);

#endif
