#include "judge/telling.h"

#include "judge/links.h"

/* By what a watcher knows it, and how often it was told. */
static void number(const struct judged_case *one, struct finding *finding)
{
    finding->id = one->id;
    finding->told_as = one->id;
    finding->revision = one->revision;
}

void telling_say(struct cases *cases, struct judged_case *one,
                 struct finding *finding, enum standing standing)
{
    const struct judge_watcher *watcher = &cases->options->watcher;

    if (one->id)
        one->revision++;
    else
        one->id = ++cases->ids;
    number(one, finding);
    finding->standing = standing;
    finding->settled_before = one->settled;
    one->settled |= standing == STANDING_SETTLED;
    one->told = standing != STANDING_WITHDRAWN;
    if (watcher->finding)
        watcher->finding(watcher->context, finding);
}

static bool differs(const struct finding *a, const struct finding *b)
{
    return a->code != b->code || a->severity != b->severity ||
           a->confidence != b->confidence || a->caused_by != b->caused_by;
}

/* The cause of one that is told lists it, and is told again for that. */
static void tell_cause(struct cases *cases, const struct judged_case *one,
                       uint64_t cause, bool is_effect)
{
    struct judged_case *other =
        cause ? links_note_effect(cases, cause, one->id, is_effect) : NULL;

    if (other)
        telling_say(cases, other, other->finding, other->finding->standing);
}

void telling_tell(struct cases *cases, struct judged_case *one,
                  struct finding *before)
{
    bool goes_on = one->goes_on && one->incident->ending == CONN_STILL_OPEN;
    enum standing standing = goes_on ? STANDING_GOES_ON : STANDING_SETTLED;

    if (one->wanted) {
        if (!one->told || !before || before->standing != standing ||
            differs(before, one->finding)) {
            telling_say(cases, one, one->finding, standing);
            if (before && before->caused_by != one->finding->caused_by)
                tell_cause(cases, one, before->caused_by, false);
            tell_cause(cases, one, one->finding->caused_by, true);
        } else {
            number(one, one->finding);
            one->finding->standing = standing;
        }
    } else if (one->told && before) {
        telling_say(cases, one, before, STANDING_WITHDRAWN);
        tell_cause(cases, one, before->caused_by, false);
    }
}
