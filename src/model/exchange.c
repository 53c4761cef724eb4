#include "model/exchange.h"

#include "base/arena.h"

#include <stdlib.h>

/* Its header section could be read. */
static bool is_request_known(const struct exchange *x)
{
    return x->method && x->method[0];
}

/* RFC 9110, 6.4.1. */
static bool may_have_body(const struct exchange *x)
{
    return x->status != 204 && x->status != 304 && x->method &&
           (x->method[0] != 'H' || strcmp(x->method, "HEAD") != 0);
}

bool exchange_is_long(const struct exchange *x)
{
    const struct message *response = &x->response;

    if (!x->is_h2 || response->body == 0 || x->tunnel || response->lost ||
        !x->status)
        return false;
    if (response->framing == FRAMING_LENGTH &&
        response->body > response->expected)
        return is_request_known(x);
    return is_request_known(x) && !may_have_body(x);
}

bool exchange_is_miscounted(const struct exchange *x)
{
    const struct message *request = &x->request;

    return x->is_h2 && !x->tunnel && !request->lost &&
           request->framing == FRAMING_LENGTH &&
           (request->body > request->expected ||
            (mark_is_set(request->end) && request->body < request->expected));
}

bool exchange_is_short(const struct exchange *x)
{
    const struct message *response = &x->response;

    /* what has some body may have it */
    return x->is_h2 && response->framing == FRAMING_LENGTH &&
           response->body < response->expected && !response->lost &&
           mark_is_set(response->end) &&
           (is_request_known(x) || response->body > 0) && may_have_body(x);
}

bool exchange_is_whole_by_length(const struct exchange *x)
{
    const struct message *response = &x->response;

    if (!x->is_h2 || x->answers_grpc || x->tunnel || response->lost ||
        mark_is_set(response->end))
        return false;
    if (x->h2 && mark_is_set(x->h2->reset) && !x->h2->reset_by_client &&
        x->h2->reset_code)
        return false;
    return mark_is_set(response->head) && response->framing == FRAMING_LENGTH &&
           response->expected != HTTP_NO_LENGTH &&
           response->body == response->expected;
}

bool exchange_is_garbled(const struct exchange *x)
{
    const struct http_fault *fault = x->fault[MESSAGE_RESPONSE];

    return fault && fault->kind == FAULT_START_LINE;
}

bool exchange_is_answered(const struct exchange *x)
{
    return mark_is_set(x->response.end) || exchange_is_whole_by_length(x);
}

struct exchange *exchange_new(uint64_t stream)
{
    struct exchange *x = must_calloc(1, sizeof *x);

    x->stream = stream;
    x->request.expected = HTTP_NO_LENGTH;
    x->response.expected = HTTP_NO_LENGTH;
    return x;
}

struct exchange *exchange_copy(const struct exchange *x)
{
    struct exchange *copy = must_calloc(1, sizeof *copy);

    *copy = *x;
    copy->next = NULL;
    copy->before = NULL;
    copy->next_whole = NULL;
    copy->whole_before = NULL;
    if (x->h2) {
        copy->h2 = must_calloc(1, sizeof *copy->h2);
        *copy->h2 = *x->h2;
    }
    for (unsigned i = 0; i < MESSAGES; i++) {
        copy->fault[i] = NULL;
        if (x->fault[i])
            exchange_take_fault(copy, i, x->fault[i]);
    }
    if (x->text) {
        copy->text = must_calloc(x->text_size, 1);
        memcpy(copy->text, x->text, x->text_size);
        copy->method = copy->text + (x->method - x->text);
        copy->target = copy->text + (x->target - x->text);
        copy->host = copy->text + (x->host - x->text);
    }
    if (x->grpc_message) {
        size_t size = strlen(x->grpc_message) + 1;

        copy->grpc_message = must_calloc(size, 1);
        memcpy(copy->grpc_message, x->grpc_message, size);
    }
    return copy;
}

void exchange_free(struct exchange *x)
{
    if (!x)
        return;
    free(x->text);
    free(x->grpc_message);
    free(x->h2);
    free(x->fault[MESSAGE_REQUEST]);
    free(x->fault[MESSAGE_RESPONSE]);
    free(x);
}

void exchange_take_fault(struct exchange *x, unsigned message,
                         const struct http_fault *fault)
{
    if (x->fault[message])
        return;
    x->fault[message] = must_calloc(1, sizeof *fault);
    *x->fault[message] = *fault;
}

static char *put_name(char *to, struct span name)
{
    if (name.size)
        memcpy(to, name.at, name.size);
    return to + name.size + 1;
}

void exchange_keep_names(struct exchange *x, const struct http_head *head)
{
    struct span method = span_head(head->method, EXCHANGE_METHOD_LIMIT);
    struct span target = span_head(head->target, EXCHANGE_TARGET_LIMIT);
    struct span host = span_head(head->host, EXCHANGE_HOST_LIMIT);

    free(x->text);
    x->text_size = method.size + target.size + host.size + 3;
    x->text = must_calloc(x->text_size, 1);
    x->method = x->text;
    x->target = put_name(x->text, method);
    x->host = put_name(x->text + method.size + 1, target);
    (void)put_name(x->text + method.size + 1 + target.size + 1, host);
}

void exchange_take_grpc(struct exchange *x, const struct http_head *head)
{
    struct span message =
        span_head(head->grpc_message, EXCHANGE_GRPC_MESSAGE_LIMIT);

    if (!head->has_grpc_status)
        return;
    x->has_grpc_status = true;
    x->grpc_status = head->grpc_status;
    free(x->grpc_message);
    x->grpc_message = NULL;
    if (!message.size)
        return;
    x->grpc_message = must_calloc(message.size + 1, 1);
    (void)put_name(x->grpc_message, message);
}

/* Blocked for less is how flow control works. */
#define WORTH_KEEPING (100 * NANOS_PER_MILLI)

static bool was_blocked(const struct h2_windows *windows, struct mark now)
{
    for (unsigned side = 0; side < 2; side++) {
        if (h2_window_longest(&windows->stream[side], now) >= WORTH_KEEPING ||
            h2_window_longest(&windows->connection[side], now) >= WORTH_KEEPING)
            return true;
    }
    return false;
}

static struct exchange_h2 *need_h2(struct exchange *x)
{
    if (!x->h2)
        x->h2 = must_calloc(1, sizeof *x->h2);
    return x->h2;
}

void exchange_take_late_reset(struct exchange *x,
                              const struct http_event *event, unsigned client)
{
    struct exchange_h2 *h2;

    if (x->h2 && mark_is_set(x->h2->reset))
        return;
    if (!x->h2) {
        h2 = need_h2(x);
        h2->known[MESSAGE_REQUEST] = true;
        h2->known[MESSAGE_RESPONSE] = true;
        h2->limit = H2_NO_LIMIT;
    }
    x->h2->reset = event->at;
    x->h2->reset_code = event->code;
    x->h2->reset_by_client = event->side == client;
    x->behind = true;
}

void exchange_take_windows(struct exchange *x, const struct http_event *event,
                           unsigned client)
{
    const struct h2_windows *windows = event->windows;
    struct exchange_h2 *h2;

    if (event->kind != HTTP_RESET && event->kind != HTTP_STILL_OPEN &&
        !was_blocked(windows, event->at))
        return;
    h2 = need_h2(x);
    for (unsigned message = 0; message < MESSAGES; message++) {
        unsigned side = message == MESSAGE_REQUEST ? client : 1 - client;

        h2->stream[message] = windows->stream[side];
        h2->connection[message] = windows->connection[side];
        h2->known[message] = windows->known[side];
        memcpy(h2->holder[message], windows->holder[side],
               sizeof h2->holder[message]);
    }
    h2->open = windows->open;
    h2->limit = windows->limit;
    h2->limited = windows->limited;
    if (event->kind == HTTP_RESET) {
        h2->reset = event->at;
        h2->reset_code = event->code;
        h2->reset_by_client = event->side == client;
    }
}
