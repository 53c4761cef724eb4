/*
 * The log of one server: what became of its connections and exchanges, in
 * order of time. The figures of server_facts are counted from its entries as
 * they come, so that they go on when the oldest are no longer kept.
 */
#ifndef INFER_SERVER_LOG_H
#define INFER_SERVER_LOG_H

#include "tcp/conn.h"

enum log_kind {
    LOG_OPENED,           /* a connection worked */
    LOG_REFUSED,          /* one did not: its SYN met an RST */
    LOG_CLOSED_IDLE,      /* the server closed it with nothing outstanding */
    LOG_CLOSED_BY_SERVER, /* it closed it first, otherwise */
    LOG_CLOSED_BY_CLIENT,
    LOG_ANSWERED, /* an exchange: the whole answer came */
    LOG_GATEWAY,  /* that was a 502, 503 or 504 */
    LOG_CUT,   /* the server closed, from the floor on, before it was whole */
    LOG_RESET, /* HTTP/2: the server's RST_STREAM(INTERNAL_ERROR) */
    LOG_GIVEN_UP, /* the client closed before it was whole */
    LOG_FAILED,   /* it was not whole, for another reason */
    LOG_KINDS
};

struct log_entry {
    enum log_kind kind;
    struct mark at;
    nanos took; /* until then: from the request, of an idle time, or in all */
};

enum {
    SERVER_LOG_KEPT = 64 /* the oldest goes */
};

struct server_log {
    struct log_entry *entry; /* a ring; see server_log_at */
    size_t first;
    size_t count;
    size_t room;
};

/* An entry that is older than all that are kept is not, when they are many. */
void server_log_add(struct server_log *log, const struct log_entry *entry);
/* From 0, the oldest, to count - 1, the latest. */
const struct log_entry *server_log_at(const struct server_log *log, size_t i);

void server_log_release(struct server_log *log);

/* "answered whole" */
const char *log_kind_name(enum log_kind kind);

#endif
