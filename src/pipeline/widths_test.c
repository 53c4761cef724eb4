/*
 * Text at any width says the same: no line is longer than it, and no word is
 * cut but what is longer than a line could be.
 */
#include "pipeline/scenes_kit.h"
#include "report/render.h"

enum {
    REPORT_SIZE_MAX = 16 << 20,
    WIDEST = 4000,
    NARROWEST = 60,
    /* what is beside a label, or an arrow, at the narrowest */
    DIVIDED_LEAST = 26,
    DIVIDED_LADDER = 23
};

static const unsigned widths[] = {NARROWEST, 80, 200};

static char *render_at(const struct report *report, unsigned width, bool ladder)
{
    struct report_options options = {.width = width, .ladder = ladder};
    char *bytes = NULL;
    size_t size;
    FILE *stream = open_memstream(&bytes, &size);

    assert_non_null(stream);
    assert_true(renderer_find("text")->render(report, &options, stream));
    assert_int_equal(fclose(stream), 0);
    return bytes;
}

static unsigned columns(const char *line, size_t size)
{
    unsigned count = 0;

    for (size_t i = 0; i < size; i++)
        count += ((uint8_t)line[i] & 0xc0) != 0x80;
    return count;
}

static void check_lines(const char *name, const char *text, unsigned width)
{
    while (*text) {
        size_t size = strcspn(text, "\n");

        if (columns(text, size) > width)
            fail_msg("%s, %u columns: '%.*s'", name, width, (int)size, text);
        text += size + (text[size] == '\n');
    }
}

/* The next word, but for bars, which have their place only where it is wide. */
static struct span next_word(const char **text)
{
    for (;;) {
        struct span word;

        *text += strspn(*text, " \n");
        word = (struct span){(const uint8_t *)*text, strcspn(*text, " \n")};
        *text += word.size;
        if (word.size == 0 || strspn((const char *)word.at, "#") < word.size)
            return word;
    }
}

static void check_words(const char *name, const char *wide, const char *narrow,
                        size_t longest)
{
    struct span whole = next_word(&wide);

    for (; whole.size; whole = next_word(&wide)) {
        struct span rest = whole;

        while (rest.size) {
            struct span part = next_word(&narrow);

            if (part.size == 0 || part.size > rest.size ||
                memcmp(part.at, rest.at, part.size) != 0 ||
                (part.size < whole.size && whole.size < longest))
                fail_msg("%s: '%.*s' became '%.*s'", name, (int)whole.size,
                         (const char *)whole.at, (int)part.size,
                         (const char *)part.at);
            rest = span_skip(rest, part.size);
        }
    }
    assert_int_equal(next_word(&narrow).size, 0);
}

static void check_report(const char *name, const struct report *report,
                         bool ladder)
{
    char *wide = render_at(report, WIDEST, ladder);

    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char *text = render_at(report, widths[i], ladder);

        check_lines(name, text, widths[i]);
        check_words(name, wide, text, ladder ? DIVIDED_LADDER : DIVIDED_LEAST);
        free(text);
    }
    free(wide);
}

static void check_scene(const char *path)
{
    struct tape tape;
    struct run run;

    tape_open(&tape, path);
    run = tape_run(&tape);
    check_report(tape.name, run.report, false);
    check_report(tape.name, run.report, true);
    run_release(&run);
    tape_release(&tape);
}

static void test_widths(void **state)
{
    glob_t found = {0};

    (void)state;
    find_scenes(&found);
    assert_true(found.gl_pathc > 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_scene(found.gl_pathv[i]);
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
