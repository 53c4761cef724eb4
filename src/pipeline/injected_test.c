/*
 * Packets that nobody of the connection sent, or that it does not know what to
 * do with, over all scenes, and captures where they are named: blind ones of
 * every kind, some inside the window that others contradict, and what comes
 * before the handshake. They make no finding stronger and none another.
 */
#include "pipeline/inject_kit.h"
#include "pipeline/worse_kit.h"

/* Blind packets. */

static uint32_t draw(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(*random >> 32);
}

static const struct {
    const char *name;
    uint8_t flags;
    size_t payload;
} blind[] = {
    {"ACK",     FLAG_ACK,            0 },
    {"FIN",     FLAG_FIN | FLAG_ACK, 0 },
    {"RST",     FLAG_RST,            0 },
    {"RST,ACK", FLAG_RST | FLAG_ACK, 0 },
    {"SYN",     FLAG_SYN,            0 },
    {"SYN,ACK", FLAG_SYN | FLAG_ACK, 0 },
    {"data",    FLAG_ACK | FLAG_PSH, 32},
};

static nanos between(const struct tape *tape, size_t at)
{
    nanos before = tape->frame[at].time;

    return at + 1 == tape->frames
               ? before + NANOS_PER_MILLI
               : before + (tape->frame[at + 1].time - before) / 2;
}

static void inject_blind(struct trial *trial)
{
    uint64_t random = 12;
    char what[64];
    struct view view = {0};

    for (size_t at = 0; at < trial->tape.frames; at++) {
        if (!view_of(&trial->tape.frame[at], &view))
            continue;
        for (size_t i = 0; i < 2 * sizeof blind / sizeof *blind; i++) {
            struct injected packet = {.seq = draw(&random),
                                      .ack = draw(&random),
                                      .flags = blind[i / 2].flags,
                                      .payload = blind[i / 2].payload,
                                      .id = INJECTED_ID,
                                      .ttl = 47,
                                      .turned = i % 2};

            reel_copy(&trial->reel, &trial->tape);
            inject(&trial->reel, at + 1, &trial->tape.frame[at],
                   between(&trial->tape, at), &packet);
            (void)snprintf(what, sizeof what, "blind %s %s behind",
                           blind[i / 2].name, i % 2 ? "back" : "on");
            must_be_honest(trial, what, at, NULL);
        }
    }
}

/* Packets inside the window that their flow's others contradict. */

/*
 * What ended it is what ended it, whoever sent it, and an RST that acknowledges
 * a SYN's number refuses it; and what is said of other
 * connections rests on this one as well.
 */
static bool is_injected_reset(const struct trial *trial, size_t at,
                              const struct finding *finding)
{
    struct view view = {0};
    uint16_t client = finding->connection.client.port;

    (void)view_of(&trial->tape.frame[at], &view);
    return finding->code == VERDICT_MIDDLEBOX_RESET ||
           finding->code == VERDICT_CONNECT_REFUSED ||
           finding->code == VERDICT_IDLE_PATH_DROP ||
           (view.source != client && view.destination != client);
}

/* Did its sender's SYN have the right checksum? Offloaded ones have not. */
static bool has_good_syn(const struct tape *tape, const struct view *like)
{
    struct view view = {0};

    for (size_t i = 0; i < tape->frames; i++) {
        const struct frame *frame = &tape->frame[i];

        if (view_of(frame, &view) && (view.flags & FLAG_SYN) &&
            frame->data.size == frame->length && view.source == like->source &&
            view.destination == like->destination)
            return sum_of(frame->data.at + view.ip,
                          view.payload - view.tcp + view.payload_size) == 0;
    }
    return false;
}

static void inject_inside(struct trial *trial)
{
    char what[64];
    struct view view = {0};

    for (size_t at = 0; at < trial->tape.frames; at++) {
        const struct frame *like = &trial->tape.frame[at];

        if (!view_of(like, &view) || !(view.flags & FLAG_ACK) ||
            (view.flags & (FLAG_SYN | FLAG_FIN | FLAG_RST)))
            continue;
        for (size_t i = 0; i < 2 * sizeof blind / sizeof *blind; i++) {
            /* that sums are right is known by the SYN's; they are looked at
               where a segment opens or closes */
            if (i % 2 &&
                (!has_good_syn(&trial->tape, &view) ||
                 !(blind[i / 2].flags & (FLAG_SYN | FLAG_FIN | FLAG_RST))))
                continue;
            struct injected packet = {
                .seq = view.seq + (uint32_t)view.payload_size,
                .ack = get32(like->data.at + view.tcp + 8),
                .flags = blind[i / 2].flags,
                .payload = blind[i / 2].payload,
                .id = INJECTED_ID,
                .ttl = i % 2 ? like->data.at[view.ip + 8] : 47,
                .bad_sum = i % 2};

            reel_copy(&trial->reel, &trial->tape);
            inject(&trial->reel, at + 1, like, between(&trial->tape, at),
                   &packet);
            (void)snprintf(what, sizeof what, "%s with another %s behind",
                           blind[i / 2].name, i % 2 ? "checksum" : "TTL");
            must_be_honest(trial, what, at, is_injected_reset);
        }
    }
}

/* Before the handshake. */

/* Did data go over these ports before? Then a SYN that comes twice is no guess
 * any more, and replaces what is there. */
static bool is_in_use(const struct tape *tape, size_t at,
                      const struct view *like)
{
    struct view view = {0};

    for (size_t i = 0; i < at; i++) {
        if (view_of(&tape->frame[i], &view) && same_connection(&view, like) &&
            view.payload_size > 0)
            return true;
    }
    return false;
}

/* The ports were in use: a challenge, the client's RST, its SYN again. */
static void challenge(struct trial *trial)
{
    const struct tape *tape = &trial->tape;
    uint64_t random = 18;
    struct view view = {0};

    for (size_t at = 0; at < tape->frames; at++) {
        const struct frame *syn = &tape->frame[at];
        struct injected ack = {.flags = FLAG_ACK, .ttl = 64, .turned = true};
        struct injected rst = {.flags = FLAG_RST, .ttl = 64};
        struct frame again;
        uint8_t *bytes;

        if (!view_of(syn, &view) ||
            (view.flags & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN ||
            is_in_use(tape, at, &view))
            continue;
        for (int first = 0; first < 2; first++) {
            ack.seq = draw(&random);
            ack.ack = draw(&random);
            ack.id = INJECTED_ID;
            rst.seq = ack.ack;
            rst.id = INJECTED_ID + 1;
            reel_copy(&trial->reel, tape);
            again = *syn;
            again.time = syn->time - NANOS_PER_MILLI;
            bytes = own_bytes(&trial->reel, &again, 0);
            set16(bytes + view.ip + 4, INJECTED_ID + 2);
            inject(&trial->reel, at, syn, syn->time - 20000, &rst);
            inject(&trial->reel, at, syn, syn->time - 30000, &ack);
            if (first)
                reel_insert(&trial->reel, at, &again);
            must_be_honest(trial, "challenge ACK and RST before", at, NULL);
        }
    }
}

/* The ports had another connection a minute before, with other numbers. */
static void used_before(struct trial *trial)
{
    static const struct injected life[] = {
        {.flags = FLAG_SYN,            .ttl = 64, .seq = 0x20000000, .id = 1},
        { .flags = FLAG_SYN | FLAG_ACK,
         .ttl = 64,
         .seq = 0x70000000,
         .ack = 0x20000001,
         .id = 1,
         .turned = true},
        {                                                        .flags = FLAG_ACK,
         .ttl = 64,
         .seq = 0x20000001,
         .ack = 0x70000001,
         .id = 2},
        {                                                               .flags = FLAG_ACK | FLAG_FIN,
         .ttl = 64,
         .seq = 0x20000001,
         .ack = 0x70000001,
         .id = 3},
        {                                                               .flags = FLAG_ACK | FLAG_FIN,
         .ttl = 64,
         .seq = 0x70000001,
         .ack = 0x20000002,
         .id = 2,
         .turned = true},
        {                                                               .flags = FLAG_ACK,
         .ttl = 64,
         .seq = 0x20000002,
         .ack = 0x70000002,
         .id = 4},
    };
    const struct tape *tape = &trial->tape;
    struct view view = {0};

    for (size_t at = 0; at < tape->frames; at++) {
        const struct frame *syn = &tape->frame[at];

        if (!view_of(syn, &view) ||
            (view.flags & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN)
            continue;
        for (size_t kept = 1; kept <= sizeof life / sizeof *life; kept++) {
            reel_copy(&trial->reel, tape);
            for (size_t i = 0; i < kept; i++)
                inject(&trial->reel, i, syn,
                       tape->frame[0].time - 60 * NANOS_PER_SECOND +
                           (nanos)i * NANOS_PER_MILLI,
                       &life[i]);
            must_be_honest(trial, "ports used before, by packets", kept, NULL);
        }
    }
}

#define EACH(name)                                                             \
    static void test_##name(void **state)                                      \
    {                                                                          \
        (void)state;                                                           \
        for_each_recording(name);                                              \
    }

EACH(inject_blind)
EACH(inject_inside)
EACH(challenge)
EACH(used_before)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inject_blind),
        cmocka_unit_test(test_inject_inside),
        cmocka_unit_test(test_challenge),
        cmocka_unit_test(test_used_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
