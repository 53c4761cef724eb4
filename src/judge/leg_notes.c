#include "judge/leg_notes.h"

#include "judge/links.h"

void leg_notes_begin(const struct cases *cases, const struct conn *conn,
                     const struct exchange *x)
{
    legs_open_begin(&infer_legs(cases->infer)->open, conn, x);
}

struct leg_pair leg_notes_take(struct cases *cases,
                               const struct outcome *outcome,
                               const struct conn *conn,
                               const struct exchange *x)
{
    struct legs *legs = infer_legs(cases->infer);
    struct leg_pair none = {.sure = LEG_NONE};
    struct leg leg;

    legs_open_end(&legs->open, conn, x);
    if (x->tunnel || x->stream == 0 || !legs_concern(legs, conn, x))
        return none;
    leg = leg_of_exchange(outcome, conn, x);
    legs_add(legs, &leg);
    links_keep_up(cases);
    return cases->options->list_exchanges ? legs_upstream(legs, &leg) : none;
}

void leg_notes_take_connection(struct cases *cases, const struct conn *conn)
{
    struct leg leg;

    if (!leg_of_connection(conn, &leg))
        return;
    legs_add(infer_legs(cases->infer), &leg);
    links_keep_up(cases);
}
