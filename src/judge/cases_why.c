/* Why something was told, or was not, for who asks. */
#include "judge/cases.h"

#include "base/arena.h"

#include <stdlib.h>

enum {
    /* Exchanges that went well, of the one connection that is asked about. */
    WHY_WELL_KEPT = 1000
};

enum doubt cases_doubt(const struct cases *cases, struct incident *incident)
{
    struct judged_case trial = {.incident = incident};
    struct finding *finding = NULL;
    enum doubt doubt = diagnose(&cases->options->settings, incident,
                                cases_prepare(cases, &trial), &finding);
    bool is_found = finding != NULL;

    finding_free(finding);
    cases_let_go_server(cases, &trial);
    return is_found ? DOUBT_NONE : doubt;
}

bool cases_is_in_doubt(void *context, const struct infer_failed *failed)
{
    static const struct server_facts unknown;
    const struct cases *cases = context;
    const struct circumstances around = {
        .server = &unknown,
        .capture_last = coverage_until(cases->coverage, failed->conn->last),
    };
    struct incident *incident =
        failed->outcome ? incident_new(failed->outcome, failed->x)
                        : incident_of_exchange(failed->conn, failed->x);
    bool judged =
        diagnose_is_judged(&cases->options->settings, incident, &around);

    incident_free(incident);
    return !judged;
}

void cases_keep_well(struct cases *cases, struct incident *incident)
{
    if (cases->well.count == WHY_WELL_KEPT) {
        cases->unshown++;
        incident_free(incident);
        return;
    }
    case_list_append(&cases->well, case_new(incident, 0));
}

void cases_forget_well(struct cases *cases, uint64_t connection,
                       const struct exchange *x)
{
    struct judged_case *one = cases->well.newest;

    /* all that are kept are of the one that is asked about */
    if (connection != cases->options->why.connection)
        return;
    while (one && (!one->incident->exchange ||
                   one->incident->exchange->number > x->number))
        one = one->older;
    if (!one || one->incident->exchange->number != x->number)
        return;
    case_list_remove(&cases->well, one);
    case_free(one);
}

/* The connection itself comes behind its exchanges. */
static int by_time(const void *left, const void *right)
{
    const struct judged_case *a = *(struct judged_case *const *)left;
    const struct judged_case *b = *(struct judged_case *const *)right;
    const struct exchange *x = a->incident->exchange;
    const struct exchange *y = b->incident->exchange;

    if (!x || !y)
        return (x == NULL) - (y == NULL);
    if (x->request.start.frame != y->request.start.frame)
        return x->request.start.frame < y->request.start.frame ? -1 : 1;
    if (x->stream != y->stream)
        return x->stream > y->stream ? 1 : -1;
    return a->is_chain - b->is_chain;
}

static size_t add_asked(const struct cases *cases, const struct case_list *list,
                        struct judged_case **asked)
{
    size_t count = 0;

    for (struct judged_case *one = list->oldest; one; one = one->newer) {
        if (why_asks(&cases->options->why, one->incident->conn.id,
                     one->incident->exchange))
            asked[count++] = one;
    }
    return count;
}

static struct why why_of(const struct cases *cases, struct judged_case *one)
{
    struct why why = diagnose_why(&cases->options->settings, one->incident,
                                  cases_prepare(cases, one), one->is_chain);

    why.finding = one->finding;
    why.hidden = one->finding && !one->wanted;
    why.went_well = !one->judged || (one->well && !one->finding);
    return why;
}

uint64_t cases_why(struct cases *cases,
                   void (*take)(void *context, const struct why *why),
                   void *context)
{
    size_t most = cases->ended.count + cases->well.count;
    struct judged_case **asked = must_realloc(NULL, most + 1, sizeof *asked);
    size_t count = add_asked(cases, &cases->ended, asked);

    count += add_asked(cases, &cases->well, asked + count);
    if (count)
        qsort(asked, count, sizeof *asked, by_time);
    for (size_t i = 0; i < count; i++) {
        const struct why why = why_of(cases, asked[i]);

        take(context, &why);
    }
    free(asked);
    return count + cases->unshown;
}
