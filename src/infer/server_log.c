#include "infer/server_log.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>

/* Most servers have few entries; the ring is not one before it is full. */
static void make_room(struct server_log *log)
{
    static_assert((SERVER_LOG_KEPT & (SERVER_LOG_KEPT - 1)) == 0,
                  "room doubles until all are kept");
    if (log->count < log->room)
        return;
    log->room = log->room ? 2 * log->room : 4;
    log->entry = must_realloc(log->entry, log->room, sizeof *log->entry);
}

static struct log_entry *entry_at(const struct server_log *log, size_t i)
{
    return &log->entry[(log->first + i) % SERVER_LOG_KEPT];
}

const struct log_entry *server_log_at(const struct server_log *log, size_t i)
{
    return entry_at(log, i);
}

/* What is later moves up; most come in order. */
void server_log_add(struct server_log *log, const struct log_entry *entry)
{
    size_t i;

    if (log->count == SERVER_LOG_KEPT) {
        if (entry_at(log, 0)->at.frame > entry->at.frame)
            return;
        log->first = (log->first + 1) % SERVER_LOG_KEPT;
        log->count--;
    }
    make_room(log);
    for (i = log->count++; i > 0; i--) {
        const struct log_entry *before = entry_at(log, i - 1);

        if (before->at.frame <= entry->at.frame)
            break;
        *entry_at(log, i) = *before;
    }
    *entry_at(log, i) = *entry;
}

void server_log_release(struct server_log *log)
{
    free(log->entry);
    *log = (struct server_log){0};
}

const char *log_kind_name(enum log_kind kind)
{
    static const char *const name[] = {
        [LOG_OPENED] = "opened",
        [LOG_REFUSED] = "refused",
        [LOG_CLOSED_IDLE] = "closed by the server while idle",
        [LOG_CLOSED_BY_SERVER] = "closed by the server",
        [LOG_CLOSED_BY_CLIENT] = "closed by the client",
        [LOG_ANSWERED] = "answered whole",
        [LOG_GATEWAY] = "answered 502, 503 or 504",
        [LOG_CUT] = "cut by the server",
        [LOG_RESET] = "reset (INTERNAL_ERROR)",
        [LOG_GIVEN_UP] = "given up by the client",
        [LOG_FAILED] = "failed",
    };

    static_assert(sizeof name / sizeof *name == LOG_KINDS,
                  "every kind has its name");
    return name[kind];
}
