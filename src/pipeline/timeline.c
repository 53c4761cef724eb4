#include "pipeline/timeline.h"

void timeline_tick(struct timeline *timeline, struct mark at)
{
    nanos step = nanos_between(timeline->now, at.time);

    timeline->now = at.time;
    if (!mark_is_set(timeline->last)) {
        timeline->last = at;
        return;
    }
    if (step > TIMELINE_STANDSTILL || step < -timeline->back) {
        if (timeline->runs < TIMELINE_RUNS_MAX)
            timeline->run[timeline->runs++] = timeline->last;
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
    for (size_t i = 0; i < timeline->runs; i++) {
        if (timeline->run[i].frame >= last.frame)
            return timeline->run[i];
    }
    return timeline->last;
}

void timeline_lose(struct timeline *timeline, nanos from, uint64_t packets)
{
    uint64_t latest = timeline->losses - 1;
    struct loss *loss = &timeline->loss[latest % TIMELINE_LOSSES_KEPT];

    if (from > timeline->now) /* the clock was set back */
        from = timeline->now;
    if (timeline->losses == 0 || loss->from != from) {
        latest = timeline->losses++;
        loss = &timeline->loss[latest % TIMELINE_LOSSES_KEPT];
        *loss = (struct loss){.from = from};
    }
    loss->to = timeline->now;
    loss->packets += packets;
}

uint64_t timeline_lost(const struct timeline *timeline, nanos from, nanos to)
{
    uint64_t kept = timeline->losses < TIMELINE_LOSSES_KEPT
                        ? timeline->losses
                        : TIMELINE_LOSSES_KEPT;
    uint64_t packets = 0;

    for (uint64_t i = 0; i < kept; i++) {
        const struct loss *loss = &timeline->loss[i];

        if (loss->from <= to && loss->to >= from)
            packets += loss->packets;
    }
    return packets;
}
