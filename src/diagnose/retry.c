#include "diagnose/retry.h"

#include "diagnose/facts_h2.h"
#include "diagnose/software.h"

#include <nghttp2/nghttp2.h>

/* RFC 9110, 9.2.2, RFC 4918, and QUERY. */
static bool is_idempotent(const char *method)
{
    static const char *const idempotent[] = {"GET",      "HEAD",    "PUT",
                                             "DELETE",   "OPTIONS", "TRACE",
                                             "PROPFIND", "MKCOL",   "SEARCH",
                                             "REPORT",   "QUERY"};

    for (size_t i = 0; i < sizeof idempotent / sizeof *idempotent; i++) {
        if (strcmp(method, idempotent[i]) == 0)
            return true;
    }
    return false;
}

/* No connection, no request. */
static enum retry retry_of_connection(enum verdict code)
{
    switch (code) {
    case VERDICT_CONNECT_REFUSED:
    case VERDICT_TLS_HANDSHAKE_FAILED:
    case VERDICT_CONNECT_TIMEOUT:
        return RETRY_SAFE;
    case VERDICT_ACCEPT_QUEUE_OVERFLOW:
    case VERDICT_PROTOCOL_MISMATCH:
    case VERDICT_SERVER_RESET:
        return RETRY_UNKNOWN;
    default:
        return RETRY_NONE;
    }
}

/* The server closed before anything of it had arrived, or had said that it
 * would read no more. */
static bool is_unseen(const struct facts *f, enum verdict code)
{
    if (code == VERDICT_IDLE_CLOSE_RACE ||
        code == VERDICT_CONNECTION_CLOSE_IGNORED)
        return true;
    return !f->x->is_h2 && f->server_closed && !f->closing.by_reset &&
           !f->response_begun && f->closing.acks != CONN_NO_OFFSET &&
           f->closing.acks <= f->x->request.begin;
}

/*
 * RFC 9113, 6.8 and 8.7. REFUSED_STREAM says it, but a proxy may say so of a
 * request that it had forwarded; not where its own limit was reached.
 */
static bool is_unprocessed(const struct facts *f, enum verdict code)
{
    const struct h2_goaway *goaway = goaway_of_server(f);

    if (!f->x->is_h2 || f->response_begun)
        return false;
    if (is_reset_by_server(f))
        return code == VERDICT_H2_STREAM_LIMIT ||
               (f->x->h2->reset_code == NGHTTP2_REFUSED_STREAM &&
                !is_known_proxy(f));
    if (goaway && f->x->stream > goaway->last_stream)
        return true;
    return f->server_closed && f->x->request.start.frame > f->closing.at.frame;
}

/* What of it its server has, a program may have. */
static bool may_be_seen(const struct facts *f)
{
    return f->response_begun || f->request_whole ||
           f->client->acked > f->x->request.begin;
}

enum retry retry_of(const struct facts *f, enum verdict code)
{
    if (!f->x)
        return retry_of_connection(code);
    if (is_unseen(f, code) || is_unprocessed(f, code))
        return RETRY_SAFE;
    if (f->incident->is_complete && f->x->status < 500 && !f->x->bare_end)
        return RETRY_NONE;
    if (f->x->method && f->x->method[0] && !is_idempotent(f->x->method) &&
        may_be_seen(f))
        return RETRY_UNSAFE;
    return RETRY_UNKNOWN;
}
