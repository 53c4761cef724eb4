/*
 * A scene is read line by line: statements set the stage, packet lines are
 * played at once and recorded, and the recording is written at the end.
 */
#include "scene/scene.h"

#include "base/bytes.h"
#include "scene/play.h"
#include "scene/recording.h"
#include "scene/wrap.h"

#include <stdlib.h>
#include <time.h>

enum {
    PCAPNG_MAX = 256 << 20,
    FRAME_MAX = 80000,
    EXPECTS_MAX = 1000,
    YEAR_MAX = 2200 /* nanoseconds since 1970 reach to 2262 */
};

#define START_DEFAULT (INT64_C(1704067200) * NANOS_PER_SECOND) /* 2024 */
#define TIME_MAX      (INT64_C(100000000) * NANOS_PER_SECOND)

struct stage {
    struct scene *scene;
    struct words words;
    struct recording recording;
    struct wraps wraps;
    struct play *play; /* the connection in hand, the others behind it */
    nanos start;
    nanos time; /* of the packet before, from the start */
    int64_t snap;
};

static bool read_link(struct stage *stage)
{
    if (stage->recording.frames)
        return words_fail(&stage->words, "the link layer comes first");
    return wraps_read_link(&stage->words, &stage->wraps);
}

static bool read_via(struct stage *stage)
{
    return wraps_read_via(&stage->words, &stage->wraps);
}

static bool read_start(struct stage *stage)
{
    const char *text, *end;
    struct tm tm = {0};

    if (stage->recording.frames)
        return words_fail(&stage->words, "the start comes first");
    if (!words_any(&stage->words, "time", &text))
        return false;
    end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (!end || *end || tm.tm_year < 70 || tm.tm_year >= YEAR_MAX - 1900)
        return words_fail(&stage->words, "no time like %s: '%s'",
                          "2024-05-01T10:00:00Z", text);
    stage->start = (nanos)timegm(&tm) * NANOS_PER_SECOND;
    return true;
}

/* A line of a key log; all of them are where the first one is. */
static bool read_secret(struct stage *stage)
{
    struct recording *recording = &stage->recording;
    const struct word *word = words_peek(&stage->words);

    if (!word || !word->quoted)
        return words_fail(&stage->words, "no line of a key log in quotes");
    stage->words.next++;
    if (!recording->secrets.size)
        recording->secrets_last = recording->frames > 0;
    text_addf(&recording->secrets, "%s\n", word->text);
    return true;
}

static bool read_client(struct stage *stage)
{
    return play_read_side(stage->play, SIDE_CLIENT, &stage->words);
}

static bool read_server(struct stage *stage)
{
    return play_read_side(stage->play, SIDE_SERVER, &stage->words);
}

static struct play *find_play(const struct stage *stage, const char *name)
{
    struct play *play = stage->play;

    while (play && strcmp(play->name, name) != 0)
        play = play->older;
    return play;
}

static bool read_connection(struct stage *stage)
{
    struct play *play = arena_alloc(&stage->scene->arena, sizeof *play);
    const char *name;

    if (!words_any(&stage->words, "name", &name))
        return false;
    if (find_play(stage, name))
        return words_fail(&stage->words, "connection '%s' is there already",
                          name);
    play_follow(play, stage->play);
    play->name = name;
    play->older = stage->play;
    stage->play = play;
    return true;
}

static bool read_snap(struct stage *stage)
{
    return words_number(&stage->words, "cut", 0, INT32_MAX, &stage->snap);
}

static bool read_dropped(struct stage *stage)
{
    int64_t drops;

    if (!words_number(&stage->words, "dropped", 1, INT32_MAX, &drops))
        return false;
    stage->recording.drops = (uint64_t)drops;
    return true;
}

/* Takes the next word if it is one of these; NULL if not. */
static const char *take_one_of(struct words *words, const char *const choice[])
{
    for (; *choice; choice++) {
        if (words_take(words, *choice))
            return *choice;
    }
    return NULL;
}

static bool read_count(struct words *words, unsigned *count)
{
    const struct word *word = words_peek(words);
    char *end;
    long number;

    *count = 1;
    if (!word || word->text[0] != 'x')
        return true;
    number = strtol(word->text + 1, &end, 10);
    if (end == word->text + 1 || *end || number < 1 || number > EXPECTS_MAX)
        return words_fail(words, "no count like x3: '%s'", word->text);
    *count = (unsigned)number;
    words->next++;
    return true;
}

static bool read_expect(struct stage *stage)
{
    static const char *const severity[] = {"error", "warning", "info", NULL};
    static const char *const confidence[] = {"certain", "likely", "possible",
                                             NULL};
    struct scene *scene = stage->scene;
    struct words *words = &stage->words;
    struct scene_expect expect = {.line = words->line};

    if (words_take(words, "none")) {
        scene->expects_none = true;
        return !scene->expects ||
               words_fail(words, "expect none, but more before");
    }
    if (scene->expects_none)
        return words_fail(words, "more to expect than none");
    if (scene->expects == EXPECTS_MAX)
        return words_fail(words, "too much to expect");
    if (!words_any(words, "code", &expect.code))
        return false;
    expect.severity = take_one_of(words, severity);
    expect.confidence = take_one_of(words, confidence);
    if (!read_count(words, &expect.count))
        return false;
    scene->expect =
        must_realloc(scene->expect, scene->expects + 1, sizeof *scene->expect);
    scene->expect[scene->expects++] = expect;
    return true;
}

/* To add a statement: its first word, and who takes what follows. */
static const struct {
    const char *word;
    bool (*read)(struct stage *stage);
} statements[] = {
    {"client",     read_client    },
    {"server",     read_server    },
    {"connection", read_connection},
    {"link",       read_link      },
    {"start",      read_start     },
    {"via",        read_via       },
    {"cut",        read_snap      },
    {"dropped",    read_dropped   },
    {"secret",     read_secret    },
    {"expect",     read_expect    },
};

static bool read_time(struct stage *stage)
{
    struct words *words = &stage->words;
    struct word *word = &words->word[words->next];
    bool relative = word->text[0] == '+';
    nanos time;

    if (relative)
        word->text++;
    if (!words_seconds(words, "time", &time))
        return false;
    if (relative)
        time += stage->time;
    if (time < stage->time)
        return words_fail(words, "time goes back (see 'late')");
    if (time > TIME_MAX)
        return words_fail(words, "time goes too far");
    stage->time = time;
    return true;
}

/* "c>" or "s>", before it the connection if it is not the one in hand. */
static bool read_sender(struct stage *stage, struct play **play, int *side)
{
    struct words *words = &stage->words;
    const char *name;

    *play = stage->play;
    for (int attempt = 0; attempt < 2; attempt++) {
        *side = words_take(words, "c>") ? SIDE_CLIENT : SIDE_SERVER;
        if (*side == SIDE_CLIENT || words_take(words, "s>"))
            return true;
        if (attempt == 1 || !words_any(words, "c> or s>", &name))
            break;
        *play = find_play(stage, name);
        if (!*play)
            return words_fail(words, "unknown connection '%s'", name);
    }
    return words_fail(words, "c> or s> is missing");
}

static bool record(struct stage *stage, const struct line *line,
                   const struct packet *packet)
{
    const nanos twice_default = 1000;
    struct recorded frame = {.time = stage->start + stage->time};
    size_t snap = (size_t)(line->cut.is ? line->cut.value : stage->snap);
    struct text ip, bytes;
    bool fits;

    if (line->late && line->late_by.is)
        frame.order = RECORDED_BY_TIME;
    else if (line->late)
        frame.order = RECORDED_BEHIND_NEXT;
    frame.time += line->late_by.value;
    text_init(&ip, FRAME_MAX);
    text_init(&bytes, FRAME_MAX);
    packet_write(packet, &ip);
    fits = wraps_write(&stage->wraps, text_span(&ip), &bytes);
    recording_add(&stage->recording, frame, text_span(&bytes), snap);
    if (line->twice) {
        frame.time += line->twice_by.is ? line->twice_by.value : twice_default;
        frame.order = RECORDED_BY_TIME;
        recording_add(&stage->recording, frame, text_span(&bytes), snap);
    }
    text_release(&ip);
    text_release(&bytes);
    return fits || words_fail(&stage->words,
                              "this wrapping does not fit what is around it");
}

static bool read_packet(struct stage *stage)
{
    struct line line = {0};
    struct play_step step = {.line = &line};
    struct play *play;
    struct packet packet;

    if (!read_time(stage) || !read_sender(stage, &play, &step.side))
        return false;
    step.time = stage->time;
    line.host_options = play->side[step.side].host_options;
    line.host_options.ip_id.is = false;
    if (!line_read(&line, &stage->words) ||
        !play_packet(play, &step, &stage->words, &packet))
        return false;
    return line.lose || record(stage, &line, &packet);
}

static bool read_line(struct stage *stage, struct span text)
{
    struct words *words = &stage->words;

    if (!words_split(words, text))
        return false;
    if (!words_peek(words))
        return true;
    if (words_at_number(words))
        return read_packet(stage);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (!words_take(words, statements[i].word))
            continue;
        if (!statements[i].read(stage))
            return false;
        return !words_peek(words) ||
               words_fail(words, "unknown word '%s'", words_peek(words)->text);
    }
    return words_fail(words, "unknown statement '%s'", words_peek(words)->text);
}

static bool read_lines(struct stage *stage, struct span text)
{
    while (text.size) {
        const uint8_t *end = memchr(text.at, '\n', text.size);
        size_t size = end ? (size_t)(end - text.at) : text.size;

        stage->words.line++;
        if (!read_line(stage, span_head(text, size)))
            return false;
        text = span_skip(text, size + 1);
    }
    return true;
}

bool scene_build(struct span text, struct scene *scene, struct fail *fail)
{
    struct stage *stage = must_calloc(1, sizeof *stage);
    bool built;

    *scene = (struct scene){0};
    arena_init(&scene->arena);
    text_init(&scene->pcapng, PCAPNG_MAX);
    stage->scene = scene;
    stage->words.arena = &scene->arena;
    stage->words.fail = fail;
    stage->start = START_DEFAULT;
    stage->snap = INT32_MAX;
    recording_init(&stage->recording);
    stage->play = arena_alloc(&scene->arena, sizeof *stage->play);
    play_init(stage->play);
    built = read_lines(stage, text);
    if (built)
        recording_write(&stage->recording, wraps_link_type(&stage->wraps),
                        &scene->pcapng);
    recording_release(&stage->recording);
    free(stage);
    return built;
}

void scene_release(struct scene *scene)
{
    text_release(&scene->pcapng);
    free(scene->expect);
    arena_release(&scene->arena);
    *scene = (struct scene){0};
}
