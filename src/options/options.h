/*
 * Options are what the command line asks for. They are read from one table,
 * options.def, which is the help text as well.
 */
#ifndef OPTIONS_OPTIONS_H
#define OPTIONS_OPTIONS_H

#include "base/fail.h"
#include "pipeline/pipeline.h"
#include "record/recorder.h"
#include "report/render.h"

enum {
    OPTIONS_KEYLOGS_MAX = 16,
    OPTIONS_OUTPUTS_MAX = 16,
    OPTIONS_FILTER_SIZE = 4096
};

enum when {
    WHEN_AUTO,
    WHEN_ALWAYS,
    WHEN_NEVER
};

/* What to do instead of reading captures. */
enum action {
    ACTION_NONE,
    ACTION_HELP,
    ACTION_VERSION,
    ACTION_LIST_CODES,
    ACTION_SCHEMA,
    ACTION_COMPLETION,
    ACTION_CAPTURE_HINT,
    ACTION_LIST_INTERFACES,
    ACTION_EXPLAIN
};

/* What is watched while it happens. */
struct watch_options {
    const char *interface; /* NULL: files */
    bool follow;           /* the files, as they grow */
    nanos duration;        /* 0: until somebody ends it */
    uint64_t count;        /* packets; 0: no end */
    bool has_snaplen;
    uint64_t snaplen; /* 0: all */
    uint64_t buffer;  /* bytes; 0: a default */
    const char *user; /* NULL: a default */
    const char *metrics;
    const char *record;     /* folder; NULL: nothing is recorded */
    uint64_t record_memory; /* bytes; 0: a default */
    bool no_secrets;        /* in recordings */
    uint64_t record_bytes;
    uint64_t record_files;
};

struct options {
    struct pipeline_options pipeline;
    struct capture_options capture;
    struct report_options report;
    const struct renderer *format; /* NULL: as fits the output */
    struct {
        const struct renderer *format;
        const char *path;
    } output[OPTIONS_OUTPUTS_MAX];
    size_t outputs;
    const char *annotated; /* of --output pcapng=; NULL: nobody asked */
    const char *keylog[OPTIONS_KEYLOGS_MAX];
    size_t keylogs;
    bool compare; /* two captures of the same, instead of a report */
    enum when color;
    enum when progress;
    struct watch_options watch;
    int fail_on;          /* an enum severity; SEVERITY_COUNT: never */
    const char *baseline; /* a report's path; NULL: none */
    bool fail_unjudged;   /* and when nothing could be judged */
    enum action action;
    const char *explain;
    const char *shell;       /* of ACTION_COMPLETION; one that is known */
    const char *const *path; /* the inputs, inside argv */
    size_t paths;
    char filter[OPTIONS_FILTER_SIZE]; /* of the words behind the options */
    char asked[OPTIONS_FILTER_SIZE];  /* the command line, for people */
};

/*
 * Reads argv, whose strings must outlive the options; it may be permuted.
 * False with `fail` set when it makes no sense.
 */
bool options_parse(struct options *options, int argc, char *argv[],
                   struct fail *fail);

/* --record and what goes with it; the caller says whom it complains to. */
struct recorder_options options_recorder(const struct options *options);

/* The key logs that are named, read as far as they go. NULL with `fail` set:
 * one cannot be. The caller owns it. */
struct keylog *options_keylog(const struct options *options, struct fail *fail);

/* The text of --help. */
void options_help(FILE *out);

#endif
