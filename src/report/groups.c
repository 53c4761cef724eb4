#include "report/groups.h"

#include "report/baseline.h"

#include "base/arena.h"

#include <stdlib.h>

/* A finding where it is told: behind the first one of its group. */
struct placed {
    const struct finding *finding;
    size_t at;       /* in the report */
    size_t of_code;  /* where the first of its code and severity is there */
    size_t of_group; /* where the first of its group is there */
};

static const struct endpoint *server_of(const struct placed *placed)
{
    return &placed->finding->connection.server;
}

static int by_number(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_code(const struct placed *a, const struct placed *b)
{
    int order = by_number(b->finding->severity, a->finding->severity);

    return order ? order : by_number(a->finding->code, b->finding->code);
}

/* Of an exchange that was answered; 0: it was not. */
static uint64_t status_of(const struct placed *placed)
{
    const struct exchange *x = placed->finding->exchange;

    return x && placed->finding->symptom == SYMPTOM_ERROR_STATUS ? x->status
                                                                 : 0;
}

static int by_group(const struct placed *a, const struct placed *b)
{
    int order = by_number(server_of(a)->port, server_of(b)->port);

    if (order == 0)
        order = memcmp(&server_of(a)->address, &server_of(b)->address,
                       sizeof server_of(a)->address);
    if (order == 0)
        order = by_number(a->finding->symptom, b->finding->symptom);
    return order ? order : by_number(status_of(a), status_of(b));
}

/* What is alike together, in each the earliest first. */
static int by_likeness(const void *left, const void *right)
{
    const struct placed *a = left;
    const struct placed *b = right;
    int order = by_code(a, b);

    if (order == 0)
        order = by_group(a, b);
    return order ? order : by_number(a->at, b->at);
}

static int by_place(const void *left, const void *right)
{
    const struct placed *a = left;
    const struct placed *b = right;
    int order = by_number(b->finding->severity, a->finding->severity);

    if (order == 0)
        order = by_number(a->of_code, b->of_code);
    if (order == 0)
        order = by_number(a->of_group, b->of_group);
    return order ? order : by_number(a->at, b->at);
}

/* `placed` are all of one code and severity, in order of likeness. */
static void find_first(struct placed *placed, size_t count)
{
    size_t first = placed[0].at;

    for (size_t i = 0; i < count; i++) {
        bool alike = i > 0 && by_group(&placed[i - 1], &placed[i]) == 0;

        placed[i].of_group = alike ? placed[i - 1].of_group : placed[i].at;
        if (placed[i].at < first)
            first = placed[i].at;
    }
    for (size_t i = 0; i < count; i++)
        placed[i].of_code = first;
}

static void find_firsts(struct placed *placed, size_t count)
{
    size_t end;

    for (size_t i = 0; i < count; i = end) {
        end = i + 1;
        while (end < count && by_code(&placed[i], &placed[end]) == 0)
            end++;
        find_first(placed + i, end - i);
    }
}

static void make_groups(struct finding_groups *groups,
                        const struct placed *placed, size_t count)
{
    struct finding_group *first = NULL;

    for (size_t i = 0; i < count; i++) {
        bool begins = i == 0 || placed[i].of_group != placed[i - 1].of_group ||
                      placed[i].of_code != placed[i - 1].of_code;
        struct finding_group *group;

        groups->ordered[i] = placed[i].finding;
        if (begins) {
            group = &groups->group[groups->count++];
            group->finding = &groups->ordered[i];
            if (i == 0 || by_code(&placed[i - 1], &placed[i]) != 0)
                first = group;
            first->alike++;
        }
        groups->group[groups->count - 1].count++;
    }
}

struct finding_groups groups_of(const struct report *report)
{
    struct finding_groups groups = {.count = 0};
    size_t count = report->findings;
    struct placed *placed;

    if (count == 0)
        return groups;
    placed = must_calloc(count, sizeof *placed);
    for (size_t i = 0; i < count; i++)
        placed[i] = (struct placed){.finding = report->finding[i], .at = i};
    qsort(placed, count, sizeof *placed, by_likeness);
    find_firsts(placed, count);
    qsort(placed, count, sizeof *placed, by_place);
    groups.group = must_calloc(count, sizeof *groups.group);
    groups.ordered = must_calloc(count, sizeof *groups.ordered);
    make_groups(&groups, placed, count);
    free(placed);
    return groups;
}

void groups_release(struct finding_groups *groups)
{
    free(groups->group);
    free(groups->ordered);
    *groups = (struct finding_groups){.count = 0};
}

bool group_is_known(const struct finding_group *group,
                    const struct report_options *options)
{
    if (!options->baseline)
        return false;
    for (size_t i = 0; i < group->count; i++) {
        if (!baseline_knows(options->baseline, group->finding[i], options))
            return false;
    }
    return true;
}
