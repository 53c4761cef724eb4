#include "options/checks.h"

#include "options/completion.h"

#include <string.h>

bool check_action(const struct options *options, struct fail *fail)
{
    return options->action != ACTION_COMPLETION ||
           completion_knows(options->shell) ||
           fail_set(fail, "--completion takes bash, zsh or fish, not '%s'",
                    options->shell);
}

bool check_why(const struct options *options, struct fail *fail)
{
    return !options->pipeline.judge.why.asked ||
           (!options->watch.interface && !options->watch.follow &&
            !options->format && !options->outputs &&
            !options->report.list_exchanges) ||
           fail_set(fail, "--why is of files, in place of the report: not "
                          "with --interface, --follow, -F, -o and -x");
}

bool check_compare(const struct options *options, struct fail *fail)
{
    const struct watch_options *watch = &options->watch;

    if (!options->compare)
        return true;
    if (watch->interface || watch->follow || watch->record)
        return fail_set(fail, "--compare reads two files: not with "
                              "--interface, --follow and --record");
    if (options->pipeline.judge.why.asked || options->outputs ||
        options->report.list_exchanges || options->pipeline.judge.has_stream)
        return fail_set(fail, "--compare has an output of its own: not with "
                              "--why, --output, --exchanges and --stream");
    if (options->format && strcmp(options->format->name, "text") != 0 &&
        strcmp(options->format->name, "json") != 0)
        return fail_set(fail, "--compare is told as text or json, not as '%s'",
                        options->format->name);
    if (options->paths != 2)
        return fail_set(fail,
                        "--compare takes two captures, the client's "
                        "side first: %zu given",
                        options->paths);
    return strcmp(options->path[0], "-") != 0 ||
           strcmp(options->path[1], "-") != 0 ||
           fail_set(fail, "--compare cannot read both captures from standard "
                          "input");
}

bool check_baseline(const struct options *options, struct fail *fail)
{
    const struct watch_options *watch = &options->watch;

    return !options->baseline ||
           (!watch->interface && !watch->follow && !options->compare &&
            !options->pipeline.judge.why.asked) ||
           fail_set(fail, "--baseline is of a report over files: not with "
                          "--interface, --follow, --compare and --why");
}

bool check_annotated(const struct options *options, struct fail *fail)
{
    const struct watch_options *watch = &options->watch;

    return !options->annotated ||
           (!watch->interface && !watch->follow && !options->compare &&
            !options->pipeline.judge.why.asked) ||
           fail_set(fail, "--output pcapng=FILE reads files a second time: not "
                          "with --interface, --follow, --compare and --why");
}

bool check_files(const struct options *options, struct fail *fail)
{
    const struct watch_options *watch = &options->watch;

    if (options->paths == 0)
        return fail_set(fail, "no capture given: whyeof FILE..., - for "
                              "standard input, or -i IFACE");
    if (watch->follow)
        return true;
    if (watch->duration || watch->count || watch->has_snaplen ||
        watch->buffer || watch->user || watch->metrics)
        return fail_set(fail, "--duration, --count, --snaplen, --buffer, "
                              "--user and --metrics need --interface or "
                              "--follow");
    return true;
}
