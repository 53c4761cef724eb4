/*
 * Options are what the command line asks for. They are read from one table,
 * options.def, which is the help text as well.
 */
#ifndef PIPELINE_OPTIONS_H
#define PIPELINE_OPTIONS_H

#include "base/fail.h"
#include "pipeline/pipeline.h"
#include "report/render.h"

enum {
    OPTIONS_OUTPUTS_MAX = 16
};

enum when {
    WHEN_AUTO,
    WHEN_ALWAYS,
    WHEN_NEVER
};

/* What to do instead of reading captures. */
enum errand {
    ERRAND_NONE,
    ERRAND_HELP,
    ERRAND_VERSION,
    ERRAND_LIST_CODES,
    ERRAND_CAPTURE_HINT,
    ERRAND_EXPLAIN
};

struct options {
    struct pipeline_options pipeline;
    struct capture_options capture;
    struct report_options report;
    const struct renderer *format;
    struct {
        const struct renderer *format;
        const char *path;
    } output[OPTIONS_OUTPUTS_MAX];
    size_t outputs;
    enum when color;
    enum when progress;
    int fail_on; /* an enum severity; SEVERITY_COUNT: never */
    enum errand errand;
    const char *explain;
    const char *const *path; /* the inputs, inside argv */
    size_t paths;
};

/*
 * Reads argv, whose strings must outlive the options; it may be permuted.
 * False with `fail` set when it makes no sense.
 */
bool options_parse(struct options *options, int argc, char *argv[],
                   struct fail *fail);

/* The text of --help. */
void options_help(FILE *out);

#endif
