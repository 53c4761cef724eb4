#include "judge/cases_count.h"

/*
 * An answer that was sent whole, and counts as such, though it was lost with
 * the request that it cut short, or not taken for other reasons.
 */
static bool was_in_vain(const struct incident *incident,
                        const struct finding *finding)
{
    const struct exchange *x = incident->exchange;

    if (!x || !exchange_went_well(&incident->conn, x))
        return false;
    /* it was there; what its client made of it is not known */
    if (finding->code == VERDICT_RESPONSE_REJECTED)
        return false;
    return finding->code == VERDICT_CLIENT_ABORT ||
           (!mark_is_set(x->request.end) && finding->symptom != SYMPTOM_NONE);
}

/* What it is about, for who adds up exchanges and findings. */
static void count_finding(struct judge_counts *counts,
                          const struct incident *incident,
                          const struct finding *finding, uint64_t by)
{
    const struct exchange *x = incident->exchange;

    counts->by_severity[finding->severity] += by;
    counts->by_code[finding->code] += by;
    if (!x)
        counts->of_connections += by;
    else if (exchange_went_well(&incident->conn, x) &&
             !was_in_vain(incident, finding))
        counts->of_complete += by;
}

void cases_count(struct cases *cases, const struct judged_case *one, bool enter)
{
    struct judge_counts *counts = cases->counts;
    uint64_t by = enter ? 1 : UINT64_MAX; /* that is, minus one */

    if (!one->judged)
        return;
    if (one->doubt && !one->finding && one->incident->exchange && !one->well) {
        counts->not_judged += by;
        counts->not_judged_by[one->doubt] += by;
    }
    if (!one->finding)
        return;
    if (was_in_vain(one->incident, one->finding))
        counts->complete -= by;
    if (!one->wanted) {
        counts->hidden += by;
        return;
    }
    count_finding(counts, one->incident, one->finding, by);
}
