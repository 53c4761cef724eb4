/* The request was complete, and the server ended it before the answer was. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"

static bool is_server_close(const struct facts *f)
{
    return f->request_whole && !f->response_whole && f->server_closed;
}

bool is_write_timeout_eof(const struct facts *f)
{
    return is_server_close(f) && !f->closing.by_reset && !f->response_begun &&
           f->covers && f->wait >= f->settings->timeout_floor &&
           timeout_fit(f) != FIT_REFUTED;
}

bool is_short_body_closed(const struct facts *f)
{
    return is_server_close(f) && f->response_begun && !f->closing.by_reset &&
           f->x->response.framing == FRAMING_LENGTH &&
           nanos_between(f->x->response.last.time, f->end.time) >=
               f->settings->stall_threshold &&
           !is_slow_reader(f) && pause_is_idle_timeout(f);
}

bool is_write_timeout_truncation(const struct facts *f)
{
    return is_server_close(f) && f->response_begun && !f->closing.by_reset &&
           f->covers && f->wait >= f->settings->timeout_floor &&
           (is_slow_reader(f) || timeout_fit(f) != FIT_REFUTED);
}

bool is_no_backend(const struct facts *f)
{
    return is_server_close(f) && !f->response_begun && f->known->failed >= 3 &&
           f->known->answered == 0 && f->known->cut.samples == 0;
}

bool is_server_reset(const struct facts *f)
{
    return f->server_closed && f->closing.by_reset && !f->response_whole;
}

/* Whatever is left when the server closes with a FIN. */
bool is_handler_abort(const struct facts *f)
{
    return f->server_closed && !f->response_whole;
}
