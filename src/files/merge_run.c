#include "files/merge_run.h"

#include "options/values.h"
#include "report/merge.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

enum {
    WIDTH = 80
};

struct merge_order {
    bool help;
    bool as_text;
    int fail_on; /* an enum severity; SEVERITY_COUNT: never */
};

static bool read_format(const char *word, struct merge_order *order,
                        struct fail *fail)
{
    order->as_text = strcmp(word, "text") == 0;
    return order->as_text || strcmp(word, "json") == 0 ||
           fail_set(fail, "merge writes json or text, not '%s'", word);
}

static bool read_order(int argc, char *argv[], struct merge_order *order,
                       struct fail *fail)
{
    static const struct option table[] = {
        {"format",  required_argument, NULL, 'F'},
        {"fail-on", required_argument, NULL, 'f'},
        {"help",    no_argument,       NULL, 'h'},
        {NULL,      0,                 NULL, 0  }
    };
    bool unjudged = false;
    int value;

    *order = (struct merge_order){.fail_on = SEVERITY_ERROR};
    opterr = 0;
    optind = 1;
    while ((value = getopt_long(argc, argv, ":F:h", table, NULL)) != -1) {
        if (value == 'F' && !read_format(optarg, order, fail))
            return false;
        if (value == 'f' &&
            !value_fail_on(optarg, &order->fail_on, &unjudged, fail))
            return false;
        if (value == ':' || value == '?')
            return fail_set(fail, "merge: '%s' makes no sense",
                            argv[optind - 1]);
        order->help |= value == 'h';
    }
    if (unjudged)
        return fail_set(fail, "merge: --fail-on takes no 'unjudged': a report "
                              "does not say so");
    return order->help || optind < argc ||
           fail_set(fail, "no report given: whyeof merge REPORT...");
}

static bool add_report(struct merge *merge, const char *path, struct fail *fail)
{
    bool is_input = strcmp(path, "-") == 0;
    FILE *file = is_input ? stdin : fopen(path, "rb");
    bool good;

    if (!file)
        return fail_set(fail, "cannot read '%s': %s", path, strerror(errno));
    good = merge_add(merge, file, path, fail);
    if (!is_input)
        (void)fclose(file);
    return good;
}

static bool has_severity(const struct merge *merge, int from)
{
    json_t *summary = json_object_get(merge->document, "summary");
    json_t *findings = json_object_get(summary, "findings");

    for (int i = from; i < SEVERITY_COUNT; i++) {
        if (json_integer_value(
                json_object_get(findings, severity_name((enum severity)i))) > 0)
            return true;
    }
    return false;
}

/* A reader that has seen enough closes the pipe: that is no failure. */
static bool write_report(const struct merge *merge,
                         const struct merge_order *order, FILE *out,
                         struct fail *fail)
{
    bool good;

    errno = 0;
    good = order->as_text ? merge_write_text(merge, WIDTH, out)
                          : merge_write_json(merge, out);
    return good || errno == EPIPE ||
           fail_set(fail, "cannot write 'standard output': %s",
                    strerror(errno));
}

bool merge_run(int argc, char *argv[], FILE *out, bool *found,
               struct fail *fail)
{
    struct merge merge = {.count = 0};
    struct merge_order order;
    bool good;

    *found = false;
    if (!read_order(argc, argv, &order, fail))
        return false;
    if (order.help) {
        merge_help(out);
        return true;
    }
    good = true;
    for (int i = optind; i < argc && good; i++)
        good = add_report(&merge, argv[i], fail);
    if (good) {
        merge_finish(&merge);
        *found = has_severity(&merge, order.fail_on);
        good = write_report(&merge, &order, out, fail);
    }
    merge_release(&merge);
    return good;
}

void merge_help(FILE *out)
{
    (void)fputs(
        "usage: whyeof merge [-F json|text] [--fail-on LEVEL] REPORT...\n\n"
        "Folds reports of one capture that was split by server (--filter 'host "
        "S and\nport P'), JSON or NDJSON, into the report of the whole.\n",
        out);
}
