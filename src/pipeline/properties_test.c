/*
 * What must not matter, over all scenes: how a capture cuts, orders, doubles
 * or wraps its packets changes no finding. And honesty: a capture that lacks
 * one packet of a scene may say less of it, but accuses of nothing else.
 */
#include "pipeline/frames_kit.h"

enum {
    SIGNATURE_SIZE = 1 << 14,
    CUTS_MAX = 24,      /* of one payload, unless it is short */
    SHORT_PAYLOAD = 48, /* cut at every byte */
    SHOWN_MAX = 12
};

#define DEFAULT_RTT NANOS_PER_MILLI

/* A scene under a property: what is true of it, and how often it failed. */
struct trial {
    struct tape tape;
    struct reel reel;
    struct text before; /* the findings of the scene as it is */
    struct text after;
    unsigned variants;
    unsigned violations;
};

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The findings in an order that does not depend on times. */
static void tell_signature(const struct report *report, struct text *out)
{
    char **line = must_calloc(report->findings + 1, sizeof *line);

    for (size_t i = 0; i < report->findings; i++) {
        const struct finding *finding = report->finding[i];

        assert_true(asprintf(&line[i], "%s %s %s in %u",
                             verdict_slug(finding->code),
                             severity_name(finding->severity),
                             symptom_name(finding->symptom),
                             (unsigned)finding->incident->conn.id) > 0);
    }
    qsort(line, report->findings, sizeof *line, by_text);
    for (size_t i = 0; i < report->findings; i++) {
        text_addf(out, "%s%s", i ? ", " : "", line[i]);
        free(line[i]);
    }
    if (!report->findings)
        text_add(out, "nothing");
    free(line);
}

/* A new line of comment, for readers of TAP. */
__attribute__((format(printf, 2, 3))) static void
complain(struct trial *trial, const char *format, ...)
{
    char text[SIGNATURE_SIZE];
    va_list args;

    if (++trial->violations > SHOWN_MAX)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_message("# %s: %s\n", trial->tape.name, text);
}

/* Runs the reel: the findings must be those of the scene as it is. */
static void must_be_same(struct trial *trial, const char *what, size_t at,
                         size_t part)
{
    struct run run =
        run_frames(trial->reel.frame, trial->reel.frames, &trial->tape.input);

    text_clear(&trial->after);
    tell_signature(run.report, &trial->after);
    trial->variants++;
    if (strcmp(text_string(&trial->before), text_string(&trial->after)) != 0)
        complain(trial, "%s #%zu (%zu): %s -> %s", what, at + 1, part,
                 text_string(&trial->before), text_string(&trial->after));
    run_release(&run);
}

typedef void property(struct trial *trial);

static void begin_trial(struct trial *trial, const char *path)
{
    struct run run;

    *trial = (struct trial){.variants = 0};
    tape_open(&trial->tape, path);
    reel_init(&trial->reel);
    text_init(&trial->before, SIGNATURE_SIZE);
    text_init(&trial->after, SIGNATURE_SIZE);
    run = tape_run(&trial->tape);
    tell_signature(run.report, &trial->before);
    run_release(&run);
}

static void end_trial(struct trial *trial)
{
    text_release(&trial->before);
    text_release(&trial->after);
    reel_release(&trial->reel);
    tape_release(&trial->tape);
}

static void for_each_scene(property *holds)
{
    glob_t found = {0};
    unsigned variants = 0;
    unsigned violations = 0;

    find_scenes(&found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct trial trial;

        begin_trial(&trial, found.gl_pathv[i]);
        holds(&trial);
        variants += trial.variants;
        violations += trial.violations;
        end_trial(&trial);
    }
    globfree(&found);
    print_message("# %u variants\n", variants);
    if (violations)
        fail_msg("%u of %u variants say something else", violations, variants);
}

/* Cutting. */

static void recut_frame(struct trial *trial, size_t at)
{
    const struct frame *frame = &trial->tape.frame[at];
    struct view view;
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

static bool same_connection(const struct view *a, const struct view *b)
{
    return (a->source == b->source && a->destination == b->destination) ||
           (a->source == b->destination && a->destination == b->source);
}

/* From the SYN to its answer, on the connection of `like`. */
static nanos round_trip(const struct tape *tape, const struct view *like)
{
    nanos asked = NANOS_NEVER;
    struct view view;

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
    struct view first;
    struct view second;

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
    struct view view;

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
    struct view view;
    struct view earlier;

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
        struct view view;
        uint8_t *bytes = own_bytes(&trial->reel, &trial->reel.frame[at], 0);

        (void)view_of(&trial->reel.frame[at], &view);
        set16(bytes + view.tcp, moved_port(view.source));
        set16(bytes + view.tcp + 2, moved_port(view.destination));
    }
    must_be_same(trial, "ports", 0, 0);
}

/* Honesty. */

/*
 * Some packets are the only ones to tell two cases apart. Without them an
 * honest reader may name the other, if he names the first beside it.
 */
static const struct weakening {
    enum verdict whole;
    enum verdict less;
    const char *reason;
} weakenings[] = {
    {VERDICT_HANDLER_ABORT,        VERDICT_WRITE_TIMEOUT_EOF,
     "of the success that refuted a timeout one half is missing"},
    {VERDICT_SHORT_BODY_KEPT_OPEN, VERDICT_WRITE_TIMEOUT_TRUNCATION,
     "what showed the server's idle timeout is missing"         },
    {VERDICT_NO_BACKEND,           VERDICT_HANDLER_ABORT,
     "one of the three requests that it takes is missing"       },
    {VERDICT_NO_BACKEND,           VERDICT_SERVER_RESET,
     "one of the three requests that it takes is missing"       },
};

static bool names(const struct finding *finding, enum verdict code)
{
    for (size_t i = 0; i < finding->alternatives; i++) {
        if (finding->alternative[i].code == code)
            return true;
    }
    return false;
}

static bool is_weaker(const struct finding *whole, const struct finding *less)
{
    for (size_t i = 0; i < sizeof weakenings / sizeof *weakenings; i++) {
        if (weakenings[i].whole == whole->code &&
            weakenings[i].less == less->code)
            return less->confidence <= whole->confidence &&
                   names(less, whole->code);
    }
    return false;
}

/*
 * Without its RST or FIN, and nothing behind that, a connection is one on
 * which nothing moves any more: there is no other way to read it.
 */
static bool is_left_hanging(const struct trial *trial, size_t at,
                            const struct finding *finding)
{
    struct view gone;
    struct view later;

    if (finding->code != VERDICT_SERVER_STALL ||
        !view_of(&trial->tape.frame[at], &gone) ||
        !(gone.flags & (FLAG_FIN | FLAG_RST)))
        return false;
    for (size_t i = at + 1; i < trial->tape.frames; i++) {
        if (view_of(&trial->tape.frame[i], &later) &&
            same_connection(&gone, &later))
            return false;
    }
    return true;
}

static unsigned count_code(const struct report *report, enum verdict code,
                           enum severity at_least)
{
    unsigned count = 0;

    for (size_t i = 0; i < report->findings; i++)
        count += report->finding[i]->code == code &&
                 report->finding[i]->severity >= at_least;
    return count;
}

/* Is the accusation one of the whole scene's, or weaker than one of them? */
static bool is_honest(const struct report *whole, const struct report *less,
                      const struct finding *finding)
{
    enum verdict code = finding->code;

    if (count_code(less, code, finding->severity) <=
        count_code(whole, code, finding->severity))
        return true;
    for (size_t i = 0; i < whole->findings; i++) {
        if (is_weaker(whole->finding[i], finding))
            return true;
    }
    return false;
}

static void drop_frame(struct trial *trial, const struct report *whole,
                       size_t at)
{
    struct run run;

    reel_copy(&trial->reel, &trial->tape);
    reel_remove(&trial->reel, at);
    run = run_frames(trial->reel.frame, trial->reel.frames, &trial->tape.input);
    trial->variants++;
    for (size_t i = 0; i < run.report->findings; i++) {
        const struct finding *finding = run.report->finding[i];

        if (finding->severity == SEVERITY_INFO ||
            is_honest(whole, run.report, finding) ||
            is_left_hanging(trial, at, finding))
            continue;
        complain(trial, "without #%zu: %s -> %s %s", at + 1,
                 text_string(&trial->before), verdict_slug(finding->code),
                 severity_name(finding->severity));
    }
    run_release(&run);
}

static void drop_each(struct trial *trial)
{
    struct run run = tape_run(&trial->tape);

    for (size_t at = 0; at < trial->tape.frames; at++)
        drop_frame(trial, run.report, at);
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

static void test_honesty(void **state)
{
    (void)state;
    for_each_scene(drop_each);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrap),    cmocka_unit_test(test_ports),
        cmocka_unit_test(test_mirror),  cmocka_unit_test(test_recut),
        cmocka_unit_test(test_reorder), cmocka_unit_test(test_honesty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
