#include "model/exchange.h"

#include "base/arena.h"

#include <stdlib.h>

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
    free(x);
}
