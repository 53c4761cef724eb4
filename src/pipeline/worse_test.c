/*
 * What makes a recording worse makes no finding stronger and none another:
 * over all scenes, and captures where they are named, the recording of one flow
 * ended, of one kind of packet, of one direction or snapped; copies that come
 * late.
 */
#include "pipeline/inject_kit.h"
#include "pipeline/worse_kit.h"

#define COPY_LATER (NANOS_PER_SECOND / 2)
#define CLOCK_RUNS (40 * NANOS_PER_SECOND)

/* A flow ends, the others go on. */

/* A client that is none of the scene's says hello now and then. */
static void add_clock(struct reel *reel)
{
    static const struct injected hello = {
        .flags = FLAG_ACK, .ttl = 64, .seq = 1, .ack = 1};
    struct frame like;
    uint8_t *bytes;
    nanos from;
    struct view view = {0};

    if (!reel->frames || !view_of(&reel->frame[0], &view))
        return;
    like = reel->frame[0];
    bytes = own_bytes(reel, &like, 0);
    set32(bytes + view.ip + 12, 0x0a630001);
    set32(bytes + view.ip + 16, 0x0a630002);
    set16(bytes + view.tcp, 9000);
    set16(bytes + view.tcp + 2, 9001);
    from = reel->frame[reel->frames - 1].time;
    inject(reel, reel->frames, &like, from + CLOCK_RUNS, &hello);
}

/*
 * Of a connection of which nothing comes any more one can only say that nothing
 * came; that is never certain.
 */
static bool is_silence(const struct trial *trial, size_t at,
                       const struct finding *finding)
{
    (void)trial;
    (void)at;
    /* what ends with the server's close */
    if (finding->code == VERDICT_CLIENT_ABORT && finding->exchange)
        return finding->exchange->response.framing == FRAMING_CLOSE;
    /* what a host ignored by what it did later */
    if (finding->symptom == SYMPTOM_RESET)
        return finding->confidence == CONFIDENCE_POSSIBLE;
    return (finding->symptom == SYMPTOM_HANG ||
            finding->symptom == SYMPTOM_CONNECT_TIMEOUT) &&
           finding->confidence < CONFIDENCE_CERTAIN;
}

static void end_flow(struct trial *trial, size_t at)
{
    struct view gone = {0};
    struct view view = {0};
    struct reel *reel = &trial->reel;

    if (!view_of(&trial->tape.frame[at], &gone))
        return;
    reel_copy(reel, &trial->tape);
    for (size_t i = reel->frames; i-- > at;) {
        if (view_of(&reel->frame[i], &view) && same_connection(&view, &gone))
            reel_remove(reel, i);
    }
    must_be_honest(trial, "flow ended at", at, is_silence);
    add_clock(reel);
    must_be_honest(trial, "flow ended, others go on, at", at, is_silence);
}

static void end_flows(struct trial *trial)
{
    for (size_t at = 0; at < trial->tape.frames; at++)
        end_flow(trial, at);
}

/* Only packets of one kind. */

static void keep_if(struct trial *trial, const char *what,
                    bool (*keep)(const struct view *), allowance *is_allowed)
{
    struct view view = {0};
    struct reel *reel = &trial->reel;

    reel_copy(reel, &trial->tape);
    for (size_t i = reel->frames; i-- > 0;) {
        if (!view_of(&reel->frame[i], &view))
            return;
        if (!keep(&view))
            reel_remove(reel, i);
    }
    must_be_honest(trial, what, 0, is_allowed);
}

static bool is_data(const struct view *view)
{
    return view->payload_size > 0;
}

static bool is_no_pure_ack(const struct view *view)
{
    return view->payload_size > 0 ||
           (view->flags & (FLAG_SYN | FLAG_FIN | FLAG_RST));
}

static bool is_no_control(const struct view *view)
{
    return !(view->flags & (FLAG_SYN | FLAG_FIN | FLAG_RST));
}

static bool is_low_to_high(const struct view *view)
{
    return view->source < view->destination;
}

static bool is_high_to_low(const struct view *view)
{
    return !is_low_to_high(view);
}

static void filter(struct trial *trial)
{
    keep_if(trial, "only data", is_data, NULL);
    keep_if(trial, "no pure ACKs", is_no_pure_ack, NULL);
    keep_if(trial, "no SYN, FIN, RST", is_no_control, is_silence);
    keep_if(trial, "one direction", is_low_to_high, NULL);
    keep_if(trial, "the other direction", is_high_to_low, NULL);
}

/* Snap lengths. */

static void snap(struct trial *trial)
{
    static const size_t length[] = {54, 68, 96, 128, 256, 1500, 2000};

    for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
        reel_copy(&trial->reel, &trial->tape);
        for (size_t at = 0; at < trial->reel.frames; at++) {
            struct span *data = &trial->reel.frame[at].data;

            if (data->size > length[i])
                data->size = length[i];
        }
        must_be_honest(trial, "snapped", length[i], NULL);
    }
}

/* Copies. */

static void copy_late(struct trial *trial)
{
    const struct tape *tape = &trial->tape;
    struct reel *reel = &trial->reel;
    struct view view = {0};

    reel_copy(reel, tape);
    for (size_t i = 0; i < tape->frames; i++) {
        struct frame copy = tape->frame[i];
        size_t at = reel->frames;
        uint8_t *bytes;

        if (!view_of(&copy, &view))
            continue;
        bytes = own_bytes(reel, &copy, 0);
        bytes[view.ip + 8]--;
        copy.time += COPY_LATER;
        while (at > 0 && reel->frame[at - 1].time > copy.time)
            at--;
        reel_insert(reel, at, &copy);
    }
    must_be_honest(trial, "each twice, half a second later", 0, is_silence);
}

#define EACH(name)                                                             \
    static void test_##name(void **state)                                      \
    {                                                                          \
        (void)state;                                                           \
        for_each_recording(name);                                              \
    }

EACH(end_flows)
EACH(filter)
EACH(snap)
EACH(copy_late)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_end_flows),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_snap),
        cmocka_unit_test(test_copy_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
