#include "pipeline/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

enum option_id {
#define OPTION(id, name, letter, argument, help) OPTION_##id,
#include "pipeline/options.def"
#undef OPTION
    OPTION_COUNT
};

static const struct {
    const char *name;
    char letter;
    const char *argument;
    const char *help;
} option[] = {
#define OPTION(id, name, letter, argument, help)                               \
    [OPTION_##id] = {name, letter, argument, help},
#include "pipeline/options.def"
#undef OPTION
};

/* getopt_long's values: past every letter. */
enum {
    VALUE_BASE = 256,
    LETTERS_SIZE = 2 * OPTION_COUNT + 2
};

static bool read_duration(enum option_id id, const char *text, nanos *to,
                          struct fail *fail)
{
    if (nanos_parse_duration(text, to))
        return true;
    return fail_set(fail,
                    "--%s takes a duration such as 10s, 1500ms or 1m30s, "
                    "not '%s'",
                    option[id].name, text);
}

static bool read_number(enum option_id id, const char *text, uint64_t most,
                        uint64_t *to)
{
    char *end;

    (void)id;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *to = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && *to <= most;
}

static bool read_when(enum option_id id, const char *text, enum when *to,
                      struct fail *fail)
{
    static const char *const name[] = {"auto", "always", "never"};

    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text, name[i]) == 0) {
            *to = (enum when)i;
            return true;
        }
    }
    return fail_set(fail, "--%s takes auto, always or never, not '%s'",
                    option[id].name, text);
}

/* Takes the next of the words between commas; false when there is none. */
static bool next_word(const char **list, char *word, size_t size)
{
    size_t length = strcspn(*list, ",");

    if (!**list)
        return false;
    (void)snprintf(word, size, "%.*s", (int)(length < 64 ? length : 64), *list);
    *list += length;
    *list += **list == ',';
    return true;
}

static bool read_codes(const char *list, bool set[static VERDICT_COUNT],
                       struct fail *fail)
{
    char word[80];

    if (!*list)
        return fail_set(fail, "a list of codes is empty");
    while (next_word(&list, word, sizeof word)) {
        enum verdict code = verdict_by_slug(word);

        if (code == VERDICT_NONE)
            return fail_set(fail, "no such code '%s' (--list-codes has them)",
                            word);
        set[code] = true;
    }
    return true;
}

static bool read_ports(const char *list, struct http_options *http,
                       struct fail *fail)
{
    char word[80];
    uint64_t port;

    if (!*list)
        return fail_set(fail, "--port takes numbers from 1 to 65535");
    while (next_word(&list, word, sizeof word)) {
        if (!read_number(OPTION_PORT, word, 65535, &port) || port == 0)
            return fail_set(fail,
                            "--port takes numbers from 1 to 65535, "
                            "not '%s'",
                            word);
        if (http->ports == HTTP_PORTS_MAX)
            return fail_set(fail, "--port takes at most %d ports",
                            HTTP_PORTS_MAX);
        http->port[http->ports++] = (uint16_t)port;
    }
    return true;
}

static bool read_format(const char *text, const struct renderer **to,
                        struct fail *fail)
{
    *to = renderer_find(text);
    return *to ||
           fail_set(fail, "no such format '%s': text, json or ndjson", text);
}

static bool read_output(struct options *options, char *text, struct fail *fail)
{
    char *equals = strchr(text, '=');
    const struct renderer *format;

    if (!equals || !equals[1])
        return fail_set(fail, "--output takes FORMAT=FILE, not '%s'", text);
    *equals = '\0';
    if (!read_format(text, &format, fail))
        return false;
    if (options->outputs == OPTIONS_OUTPUTS_MAX)
        return fail_set(fail, "at most %d times --output", OPTIONS_OUTPUTS_MAX);
    options->output[options->outputs].format = format;
    options->output[options->outputs++].path = equals + 1;
    return true;
}

static bool read_fail_on(const char *text, int *to, struct fail *fail)
{
    if (strcmp(text, "never") == 0) {
        *to = SEVERITY_COUNT;
        return true;
    }
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        if (strcmp(text, severity_name((enum severity)i)) == 0) {
            *to = i;
            return true;
        }
    }
    return fail_set(fail,
                    "--fail-on takes error, warning, info or never, "
                    "not '%s'",
                    text);
}

static bool read_stream(struct options *options, const char *text,
                        struct fail *fail)
{
    options->pipeline.has_stream = true;
    if (read_number(OPTION_STREAM, text, UINT64_MAX, &options->pipeline.stream))
        return true;
    return fail_set(fail, "--stream takes a number, not '%s'", text);
}

static bool set_errand(struct options *options, enum errand errand)
{
    options->errand = errand;
    return true;
}

static bool apply_threshold(struct options *options, enum option_id id,
                            const char *value, struct fail *fail)
{
    struct diagnose_settings *settings = &options->pipeline.settings;

    switch (id) {
    case OPTION_WRITE_TIMEOUT:
        return read_duration(id, value, &settings->write_timeout, fail);
    case OPTION_IDLE_TIMEOUT:
        return read_duration(id, value, &settings->idle_timeout, fail);
    case OPTION_STALL_THRESHOLD:
        return read_duration(id, value, &settings->stall_threshold, fail);
    case OPTION_TIMEOUT_FLOOR:
        return read_duration(id, value, &settings->timeout_floor, fail);
    default:
        return read_duration(id, value, &settings->leak_threshold, fail);
    }
}

static bool apply(struct options *options, enum option_id id, char *value,
                  struct fail *fail)
{
    switch (id) {
    case OPTION_PORT:
        return read_ports(value, &options->pipeline.http, fail);
    case OPTION_FILTER:
        options->capture.filter = value;
        return true;
    case OPTION_STREAM:
        return read_stream(options, value, fail);
    case OPTION_ONLY:
        return read_codes(value, options->pipeline.only, fail);
    case OPTION_IGNORE:
        return read_codes(value, options->pipeline.ignore, fail);
    case OPTION_EXCHANGES:
        options->pipeline.list_exchanges = true;
        options->report.list_exchanges = true;
        return true;
    case OPTION_SHOW_SECRETS:
        options->report.show_secrets = true;
        return true;
    case OPTION_FORMAT:
        return read_format(value, &options->format, fail);
    case OPTION_OUTPUT:
        return read_output(options, value, fail);
    case OPTION_COLOR:
        return read_when(id, value, &options->color, fail);
    case OPTION_PROGRESS:
        return read_when(id, value, &options->progress, fail);
    case OPTION_FAIL_ON:
        return read_fail_on(value, &options->fail_on, fail);
    case OPTION_EXPLAIN:
        options->explain = value;
        return set_errand(options, ERRAND_EXPLAIN);
    case OPTION_LIST_CODES:
        return set_errand(options, ERRAND_LIST_CODES);
    case OPTION_CAPTURE_HINT:
        return set_errand(options, ERRAND_CAPTURE_HINT);
    case OPTION_VERSION:
        return set_errand(options, ERRAND_VERSION);
    case OPTION_HELP:
        return set_errand(options, ERRAND_HELP);
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
        int has = option[i].argument ? required_argument : no_argument;

        if (!option[i].name[0])
            continue;
        to[rows++] =
            (struct option){option[i].name, has, NULL, VALUE_BASE + (int)i};
        if (option[i].letter) {
            letters[at++] = option[i].letter;
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
        if (option[i].letter == value)
            return (enum option_id)i;
    }
    return OPTION_COUNT;
}

/* getopt_long tells an unknown letter, and a long name with too much to it. */
static bool unknown_option(const char *said, struct fail *fail)
{
    if (optopt >= VALUE_BASE)
        return fail_set(fail, "--%s takes no value",
                        option[by_value(optopt)].name);
    if (optopt)
        return fail_set(fail, "unknown option '-%c'", optopt);
    return fail_set(fail, "unknown option '%s'", said);
}

bool options_parse(struct options *options, int argc, char *argv[],
                   struct fail *fail)
{
    struct option table[OPTION_COUNT + 1];
    char letters[LETTERS_SIZE];
    int value;

    *options = (struct options){.format = renderer_find("text"),
                                .fail_on = SEVERITY_ERROR};
    options->pipeline.settings = diagnose_defaults();
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
    if (options->errand == ERRAND_NONE && options->paths == 0)
        return fail_set(fail, "no capture given: whyeof FILE..., or - for "
                              "standard input");
    return true;
}

void options_help(FILE *out)
{
    (void)fputs("usage: whyeof [OPTIONS] FILE...\n"
                "       tcpdump --immediate-mode -U -w - ... | whyeof -\n\n"
                "Says why an HTTP client saw an EOF, a cut response, a reset "
                "or a hang.\n",
                out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char left[64];

        if (!option[i].name[0]) {
            (void)fprintf(out, "\n%s\n", option[i].help);
            continue;
        }
        (void)snprintf(left, sizeof left, "%s%c%c --%s%s%s",
                       option[i].letter ? "-" : " ",
                       option[i].letter ? option[i].letter : ' ',
                       option[i].letter ? ',' : ' ', option[i].name,
                       option[i].argument ? " " : "",
                       option[i].argument ? option[i].argument : "");
        (void)fprintf(out, "  %-28s %s\n", left, option[i].help);
    }
    (void)fputs("\nexit status: 0 nothing at or above --fail-on, 1 something, "
                "2 wrong usage or\nan input or output that failed\n",
                out);
}
