#include "capture/capture_kit.h"

void put(struct kit *kit, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        unsigned shift = 8 * (kit->big_endian ? size - 1 - i : i);

        assert_true(kit->size < KIT_ROOM);
        kit->bytes[kit->size++] = (uint8_t)(value >> shift);
    }
}

void put_data(struct kit *kit, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        put(kit, i & 0xff, 1);
}

void put_text(struct kit *kit, const char *text)
{
    while (*text)
        put(kit, (uint8_t)*text++, 1);
}

void put_pcap(struct kit *kit, uint32_t magic, uint32_t link_type)
{
    put(kit, magic, 4);
    put(kit, 2, 2);
    put(kit, 4, 2);
    put(kit, 0, 8);
    put(kit, 262144, 4);
    put(kit, link_type, 4);
}

void put_record(struct kit *kit, uint32_t seconds, uint32_t fraction,
                uint32_t size)
{
    put(kit, seconds, 4);
    put(kit, fraction, 4);
    put(kit, size, 4);
    put(kit, size, 4);
    put_data(kit, size);
}

void begin_block(struct kit *kit, uint32_t type)
{
    kit->block = kit->size;
    put(kit, type, 4);
    put(kit, 0, 4);
}

void end_block(struct kit *kit)
{
    size_t size;

    while (kit->size % 4)
        put(kit, 0, 1);
    size = kit->size - kit->block + 4;
    kit->size = kit->block + 4;
    put(kit, size, 4);
    kit->size = kit->block + size - 4;
    put(kit, size, 4);
}

void put_section(struct kit *kit, bool big_endian)
{
    kit->big_endian = big_endian;
    begin_block(kit, 0x0a0d0d0a);
    put(kit, 0x1a2b3c4d, 4);
    put(kit, 1, 2);
    put(kit, 0, 2);
    put(kit, UINT64_MAX, 8);
    end_block(kit);
}

void begin_interface(struct kit *kit, uint32_t link_type, uint32_t snap_length)
{
    begin_block(kit, 1);
    put(kit, link_type, 2);
    put(kit, 0, 2);
    put(kit, snap_length, 4);
}

void put_option(struct kit *kit, uint32_t code, uint32_t size, uint64_t value)
{
    put(kit, code, 2);
    put(kit, size, 2);
    put(kit, value, size);
    while (kit->size % 4)
        put(kit, 0, 1);
}

void put_interface(struct kit *kit, uint32_t link_type)
{
    begin_interface(kit, link_type, 0);
    end_block(kit);
}

void put_packet(struct kit *kit, uint32_t interface, uint64_t ticks,
                uint32_t size)
{
    begin_block(kit, 6);
    put(kit, interface, 4);
    put(kit, ticks >> 32, 4);
    put(kit, ticks & UINT32_MAX, 4);
    put(kit, size, 4);
    put(kit, size, 4);
    put_data(kit, size);
    end_block(kit);
}

void kit_save(const void *bytes, size_t size, char path[static KIT_PATH_SIZE])
{
    int file;

    (void)snprintf(path, KIT_PATH_SIZE, "/tmp/whyeof-test-XXXXXX");
    file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), (ssize_t)size);
    assert_int_equal(close(file), 0);
}

static void say_frame(struct text *text, const struct frame *frame)
{
    text_addf(text,
              "#%" PRIu64 " %u.%" PRIu64 " if%u link%u %zu/%u @%" PRId64 "\n",
              frame->number, frame->file, frame->file_number, frame->interface,
              frame->link_type, frame->data.size, frame->length, frame->time);
}

/* The problem, with the path, which is another one in each run, as x. */
static void say_problem(struct text *text, const struct capture_input *input)
{
    const char *at = strstr(input->problem, input->path);
    size_t before = at ? (size_t)(at - input->problem) : 0;

    text_addf(text, " %.*s", (int)before, input->problem);
    text_addf(text, "%s%s", at ? "x" : "",
              at ? at + strlen(input->path) : input->problem);
}

static void say_input(struct text *text, const struct capture_input *input)
{
    static const char *const trouble[] = {"sound", "truncated", "corrupt",
                                          "unfiltered", "unreadable"};

    text_addf(text, "%s: %" PRIu64 " packets", input->format, input->packets);
    if (input->has_drops)
        text_addf(text, ", %" PRIu64 " drops", input->interface_drops);
    if (input->snapped)
        text_addf(text, ", %" PRIu64 " snapped", input->snapped);
    text_addf(text, ", %s", trouble[input->trouble]);
    if (input->problem[0])
        say_problem(text, input);
    text_add(text, "\n");
}

void say_capture(struct text *text, const char *const path[], size_t count,
                 const char *filter)
{
    struct capture_options options = {.filter = filter};
    struct fail fail = {0};
    struct capture *capture = capture_open(path, count, &options, &fail);
    const struct capture_input *input;
    struct frame frame;

    if (!capture) {
        text_addf(text, "failed: %s\n", fail.text);
        return;
    }
    while (capture_next(capture, &frame))
        say_frame(text, &frame);
    input = capture_inputs(capture, &count);
    for (size_t i = 0; i < count; i++)
        say_input(text, &input[i]);
    capture_close(capture);
}

void expect_text(struct text *text, const char *expected)
{
    size_t size = strlen(expected);

    if (size >= 3 && strcmp(expected + size - 3, "...") == 0 &&
        strncmp(text_string(text), expected, size - 3) == 0)
        return;
    assert_string_equal(text_string(text), expected);
}

void expect_of(const void *bytes, size_t size, const char *expected)
{
    char path[KIT_PATH_SIZE];
    const char *const paths[] = {path};
    struct text text;

    text_init(&text, KIT_TEXT_LIMIT);
    kit_save(bytes, size, path);
    say_capture(&text, paths, 1, NULL);
    (void)unlink(path);
    expect_text(&text, expected);
    text_release(&text);
}

void expect(const struct kit *kit, const char *expected)
{
    expect_of(kit->bytes, kit->size, expected);
}
