#include "http/h2_flow_control.h"

#include "base/arena.h"

#include <stdlib.h>

void h2_account_init(struct h2_account *account, int64_t start)
{
    *account = (struct h2_account){.start = start};
}

void h2_account_release(struct h2_account *account)
{
    free(account->blocking);
    account->blocking = NULL;
}

static void block(struct h2_account *account, struct mark at)
{
    if (!account->blocking)
        account->blocking = must_calloc(1, sizeof *account->blocking);
    if (!mark_is_set(account->blocking->since))
        account->blocking->since = at;
}

/* `then` is the account while it was blocked. */
static void unblock(struct h2_account *account, const struct h2_account *then,
                    struct mark at)
{
    struct h2_blocking *blocking = account->blocking;
    nanos lasted;

    if (!blocking || !mark_is_set(blocking->since))
        return;
    lasted = nanos_between(blocking->since.time, at.time);
    if (!mark_is_set(blocking->from) ||
        lasted > nanos_between(blocking->from.time, blocking->until.time)) {
        blocking->from = blocking->since;
        blocking->until = at;
        blocking->from_start = then->start;
        blocking->from_sent = then->sent;
        blocking->from_credited = then->credited;
        blocking->from_beside = blocking->beside;
    }
    blocking->since = (struct mark){0};
}

/* Is something left again? */
static void look_open(struct h2_account *account,
                      const struct h2_account *before, struct mark at)
{
    if (h2_account_left(account) > 0)
        unblock(account, before, at);
}

void h2_account_send(struct h2_account *account, uint64_t size, bool more,
                     struct mark at)
{
    struct h2_account before = *account;

    account->sent += size;
    if (more && h2_account_left(account) <= 0)
        block(account, at);
    else
        unblock(account, &before, at);
}

void h2_account_credit(struct h2_account *account, uint64_t size,
                       struct mark at)
{
    struct h2_account before = *account;

    account->credited += size;
    look_open(account, &before, at);
}

void h2_account_resize(struct h2_account *account, int64_t change,
                       struct mark at)
{
    struct h2_account before = *account;

    account->start += change;
    look_open(account, &before, at);
}

void h2_account_end(struct h2_account *account, struct mark at)
{
    struct h2_account before = *account;

    unblock(account, &before, at);
}

struct h2_window h2_account_window(const struct h2_account *account)
{
    struct h2_window window = {.start = account->start,
                               .sent = account->sent,
                               .credited = account->credited};

    if (account->blocking)
        window.blocking = *account->blocking;
    return window;
}
