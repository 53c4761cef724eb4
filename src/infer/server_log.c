#include "infer/server_log.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>

/* Most servers have few entries. */
static void make_room(struct server_log *log)
{
    if (log->count < log->room)
        return;
    log->room = log->room ? 2 * log->room : 4;
    log->entry = must_realloc(log->entry, log->room, sizeof *log->entry);
}

/* Its place: behind those that are not later, by frame. */
static size_t place_of(const struct server_log *log,
                       const struct log_entry *entry)
{
    size_t at = log->count;

    while (at > 0 && log->entry[at - 1].at.frame > entry->at.frame)
        at--;
    return at;
}

void server_log_add(struct server_log *log, const struct log_entry *entry)
{
    size_t at = place_of(log, entry);

    if (log->count == SERVER_LOG_KEPT) {
        if (at == 0)
            return;
        at--;
        memmove(log->entry, log->entry + 1, at * sizeof *log->entry);
        log->entry[at] = *entry;
        return;
    }
    make_room(log);
    memmove(log->entry + at + 1, log->entry + at,
            (log->count - at) * sizeof *log->entry);
    log->entry[at] = *entry;
    log->count++;
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
        [LOG_REUSED] = "reused",
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
