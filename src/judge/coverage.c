#include "judge/coverage.h"

static void end_run(struct timeline *timeline)
{
    if (timeline->runs == TIMELINE_RUNS_KEPT) {
        timeline->forgotten = timeline->run[0].frame;
        timeline->runs--;
        memmove(timeline->run, timeline->run + 1,
                timeline->runs * sizeof *timeline->run);
    }
    timeline->run[timeline->runs++] = timeline->last;
}

void timeline_tick(struct timeline *timeline, struct mark at)
{
    nanos step = nanos_between(timeline->now, at.time);

    timeline->now = at.time;
    if (!mark_is_set(timeline->last)) {
        timeline->last = at;
        return;
    }
    if (step > TIMELINE_STANDSTILL || step < -timeline->back) {
        end_run(timeline);
        timeline->last = at;
    } else if (at.time > timeline->last.time) {
        timeline->last = at;
    }
}

void timeline_pass(struct timeline *timeline, nanos now)
{
    if (now > timeline->now)
        timeline->now = now;
    if (mark_is_set(timeline->last) && now > timeline->last.time)
        timeline->last.time = now;
}

struct mark timeline_until(const struct timeline *timeline, struct mark last)
{
    if (last.frame <= timeline->forgotten)
        return last;
    for (size_t i = 0; i < timeline->runs; i++) {
        if (timeline->run[i].frame >= last.frame)
            return timeline->run[i];
    }
    return timeline->last;
}

/* The two oldest are taken for one that went on between them. */
static void merge_oldest(struct timeline *timeline)
{
    struct loss *oldest = timeline->loss;

    if (oldest[1].from < oldest->from)
        oldest->from = oldest[1].from;
    if (oldest[1].to > oldest->to)
        oldest->to = oldest[1].to;
    oldest->packets += oldest[1].packets;
    timeline->losses--;
    memmove(oldest + 1, oldest + 2, (timeline->losses - 1) * sizeof *oldest);
}

void timeline_lose(struct timeline *timeline, nanos from, uint64_t packets)
{
    struct loss *loss = &timeline->loss[timeline->losses];

    if (from > timeline->now) /* the clock was set back */
        from = timeline->now;
    if (timeline->losses && loss[-1].from == from) {
        loss--;
    } else {
        if (timeline->losses == TIMELINE_LOSSES_KEPT) {
            merge_oldest(timeline);
            loss--;
        }
        *loss = (struct loss){.from = from};
        timeline->losses++;
    }
    loss->to = timeline->now;
    loss->packets += packets;
}

uint64_t timeline_lost(const struct timeline *timeline, nanos from, nanos to)
{
    uint64_t packets = 0;

    for (size_t i = 0; i < timeline->losses; i++) {
        const struct loss *loss = &timeline->loss[i];

        if (loss->from <= to && loss->to >= from)
            packets += loss->packets;
    }
    return packets;
}
