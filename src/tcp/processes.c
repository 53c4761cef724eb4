#include "tcp/processes.h"

#include "base/arena.h"

#include <stdlib.h>

enum {
    HOPS_LEAST = 3
};

struct processes_seen {
    struct process of[2]; /* [i] sends flow[i] */
    struct process some;  /* of one of the two */
    bool several;         /* such ones: which is where is not known */
};

void conn_take_process(struct conn *conn, const struct segment *segment,
                       unsigned side)
{
    const struct packet_process *said = segment->process;
    struct processes_seen *seen;

    if (!conn->process)
        conn->process = must_calloc(1, sizeof *conn->process);
    seen = conn->process;
    if (said->way != WAY_UNKNOWN) {
        seen->of[said->way == WAY_OUT ? side : 1 - side] = said->process;
        return;
    }
    seen->several |= seen->some.pid && seen->some.pid != said->process.pid;
    seen->some = said->process;
}

void conn_copy_processes(struct conn *copy, const struct conn *conn)
{
    copy->process = NULL;
    if (!conn->process)
        return;
    copy->process = must_calloc(1, sizeof *copy->process);
    *copy->process = *conn->process;
}

void conn_free_processes(struct conn *conn)
{
    free(conn->process);
    conn->process = NULL;
}

/* Routers between its host and here, as hosts begin: Linux, BSD and macOS with
 * 64, Windows with 128, others with 255. */
static unsigned hops_of(uint8_t ttl)
{
    return (ttl <= 64 ? 64U : ttl <= 128 ? 128U : 255U) - ttl;
}

/*
 * Its packets were seen where they were made, and the other's came from afar. A
 * container of this host may be a hop or two away, and then it is the near one.
 */
static bool is_local(const struct conn *conn, unsigned side)
{
    uint8_t ttl = conn->flow[side].ttl;
    uint8_t other = conn->flow[1 - side].ttl;

    return ttl && other && hops_of(ttl) == 0 && hops_of(other) >= HOPS_LEAST;
}

const struct process *conn_process(const struct conn *conn, unsigned side)
{
    const struct processes_seen *seen = conn->process;

    if (!seen)
        return NULL;
    if (seen->of[side].pid)
        return &seen->of[side];
    if (seen->some.pid && !seen->several && is_local(conn, side))
        return &seen->some;
    return NULL;
}
