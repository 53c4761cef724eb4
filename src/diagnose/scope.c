#include "diagnose/scope.h"

#include "diagnose/doubt.h"
#include "diagnose/facts_h2.h"
#include "diagnose/facts_tls.h"

#include <assert.h>

static const struct {
    const char *slug;
    const char *what;
} name[] = {
#define SCOPE(id, slug, what) [SCOPE_##id] = {slug, what},
#include "diagnose/rules.def"
};

static_assert(sizeof name / sizeof *name == SCOPE_COUNT,
              "every scope has its name");

const char *scope_slug(enum scope scope)
{
    return name[scope].slug;
}

const char *scope_what(enum scope scope)
{
    return name[scope].what;
}

/*
 * After the client's FIN the server's data met RSTs: it had left, and was not
 * merely done with sending (RFC 9293, 3.10.7.4). Not if it had acknowledged the
 * whole answer by then, wherever that was recorded.
 */
static bool client_had_left(const struct facts *f)
{
    if (!f->client_closed || (f->closing.acks != CONN_NO_OFFSET &&
                              f->closing.acks >= f->x->response.reached))
        return false;
    if (f->closing.by_reset)
        return f->closing.at.frame <= f->x->response.end.frame;
    for (unsigned i = 0; i < f->conn->resets; i++) {
        const struct reset *reset = &f->conn->reset[i];

        if (reset->from == f->conn->client && !reset->has_ack &&
            reset_is_in_character(reset))
            return f->client->fin.frame < f->x->response.start.frame ||
                   f->server->acked < f->x->response.reached;
    }
    return false;
}

/* It closed before the answer to its unfinished request came. */
static bool client_left_first(const struct facts *f)
{
    return f->client_closed &&
           f->closing.at.frame <= f->x->response.start.frame;
}

/* The client shut down its sending side, and then came an RST that neither side
 * may have sent: did it leave, or does it wait? */
static bool is_undecided(const struct facts *f)
{
    if (!f->client_closed || f->closing.by_reset)
        return false;
    for (unsigned i = 0; i < f->conn->resets; i++) {
        if (!reset_is_in_character(&f->conn->reset[i]))
            return true;
    }
    return false;
}

/*
 * A client that only shut down its sending side still waits for its answer. A
 * server that closes at once without one has taken it for a client that left.
 */
static bool is_half_close(const struct facts *f)
{
    if (!f->client_closed || f->closing.by_reset || !f->request_whole ||
        f->conn->resets > 0 ||
        nanos_between(f->x->request.end.time, f->closing.at.time) >=
            50 * NANOS_PER_MILLI)
        return false;
    return f->response_begun || !mark_is_set(f->server->fin) ||
           nanos_between(f->closing.at.time, f->server->fin.time) >=
               f->settings->timeout_floor;
}

/* A client that is done with sending has not closed: look who else did. */
static void look_past_half_close(struct facts *f)
{
    f->client_closed = false;
    if (mark_is_set(f->server->fin)) {
        f->server_closed = true;
        f->closing = (struct closing){.by = CLOSED_BY_SERVER,
                                      .at = f->server->fin,
                                      .acks = f->server->fin_acks};
        f->covers = true;
        f->end = f->server->fin;
    } else {
        f->closing = (struct closing){.acks = CONN_NO_OFFSET};
        f->end = f->around->capture_last;
    }
    f->wait = facts_passed(f->asked, f->end);
    f->quiet = facts_passed(f->progress, f->end);
}

/* Exchanges of HTTP/1 whose answer, if any, reached who was there. */
static bool is_plain_h1(const struct facts *f)
{
    return f->x && !f->x->tunnel && !f->x->is_h2 && !f->undelivered;
}

struct facts facts_for_rules(const struct facts *f)
{
    struct facts read = *f;

    if (!is_plain_h1(f))
        return read;
    if (!f->incident->is_complete) {
        if (is_half_close(f))
            look_past_half_close(&read);
    } else if (client_had_left(f)) {
        /* told when the client had closed before: did it take the answer? */
        read.end = f->closing.at;
        read.wait = facts_passed(f->asked, read.end);
    }
    return read;
}

/* RFC 9113, 8.4: a client may say no to what it has not asked for. */
static bool is_declined_push(const struct facts *f)
{
    return f->x->stream % 2 == 0 && f->x->h2 && f->x->h2->reset_by_client;
}

static enum scope scope_of_stream(const struct facts *f)
{
    if (is_declined_push(f))
        return SCOPE_NOTHING;
    if (f->incident->is_complete ||
        (f->request_whole && f->response_whole && !has_stream_reset(f)))
        return exchange_is_short(f->x) && ended_while_blocked(f)
                   ? SCOPE_H2_CUT
                   : SCOPE_H2_COMPLETE;
    if (f->response_whole && has_stream_reset(f))
        return SCOPE_H2_ANSWERED;
    return SCOPE_H2;
}

static enum scope scope_of_connection(const struct facts *f)
{
    const struct http_facts *http = &f->incident->http;

    return http->protocol == PROTOCOL_HTTP2 &&
                   http->first[conn_server(f->conn)] != SNIFFED_RESPONSE &&
                   http->first[f->conn->client] != SNIFFED_REQUEST
               ? SCOPE_H2_CONNECTION
               : SCOPE_CONNECTION;
}

/* An answer that is not read is known not to be whole where its server's FIN
 * cut a record. */
static enum scope scope_of_opaque(const struct facts *f)
{
    if (!f->around->port_is_https)
        return SCOPE_NOTHING;
    if (!f->response_begun)
        return SCOPE_OPAQUE;
    return is_cut_by_fin(f) ? SCOPE_OPAQUE_CUT : SCOPE_NOTHING;
}

enum scope scope_of(const struct facts *f)
{
    if (!f->x)
        return scope_of_connection(f);
    if (f->x->opaque)
        return scope_of_opaque(f);
    if (f->x->tunnel)
        return f->x->is_h2 ? SCOPE_NOTHING : SCOPE_TUNNEL;
    if (is_undecided(f))
        return SCOPE_NOTHING;
    if (f->x->is_h2)
        return scope_of_stream(f);
    if (f->undelivered)
        return SCOPE_H1_UNDELIVERED;
    if (f->left)
        return SCOPE_H1;
    if (f->incident->is_complete)
        return client_had_left(f) ? SCOPE_H1_LEFT : SCOPE_H1_COMPLETE;
    if (f->response_whole && !f->request_whole)
        return client_left_first(f) ? SCOPE_H1_LEFT : SCOPE_H1_ANSWERED;
    return SCOPE_H1;
}

enum scope scope_in_doubt(const struct facts *f)
{
    if (is_told_by_first_bytes(f))
        return SCOPE_ANYWAY_BEGUN;
    if (is_told_by_close(f))
        return SCOPE_ANYWAY_CLOSED;
    return is_told_by_reset(f) ? SCOPE_ANYWAY_RESET : SCOPE_NOTHING;
}
