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

/* A 503 at once is a gateway's when what is behind it refused, and the server
 * does not name itself as something else. */
static bool is_down_behind(const struct facts *f)
{
    const struct leg *leg = leg_behind(f);

    return leg && leg->exchange == 0 &&
           (!f->known->software[0] || is_known_proxy(f));
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
            (answer_delay(f) >= f->settings->timeout_floor ||
             is_down_behind(f)));
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
