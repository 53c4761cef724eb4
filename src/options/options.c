#include "options/checks.h"
#include "options/likely.h"
#include "options/table.h"
#include "options/values.h"

#include "base/text.h"
#include "sandbox/safe_file.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>

/* getopt_long's values: past every letter. */
enum {
    VALUE_BASE = 256,
    LIKELY_SIZE = 512,
    LETTERS_SIZE = 2 * OPTION_COUNT + 2
};

/* The packets themselves are no rendering of the report. */
static bool read_annotated(struct options *options, const char *path,
                           struct fail *fail)
{
    if (options->annotated)
        return fail_set(fail, "--output pcapng=FILE may be given once");
    options->annotated = path;
    return true;
}

static bool read_output(struct options *options, char *text, struct fail *fail)
{
    char *equals = strchr(text, '=');
    const struct renderer *format = NULL; /* none: the packets */
    int descriptor;

    if (!equals || !equals[1])
        return fail_set(fail,
                        "--output takes FORMAT=FILE, as html=report.html, not "
                        "'%s'",
                        text);
    *equals = '\0';
    if (strcmp(text, "pcapng") != 0 && !value_format(text, &format, fail))
        return false;
    descriptor = safe_file_descriptor(equals + 1);
    if (descriptor >= 0 && !safe_file_takes_bytes(descriptor))
        return fail_set(fail, "cannot write '%s': it is not open for writing",
                        equals + 1);
    if (!format)
        return read_annotated(options, equals + 1, fail);
    if (options->outputs == OPTIONS_OUTPUTS_MAX)
        return fail_set(fail, "at most %d times --output", OPTIONS_OUTPUTS_MAX);
    options->output[options->outputs].format = format;
    options->output[options->outputs++].path = equals + 1;
    return true;
}

static bool read_stream(struct options *options, const char *text,
                        struct fail *fail)
{
    static const uint64_t range[] = {0, UINT64_MAX};

    options->pipeline.judge.has_stream = true;
    return value_number("stream", text, range, &options->pipeline.judge.stream,
                        fail);
}

static bool apply_threshold(struct options *options, enum option_id id,
                            const char *value, struct fail *fail)
{
    struct diagnose_settings *settings = &options->pipeline.judge.settings;

    switch (id) {
    case OPTION_WRITE_TIMEOUT:
        return value_duration(option_rows[id].name, value,
                              &settings->write_timeout, fail);
    case OPTION_IDLE_TIMEOUT:
        return value_duration(option_rows[id].name, value,
                              &settings->idle_timeout, fail);
    case OPTION_STALL_THRESHOLD:
        return value_duration(option_rows[id].name, value,
                              &settings->stall_threshold, fail);
    case OPTION_TIMEOUT_FLOOR:
        return value_duration(option_rows[id].name, value,
                              &settings->timeout_floor, fail);
    default:
        return value_duration(option_rows[id].name, value,
                              &settings->leak_threshold, fail);
    }
}

static bool apply_action(struct options *options, enum option_id id,
                         const char *value)
{
    static const enum action action[OPTION_COUNT] = {
        [OPTION_EXPLAIN] = ACTION_EXPLAIN,
        [OPTION_LIST_CODES] = ACTION_LIST_CODES,
        [OPTION_SCHEMA] = ACTION_SCHEMA,
        [OPTION_COMPLETION] = ACTION_COMPLETION,
        [OPTION_CAPTURE_HINT] = ACTION_CAPTURE_HINT,
        [OPTION_LIST_INTERFACES] = ACTION_LIST_INTERFACES,
        [OPTION_VERSION] = ACTION_VERSION,
        [OPTION_HELP] = ACTION_HELP,
    };

    if (action[id] == ACTION_NONE)
        return false;
    options->action = action[id];
    if (id == OPTION_EXPLAIN)
        options->explain = value;
    if (id == OPTION_COMPLETION)
        options->shell = value;
    return true;
}

static bool read_snaplen(struct watch_options *watch, const char *text,
                         struct fail *fail)
{
    static const uint64_t range[] = {0, 262144};

    watch->has_snaplen = true;
    if (strcmp(text, "full") == 0)
        return true;
    return value_number("snaplen", text, range, &watch->snaplen, fail);
}

static bool apply_watch(struct options *options, enum option_id id,
                        const char *value, struct fail *fail)
{
    static const uint64_t range[] = {1, UINT64_MAX};
    struct watch_options *watch = &options->watch;
    const char *name = option_rows[id].name;

    switch (id) {
    case OPTION_INTERFACE:
        watch->interface = value;
        return true;
    case OPTION_FOLLOW:
        watch->follow = true;
        return true;
    case OPTION_DURATION:
        return value_duration(name, value, &watch->duration, fail);
    case OPTION_PACKETS:
        return value_number(name, value, range, &watch->count, fail);
    case OPTION_SNAPLEN:
        return read_snaplen(watch, value, fail);
    case OPTION_BUFFER:
        return value_size(name, value, &watch->buffer, fail);
    case OPTION_USER:
        watch->user = value;
        return true;
    case OPTION_METRICS:
        watch->metrics = value;
        return true;
    case OPTION_RECORD:
        watch->record = value;
        return true;
    case OPTION_NO_SECRETS:
        watch->no_secrets = true;
        return true;
    case OPTION_RECORD_MEMORY:
        return value_size(name, value, &watch->record_memory, fail);
    default:
        return value_record_limit(value, watch, fail);
    }
}

static bool read_keylog(struct options *options, const char *value,
                        struct fail *fail)
{
    if (options->keylogs == OPTIONS_KEYLOGS_MAX)
        return fail_set(fail, "more than %d key logs", OPTIONS_KEYLOGS_MAX);
    options->keylog[options->keylogs++] = value;
    return true;
}

/* What of the report is told, and how much. */
static bool apply_report(struct report_options *report, enum option_id id,
                         const char *value, struct fail *fail)
{
    static const uint64_t range[] = {1, UINT32_MAX};

    switch (id) {
    case OPTION_SUMMARY:
        report->summary = true;
        return true;
    case OPTION_LADDER:
        report->ladder = true;
        return true;
    default:
        return value_number(option_rows[id].name, value, range, &report->limit,
                            fail);
    }
}

static bool apply(struct options *options, enum option_id id, char *value,
                  struct fail *fail)
{
    if (apply_action(options, id, value))
        return true;
    if (id >= OPTION_INTERFACE && id <= OPTION_RECORD_LIMIT)
        return apply_watch(options, id, value, fail);
    switch (id) {
    case OPTION_PORT:
        return value_ports(value, &options->pipeline.http, fail);
    case OPTION_FILTER:
        options->capture.filter = value;
        return true;
    case OPTION_STREAM:
        return read_stream(options, value, fail);
    case OPTION_KEYLOG:
        return read_keylog(options, value, fail);
    case OPTION_ONLY:
        return value_codes(value, options->pipeline.judge.only, fail);
    case OPTION_IGNORE:
        return value_codes(value, options->pipeline.judge.ignore, fail);
    case OPTION_EXCHANGES:
        options->pipeline.judge.list_exchanges = true;
        options->report.list_exchanges = true;
        return true;
    case OPTION_SUMMARY:
    case OPTION_LIMIT:
    case OPTION_LADDER:
        return apply_report(&options->report, id, value, fail);
    case OPTION_WHY:
        return value_why(value, &options->pipeline.judge.why, fail);
    case OPTION_COMPARE:
        options->compare = true;
        return true;
    case OPTION_SHOW_SECRETS:
        options->report.show_secrets = true;
        options->pipeline.judge.settings.show_secrets = true;
        return true;
    case OPTION_FORMAT:
        return value_format(value, &options->format, fail);
    case OPTION_OUTPUT:
        return read_output(options, value, fail);
    case OPTION_COLOR:
        return value_when(option_rows[id].name, value, &options->color, fail);
    case OPTION_PROGRESS:
        return value_when(option_rows[id].name, value, &options->progress,
                          fail);
    case OPTION_BASELINE:
        options->baseline = value;
        return true;
    case OPTION_FAIL_ON:
        return value_fail_on(value, &options->fail_on, &options->fail_unjudged,
                             fail);
    default:
        return apply_threshold(options, id, value, fail);
    }
}

/* The table as getopt_long wants it. */
static void fill_getopt(struct option *to, char letters[static LETTERS_SIZE])
{
    size_t rows = 0;
    size_t at = 0;

    letters[at++] = ':';
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        int has = option_rows[i].argument ? required_argument : no_argument;

        if (!option_rows[i].name[0])
            continue;
        to[rows++] = (struct option){option_rows[i].name, has, NULL,
                                     VALUE_BASE + (int)i};
        if (option_rows[i].letter) {
            letters[at++] = option_rows[i].letter;
            if (has == required_argument)
                letters[at++] = ':';
        }
    }
    letters[at] = '\0';
    to[rows] = (struct option){0};
}

static enum option_id by_value(int value)
{
    if (value >= VALUE_BASE)
        return (enum option_id)(value - VALUE_BASE);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_rows[i].letter == value)
            return (enum option_id)i;
    }
    return OPTION_COUNT;
}

/* getopt_long tells an unknown letter, and a long name with too much to it. */
static bool unknown_option(const char *said, struct fail *fail)
{
    struct text likely;

    if (optopt >= VALUE_BASE)
        return fail_set(fail, "--%s takes no value",
                        option_rows[by_value(optopt)].name);
    if (optopt == 'r')
        return fail_set(fail, "unknown option '-r': captures are named without "
                              "one");
    if (optopt)
        return fail_set(fail, "unknown option '-%c'", optopt);
    text_init(&likely, LIKELY_SIZE);
    likely_options(&likely, said);
    (void)fail_set(fail, "unknown option '%s'%s", said, text_string(&likely));
    text_release(&likely);
    return false;
}

/* What stands behind the options of a live capture is its filter. */
static bool take_filter_words(struct options *options, struct fail *fail)
{
    struct text words;
    bool fits;

    if (options->watch.follow)
        return fail_set(fail, "--follow reads files: it does not go with "
                              "--interface");
    if (options->paths == 0)
        return true;
    if (options->capture.filter)
        return fail_set(fail, "the filter is given twice: '%s' and '%s'",
                        options->capture.filter, options->path[0]);
    text_init(&words, sizeof options->filter);
    for (size_t i = 0; i < options->paths; i++)
        text_addf(&words, "%s%s", i ? " " : "", options->path[i]);
    fits = !words.cut && words.size < sizeof options->filter;
    (void)snprintf(options->filter, sizeof options->filter, "%s",
                   text_string(&words));
    text_release(&words);
    options->capture.filter = options->filter;
    options->paths = 0;
    return fits || fail_set(fail, "the filter is too long");
}

static void keep_command(struct options *options, int argc, char *argv[])
{
    struct text words;

    text_init(&words, sizeof options->asked - 1);
    text_add(&words, "whyeof");
    for (int i = 1; i < argc; i++) {
        text_add(&words, " ");
        text_add_visible(&words, span_of_text(argv[i]));
    }
    (void)snprintf(options->asked, sizeof options->asked, "%s",
                   text_string(&words));
    text_release(&words);
}

bool options_parse(struct options *options, int argc, char *argv[],
                   struct fail *fail)
{
    struct option table[OPTION_COUNT + 1];
    char letters[LETTERS_SIZE];
    int value;

    *options = (struct options){.fail_on = SEVERITY_ERROR};
    options->pipeline.judge.settings = diagnose_defaults();
    keep_command(options, argc, argv);
    fill_getopt(table, letters);
    opterr = 0;
    optind = 1;
    while ((value = getopt_long(argc, argv, letters, table, NULL)) != -1) {
        const char *said = argv[optind - 1];

        if (value == ':')
            return fail_set(fail, "'%s' needs a value", said);
        if (value == '?')
            return unknown_option(said, fail);
        if (!apply(options, by_value(value), optarg, fail))
            return false;
    }
    options->path = (const char *const *)argv + optind;
    options->paths = (size_t)(argc - optind);
    if (options->action != ACTION_NONE)
        return check_action(options, fail);
    if (!check_why(options, fail) || !check_compare(options, fail) ||
        !check_annotated(options, fail) || !check_baseline(options, fail))
        return false;
    if (options->watch.interface)
        return take_filter_words(options, fail);
    return check_files(options, fail);
}
