/*
 * Two walks over the packets: the first learns which of the cited frames are
 * still held, for the section comment says so and stands in front; the second
 * writes them.
 */
#include "record/writer.h"

#include "base/bytes.h"
#include "capture/pcapng_out.h"

#include <errno.h>
#include <stdlib.h>

enum {
    COMMENT_MOST = 65535,
    KEY_LOG_MOST = 4096, /* a line for each kind of secret, twice */
    COMMENTS_MOST = 64,  /* on one frame */
    LINK_TYPES_MOST = 64,
    NO_EVIDENCE = -1 /* the frame of the ending, which may say the headline */
};

/* A frame that a finding cites. */
struct cite {
    uint64_t frame;
    const struct comments *comments;
    int evidence; /* index, or NO_EVIDENCE */
    bool held;
    bool headline; /* it is the one that says the title */
};

struct survey {
    struct cite *cite; /* in order of frame */
    size_t cites;
    struct store_holding holding;
    uint64_t first; /* frames held */
    uint64_t last;
    nanos from; /* the times of these */
    nanos until;
    uint64_t start; /* the connection's first frame */
};

struct film {
    const struct writer *writer;
    const struct survey *survey;
    struct pcapng_out out;
    uint32_t link_type[LINK_TYPES_MOST]; /* by interface */
    uint32_t interfaces;
    struct arena arena; /* the comments of one frame */
};

static int by_frame(const void *left, const void *right)
{
    const struct cite *a = left;
    const struct cite *b = right;

    if (a->frame != b->frame)
        return a->frame < b->frame ? -1 : 1;
    if (a->comments->id != b->comments->id)
        return a->comments->id < b->comments->id ? -1 : 1;
    return (a->evidence > b->evidence) - (a->evidence < b->evidence);
}

static bool is_told(const struct writer *writer,
                    const struct comments *comments)
{
    return comments->code == writer->code;
}

static void add_cites(struct survey *survey, const struct comments *comments)
{
    for (size_t i = 0; i < comments->evidences; i++)
        survey->cite[survey->cites++] =
            (struct cite){.frame = comments->evidence[i].frame,
                          .comments = comments,
                          .evidence = (int)i};
    if (comments->ended)
        survey->cite[survey->cites++] = (struct cite){.frame = comments->ended,
                                                      .comments = comments,
                                                      .evidence = -1};
}

static void intake_cites(struct survey *survey, const struct writer *writer)
{
    size_t most = 0;

    for (const struct comments *c = writer->comments; c; c = c->next)
        most += c->evidences + 1;
    survey->cite = must_calloc(most, sizeof *survey->cite);
    for (const struct comments *c = writer->comments; c; c = c->next) {
        if (!is_told(writer, c))
            continue;
        add_cites(survey, c);
        survey->start = c->first;
    }
    qsort(survey->cite, survey->cites, sizeof *survey->cite, by_frame);
}

/* The first cite of the frame or of a later one. */
static size_t find_cite(const struct survey *survey, uint64_t frame)
{
    size_t low = 0;
    size_t high = survey->cites;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (survey->cite[middle].frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool cites(const struct survey *survey, size_t at, uint64_t frame)
{
    return at < survey->cites && survey->cite[at].frame == frame;
}

/* The first held frame that the finding cites, or else that of the ending. */
static struct cite *find_headline(struct survey *survey,
                                  const struct comments *comments)
{
    struct cite *ending = NULL;

    for (size_t i = 0; i < survey->cites; i++) {
        struct cite *cite = &survey->cite[i];

        if (cite->comments != comments || !cite->held)
            continue;
        if (cite->evidence != NO_EVIDENCE)
            return cite;
        ending = cite;
    }
    return ending;
}

static void survey_init(struct survey *survey, const struct writer *writer)
{
    struct store_walk walk = store_walk(writer->store, writer->conn);
    struct store_packet packet;

    *survey = (struct survey){0};
    intake_cites(survey, writer);
    (void)store_find(writer->store, writer->conn, &survey->holding);
    while (store_walk_next(&walk, &packet)) {
        if (!survey->first) {
            survey->first = packet.number;
            survey->from = packet.time;
        }
        survey->last = packet.number;
        survey->until = packet.time;
        for (size_t i = find_cite(survey, packet.number);
             cites(survey, i, packet.number); i++)
            survey->cite[i].held = true;
    }
    for (const struct comments *c = writer->comments; c; c = c->next) {
        struct cite *headline = find_headline(survey, c);

        if (headline)
            headline->headline = true;
    }
}

static void add_findings(const struct writer *writer, struct text *text)
{
    for (const struct comments *c = writer->comments; c; c = c->next) {
        if (!is_told(writer, c))
            continue;
        comments_add_headline(c, text);
        text_add(text, "\n");
        for (size_t i = 0; i < c->advices; i++)
            text_addf(text, "to do: %s\n", c->advice[i]);
    }
    if (writer->unsaid)
        text_addf(text,
                  "%" PRIu64 " more findings on this connection are not "
                  "described\n",
                  writer->unsaid);
}

static void add_holding(const struct writer *writer,
                        const struct survey *survey, struct text *text)
{
    const struct store_holding *holding = &survey->holding;

    text_addf(text,
              "tcp.stream %" PRIu64 " of the original capture, frames "
              "%" PRIu64 " to %" PRIu64 " there\n",
              writer->conn, survey->first, survey->last);
    if (survey->first == survey->start)
        text_addf(text, "held: %" PRIu64 " packets, from its first on\n",
                  holding->packets);
    else
        text_addf(text,
                  "held: %" PRIu64 " packets; its start is not held: it began "
                  "with frame %" PRIu64 "\n",
                  holding->packets, survey->start);
    if (holding->trimmed)
        text_addf(text,
                  "of %" PRIu64 " packets only the headers: memory was "
                  "short (--record-memory)\n",
                  holding->trimmed);
    if (holding->dropped)
        text_addf(text,
                  "not held: %" PRIu64 " packets behind the first %d: memory "
                  "was short (--record-memory)\n",
                  holding->dropped, STORE_FIRST_KEPT);
}

static void add_missing(const struct survey *survey, struct text *text)
{
    for (size_t i = 0; i < survey->cites; i++) {
        const struct cite *cite = &survey->cite[i];

        if (!cite->held && cite->evidence != NO_EVIDENCE)
            text_addf(text, "not held: frame %" PRIu64 ": %s\n", cite->frame,
                      cite->comments->evidence[cite->evidence].what);
    }
}

static bool write_section(struct film *film)
{
    const struct writer *writer = film->writer;
    struct pcapng_out_section section = {.hardware = writer->hardware,
                                         .os = writer->os,
                                         .program = writer->program};
    struct text text;
    bool written;

    text_init(&text, COMMENT_MOST);
    add_findings(writer, &text);
    text_addf(&text, "from %s to %s\n", writer->comments->client,
              writer->comments->server);
    add_holding(writer, film->survey, &text);
    add_missing(film->survey, &text);
    text_addf(&text, "asked: %s", writer->asked);
    section.comment = text_string(&text);
    written = pcapng_out_section(&film->out, &section);
    text_release(&text);
    return written;
}

/* What the cite says, in the arena; NULL when it says nothing. */
static const char *cite_comment(struct film *film, const struct cite *cite)
{
    const struct comments *comments = cite->comments;
    struct text text;
    const char *kept;

    if (cite->evidence == NO_EVIDENCE && !cite->headline)
        return NULL;
    text_init(&text, COMMENT_MOST);
    if (cite->headline) {
        comments_add_headline(comments, &text);
        text_add(&text, "\n");
    }
    if (cite->evidence != NO_EVIDENCE) {
        comments_add_line(comments, comments->evidence[cite->evidence].what,
                          &text);
        text_add(&text, "\n");
    }
    text_addf(&text, "frame %" PRIu64 " of the original capture", cite->frame);
    kept = arena_keep(&film->arena, span_of_text(text_string(&text)));
    text_release(&text);
    return kept;
}

/* Describes the interface when its link type comes for the first time. */
static bool find_interface(struct film *film, uint32_t link_type,
                           uint32_t *number)
{
    for (*number = 0; *number < film->interfaces; (*number)++) {
        if (film->link_type[*number] == link_type)
            return true;
    }
    if (film->interfaces == LINK_TYPES_MOST)
        return false;
    film->link_type[film->interfaces++] = link_type;
    return pcapng_out_interface(&film->out, link_type, 0, NULL, number);
}

static void write_packet(struct film *film, const struct store_packet *held)
{
    const struct survey *survey = film->survey;
    const char *comment[COMMENTS_MOST];
    struct pcapng_out_packet packet = {.time = held->time,
                                       .length = held->length,
                                       .data = held->data,
                                       .comment = comment};

    for (size_t i = find_cite(survey, held->number);
         cites(survey, i, held->number); i++) {
        if (packet.comments == COMMENTS_MOST - 1) {
            comment[packet.comments++] = "more findings cite this packet";
            break;
        }
        comment[packet.comments] = cite_comment(film, &survey->cite[i]);
        packet.comments += comment[packet.comments] != NULL;
    }
    if (find_interface(film, held->link_type, &packet.interface))
        (void)pcapng_out_packet(&film->out, &packet);
    arena_release(&film->arena);
}

/* In front of the packets that need them. */
static void write_secrets(struct film *film)
{
    const struct writer *writer = film->writer;
    const struct comments *comments = writer->comments;
    struct text lines;

    if (!writer->keylog || !comments || !comments->has_random)
        return;
    text_init(&lines, KEY_LOG_MOST);
    keylog_write(writer->keylog, comments->random, &lines);
    if (comments->has_inner)
        keylog_write(writer->keylog, comments->inner_random, &lines);
    if (lines.size)
        (void)pcapng_out_key_log(&film->out, text_span(&lines));
    text_wipe(&lines);
    text_release(&lines);
}

bool writer_write(const struct writer *writer, FILE *file)
{
    struct survey survey;
    struct film film = {.writer = writer, .survey = &survey};
    struct store_walk walk = store_walk(writer->store, writer->conn);
    struct store_packet packet;
    bool written;

    survey_init(&survey, writer);
    pcapng_out_init(&film.out, file);
    (void)write_section(&film);
    write_secrets(&film);
    while (!film.out.trouble && store_walk_next(&walk, &packet))
        write_packet(&film, &packet);
    if (survey.until < writer->now)
        survey.until = writer->now;
    (void)pcapng_out_span(&film.out, survey.from, survey.until);
    written = pcapng_out_finish(&film.out);
    pcapng_out_release(&film.out);
    free(survey.cite);
    errno = film.out.trouble;
    return written;
}
