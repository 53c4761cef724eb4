/*
 * Every scene says what it expects of the program, and some have the report
 * itself beside them: NAME.json, NAME.txt. WHYEOF_GOLDEN=write rewrites these
 * (make golden); what changed is then read in the diff.
 */
#include "pipeline/scenes_kit.h"
#include "report/render.h"

enum {
    REPORT_SIZE_MAX = 16 << 20,
    PATH_SIZE = 512,
    TEXT_WIDTH = 80
};

static bool is_writing(void)
{
    const char *said = getenv("WHYEOF_GOLDEN");

    return said && strcmp(said, "write") == 0;
}

static bool is_expected_as(const struct scene_expect *expect,
                           const struct finding *finding)
{
    const char *severity = severity_name(finding->severity);
    const char *confidence = confidence_name(finding->confidence);

    return strcmp(expect->code, verdict_slug(finding->code)) == 0 &&
           (!expect->severity || strcmp(expect->severity, severity) == 0) &&
           (!expect->confidence || strcmp(expect->confidence, confidence) == 0);
}

static unsigned count_as(const struct scene_expect *expect,
                         const struct report *report)
{
    unsigned count = 0;

    for (size_t i = 0; i < report->findings; i++)
        count += is_expected_as(expect, report->finding[i]);
    return count;
}

/* Does the scene name the finding? Where it expects none, info is allowed. */
static bool is_named(const struct scene *scene, const struct finding *finding)
{
    for (size_t i = 0; i < scene->expects; i++) {
        if (is_expected_as(&scene->expect[i], finding))
            return true;
    }
    return scene->expects_none && finding->severity == SEVERITY_INFO;
}

static bool check_findings(const struct tape *tape, const struct report *report)
{
    const struct scene *scene = &tape->scene;
    bool good = true;

    if (!scene->expects && !scene->expects_none)
        fail_msg("'%s' expects nothing", tape->name);
    for (size_t i = 0; i < report->findings; i++) {
        if (report->finding[i]->wait < 0)
            fail_msg("'%s': a finding waits less than nothing", tape->name);
    }
    for (size_t i = 0; i < scene->expects; i++) {
        unsigned count = count_as(&scene->expect[i], report);

        if (verdict_by_slug(scene->expect[i].code) == VERDICT_NONE)
            fail_msg("no such code: '%s'", scene->expect[i].code);
        if (count != scene->expect[i].count) {
            print_message("# line %u: found %u of them\n",
                          scene->expect[i].line, count);
            good = false;
        }
    }
    for (size_t i = 0; i < report->findings; i++) {
        if (is_named(scene, report->finding[i]))
            continue;
        print_message("# not expected: %s\n",
                      verdict_slug(report->finding[i]->code));
        good = false;
    }
    return good;
}

/* The program's version is no part of a golden. */
static void hide_version(const char *rendered, struct text *out)
{
    static const char version[] = "\"version\": \"" WHYEOF_VERSION "\"";
    const char *found = strstr(rendered, version);

    if (found) {
        text_add_bytes(out, (struct span){(const uint8_t *)rendered,
                                          (size_t)(found - rendered)});
        text_add(out, "\"version\": \"VERSION\"");
        rendered = found + strlen(version);
    }
    text_add(out, rendered);
}

static void render(const struct report *report, const char *format,
                   struct text *out)
{
    const struct renderer *renderer = renderer_find(format);
    struct report_options options = {
        .width = TEXT_WIDTH,
    };
    char *bytes = NULL;
    size_t size;
    FILE *stream = open_memstream(&bytes, &size);

    assert_non_null(renderer);
    assert_non_null(stream);
    assert_true(renderer->render(report, &options, stream));
    assert_int_equal(fclose(stream), 0);
    hide_version(bytes, out);
    free(bytes);
}

static void golden_path(const char *scene, const char *suffix,
                        char path[static PATH_SIZE])
{
    size_t stem = strlen(scene) - strlen(".scene");

    (void)snprintf(path, PATH_SIZE, "%.*s.%s", (int)stem, scene, suffix);
}

/* Each verdict's scene has its report in JSON. */
static bool wants_golden(const char *path, const char *suffix)
{
    if (access(path, F_OK) == 0)
        return true;
    return is_writing() && strcmp(suffix, "json") == 0 &&
           strstr(path, "/verdicts/");
}

static void write_golden(const char *path, const struct text *now)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text_string(now), 1, now->size, file), now->size);
    assert_int_equal(fclose(file), 0);
}

/* Names the first line that differs. */
static void show_difference(const char *path, const char *was, const char *now)
{
    unsigned line = 1;

    while (*was && *was == *now) {
        line += *was == '\n';
        was++;
        now++;
    }
    print_message("# %s:%u: was %.60s\n# now %.60s\n", path, line, was, now);
}

static bool check_golden(const char *scene, const struct report *report,
                         const char *format, const char *suffix)
{
    char path[PATH_SIZE];
    struct text was;
    struct text now;
    bool same = true;

    golden_path(scene, suffix, path);
    if (!wants_golden(path, suffix))
        return true;
    text_init(&was, REPORT_SIZE_MAX);
    text_init(&now, REPORT_SIZE_MAX);
    render(report, format, &now);
    if (is_writing()) {
        write_golden(path, &now);
    } else {
        kit_read_file(path, &was);
        same = strcmp(text_string(&was), text_string(&now)) == 0;
        if (!same)
            show_difference(path, text_string(&was), text_string(&now));
    }
    text_release(&was);
    text_release(&now);
    return same;
}

static void test_scene(void **state)
{
    const char *path = *state;
    struct text told;
    struct tape tape;
    struct run run;
    bool good;

    tape_open(&tape, path);
    run = tape_run(&tape);
    good = check_findings(&tape, run.report);
    good &= check_golden(path, run.report, "json", "json");
    good &= check_golden(path, run.report, "text", "txt");
    text_init(&told, REPORT_SIZE_MAX);
    tell_findings(run.report, &told);
    if (!good)
        print_message("# %s:\n%s", tape.name, text_string(&told));
    text_release(&told);
    run_release(&run);
    tape_release(&tape);
    assert_true(good);
}

/* The capture that the project began with, to the frame. */
static void test_seed(void **state)
{
    const struct finding *finding;
    unsigned probed = 0;
    struct tape tape;
    struct run run;

    (void)state;
    tape_open(&tape, "testdata/seed/write-timeout.scene");
    run = tape_run(&tape);
    assert_int_equal(run.report->findings, 1);
    finding = run.report->finding[0];
    assert_int_equal(finding->code, VERDICT_WRITE_TIMEOUT_EOF);
    assert_int_equal(finding->symptom, SYMPTOM_EMPTY_REPLY);
    assert_int_equal(finding->ended.frame, 19);
    assert_int_equal(finding->wait, 60004256000);
    for (size_t i = 0; i < finding->evidences; i++)
        probed += strstr(finding->evidence[i].what,
                         "3 TCP keep-alive probes of the ") &&
                  strstr(finding->evidence[i].what, "3 answered");
    assert_int_equal(probed, 2);
    run_release(&run);
    tape_release(&tape);
}

/* One test for each scene, named after it. */
int main(void)
{
    struct CMUnitTest *test;
    glob_t found = {0};
    int failed;

    find_scenes(&found);
    assert_int_equal(glob("testdata/poor/*.scene", GLOB_APPEND, NULL, &found),
                     0);
    test = must_calloc(found.gl_pathc + 1, sizeof *test);
    for (size_t i = 0; i < found.gl_pathc; i++)
        test[i] = (struct CMUnitTest){
            .name = path_name(found.gl_pathv[i]),
            .test_func = test_scene,
            .initial_state = found.gl_pathv[i],
        };
    test[found.gl_pathc] = (struct CMUnitTest)cmocka_unit_test(test_seed);
    failed =
        _cmocka_run_group_tests("scenes", test, found.gl_pathc + 1, NULL, NULL);
    free(test);
    globfree(&found);
    return failed;
}
