#include "model/exchange.h"

#include "base/arena.h"

#include <stdlib.h>

bool exchange_is_short(const struct exchange *x)
{
    const struct message *response = &x->response;
    bool has_body = x->status != 204 && x->status != 304 && x->method &&
                    strcmp(x->method, "HEAD") != 0;

    return x->is_h2 && has_body && mark_is_set(response->end) &&
           response->framing == FRAMING_LENGTH && !response->lost &&
           response->body < response->expected;
}

struct exchange *exchange_new(uint64_t stream)
{
    struct exchange *x = must_calloc(1, sizeof *x);

    x->stream = stream;
    x->request.expected = HTTP_NO_LENGTH;
    x->response.expected = HTTP_NO_LENGTH;
    return x;
}

static char *copy_text(const char *text)
{
    size_t size;
    char *copy;

    if (!text)
        return NULL;
    size = strlen(text) + 1;
    copy = must_calloc(size, 1);
    memcpy(copy, text, size);
    return copy;
}

struct exchange *exchange_copy(const struct exchange *x)
{
    struct exchange *copy = must_calloc(1, sizeof *copy);

    *copy = *x;
    copy->next = NULL;
    copy->before = NULL;
    if (x->h2) {
        copy->h2 = must_calloc(1, sizeof *copy->h2);
        *copy->h2 = *x->h2;
    }
    copy->method = copy_text(x->method);
    copy->target = copy_text(x->target);
    copy->host = copy_text(x->host);
    return copy;
}

void exchange_free(struct exchange *x)
{
    if (!x)
        return;
    free(x->method);
    free(x->target);
    free(x->host);
    free(x->h2);
    free(x);
}

struct exchange_h2 *exchange_need_h2(struct exchange *x)
{
    if (!x->h2)
        x->h2 = must_calloc(1, sizeof *x->h2);
    return x->h2;
}

char *exchange_keep_text(struct span text, size_t limit)
{
    char *copy;

    text = span_head(text, limit);
    copy = must_calloc(text.size + 1, 1);
    if (text.size)
        memcpy(copy, text.at, text.size);
    return copy;
}

void exchange_take_grpc(struct exchange *x, const struct http_head *head)
{
    struct exchange_h2 *h2;
    struct span message;

    if (!head->has_grpc_status)
        return;
    h2 = exchange_need_h2(x);
    h2->has_grpc_status = true;
    h2->grpc_status = head->grpc_status;
    message = span_head(head->grpc_message, EXCHANGE_GRPC_MESSAGE_SIZE - 1);
    memset(h2->grpc_message, 0, sizeof h2->grpc_message);
    if (message.size)
        memcpy(h2->grpc_message, message.at, message.size);
}

/* Blocked for less is how flow control works. */
#define WORTH_KEEPING (100 * NANOS_PER_MILLI)

static bool was_blocked(const struct h2_ledger *ledger, struct mark now)
{
    for (unsigned side = 0; side < 2; side++) {
        if (h2_window_longest(&ledger->stream[side], now) >= WORTH_KEEPING ||
            h2_window_longest(&ledger->connection[side], now) >= WORTH_KEEPING)
            return true;
    }
    return false;
}

void exchange_take_ledger(struct exchange *x, const struct http_event *event,
                          unsigned client)
{
    const struct h2_ledger *ledger = event->ledger;
    struct exchange_h2 *h2;

    if (event->kind != HTTP_RESET && event->kind != HTTP_LEDGER &&
        !was_blocked(ledger, event->at))
        return;
    h2 = exchange_need_h2(x);
    for (unsigned message = 0; message < MESSAGES; message++) {
        unsigned side = message == MESSAGE_REQUEST ? client : 1 - client;

        h2->stream[message] = ledger->stream[side];
        h2->connection[message] = ledger->connection[side];
        h2->known[message] = ledger->known[side];
        for (size_t i = 0; i < H2_HOLDERS; i++) {
            h2->holder[message][i].stream = ledger->holder[side][i].stream;
            h2->holder[message][i].unread = ledger->holder[side][i].unread;
        }
    }
    h2->open = ledger->open;
    h2->limit = ledger->limit;
    if (event->kind == HTTP_RESET) {
        h2->reset = event->at;
        h2->reset_code = event->code;
        h2->reset_by_client = event->side == client;
    }
}
