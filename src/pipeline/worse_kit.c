#include "pipeline/worse_kit.h"

struct weakening {
    enum verdict whole;
    enum verdict less;
    const char *reason;
    bool alone; /* the first need not be named: this was so all the while */
};

static const struct weakening weakenings[] = {
#define NAMED false
#define ALONE true
#define WEAKENING(more, fewer, how, why)                                       \
    {VERDICT_##more, VERDICT_##fewer, why, how},
#include "pipeline/weakenings.def"
#undef WEAKENING
#undef ALONE
#undef NAMED
};

/* What a proxy made good is eased by the leg in front, and only by that. */
static bool was_eased(const struct report *whole, const struct finding *finding)
{
    for (size_t i = 0; i < whole->findings; i++) {
        const struct finding *one = whole->finding[i];
        bool by_front = false;

        for (size_t k = 0; k < one->evidences; k++)
            by_front |= one->evidence[k].from == FROM_FRONT;
        if (by_front && one->code == finding->code)
            return true;
    }
    return false;
}

static bool names(const struct finding *finding, enum verdict code)
{
    for (size_t i = 0; i < finding->alternatives; i++) {
        if (finding->alternative[i].code == code)
            return true;
    }
    return false;
}

static bool is_weaker(const struct finding *whole, const struct finding *less)
{
    for (size_t i = 0; i < sizeof weakenings / sizeof *weakenings; i++) {
        if (weakenings[i].whole == whole->code &&
            weakenings[i].less == less->code)
            return weakenings[i].alone ||
                   (less->confidence <= whole->confidence &&
                    names(less, whole->code));
    }
    return false;
}

/* How often it is said at least as loud and as sure as that finding. */
static unsigned count_like(const struct report *report,
                           const struct finding *like)
{
    unsigned count = 0;

    for (size_t i = 0; i < report->findings; i++) {
        const struct finding *finding = report->finding[i];

        count += finding->code == like->code &&
                 finding->severity >= like->severity &&
                 finding->confidence >= like->confidence;
    }
    return count;
}

/* Is the accusation one of the whole recording's, or weaker than one? */
static bool is_honest(const struct report *whole, const struct report *less,
                      const struct finding *finding)
{
    if (finding->severity == SEVERITY_INFO ||
        count_like(less, finding) <= count_like(whole, finding) ||
        was_eased(whole, finding))
        return true;
    for (size_t i = 0; i < whole->findings; i++) {
        if (is_weaker(whole->finding[i], finding))
            return true;
    }
    return false;
}

void must_be_honest(struct trial *trial, const char *what, size_t at,
                    allowance *is_allowed)
{
    struct run run = run_frames(trial->tape.keylog, trial->reel.frame,
                                trial->reel.frames, &trial->tape.input);

    trial->variants++;
    for (size_t i = 0; i < run.report->findings; i++) {
        const struct finding *finding = run.report->finding[i];

        if (is_honest(trial->whole.report, run.report, finding) ||
            (is_allowed && is_allowed(trial, at, finding)))
            continue;
        complain(trial, "%s #%zu: %s -> %s %s %s in %u", what, at + 1,
                 text_string(&trial->before), verdict_slug(finding->code),
                 severity_name(finding->severity),
                 confidence_name(finding->confidence),
                 (unsigned)finding->connection.id);
    }
    run_release(&run);
}
