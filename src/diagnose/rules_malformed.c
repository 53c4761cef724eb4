/* Messages that are not as they must be, by our own reading of them. */
#include "diagnose/rules.h"

#include "diagnose/facts_fault.h"
#include "diagnose/facts_h2.h"

#include <nghttp2/nghttp2.h>
#include <string.h>
#include <strings.h>

static bool begins_with(const struct http_fault *fault, const char *text)
{
    size_t size = strlen(text);

    return fault->size >= size &&
           strncasecmp((const char *)fault->bytes, text, size) == 0;
}

/*
 * It is HTTP that its server speaks: a line that begins so, an answer before
 * it, or a page without any header. Else another protocol may be spoken.
 */
static bool is_some_http(const struct facts *f, const struct http_fault *fault)
{
    /* llhttp had read 'HTTP/' before it found anything else wrong */
    return strcmp(fault->name, "HPE_INVALID_CONSTANT") != 0 ||
           begins_with(fault, "HTTP") || begins_with(fault, "<html") ||
           begins_with(fault, "<!doctype html") ||
           (f->incident->complete && f->x->number > 1);
}

/* What its client had not got when it closed is nobody's. */
static bool is_behind_close(const struct facts *f,
                            const struct http_fault *fault)
{
    if (!f->client_closed || f->closing.at.frame >= fault->at.frame)
        return false;
    return f->closing.acks == CONN_NO_OFFSET ||
           f->closing.acks <= fault->offset;
}

/*
 * Bytes behind an end that their receiver never acknowledged, or that the FIN
 * of their sender does not count, may be another's: nobody misses them. A FIN
 * takes one number.
 */
static bool is_behind_unheard(const struct facts *f,
                              const struct http_fault *fault)
{
    const struct flow *server = f->server;
    uint64_t behind = fault->offset + 1;

    return fault->kind == FAULT_BEHIND &&
           (server->acked < behind || server->fin_at < behind ||
            (server->acked == behind && server->top > behind));
}

bool is_response_malformed(const struct facts *f)
{
    const struct http_fault *fault = fault_of(f, MESSAGE_RESPONSE);

    if (!fault || f->x->is_h2 || is_behind_close(f, fault) ||
        is_behind_unheard(f, fault))
        return false;
    if (fault->kind == FAULT_LENIENT)
        return was_refused_by_client(f, fault);
    return fault->kind != FAULT_START_LINE || is_some_http(f, fault);
}

/* A request that its server takes all the same has harmed nobody. */
bool is_request_malformed(const struct facts *f)
{
    const struct http_fault *fault = fault_of(f, MESSAGE_REQUEST);

    if (!fault || f->x->is_h2 || fault->kind == FAULT_LENIENT)
        return false;
    if (was_refused_by_server(f))
        return true;
    /* its own answer was there; the close is for what stands behind it */
    return fault->kind == FAULT_BEHIND && f->server_closed &&
           f->x->close_word == CLOSE_UNSAID &&
           f->closing.at.frame >= fault->at.frame &&
           facts_passed(fault->at, f->closing.at) <= NANOS_PER_SECOND;
}

bool is_response_without_end(const struct facts *f)
{
    return is_without_end(f);
}

/* RFC 9112, 8: closed before the empty line that ends a header section. */
bool is_head_cut(const struct facts *f)
{
    return f->request_whole && f->server_closed && !f->closing.by_reset &&
           f->response_begun && !mark_is_set(f->x->response.head) &&
           f->x->response.bytes > 0;
}

/* RFC 9113, 8.1.1. */
bool is_h2_response_long(const struct facts *f)
{
    return exchange_is_long(f->x);
}

/* As long as its server has not refused it, it has harmed nobody. */
bool is_h2_request_miscounted(const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    if (!exchange_is_miscounted(f->x))
        return false;
    return f->x->status == 400 ||
           (has_stream_reset(f) && !h2->reset_by_client &&
            h2->reset_code == NGHTTP2_PROTOCOL_ERROR);
}

/* What its client refused, and what its server took back in a way. A body short
 * of its length is refused for that: the server's doing comes first. */
bool is_response_rejected(const struct facts *f)
{
    if (exchange_is_short(f->x))
        return false;
    if (is_refused_whole(f))
        return true;
    return f->response_whole && is_reset_by_server(f) &&
           f->x->h2->reset_code != NGHTTP2_NO_ERROR &&
           !f->incident->is_complete;
}

/* RFC 9113, 8.1: the server has answered, and wants no more of the request. */
bool is_h2_early_response(const struct facts *f)
{
    return f->response_whole && !f->request_whole && is_reset_by_server(f) &&
           f->x->h2->reset_code == NGHTTP2_NO_ERROR && !f->x->answers_grpc &&
           f->x->request.body > 0;
}
