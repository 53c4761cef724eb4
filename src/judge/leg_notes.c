#include "judge/leg_notes.h"

#include "judge/links.h"

void leg_notes_begin(struct leg_notes *notes, const struct cases *cases,
                     const struct conn *conn, const struct exchange *x)
{
    if (cases->options->list_exchanges)
        legs_open_begin(&notes->open, conn, x);
}

static struct leg_pair note(struct cases *cases, const struct outcome *outcome,
                            const struct conn *conn, const struct exchange *x)
{
    struct legs *legs = infer_legs(cases->infer);
    struct leg_pair none = {.sure = LEG_NONE};
    struct leg leg;

    if (x->tunnel || x->stream == 0 || !legs_concern(legs, conn, x))
        return none;
    leg = leg_of_exchange(outcome, conn, x);
    legs_add(legs, &leg);
    links_keep_up(cases);
    return cases->options->list_exchanges ? legs_upstream(legs, &leg) : none;
}

struct leg_pair leg_notes_take(struct leg_notes *notes, struct cases *cases,
                               const struct outcome *outcome,
                               const struct conn *conn,
                               const struct exchange *x)
{
    struct leg_pair upstream = note(cases, outcome, conn, x);

    if (!cases->options->list_exchanges)
        return upstream;
    legs_open_end(&notes->open, conn, x);
    if (upstream.sure == LEG_SURE && !upstream.is_named &&
        legs_open_has(&notes->open, conn, x))
        upstream.sure = LEG_UNSURE;
    return upstream;
}

void leg_notes_take_connection(struct cases *cases, const struct conn *conn)
{
    struct leg leg;

    if (!leg_of_connection(conn, &leg))
        return;
    legs_add(infer_legs(cases->infer), &leg);
    links_keep_up(cases);
}
