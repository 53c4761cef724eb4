#include "http/h2_stream.h"

#include "base/arena.h"
#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>

/* RFC 9113, 6.9.1: no window may be larger. */
#define WINDOW_MAX INT64_C(0x7fffffff)

enum {
    FIRST_BUCKETS = 8
};

void h2_streams_init(struct h2_streams *streams, bool known)
{
    *streams = (struct h2_streams){.limit = H2_NO_LIMIT};
    for (unsigned side = 0; side < 2; side++) {
        streams->initial[side].size = H2_WINDOW_DEFAULT;
        streams->known[side] = known;
        h2_flow_control_init(&streams->connection[side], H2_WINDOW_DEFAULT);
    }
}

void h2_streams_release(struct h2_streams *streams)
{
    while (streams->oldest) {
        assert(!streams->oldest->older);
        h2_streams_remove(streams, streams->oldest);
    }
    for (unsigned side = 0; side < 2; side++) {
        h2_flow_control_release(&streams->connection[side]);
        h2_holders_free(streams->holders[side]);
        free(streams->initial[side].change);
    }
    free(streams->held);
    free(streams->bucket);
    *streams = (struct h2_streams){0};
}

static struct h2_stream **bucket_of(const struct h2_streams *streams,
                                    uint32_t id)
{
    /* client and server streams alternate: the lowest bit says little */
    uint64_t hash = streams->seed ? hash_mix(id, streams->seed) : id >> 1;

    return &streams->bucket[hash & (streams->buckets - 1)];
}

struct h2_stream *h2_streams_find(const struct h2_streams *streams, uint32_t id)
{
    struct h2_stream *stream = streams->bucket ? *bucket_of(streams, id) : NULL;

    while (stream && stream->id != id)
        stream = stream->hash_next;
    return stream;
}

static void enter(const struct h2_streams *streams, struct h2_stream *stream)
{
    struct h2_stream **bucket = bucket_of(streams, stream->id);

    stream->hash_next = *bucket;
    *bucket = stream;
}

/* Where there are many, identifiers may be chosen to share a bucket. */
static void grow(struct h2_streams *streams)
{
    if (streams->open < streams->buckets)
        return;
    free(streams->bucket);
    streams->buckets = streams->buckets ? 4 * streams->buckets : FIRST_BUCKETS;
    streams->bucket = must_calloc(streams->buckets, sizeof *streams->bucket);
    if (streams->buckets > FIRST_BUCKETS && !streams->seed)
        streams->seed = hash_seed();
    for (struct h2_stream *s = streams->oldest; s; s = s->newer)
        enter(streams, s);
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
    grow(streams);
    stream = must_calloc(1, sizeof *stream);
    stream->id = id;
    for (unsigned side = 0; side < 2; side++) {
        h2_flow_control_init(&stream->flow_control[side],
                             streams->initial[side].size);
        stream->changes[side] = streams->initial[side].changes;
    }
    enter(streams, stream);
    stream->older = streams->newest;
    if (stream->older)
        stream->older->newer = stream;
    else
        streams->oldest = stream;
    streams->newest = stream;
    streams->open++;
    streams->asked += id % 2;
    return stream;
}

static void unlink_stream(struct h2_streams *streams, struct h2_stream *stream)
{
    struct h2_stream **link = bucket_of(streams, stream->id);

    while (*link != stream)
        link = &(*link)->hash_next;
    *link = stream->hash_next;
    if (stream->older)
        stream->older->newer = stream->newer;
    else
        streams->oldest = stream->newer;
    if (stream->newer)
        stream->newer->older = stream->older;
    else
        streams->newest = stream->older;
}

void h2_streams_remove(struct h2_streams *streams, struct h2_stream *stream)
{
    unlink_stream(streams, stream);
    streams->open--;
    streams->asked -= stream->id % 2;
    streams->closed[streams->closed_count++ % H2_CLOSED_KEPT] = stream->id;
    for (unsigned side = 0; side < 2; side++) {
        if (streams->holders[side])
            h2_holders_remove(streams->holders[side], &stream->place[side]);
        h2_flow_control_release(&stream->flow_control[side]);
    }
    free(stream);
}

/* Notes beside a stream's window that was used up just now what the
 * connection's had left. */
static void note_beside(struct h2_stream *stream, unsigned side, int64_t left,
                        struct mark at)
{
    struct h2_blocking *blocking = stream->flow_control[side].blocking;

    if (blocking && blocking->since.frame == at.frame)
        blocking->beside = left;
}

static int64_t connection_left(const struct h2_streams *streams, unsigned side)
{
    return h2_flow_control_left(&streams->connection[side]);
}

static void take_change(struct h2_stream *stream, unsigned side,
                        const struct h2_change *change)
{
    struct h2_flow_control *flow_control = &stream->flow_control[side];

    h2_flow_control_resize(flow_control, change->size - flow_control->start,
                           change->at);
    if (stream->begun[side] && !stream->ended[side])
        h2_flow_control_send(flow_control, 0, true, change->at);
    note_beside(stream, side, change->beside, change->at);
}

/* Takes in the changes of the initial window since it was looked at last. */
static void catch_up(struct h2_streams *streams, struct h2_stream *stream,
                     unsigned side)
{
    const struct h2_initial *initial = &streams->initial[side];

    if (stream->changes[side] == initial->changes)
        return;
    if (initial->changes - stream->changes[side] > H2_CHANGES_KEPT) {
        streams->known[side] = false;
        stream->changes[side] = initial->changes - H2_CHANGES_KEPT;
    }
    while (stream->changes[side] != initial->changes) {
        uint32_t at = stream->changes[side]++ % H2_CHANGES_KEPT;

        take_change(stream, side, &initial->change[at]);
    }
}

/* What it holds of the connection's window has changed. */
static void note_unread(struct h2_streams *streams, struct h2_stream *stream,
                        unsigned side)
{
    const struct h2_flow_control *flow_control = &stream->flow_control[side];
    uint64_t unread = flow_control->sent > flow_control->credited
                          ? flow_control->sent - flow_control->credited
                          : 0;

    if (streams->holders[side] && (unread || stream->place[side]))
        h2_holders_set(streams->holders[side], stream->id, &stream->place[side],
                       unread);
}

void h2_streams_begin(struct h2_streams *streams, struct h2_stream *stream,
                      unsigned side, struct mark at)
{
    if (stream->begun[side])
        return;
    catch_up(streams, stream, side);
    stream->begun[side] = true;
    streams->senders[side]++;
    /* with nothing left of a window it waits from the start */
    h2_flow_control_send(&stream->flow_control[side], 0, true, at);
    h2_flow_control_send(&streams->connection[side], 0, true, at);
    note_beside(stream, side, connection_left(streams, side), at);
}

void h2_streams_end(struct h2_streams *streams, struct h2_stream *stream,
                    unsigned side, struct mark at)
{
    catch_up(streams, stream, side);
    if (stream->begun[side] && !stream->ended[side])
        streams->senders[side]--;
    stream->ended[side] = true;
    h2_flow_control_end(&stream->flow_control[side], at);
    if (streams->senders[side] == 0)
        h2_flow_control_end(&streams->connection[side], at);
}

/*
 * What goes past a window that was said to be empty shows that the window is
 * wrong: something was missed.
 */
static void check(struct h2_streams *streams,
                  const struct h2_flow_control *flow_control, unsigned side,
                  uint64_t size)
{
    if (size > 0 && h2_flow_control_left(flow_control) < 0)
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
        catch_up(streams, stream, side);
        h2_flow_control_send(&stream->flow_control[side], frame->length, more,
                             at);
        note_unread(streams, stream, side);
        check(streams, &stream->flow_control[side], side, frame->length);
    }
    h2_flow_control_send(&streams->connection[side], frame->length,
                         more || others, at);
    check(streams, &streams->connection[side], side, frame->length);
    if (stream)
        note_beside(stream, side, connection_left(streams, side), at);
}

/* Who holds a connection's window now. From the first time on that somebody
 * asks they are kept in order. */
static void find_holders(struct h2_streams *streams, unsigned side,
                         struct h2_holder holder[static H2_HOLDERS])
{
    if (!streams->holders[side]) {
        streams->holders[side] = h2_holders_new();
        for (struct h2_stream *s = streams->oldest; s; s = s->newer)
            note_unread(streams, s, side);
    }
    h2_holders_largest(streams->holders[side], holder);
}

/* Whoever held the window in the longest time that it was used up is kept:
 * afterwards it cannot be told any more. */
static void credit_connection(struct h2_streams *streams, unsigned side,
                              uint64_t size, struct mark at)
{
    struct h2_flow_control *flow_control = &streams->connection[side];
    struct h2_holder holder[H2_HOLDERS];
    bool used_up =
        flow_control->blocking && mark_is_set(flow_control->blocking->since);

    if (used_up)
        find_holders(streams, side, holder);
    h2_flow_control_credit(flow_control, size, at);
    if (!used_up || flow_control->blocking->until.frame != at.frame)
        return;
    if (!streams->held)
        streams->held = must_calloc(2, sizeof *streams->held);
    memcpy(streams->held[side], holder, sizeof holder);
}

void h2_streams_credit(struct h2_streams *streams, struct h2_stream *stream,
                       unsigned side, uint64_t size, struct mark at)
{
    struct h2_flow_control *flow_control =
        stream ? &stream->flow_control[side] : &streams->connection[side];

    if (stream) {
        catch_up(streams, stream, side);
        h2_flow_control_credit(flow_control, size, at);
        note_unread(streams, stream, side);
    } else {
        credit_connection(streams, side, size, at);
    }
    if (h2_flow_control_left(flow_control) > WINDOW_MAX)
        streams->known[side] = false;
}

void h2_streams_resize(struct h2_streams *streams, unsigned side, int64_t size,
                       struct mark at)
{
    struct h2_initial *initial = &streams->initial[side];

    if (size == initial->size)
        return;
    initial->size = size;
    if (!streams->open)
        return;
    if (!initial->change)
        initial->change = must_calloc(H2_CHANGES_KEPT, sizeof *initial->change);
    initial->change[initial->changes++ % H2_CHANGES_KEPT] = (struct h2_change){
        .size = size, .beside = connection_left(streams, side), .at = at};
}

bool h2_streams_were_blocked(struct h2_streams *streams,
                             struct h2_stream *stream)
{
    for (unsigned side = 0; side < 2; side++) {
        catch_up(streams, stream, side);
        if (stream->flow_control[side].blocking ||
            streams->connection[side].blocking)
            return true;
    }
    return false;
}

struct h2_windows h2_streams_windows(struct h2_streams *streams,
                                     struct h2_stream *stream)
{
    struct h2_windows windows = {.open = streams->asked,
                                 .limit = streams->limit,
                                 .limited = streams->limited};

    for (unsigned side = 0; side < 2; side++) {
        catch_up(streams, stream, side);
        windows.stream[side] =
            h2_flow_control_window(&stream->flow_control[side]);
        windows.connection[side] =
            h2_flow_control_window(&streams->connection[side]);
        windows.known[side] = streams->known[side];
        /* who holds it matters only where it is, or was, used up */
        if (h2_flow_control_left(&streams->connection[side]) <= 0)
            find_holders(streams, side, windows.holder[side]);
        else if (streams->held)
            memcpy(windows.holder[side], streams->held[side],
                   sizeof windows.holder[side]);
    }
    return windows;
}
