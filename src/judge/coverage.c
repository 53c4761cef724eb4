#include "judge/coverage.h"

static void end_run(struct coverage *coverage)
{
    if (coverage->runs == COVERAGE_RUNS_KEPT) {
        coverage->forgotten = coverage->run[0].frame;
        coverage->runs--;
        memmove(coverage->run, coverage->run + 1,
                coverage->runs * sizeof *coverage->run);
    }
    coverage->run[coverage->runs++] = coverage->last;
}

void coverage_tick(struct coverage *coverage, struct mark at)
{
    nanos step = nanos_between(coverage->now, at.time);

    coverage->now = at.time;
    if (!mark_is_set(coverage->last)) {
        coverage->last = at;
        return;
    }
    if (step > COVERAGE_STANDSTILL || step < -coverage->back) {
        end_run(coverage);
        coverage->last = at;
    } else if (at.time > coverage->last.time) {
        coverage->last = at;
    }
}

void coverage_pass(struct coverage *coverage, nanos now)
{
    if (now > coverage->now)
        coverage->now = now;
    if (mark_is_set(coverage->last) && now > coverage->last.time)
        coverage->last.time = now;
}

struct mark coverage_until(const struct coverage *coverage, struct mark last)
{
    if (last.frame <= coverage->forgotten)
        return last;
    for (size_t i = 0; i < coverage->runs; i++) {
        if (coverage->run[i].frame >= last.frame)
            return coverage->run[i];
    }
    return coverage->last;
}

/* The two oldest are taken for one that went on between them. */
static void merge_oldest(struct coverage *coverage)
{
    struct loss *oldest = coverage->loss;

    if (oldest[1].from < oldest->from)
        oldest->from = oldest[1].from;
    if (oldest[1].to > oldest->to)
        oldest->to = oldest[1].to;
    oldest->packets += oldest[1].packets;
    coverage->losses--;
    memmove(oldest + 1, oldest + 2, (coverage->losses - 1) * sizeof *oldest);
}

void coverage_lose(struct coverage *coverage, nanos from, uint64_t packets)
{
    struct loss *loss = &coverage->loss[coverage->losses];

    if (from > coverage->now) /* the clock was set back */
        from = coverage->now;
    if (coverage->losses && loss[-1].from == from) {
        loss--;
    } else {
        if (coverage->losses == COVERAGE_LOSSES_KEPT) {
            merge_oldest(coverage);
            loss--;
        }
        *loss = (struct loss){.from = from};
        coverage->losses++;
    }
    loss->to = coverage->now;
    loss->packets += packets;
}

uint64_t coverage_lost(const struct coverage *coverage, nanos from, nanos to)
{
    uint64_t packets = 0;

    for (size_t i = 0; i < coverage->losses; i++) {
        const struct loss *loss = &coverage->loss[i];

        if (loss->from <= to && loss->to >= from)
            packets += loss->packets;
    }
    return packets;
}
