/*
 * What must not matter, over all scenes: other servers, connections and
 * streams before it, more than any store holds. They change neither code,
 * severity, confidence nor symptom of a finding.
 */
#include "pipeline/noise_kit.h"

enum {
    SERVERS = 4200,     /* more than SERVERS_MAX */
    CONNECTIONS = 1000, /* more than OPENINGS_KEPT */
    STREAMS = 40        /* more than H2_CLOSED_KEPT */
};

/* Frames that come before those of a tape, which are that much later. */
struct before {
    struct frame *frame;
    size_t frames;
    struct arena arena;
    nanos lasts;
};

/* A segment from client `n` of OTHERS to a server of its own, or back. */
static void put_other(struct before *before, unsigned n, bool back,
                      uint8_t flags, uint32_t seq, uint32_t ack)
{
    uint8_t *bytes = arena_alloc(&before->arena, ETHERNET_SIZE + 40);
    uint8_t *ip = bytes + ETHERNET_SIZE;
    uint8_t *tcp = ip + IPV4_SIZE;

    bytes[5] = back;
    bytes[11] = !back;
    set16(bytes + 12, 0x0800);
    set16(ip, 0x4500);
    set16(ip + 2, 40);
    set16(ip + 4, before->frames & 0xffff);
    set32(ip + 8, 0x40060000);
    set32(ip + (back ? 16 : 12), 0x0a000001 | OTHERS << 16);
    set32(ip + (back ? 12 : 16), 0x0ac80000 + n);
    set16(tcp + (back ? 2 : 0), 10000 + n);
    set16(tcp + (back ? 0 : 2), 6000);
    set32(tcp + 4, seq);
    set32(tcp + 8, ack);
    set16(tcp + 12, (unsigned)(0x5000 | flags));
    set16(tcp + 14, 1000);
    before->frame[before->frames++] = (struct frame){
        .data = {bytes, ETHERNET_SIZE + 40},
        .length = ETHERNET_SIZE + 40,
        .link_type = LINK_ETHERNET,
        .time = (nanos)before->frames * NANOS_PER_MILLI / 8
    };
    before->lasts = before->frame[before->frames - 1].time;
}

static void put_refused(struct before *before, unsigned n)
{
    put_other(before, n, false, FLAG_SYN, 1000, 0);
    put_other(before, n, true, FLAG_RST | FLAG_ACK, 0, 1001);
}

static void put_accepted(struct before *before, unsigned n)
{
    put_other(before, n, false, FLAG_SYN, 1000, 0);
    put_other(before, n, true, FLAG_SYN | FLAG_ACK, 5000, 1001);
    put_other(before, n, false, FLAG_ACK, 1001, 5001);
    put_other(before, n, false, FLAG_FIN | FLAG_ACK, 1001, 5001);
    put_other(before, n, true, FLAG_FIN | FLAG_ACK, 5001, 1002);
    put_other(before, n, false, FLAG_ACK, 1002, 5002);
}

static void others_before(struct trial *trial, const char *what,
                          void (*put_one)(struct before *, unsigned),
                          unsigned count)
{
    const struct tape *tape = &trial->tape;
    struct before before = {.frames = 0};
    nanos start;

    if (tape->frames == 0)
        return;
    arena_init(&before.arena);
    before.frame =
        must_calloc((size_t)6 * count + tape->frames, sizeof *before.frame);
    for (unsigned n = 0; n < count; n++)
        put_one(&before, n);
    start = tape->frame[0].time - before.lasts - NANOS_PER_SECOND;
    for (size_t i = 0; i < before.frames; i++)
        before.frame[i].time += start;
    for (size_t i = 0; i < tape->frames; i++)
        before.frame[before.frames + i] = tape->frame[i];
    tell_run(tape->frame, tape->frames, &tape->input, &trial->before);
    tell_run(before.frame, before.frames + tape->frames, &tape->input,
             &trial->after);
    compare(trial, what, 0);
    arena_release(&before.arena);
    free(before.frame);
}

static void other_servers(struct trial *trial)
{
    others_before(trial, "other servers before", put_accepted, SERVERS);
}

static void refused_connections(struct trial *trial)
{
    others_before(trial, "refused connections before", put_refused,
                  CONNECTIONS);
}

/* Streams of HTTP/2. */

static void put_streams(struct text *to, const char *line)
{
    char time[16];

    (void)snprintf(time, sizeof time, "%.11s", line);
    for (unsigned i = 0; i < STREAMS; i++)
        text_addf(to,
                  "%s c> h2 headers %u end \":method=GET\" \":scheme=http\" "
                  "\":authority=other\" \":path=/\"\n"
                  "%s s> h2 headers %u end \":status=204\"\n",
                  time, 2 * i + 1, time, 2 * i + 1);
}

/* Words of the scene language behind which a stream's number stands. */
static bool is_stream_word(const char *word, size_t size)
{
    static const char *const names[] = {"headers", "data",     "rst",
                                        "window",  "goaway",   "continuation",
                                        "push",    "priority", "promise"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (size == strlen(names[i]) && memcmp(word, names[i], size) == 0)
            return true;
    }
    return false;
}

/* A GOAWAY before the last may name the largest there is. */
static bool is_clients(unsigned long stream)
{
    return stream % 2 && stream < INT32_MAX;
}

/* The line, its odd streams numbered from behind those that are new. */
static void put_renumbered(struct text *to, const char *line, size_t size)
{
    bool quoted = false;
    bool is_stream = false;

    for (size_t i = 0; i < size;) {
        size_t word = 0;

        while (i + word < size && line[i + word] != ' ' &&
               line[i + word] != '"')
            word++;
        if (!word) {
            quoted ^= line[i] == '"' && (i == 0 || line[i - 1] != '\\');
            text_add_bytes(to, (struct span){(const uint8_t *)line + i++, 1});
            continue;
        }
        if (is_stream && !quoted && is_clients(strtoul(line + i, NULL, 10)))
            text_addf(to, "%lu", strtoul(line + i, NULL, 10) + 2 * STREAMS);
        else
            text_add_bytes(to, (struct span){(const uint8_t *)line + i, word});
        is_stream = !quoted && is_stream_word(line + i, word);
        i += word;
    }
}

/* False when the scene has no place for other streams. */
static bool add_streams(struct text *to, const char *from)
{
    bool added = false;

    while (*from) {
        size_t size = strcspn(from, "\n");
        const char *settings = strstr(from, "c> h2 settings ack");

        if (*from == '#')
            text_add_bytes(to, (struct span){(const uint8_t *)from, size});
        else
            put_renumbered(to, from, size);
        text_add(to, "\n");
        if (!added && settings && settings < from + size) {
            put_streams(to, from);
            added = true;
        }
        from += size + (from[size] == '\n');
    }
    return added;
}

static void compare_streams(struct trial *trial, const struct text *text)
{
    struct tape other = {.name = trial->tape.name};
    struct fail fail = {0};

    arena_init(&other.arena);
    other.frame = must_calloc(TAPE_FRAMES_MAX, sizeof *other.frame);
    if (!scene_build(span_of_text(text_string(text)), &other.scene, &fail))
        fail_msg("'%s' with streams: %s", other.name, fail.text);
    tape_record(&other);
    tell_run(trial->tape.frame, trial->tape.frames, &trial->tape.input,
             &trial->before);
    tell_run(other.frame, other.frames, &other.input, &trial->after);
    compare(trial, "other streams before", 0);
    tape_release(&other);
}

static void other_streams(struct trial *trial)
{
    glob_t found = {0};
    struct text from;
    struct text to;

    text_init(&from, SCENE_SIZE_MAX);
    text_init(&to, SCENE_SIZE_MAX);
    find_scenes(&found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (strcmp(path_name(found.gl_pathv[i]), trial->tape.name) == 0)
            kit_read_file(found.gl_pathv[i], &from);
    }
    /* numbers of streams in bytes stay what they are */
    if (!strstr(text_string(&from), " hex ") &&
        add_streams(&to, text_string(&from)))
        compare_streams(trial, &to);
    globfree(&found);
    text_release(&from);
    text_release(&to);
}

static void test_other_servers(void **state)
{
    (void)state;
    for_each_scene(other_servers);
}

static void test_refused_connections(void **state)
{
    (void)state;
    for_each_scene(refused_connections);
}

static void test_other_streams(void **state)
{
    (void)state;
    for_each_scene(other_streams);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_servers),
        cmocka_unit_test(test_refused_connections),
        cmocka_unit_test(test_other_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
