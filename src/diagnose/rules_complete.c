/* Exchanges that came to their end, and yet not as they should. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/facts_h2.h"
#include "diagnose/facts_stall.h"
#include "diagnose/legs.h"
#include "diagnose/software.h"

enum {
    STATUS_BAD_GATEWAY = 502,
    STATUS_UNAVAILABLE,
    STATUS_GATEWAY_TIMEOUT
};

/* A 503 at once is a gateway's when what it asked failed it; or when what is
 * behind it refused, and the server does not name itself as something else. */
static bool is_down_behind(const struct facts *f)
{
    const struct leg *leg = leg_behind(f);

    if (leg && leg->exchange != 0)
        return leg->how == LEG_CLOSED || leg->how == LEG_RESET ||
               leg->how == LEG_LEFT;
    return leg && (!f->known->software[0] || is_known_proxy(f));
}

/* Servers of programs that have no such limit: the program says so itself. */
static bool is_late_unavailable(const struct facts *f)
{
    return answer_delay(f) >= f->settings->timeout_floor &&
           !has_no_response_timeout(f);
}

/*
 * A 504 says it itself. A 502 says that the upstream failed. A 503 may be
 * anything; after a long wait it is what a gateway or a timeout handler says.
 */
bool is_gateway_timeout(const struct facts *f)
{
    return f->x->status == STATUS_GATEWAY_TIMEOUT ||
           f->x->status == STATUS_BAD_GATEWAY ||
           (f->x->status == STATUS_UNAVAILABLE &&
            (is_late_unavailable(f) || is_down_behind(f)));
}

bool is_gateway_answer_left(const struct facts *f)
{
    const struct exchange *x = f->x;

    return x->h2 && mark_is_set(x->h2->reset) && x->h2->reset_by_client &&
           mark_is_set(x->response.head) &&
           (x->status == STATUS_GATEWAY_TIMEOUT ||
            x->status == STATUS_BAD_GATEWAY);
}

bool was_network_stall(const struct facts *f)
{
    return loss_of(f) || was_unheard_by_server(f);
}

/*
 * A body whose length was known stopped in the middle. Streams of unknown
 * length may have had nothing to say; without the windows it is not known
 * whether they were open.
 */
bool was_mid_body_pause(const struct facts *f)
{
    return f->x->response.framing == FRAMING_LENGTH && !f->x->windows_lost &&
           nanos_between(f->x->pause.time, f->x->pause_end.time) >=
               f->settings->stall_threshold;
}

/* Whole, and yet held up, reset, or without its gRPC status? */
static bool wants_h2(const struct diagnose_settings *settings,
                     const struct exchange *x)
{
    const struct exchange_h2 *h2 = x->h2;

    if (x->answers_grpc && (!x->has_grpc_status || x->grpc_status == 14))
        return true;
    if (!h2)
        return false;
    if (mark_is_set(h2->reset))
        return true;
    for (unsigned i = 0; i < MESSAGES; i++) {
        if (h2_window_longest(&h2->stream[i], x->response.end) >=
                settings->stall_threshold ||
            h2_window_longest(&h2->connection[i], x->response.end) >=
                settings->stall_threshold)
            return true;
    }
    return false;
}

/* A rule of complete exchanges asks only those that this lets pass. */
bool diagnose_wants_complete(const struct diagnose_settings *settings,
                             const struct conn *conn, const struct exchange *x)
{
    /* what came behind it is told when all of it is known */
    if (x->stream == 0 || x->tunnel || x->behind)
        return false;
    if (exchange_is_without_end(conn, x) || x->bare_end)
        return true;
    if (wants_h2(settings, x) || exchange_is_short(x))
        return true;
    if (status_is_gateways(x->status))
        return true;
    if (nanos_between(x->pause.time, x->pause_end.time) >=
        settings->stall_threshold)
        return true;
    for (unsigned i = 0; i < conn->episodes; i++) {
        const struct episode *episode = &conn->episode[i];
        struct mark until =
            mark_is_set(episode->ended) ? episode->ended : episode->last;

        if ((episode->kind == EPISODE_ZERO_WINDOW ||
             episode->kind == EPISODE_RETRANSMISSION) &&
            until.time >= x->request.start.time &&
            nanos_between(episode->first.time, until.time) >=
                settings->stall_threshold)
            return true;
    }
    return false;
}
