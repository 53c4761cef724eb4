/* The server ended it while the request was not complete. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/facts_stall.h"
#include "diagnose/legs.h"

enum {
    STATUS_BAD_REQUEST = 400,
    STATUS_REQUEST_TIMEOUT = 408,
    STATUS_SERVER_ERROR = 500, /* the first of them */
    STATUS_BAD_GATEWAY = 502,
    STATUS_GATEWAY_TIMEOUT = 504
};

static bool has_server_reset(const struct facts *f)
{
    for (unsigned i = 0; i < f->conn->resets; i++) {
        const struct reset *reset = &f->conn->reset[i];

        if (reset->from == conn_server(f->conn) && reset_is_in_character(reset))
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
           !is_stopped_by_gateway(f) &&
           request_quiet(f) < f->settings->timeout_floor;
}

/*
 * The request had come, and was not read: its answer is a refusal without a
 * body or a length (Node: 431 where the header section is too large), and the
 * unread bytes turned the close that is its end into an RST.
 */
bool is_refusal_reset(const struct facts *f)
{
    const struct exchange *x = f->x;

    return f->request_whole && f->response_begun && !f->response_whole &&
           f->server_closed && f->closing.by_reset &&
           f->closing.reset->has_ack && has_server_reset(f) && x->says_close &&
           x->response.framing == FRAMING_CLOSE && x->response.body == 0 &&
           x->status >= STATUS_BAD_REQUEST && x->status < STATUS_SERVER_ERROR &&
           nanos_between(x->response.last.time, f->closing.at.time) <
               f->settings->timeout_floor;
}

/* What is said of a request that does not come to its end. */
bool is_answer_to_slowness(const struct facts *f)
{
    uint16_t status = f->x->status;

    return status == STATUS_BAD_REQUEST || status == STATUS_REQUEST_TIMEOUT ||
           (status >= STATUS_BAD_GATEWAY && status <= STATUS_GATEWAY_TIMEOUT);
}

bool is_read_timeout(const struct facts *f)
{
    bool answered = f->response_whole && is_answer_to_slowness(f);
    bool said = f->x->status == STATUS_REQUEST_TIMEOUT;
    bool waited = request_quiet(f) >= f->settings->timeout_floor / 2 &&
                  nanos_between(f->x->request.start.time, f->end.time) >=
                      f->settings->timeout_floor / 2;

    return !f->request_whole && (f->server_closed || answered) &&
           !is_request_lost(f) && (said || waited || is_stopped_by_gateway(f));
}
