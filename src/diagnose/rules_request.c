/* The server ended it while the request was not complete. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"

enum {
    STATUS_REQUEST_TIMEOUT = 408
};

static bool has_server_reset(const struct facts *f)
{
    for (unsigned i = 0; i < f->conn->resets; i++) {
        if (f->conn->reset[i].from == conn_server(f->conn))
            return true;
    }
    return false;
}

/*
 * The answer was there while the request was still coming, and what was left
 * unread of it turned the close into an RST.
 */
bool is_early_response_reset(const struct facts *f)
{
    return !f->request_whole && f->response_begun &&
           f->x->status != STATUS_REQUEST_TIMEOUT && has_server_reset(f) &&
           request_quiet(f) < f->settings->timeout_floor;
}

bool is_read_timeout(const struct facts *f)
{
    bool said = f->x->status == STATUS_REQUEST_TIMEOUT;
    bool waited = request_quiet(f) >= f->settings->timeout_floor / 2 &&
                  nanos_between(f->x->request.start.time, f->end.time) >=
                      f->settings->timeout_floor / 2;

    return !f->request_whole && f->server_closed && (said || waited);
}
