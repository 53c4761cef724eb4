#include "judge/leg_notes.h"

#include "judge/links.h"

void leg_notes_begin(const struct cases *cases, const struct conn *conn,
                     const struct exchange *x)
{
    legs_open_begin(&infer_legs(cases->infer)->open, conn, x);
}

static bool may_be_leg(struct legs *legs, const struct conn *conn,
                       const struct exchange *x)
{
    return !x->tunnel && x->stream != 0 && legs_concern(legs, conn, x);
}

bool leg_notes_take(struct cases *cases, const struct outcome *outcome,
                    const struct conn *conn, const struct exchange *x)
{
    struct legs *legs = infer_legs(cases->infer);
    struct leg leg;

    legs_open_end(&legs->open, conn, x);
    if (!may_be_leg(legs, conn, x))
        return false;
    leg = leg_of_exchange(outcome, conn, x);
    legs_add(legs, &leg);
    links_keep_up(cases);
    return true;
}

struct leg_pair leg_notes_upstream(struct cases *cases,
                                   const struct outcome *outcome,
                                   const struct conn *conn,
                                   const struct exchange *x)
{
    struct leg leg = leg_of_exchange(outcome, conn, x);

    return legs_upstream(infer_legs(cases->infer), &leg);
}

void leg_notes_take_connection(struct cases *cases, const struct conn *conn)
{
    struct leg leg;

    if (!leg_of_connection(conn, &leg))
        return;
    legs_add(infer_legs(cases->infer), &leg);
    links_keep_up(cases);
}
