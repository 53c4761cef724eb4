#include "http/h2_stream.h"

#include "base/arena.h"

#include <stdlib.h>

/* RFC 9113, 6.9.1: no window may be larger. */
#define WINDOW_MAX INT64_C(0x7fffffff)

void h2_streams_init(struct h2_streams *streams, bool known)
{
    *streams = (struct h2_streams){.limit = H2_NO_LIMIT};
    for (unsigned side = 0; side < 2; side++) {
        streams->initial[side] = H2_WINDOW_DEFAULT;
        streams->known[side] = known;
        h2_account_init(&streams->connection[side], H2_WINDOW_DEFAULT);
    }
}

void h2_streams_release(struct h2_streams *streams)
{
    for (size_t i = 0; i < H2_BUCKETS; i++) {
        while (streams->bucket[i])
            h2_streams_remove(streams, streams->bucket[i]);
    }
    for (unsigned side = 0; side < 2; side++)
        h2_account_release(&streams->connection[side]);
    free(streams->held);
    streams->held = NULL;
}

static size_t bucket_of(uint32_t id)
{
    /* client and server streams alternate: the lowest bit says little */
    return (id >> 1) % H2_BUCKETS;
}

struct h2_stream *h2_streams_find(const struct h2_streams *streams, uint32_t id)
{
    struct h2_stream *stream = streams->bucket[bucket_of(id)];

    while (stream && stream->id != id)
        stream = stream->next;
    return stream;
}

/* RFC 9113, 5.1.1: identifiers only grow. */
bool h2_streams_was_closed(const struct h2_streams *streams, uint32_t id,
                           bool all_seen)
{
    if (h2_streams_find(streams, id))
        return false;
    if (all_seen)
        return id <= streams->highest[id % 2];
    for (uint32_t i = 0; i < H2_CLOSED_KEPT; i++) {
        if (streams->closed[i] == id)
            return id != 0;
    }
    return false;
}

struct h2_stream *h2_streams_add(struct h2_streams *streams, uint32_t id)
{
    struct h2_stream *stream;

    if (id > streams->highest[id % 2])
        streams->highest[id % 2] = id;
    if (streams->open == H2_STREAMS_MAX)
        return NULL;
    stream = must_calloc(1, sizeof *stream);
    stream->id = id;
    for (unsigned side = 0; side < 2; side++)
        h2_account_init(&stream->account[side], streams->initial[side]);
    stream->next = streams->bucket[bucket_of(id)];
    streams->bucket[bucket_of(id)] = stream;
    streams->open++;
    streams->asked += id % 2;
    return stream;
}

void h2_streams_remove(struct h2_streams *streams, struct h2_stream *stream)
{
    struct h2_stream **link = &streams->bucket[bucket_of(stream->id)];

    while (*link != stream)
        link = &(*link)->next;
    *link = stream->next;
    streams->open--;
    streams->asked -= stream->id % 2;
    streams->closed[streams->closed_count++ % H2_CLOSED_KEPT] = stream->id;
    for (unsigned side = 0; side < 2; side++)
        h2_account_release(&stream->account[side]);
    free(stream);
}

/* Notes beside a stream's account that was used up just now what the
 * connection's had left. */
static void note_beside(const struct h2_streams *streams,
                        struct h2_stream *stream, unsigned side, struct mark at)
{
    struct h2_blocking *blocking = stream->account[side].blocking;

    if (blocking && blocking->since.frame == at.frame)
        blocking->beside = h2_account_left(&streams->connection[side]);
}

void h2_streams_begin(struct h2_streams *streams, struct h2_stream *stream,
                      unsigned side, struct mark at)
{
    if (stream->begun[side])
        return;
    stream->begun[side] = true;
    streams->senders[side]++;
    /* with nothing left of a window it waits from the start */
    h2_account_send(&stream->account[side], 0, true, at);
    h2_account_send(&streams->connection[side], 0, true, at);
    note_beside(streams, stream, side, at);
}

void h2_streams_end(struct h2_streams *streams, struct h2_stream *stream,
                    unsigned side, struct mark at)
{
    if (stream->begun[side] && !stream->ended[side])
        streams->senders[side]--;
    stream->ended[side] = true;
    h2_account_end(&stream->account[side], at);
    if (streams->senders[side] == 0)
        h2_account_end(&streams->connection[side], at);
}

/*
 * What goes past an account that was said to be empty shows that the account
 * is wrong: something was missed.
 */
static void check(struct h2_streams *streams, const struct h2_account *account,
                  unsigned side, uint64_t size)
{
    if (size > 0 && h2_account_left(account) < 0)
        streams->known[side] = false;
}

void h2_streams_send(struct h2_streams *streams, struct h2_stream *stream,
                     unsigned side, const struct h2_frame *frame,
                     struct mark at)
{
    bool counted = stream && stream->begun[side] && !stream->ended[side];
    bool more = stream && !(frame->flags & H2_END_STREAM);
    bool others = streams->senders[side] > (counted ? 1u : 0u);

    if (stream) {
        h2_account_send(&stream->account[side], frame->length, more, at);
        check(streams, &stream->account[side], side, frame->length);
    }
    h2_account_send(&streams->connection[side], frame->length, more || others,
                    at);
    check(streams, &streams->connection[side], side, frame->length);
    if (stream)
        note_beside(streams, stream, side, at);
}

/* Puts a stream among those that hold the most, in order. */
static void add_holder(struct h2_holder holder[static H2_HOLDERS], uint32_t id,
                       uint64_t unread)
{
    size_t at = H2_HOLDERS;

    while (at > 0 && unread > holder[at - 1].unread)
        at--;
    if (at == H2_HOLDERS)
        return;
    for (size_t i = H2_HOLDERS - 1; i > at; i--)
        holder[i] = holder[i - 1];
    holder[at] = (struct h2_holder){.stream = id, .unread = unread};
}

/* Who holds a connection's window now. */
static void find_holders(const struct h2_streams *streams, unsigned side,
                         struct h2_holder holder[static H2_HOLDERS])
{
    memset(holder, 0, H2_HOLDERS * sizeof *holder);
    for (size_t i = 0; i < H2_BUCKETS; i++) {
        for (const struct h2_stream *s = streams->bucket[i]; s; s = s->next) {
            const struct h2_account *account = &s->account[side];

            if (account->sent > account->credited)
                add_holder(holder, s->id, account->sent - account->credited);
        }
    }
}

/* Whoever held the window in the longest time that it was used up is kept:
 * afterwards it cannot be told any more. */
static void credit_connection(struct h2_streams *streams, unsigned side,
                              uint64_t size, struct mark at)
{
    struct h2_account *account = &streams->connection[side];
    struct h2_holder holder[H2_HOLDERS];
    bool used_up = account->blocking && mark_is_set(account->blocking->since);

    if (used_up)
        find_holders(streams, side, holder);
    h2_account_credit(account, size, at);
    if (!used_up || account->blocking->until.frame != at.frame)
        return;
    if (!streams->held)
        streams->held = must_calloc(2, sizeof *streams->held);
    memcpy(streams->held[side], holder, sizeof holder);
}

void h2_streams_credit(struct h2_streams *streams, struct h2_stream *stream,
                       unsigned side, uint64_t size, struct mark at)
{
    struct h2_account *account =
        stream ? &stream->account[side] : &streams->connection[side];

    if (stream)
        h2_account_credit(account, size, at);
    else
        credit_connection(streams, side, size, at);
    if (h2_account_left(account) > WINDOW_MAX)
        streams->known[side] = false;
}

void h2_streams_resize(struct h2_streams *streams, unsigned side, int64_t size,
                       struct mark at)
{
    int64_t change = size - streams->initial[side];

    streams->initial[side] = size;
    for (size_t i = 0; i < H2_BUCKETS && change; i++) {
        for (struct h2_stream *s = streams->bucket[i]; s; s = s->next) {
            h2_account_resize(&s->account[side], change, at);
            if (s->begun[side] && !s->ended[side])
                h2_account_send(&s->account[side], 0, true, at);
            note_beside(streams, s, side, at);
        }
    }
}

bool h2_streams_were_blocked(const struct h2_streams *streams,
                             const struct h2_stream *stream)
{
    for (unsigned side = 0; side < 2; side++) {
        if (stream->account[side].blocking ||
            streams->connection[side].blocking)
            return true;
    }
    return false;
}

struct h2_ledger h2_streams_ledger(const struct h2_streams *streams,
                                   const struct h2_stream *stream)
{
    struct h2_ledger ledger = {.open = streams->asked,
                               .limit = streams->limit,
                               .limited = streams->limited};

    for (unsigned side = 0; side < 2; side++) {
        ledger.stream[side] = h2_account_window(&stream->account[side]);
        ledger.connection[side] = h2_account_window(&streams->connection[side]);
        ledger.known[side] = streams->known[side];
        /* who holds it matters only where it is, or was, used up */
        if (h2_account_left(&streams->connection[side]) <= 0)
            find_holders(streams, side, ledger.holder[side]);
        else if (streams->held)
            memcpy(ledger.holder[side], streams->held[side],
                   sizeof ledger.holder[side]);
    }
    return ledger;
}
