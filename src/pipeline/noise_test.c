/*
 * What must not matter, over all scenes: noise inside a connection, and more
 * of it than any store holds. Short zero windows, bytes sent again and resets
 * outside the window change neither code, severity, confidence nor symptom of
 * a finding. What takes time is compared with as long a pause without it.
 */
#include "pipeline/noise_kit.h"

#include "tcp/conn.h"

enum {
    EPISODES = CONN_EPISODES_KEPT + 4,
    RESETS = CONN_RESETS_KEPT + 2,
    PLACES = 9 /* in a scene at which there is noise, at most */
};

/* An episode is kept when it lasts 100 ms. */
#define LASTS (110 * NANOS_PER_MILLI)
#define APART (130 * NANOS_PER_MILLI)

/* Frames of a reel, in order, each with a copy of another's bytes. */

static void put(struct reel *reel, const struct frame *like, nanos time)
{
    struct frame frame = *like;

    frame.time = time;
    reel_insert(reel, reel->frames, &frame);
}

/* The segment without payload, as the endpoint might send it again. */
static uint8_t *put_empty(struct reel *reel, const struct frame *like,
                          nanos time, uint16_t id)
{
    struct view view = {0};
    struct frame *frame;
    uint8_t *bytes;

    put(reel, like, time);
    frame = &reel->frame[reel->frames - 1];
    assert_true(view_of(frame, &view));
    bytes = own_bytes(reel, frame, 0);
    set_payload(bytes, frame, &view, 0);
    set16(bytes + view.ip + 4, id);
    set32(bytes + view.tcp + 4, view.seq + (uint32_t)view.payload_size);
    bytes[view.tcp + 13] = FLAG_ACK;
    return bytes;
}

static void put_rest(struct reel *reel, const struct tape *tape, size_t from,
                     nanos later)
{
    for (size_t i = from; i < tape->frames; i++)
        put(reel, &tape->frame[i], tape->frame[i].time + later);
}

static void begin_reel(struct reel *reel, const struct tape *tape, size_t to)
{
    reel_clear(reel);
    for (size_t i = 0; i < to; i++)
        put(reel, &tape->frame[i], tape->frame[i].time);
}

static bool same_way(const struct view *a, const struct view *b)
{
    return a->source == b->source && a->destination == b->destination;
}

static unsigned window_of(const struct frame *frame, const struct view *view)
{
    return get16(frame->data.at + view->tcp + 14);
}

/* Frames that follow at once may be out of order: between is no place. */
static bool is_pause(const struct tape *tape, size_t at)
{
    return at + 1 < tape->frames &&
           nanos_between(tape->frame[at].time, tape->frame[at + 1].time) >=
               NANOS_PER_MILLI / 2;
}

/* Is the connection open on both sides up to frame `at`, which is like that? */
static bool is_open(const struct tape *tape, size_t at, const struct view *like)
{
    struct view view = {0};
    bool other_way = false;

    for (size_t i = 0; i <= at; i++) {
        if (!view_of(&tape->frame[i], &view) || !same_connection(&view, like))
            continue;
        if (view.flags & (FLAG_FIN | FLAG_RST))
            return false;
        other_way |= !same_way(&view, like) && !(view.flags & FLAG_SYN) &&
                     window_of(&tape->frame[i], &view);
    }
    return other_way;
}

/*
 * Is the connection of frame `at` open there on both sides, and will the
 * sender of that frame say more? Then it may say something in between.
 */
static bool is_amidst(const struct tape *tape, size_t at)
{
    struct view like = {0};
    struct view view = {0};

    if (!view_of(&tape->frame[at], &like) || !(like.flags & FLAG_ACK) ||
        (like.flags & FLAG_SYN) || window_of(&tape->frame[at], &like) == 0 ||
        !is_pause(tape, at) || !is_open(tape, at, &like))
        return false;
    for (size_t i = at + 1; i < tape->frames; i++) {
        if (view_of(&tape->frame[i], &view) && same_way(&view, &like))
            return !(view.flags & (FLAG_SYN | FLAG_RST | FLAG_FIN));
    }
    return false;
}

/* The first, the last and some between of the places that will do. */
static size_t find_places(const struct tape *tape,
                          bool (*will_do)(const struct tape *, size_t),
                          size_t place[static PLACES])
{
    size_t *all = must_calloc(tape->frames, sizeof *all);
    size_t count = 0;
    size_t kept = 0;

    for (size_t i = 0; i < tape->frames; i++) {
        if (will_do(tape, i))
            all[count++] = i;
    }
    for (size_t i = 0; i < PLACES && i < count; i++)
        place[kept++] =
            count <= PLACES ? all[i] : all[(count - 1) * i / (PLACES - 1)];
    free(all);
    return kept;
}

/* Windows of zero. */

static void close_and_open(struct reel *reel, const struct frame *like,
                           nanos from)
{
    struct view view = {0};

    assert_true(view_of(like, &view));
    for (unsigned i = 0; i < EPISODES; i++) {
        nanos time = from + (nanos)i * APART;
        uint8_t *bytes =
            put_empty(reel, like, time, (uint16_t)(0x7000 + 2 * i));

        set16(bytes + view.tcp + 14, 0);
        (void)put_empty(reel, like, time + LASTS, (uint16_t)(0x7001 + 2 * i));
    }
}

static void zero_windows(struct trial *trial)
{
    const struct tape *tape = &trial->tape;
    struct reel *reel = &trial->reel;
    size_t place[PLACES];
    size_t places = find_places(tape, is_amidst, place);

    for (size_t i = 0; i < places; i++) {
        const struct frame *like = &tape->frame[place[i]];

        for (int noise = 0; noise < 2; noise++) {
            begin_reel(reel, tape, place[i] + 1);
            if (noise)
                close_and_open(reel, like, like->time + NANOS_PER_MILLI);
            put_rest(reel, tape, place[i] + 1, (EPISODES + 1) * APART);
            tell_run(reel->frame, reel->frames, &tape->input,
                     noise ? &trial->after : &trial->before);
        }
        compare(trial, "short zero windows", place[i]);
    }
}

/* Bytes that are sent twice. */

static const struct frame *last_of_peer(const struct tape *tape, size_t at)
{
    struct view like = {0};
    struct view view = {0};

    (void)view_of(&tape->frame[at], &like);
    for (size_t i = at; i-- > 0;) {
        if (view_of(&tape->frame[i], &view) && same_connection(&view, &like) &&
            !same_way(&view, &like) && !(view.flags & FLAG_SYN))
            return &tape->frame[i];
    }
    return NULL;
}

/* Data that came for the first time, long enough to be sent in pieces. */
static bool can_be_pieces(const struct tape *tape, size_t at)
{
    struct view like = {0};
    struct view view = {0};

    if (!is_amidst(tape, at) || !last_of_peer(tape, at) ||
        !view_of(&tape->frame[at], &like) || like.payload_size < EPISODES ||
        tape->frame[at].data.size < tape->frame[at].length)
        return false;
    for (size_t i = 0; i < tape->frames; i++) {
        if (i != at && view_of(&tape->frame[i], &view) &&
            same_way(&view, &like) && view.payload_size &&
            view.seq - like.seq < like.payload_size)
            return false;
    }
    return true;
}

static void put_piece(struct reel *reel, const struct frame *like, size_t from,
                      size_t size, nanos time)
{
    struct view view = {0};
    struct frame *frame;
    uint8_t *bytes;

    put(reel, like, time);
    frame = &reel->frame[reel->frames - 1];
    assert_true(view_of(frame, &view));
    bytes = own_bytes(reel, frame, 0);
    memmove(bytes + view.payload, bytes + view.payload + from, size);
    set_payload(bytes, frame, &view, size);
    set32(bytes + view.tcp + 4, view.seq + (uint32_t)from);
    set16(bytes + view.ip + 4, (unsigned)time / 1000);
}

/* Each piece is acknowledged LASTS later, after it was sent again or not. */
static void put_pieces(struct reel *reel, const struct frame *like,
                       const struct frame *peer, bool twice)
{
    struct view view = {0};
    struct view back = {0};
    size_t step;

    assert_true(view_of(like, &view) && view_of(peer, &back));
    step = view.payload_size / EPISODES;
    for (unsigned i = 0; i < EPISODES; i++) {
        nanos time = like->time + (nanos)i * APART;
        size_t from = i * step;
        size_t size =
            i + 1 < EPISODES ? step : view.payload_size - (EPISODES - 1) * step;
        uint8_t *bytes;

        put_piece(reel, like, from, size, time);
        if (twice)
            put_piece(reel, like, from, size, time + LASTS - NANOS_PER_MILLI);
        bytes = put_empty(reel, peer, time + LASTS, (uint16_t)(0x7100 + i));
        set32(bytes + back.tcp + 8, view.seq + (uint32_t)(from + size));
    }
}

static void sent_again(struct trial *trial)
{
    const struct tape *tape = &trial->tape;
    struct reel *reel = &trial->reel;
    size_t place[PLACES];
    size_t places = find_places(tape, can_be_pieces, place);

    for (size_t i = 0; i < places; i++) {
        for (int noise = 0; noise < 2; noise++) {
            begin_reel(reel, tape, place[i]);
            put_pieces(reel, &tape->frame[place[i]],
                       last_of_peer(tape, place[i]), noise);
            put_rest(reel, tape, place[i] + 1, EPISODES * APART);
            tell_run(reel->frame, reel->frames, &tape->input,
                     noise ? &trial->after : &trial->before);
        }
        compare(trial, "sent in pieces, and each again", place[i]);
    }
}

/* Resets that no host would take. */

static bool is_sent(const struct tape *tape, size_t at)
{
    struct view view = {0};

    return view_of(&tape->frame[at], &view) &&
           !(view.flags & (FLAG_SYN | FLAG_RST)) && (view.flags & FLAG_ACK);
}

static void put_stray(struct reel *reel, const struct frame *like, uint16_t id)
{
    struct view view = {0};
    struct frame *frame;
    uint8_t *bytes = put_empty(reel, like, like->time, id);

    assert_true(view_of(like, &view));
    frame = &reel->frame[reel->frames - 1];
    view.payload = view.tcp + 20;
    set_payload(bytes, frame, &view, 0);
    bytes[view.tcp + 12] = 5 << 4;
    bytes[view.tcp + 13] = FLAG_RST;
    set32(bytes + view.tcp + 4, view.seq + 900000000);
    set32(bytes + view.tcp + 8, 0);
    set16(bytes + view.tcp + 14, 0);
}

static void stray_resets(struct trial *trial)
{
    const struct tape *tape = &trial->tape;
    struct reel *reel = &trial->reel;
    size_t place[PLACES];
    size_t places = find_places(tape, is_sent, place);

    tell_run(tape->frame, tape->frames, &tape->input, &trial->before);
    for (size_t i = 0; i < places; i++) {
        begin_reel(reel, tape, place[i] + 1);
        for (unsigned k = 0; k < RESETS; k++)
            put_stray(reel, &tape->frame[place[i]], (uint16_t)(0x7200 + k));
        put_rest(reel, tape, place[i] + 1, 0);
        tell_run(reel->frame, reel->frames, &tape->input, &trial->after);
        compare(trial, "stray resets", place[i]);
    }
}

static void test_zero_windows(void **state)
{
    (void)state;
    for_each_scene(zero_windows);
}

static void test_sent_again(void **state)
{
    (void)state;
    for_each_scene(sent_again);
}

static void test_stray_resets(void **state)
{
    (void)state;
    for_each_scene(stray_resets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zero_windows),
        cmocka_unit_test(test_sent_again),
        cmocka_unit_test(test_stray_resets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
