/* What comes close to a limit, or is past it, though nothing has failed. */
#include "diagnose/rules.h"

#include "diagnose/facts_stall.h"
#include "diagnose/legs.h"
#include "diagnose/limits.h"

/* It ended sooner than at a limit that is known, but not by much. */
bool is_near_timeout(const struct facts *f)
{
    struct limit server = limit_of_server(f->settings, f->known);
    struct limit clients = limit_of_clients(f->known);
    nanos took = facts_passed(f->asked, f->x->response.end);

    /* the slowest of all stands for those that come close */
    if (f->x->status >= 500 || !exchange_went_well(f->conn, f->x) ||
        f->x->response.end.frame != f->known->served.longest_at.frame)
        return false;
    return limit_is_near(&server, took) || limit_is_near(&clients, took);
}

/* Used again shortly before the server would have closed it. */
bool is_reused_late(const struct facts *f)
{
    struct limit limit = limit_of_idle(f->settings, f->known);

    return f->idle > 0 &&
           f->x->request.start.frame == f->known->reused.longest_at.frame &&
           limit_is_near(&limit, f->idle);
}

/* The work went on though nobody waited for it any more. */
bool is_orphaned(const struct facts *f)
{
    const struct leg *front = leg_in_front(f);

    return front && front->how == LEG_LEFT && !f->around->front.retried &&
           front->end.frame < f->x->response.end.frame &&
           facts_passed(front->end, f->x->response.end) >=
               f->settings->stall_threshold;
}

/* The client gives up before the server would. */
bool is_chain_misaligned(const struct facts *f)
{
    struct limit limit = limit_of_server(f->settings, f->known);
    struct durations gave_up;

    return limit.kind && f->request_whole && find_client_timeout(f, &gave_up) &&
           limit.length > gave_up.longest &&
           !durations_alike(limit.length, gave_up.longest);
}
