#include "record/recorder_kit.h"

void rig_note(void *context, const char *text)
{
    struct rig *rig = context;

    text_addf(&rig->said, "%s\n", text);
}

void rig_open(struct rig *rig, struct recorder_options options)
{
    struct fail fail = {0};

    *rig = (struct rig){.now = RIG_ZERO, .link_type = 1};
    text_init(&rig->said, RIG_TEXT_MOST);
    folder_make(&rig->folder);
    options.folder = rig->folder.path;
    options.complain = rig_note;
    options.context = rig;
    rig->recorder = recorder_open(&options, &fail);
    if (!rig->recorder)
        fail_msg("%s", fail.text);
}

void rig_close(struct rig *rig)
{
    recorder_close(rig->recorder);
    text_release(&rig->said);
    folder_remove(&rig->folder);
}

uint64_t rig_take(struct rig *rig, uint64_t conn, size_t payload)
{
    uint8_t *byte = must_calloc(RIG_HEADERS + payload, 1);
    struct frame frame = {
        .time = rig->now += NANOS_PER_MILLI,
        .number = ++rig->frame,
        .file_number = rig->frame,
        .link_type = rig->link_type,
        .length = (uint32_t)(RIG_HEADERS + payload),
        .data = {byte, RIG_HEADERS + payload}
    };

    memset(byte, (int)conn, RIG_HEADERS + payload);
    recorder_take(rig->recorder, conn, &frame, RIG_HEADERS);
    free(byte);
    return rig->frame;
}

void told_init(struct told *told, const struct rig *rig, uint64_t conn,
               uint64_t first)
{
    *told = (struct told){
        .finding = {.code = VERDICT_WRITE_TIMEOUT_EOF,
                    .severity = SEVERITY_ERROR,
                    .confidence = CONFIDENCE_LIKELY,
                    .title = "the title",
                    .explanation = "The explanation.",
                    .advice = {"raise the timeout"},
                    .advices = 1,
                    .ended = {.time = rig->now, .frame = rig->frame & 0xffff},
                    .connection = {.id = conn,
                                   .first = {.frame = first & 0xffff},
                                   .client = {.address = {4, {10, 0, 0, 1}},
                                              .port = 40000},
                                   .server = {.address = {4, {10, 0, 0, 2}},
                                              .port = 8080}}}
    };
}

void told_cite(struct told *told, uint64_t frame, const char *what)
{
    struct finding *finding = &told->finding;

    finding->evidence[finding->evidences++] =
        (struct evidence){.at = {.frame = frame & 0xffff}, .what = what};
}

void rig_tell(struct rig *rig, struct told *told, uint64_t id,
              unsigned revision)
{
    told->finding.id = id;
    told->finding.revision = revision;
    told->finding.standing = STANDING_SETTLED;
    recorder_finding(rig->recorder, &told->finding);
}

void rig_withdraw(struct rig *rig, struct told *told, uint64_t id,
                  unsigned revision)
{
    told->finding.id = id;
    told->finding.revision = revision;
    told->finding.standing = STANDING_WITHDRAWN;
    recorder_finding(rig->recorder, &told->finding);
}

/* Says the comments of a block, each in quotes. */
static void say_comments(struct text *out, struct reader *reader)
{
    while (reader->rest.size > 4) {
        unsigned code = read_le16(reader);
        unsigned size = read_le16(reader);
        struct span value = read_span(reader, size);

        read_skip(reader, -(size_t)size & 3);
        if (code != 1)
            continue;
        text_add(out, " \"");
        text_add_bytes(out, value);
        text_add(out, "\"");
    }
}

/* "#number link size/length" and the comments. */
static void say_packet(struct text *out, struct reader *reader,
                       const uint32_t *link_type)
{
    static unsigned number; /* starts again with each section */
    uint32_t interface = read_le32(reader);
    uint32_t size;
    uint32_t length;

    if (!strchr(text_string(out), '#'))
        number = 0;
    read_skip(reader, 8);
    size = read_le32(reader);
    length = read_le32(reader);
    read_skip(reader, (size + 3) & ~3u);
    text_addf(out, "#%u link%u %u/%u", ++number, link_type[interface], size,
              length);
    say_comments(out, reader);
    text_add(out, "\n");
}

/* How long it was listened to, from the first of interface 0. */
static void say_span(struct text *out, struct reader *reader)
{
    uint64_t time[2];

    if (read_le32(reader) != 0)
        return;
    read_skip(reader, 8);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_le32(reader), (8 << 16) + 2 + i);
        time[i] = (uint64_t)read_le32(reader) << 32;
        time[i] |= read_le32(reader);
    }
    text_addf(out, "watched %.3f s\n",
              nanos_seconds((nanos)(time[1] - time[0])));
}

static void say_block(struct text *out, uint32_t type, struct reader *body,
                      uint32_t *link_types)
{
    if (type == 0x0a0d0d0a) {
        read_skip(body, 16);
        text_add(out, "section");
        say_comments(out, body);
        text_add(out, "\n");
    } else if (type == 1) {
        link_types[++link_types[0]] = read_le16(body);
    } else if (type == 5) {
        say_span(out, body);
    } else {
        assert_int_equal(type, 6);
        say_packet(out, body, link_types + 1);
    }
}

/* A file of the recorder, little-endian as it writes them, block by block. */
static void say_file(struct text *out, struct rig *rig, const char *name)
{
    FILE *file = fopen(folder_file(&rig->folder, name), "re");
    uint8_t *bytes = must_calloc(1, 1 << 24);
    uint32_t link_types[64] = {0};
    struct reader reader;

    assert_non_null(file);
    reader = reader_on((struct span){bytes, fread(bytes, 1, 1 << 24, file)});
    assert_int_equal(fclose(file), 0);
    while (reader.rest.size) {
        uint32_t type = read_le32(&reader);
        uint32_t size = read_le32(&reader);
        struct reader body = reader_on(read_span(&reader, size - 12));

        assert_int_equal(read_le32(&reader), size);
        assert_false(reader.overrun);
        say_block(out, type, &body, link_types);
        assert_false(body.overrun);
    }
    free(bytes);
}

void expect_file(struct rig *rig, const char *name, const char *expected)
{
    struct text text;

    text_init(&text, RIG_TEXT_MOST);
    say_file(&text, rig, name);
    assert_string_equal(text_string(&text), expected);
    text_release(&text);
}

bool file_says(struct rig *rig, const char *name, const char *part)
{
    struct text text;
    bool says;

    text_init(&text, RIG_TEXT_MOST);
    say_file(&text, rig, name);
    says = strstr(text_string(&text), part) != NULL;
    text_release(&text);
    return says;
}
