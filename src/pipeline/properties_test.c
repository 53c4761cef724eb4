/*
 * What must not matter, over all scenes: how a capture cuts, orders, doubles
 * or wraps its packets changes no finding.
 */
#include "pipeline/trial_kit.h"

enum {
    CUTS_MAX = 24,     /* of one payload, unless it is short */
    SHORT_PAYLOAD = 48 /* cut at every byte */
};

#define DEFAULT_RTT NANOS_PER_MILLI

/* Cutting. */

static void recut_frame(struct trial *trial, size_t at)
{
    const struct frame *frame = &trial->tape.frame[at];
    struct view view = {0};
    size_t step;

    if (!view_of(frame, &view) || frame->data.size < frame->length)
        return;
    step =
        view.payload_size <= SHORT_PAYLOAD ? 1 : view.payload_size / CUTS_MAX;
    for (size_t size = 1; size < view.payload_size; size += step) {
        reel_copy(&trial->reel, &trial->tape);
        reel_recut(&trial->reel, at, size);
        must_be_same(trial, "recut", at, size);
    }
}

static void recut(struct trial *trial)
{
    for (size_t at = 0; at < trial->tape.frames; at++)
        recut_frame(trial, at);
}

/* Order. */

/* From the SYN to its answer, on the connection of `like`. */
static nanos round_trip(const struct tape *tape, const struct view *like)
{
    nanos asked = NANOS_NEVER;
    struct view view = {0};

    for (size_t i = 0; i < tape->frames; i++) {
        if (!view_of(&tape->frame[i], &view) || !(view.flags & FLAG_SYN) ||
            !same_connection(&view, like))
            continue;
        if (!(view.flags & FLAG_ACK))
            asked = tape->frame[i].time;
        else if (asked != NANOS_NEVER)
            return nanos_between(asked, tape->frame[i].time);
    }
    return DEFAULT_RTT;
}

static void reorder(struct trial *trial)
{
    const struct tape *tape = &trial->tape;
    struct view first = {0};
    struct view second = {0};

    for (size_t at = 0; at + 1 < tape->frames; at++) {
        if (!view_of(&tape->frame[at], &first) ||
            !view_of(&tape->frame[at + 1], &second) ||
            !same_connection(&first, &second) ||
            nanos_between(tape->frame[at].time, tape->frame[at + 1].time) >
                round_trip(tape, &first))
            continue;
        reel_copy(&trial->reel, tape);
        reel_swap(&trial->reel, at);
        must_be_same(trial, "swapped with the next", at, 0);
    }
}

/* Copies. */

static void double_frames(struct trial *trial, nanos later)
{
    struct reel *reel = &trial->reel;

    reel_copy(reel, &trial->tape);
    for (size_t i = 0; i < trial->tape.frames; i++) {
        struct frame copy = trial->tape.frame[i];
        size_t at = 0;

        copy.time += later;
        while (at < reel->frames && reel->frame[at].number <= copy.number)
            at++;
        while (at < reel->frames && reel->frame[at].time <= copy.time)
            at++;
        reel_insert(reel, at, &copy);
    }
}

static void mirror(struct trial *trial)
{
    static const nanos later[] = {0, 3000, 60000};

    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        double_frames(trial, later[i]);
        must_be_same(trial, "each twice, nanoseconds", 0, (size_t)later[i]);
    }
}

/* Wrapping. */

static bool is_all_ethernet(const struct tape *tape)
{
    struct view view = {0};

    for (size_t i = 0; i < tape->frames; i++) {
        if (tape->frame[i].link_type != LINK_ETHERNET ||
            !view_of(&tape->frame[i], &view))
            return false;
    }
    return true;
}

static void wrap(struct trial *trial)
{
    static void (*const wraps[])(struct reel *, struct frame *) = {wrap_vlan,
                                                                   wrap_vxlan,
                                                                   wrap_ipv6};

    if (!is_all_ethernet(&trial->tape))
        return;
    for (size_t i = 0; i < sizeof wraps / sizeof *wraps; i++) {
        reel_copy(&trial->reel, &trial->tape);
        for (size_t at = 0; at < trial->reel.frames; at++)
            wraps[i](&trial->reel, &trial->reel.frame[at]);
        must_be_same(trial, "wrapping", i, 0);
    }
}

/* Ports. */

/* Does each connection begin with its SYN? Their clients are its senders. */
static bool are_begun(const struct tape *tape)
{
    struct view view = {0};
    struct view earlier = {0};

    for (size_t i = 0; i < tape->frames; i++) {
        bool known = false;

        if (!view_of(&tape->frame[i], &view))
            return false;
        for (size_t k = 0; k < i; k++)
            known |= view_of(&tape->frame[k], &earlier) &&
                     same_connection(&view, &earlier);
        if (!known && (view.flags & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN)
            return false;
    }
    return true;
}

/* Servers go high, clients low. What is a port of HTTP stays one (8000 to
 * 8999), what is none stays none. */
static unsigned moved_port(unsigned port)
{
    bool is_http = port == 80 || port == 443 || (port >= 8000 && port < 9000);

    if (is_http)
        return 8000 + port % 1000;
    return port < 10000 ? 20000 + port : 1024 + port % 5000;
}

static void swap_ports(struct trial *trial)
{
    if (!are_begun(&trial->tape))
        return;
    reel_copy(&trial->reel, &trial->tape);
    for (size_t at = 0; at < trial->reel.frames; at++) {
        struct view view = {0};
        uint8_t *bytes = own_bytes(&trial->reel, &trial->reel.frame[at], 0);

        (void)view_of(&trial->reel.frame[at], &view);
        set16(bytes + view.tcp, moved_port(view.source));
        set16(bytes + view.tcp + 2, moved_port(view.destination));
    }
    must_be_same(trial, "ports", 0, 0);
}

/* Confidence. */

/* What is certain names no other cause, and no statistical inference: no scene
 * states a write timeout. */
static void be_sure(struct trial *trial)
{
    struct run run = tape_run(&trial->tape);

    trial->variants++;
    for (size_t i = 0; i < run.report->findings; i++) {
        const struct finding *finding = run.report->finding[i];
        bool is_inferred = finding->code == VERDICT_WRITE_TIMEOUT_EOF ||
                           finding->code == VERDICT_WRITE_TIMEOUT_TRUNCATION ||
                           finding->code == VERDICT_WRITE_TIMEOUT_RESET;

        if (finding->confidence == CONFIDENCE_CERTAIN &&
            (finding->alternatives || is_inferred))
            complain(trial, "%s is certain", verdict_slug(finding->code));
    }
    run_release(&run);
}

static void test_recut(void **state)
{
    (void)state;
    for_each_scene(recut);
}

static void test_reorder(void **state)
{
    (void)state;
    for_each_scene(reorder);
}

static void test_mirror(void **state)
{
    (void)state;
    for_each_scene(mirror);
}

static void test_wrap(void **state)
{
    (void)state;
    for_each_scene(wrap);
}

static void test_ports(void **state)
{
    (void)state;
    for_each_scene(swap_ports);
}

static void test_be_sure(void **state)
{
    (void)state;
    for_each_scene(be_sure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrap),    cmocka_unit_test(test_ports),
        cmocka_unit_test(test_mirror),  cmocka_unit_test(test_recut),
        cmocka_unit_test(test_reorder), cmocka_unit_test(test_be_sure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
