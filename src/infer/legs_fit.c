/* What two exchanges by themselves say of being the two legs of one. */
#include "infer/legs_route.h"

/* How long a proxy may take to pass an answer on, at the least. */
#define PASSES_ON_WITHIN (2 * NANOS_PER_MILLI)

bool legs_is_one_host(const struct endpoint *a, const struct endpoint *b)
{
    return address_same(&a->address, &b->address) ||
           (legs_is_loopback(a) && legs_is_loopback(b));
}

bool leg_is_same(const struct leg *a, const struct leg *b)
{
    return a->connection == b->connection && a->exchange == b->exchange;
}

bool leg_broke_after(const struct leg *leg, struct mark end)
{
    return (leg->how == LEG_CLOSED || leg->how == LEG_RESET) &&
           mark_is_set(end) && leg->end.frame > end.frame;
}

bool leg_says_gateway(const struct leg *leg)
{
    return status_is_gateways(leg->status);
}

/* `shorter` is the end of the other's path, or all of it. */
static bool is_end_of(const struct leg *shorter, const struct leg *longer)
{
    for (size_t i = 0; i < LEG_TAILS && longer->tail[i]; i++) {
        if (longer->tail[i] == shorter->target)
            return true;
    }
    return false;
}

bool leg_asks_the_same(const struct leg *a, const struct leg *b)
{
    return a->method == b->method &&
           (a->target == b->target || is_end_of(a, b) || is_end_of(b, a));
}

/* A gateway sends no more of a body on than it has, and not less of one that
 * both have had to the end. */
static bool has_the_content(const struct leg *front, const struct leg *upstream)
{
    return front->request_whole && upstream->request_whole
               ? front->content == upstream->content
               : upstream->content <= front->content;
}

/* A success that began before the other's answer did is not that, passed on. */
static bool answers_ahead(const struct leg *front, const struct leg *upstream)
{
    return front->status >= 200 && front->status < 400 &&
           mark_is_set(front->first) &&
           (mark_is_set(upstream->first) ? upstream->first : upstream->end)
                   .frame > front->first.frame;
}

/* What a gateway answers is what it was answered, unless that failed. */
static bool has_the_answer(const struct leg *front, const struct leg *upstream)
{
    if (answers_ahead(front, upstream))
        return false;
    if (front->how != LEG_ANSWERED || leg_says_gateway(front) ||
        upstream->how != LEG_ANSWERED || upstream->status >= 500)
        return true;
    return front->status == upstream->status;
}

bool leg_is_inside(const struct leg *front, const struct leg *upstream)
{
    uint64_t over =
        mark_is_set(front->first) ? front->first.frame : front->end.frame;

    return upstream->exchange != 0 && front->exchange != 0 &&
           mark_is_set(front->start) && mark_is_set(upstream->start) &&
           upstream->start.frame > front->start.frame &&
           upstream->start.frame < over && leg_asks_the_same(front, upstream) &&
           has_the_content(front, upstream) && has_the_answer(front, upstream);
}

static bool is_close(struct mark earlier, struct mark later, nanos within)
{
    return mark_is_set(earlier) && earlier.frame < later.frame &&
           nanos_between(earlier.time, later.time) <= within;
}

bool leg_is_tight(const struct leg *front, const struct leg *upstream)
{
    struct mark answer = mark_is_set(front->first) ? front->first : front->end;
    nanos took = nanos_between(upstream->start.time, upstream->end.time);
    nanos within = took / 4 > PASSES_ON_WITHIN ? took / 4 : PASSES_ON_WITHIN;

    /* as it comes, or when it is whole; a proxy that gives up may close before
     * it answers, or behind that */
    return is_close(upstream->first, answer, within) ||
           is_close(upstream->end, answer, within) ||
           (upstream->how == LEG_LEFT && !mark_is_set(upstream->first) &&
            is_close(answer, upstream->end, within));
}

/* The PROXY protocol names the client of the connection in front. */
static enum leg_proof proof_of_origin(const struct leg *front,
                                      const struct leg *upstream)
{
    return endpoint_same(&upstream->origin, &front->client) ||
                   (front->origin.address.version &&
                    endpoint_same(&upstream->origin, &front->origin))
               ? PROOF_ID
               : PROOF_AGAINST;
}

/* X-Forwarded-For ends with it; or is as it came. */
static enum leg_proof proof_of_client(const struct leg *front,
                                      const struct leg *upstream)
{
    const struct endpoint *named = &upstream->passed_on.client;
    const struct endpoint *client =
        front->origin.address.version ? &front->origin : &front->client;

    if (!named->address.version ||
        endpoint_same(named, &front->passed_on.client))
        return PROOF_NONE;
    if (!address_same(&named->address, &client->address))
        return PROOF_AGAINST;
    if (named->port == 0)
        return PROOF_CLIENT;
    return named->port == client->port ? PROOF_ID : PROOF_AGAINST;
}

enum leg_proof leg_proof(const struct leg *front, const struct leg *upstream)
{
    const struct passed_on *a = &front->passed_on;
    const struct passed_on *b = &upstream->passed_on;

    if ((a->request_id && a->request_id == b->request_id) ||
        (a->trace && a->trace == b->trace))
        return PROOF_ID;
    if (a->trace && b->trace)
        return PROOF_AGAINST;
    if (upstream->origin.address.version)
        return proof_of_origin(front, upstream);
    return proof_of_client(front, upstream);
}
