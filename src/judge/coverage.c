#include "judge/coverage.h"

/* What only a file's end parted, and a connection joins again, is no end. */
static bool is_joined(const struct coverage_run *run)
{
    return run->is_spanned && run->pause >= 0 &&
           run->pause <= COVERAGE_STANDSTILL;
}

/* The oldest of those that were joined, or else the oldest. */
static void make_room(struct coverage *coverage)
{
    size_t i = 0;

    while (i < coverage->runs && !is_joined(&coverage->run[i]))
        i++;
    if (i == coverage->runs) {
        i = 0;
        coverage->forgotten = coverage->run[0].last.frame;
    }
    coverage->runs--;
    memmove(coverage->run + i, coverage->run + i + 1,
            (coverage->runs - i) * sizeof *coverage->run);
}

static void end_run(struct coverage *coverage, nanos pause, bool between_files)
{
    if (coverage->runs == COVERAGE_RUNS_KEPT)
        make_room(coverage);
    coverage->run[coverage->runs++] = (struct coverage_run){
        .last = coverage->last, .pause = pause, .between_files = between_files};
}

/* Is the packet the first of its file? To be asked where that is another one
 * than the packet's before. */
static bool begins_file(struct coverage *coverage, struct mark at)
{
    uint64_t *seen = &coverage->seen[at.file / 64];
    uint64_t bit = UINT64_C(1) << at.file % 64;
    bool is_new = !(*seen & bit);

    *seen |= bit;
    return is_new && coverage->of_files;
}

void coverage_tick(struct coverage *coverage, struct mark at)
{
    nanos step = nanos_between(coverage->now, at.time);
    bool is_other = at.file != coverage->last.file && begins_file(coverage, at);

    coverage->now = at.time;
    if (!mark_is_set(coverage->last)) {
        (void)begins_file(coverage, at);
        coverage->last = at;
        return;
    }
    if (step > COVERAGE_STANDSTILL || step < -coverage->back ||
        (is_other && step > COVERAGE_APART)) {
        end_run(coverage, step, is_other);
        coverage->last = at;
    } else if (at.time > coverage->last.time) {
        coverage->last = at;
    }
}

void coverage_span(struct coverage *coverage, struct mark first,
                   struct mark last)
{
    for (size_t i = 0; first.file != last.file && i < coverage->runs; i++) {
        struct coverage_run *run = &coverage->run[i];

        run->is_spanned |= run->between_files &&
                           first.frame <= run->last.frame &&
                           run->last.frame < last.frame;
    }
}

void coverage_hold(struct coverage *coverage, nanos first, nanos last)
{
    for (size_t i = 0; i < coverage->runs; i++) {
        struct coverage_run *run = &coverage->run[i];

        run->is_spanned |= run->between_files && first <= run->last.time &&
                           last >= nanos_after(run->last.time, run->pause);
    }
}

size_t coverage_apart(const struct coverage *coverage, nanos *least)
{
    size_t count = 0;

    for (size_t i = 0; i < coverage->runs; i++) {
        const struct coverage_run *run = &coverage->run[i];

        if (!run->between_files || run->is_spanned)
            continue;
        if (count++ == 0 || run->pause < *least)
            *least = run->pause;
    }
    return count;
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
        const struct coverage_run *run = &coverage->run[i];

        if (run->last.frame >= last.frame && !is_joined(run))
            return run->last;
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
