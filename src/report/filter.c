#include "report/filter.h"

#include <stdio.h>

const char *filter_print(char text[static FILTER_SIZE],
                         const struct finding *finding)
{
    const struct exchange *x = finding->exchange;
    uint64_t id = finding->connection.id;

    if (x && x->is_h2)
        (void)snprintf(text, FILTER_SIZE,
                       "tcp.stream eq %" PRIu64
                       " && http2.streamid eq %" PRIu64,
                       id, x->stream);
    else
        (void)snprintf(text, FILTER_SIZE, "tcp.stream eq %" PRIu64, id);
    return text;
}
