/* What the options name is made or opened. */
#include "options/options.h"

struct recorder_options options_recorder(const struct options *options)
{
    const struct watch_options *watch = &options->watch;

    return (struct recorder_options){
        .folder = watch->record,
        .memory = (size_t)watch->record_memory,
        .files = watch->record_files,
        .bytes = watch->record_bytes,
        .asked = options->asked,
        .program = "whyeof " WHYEOF_VERSION,
    };
}

struct keylog *options_keylog(const struct options *options, struct fail *fail)
{
    struct keylog *keylog = keylog_new();

    for (size_t i = 0; i < options->keylogs; i++) {
        if (!keylog_add_file(keylog, options->keylog[i], fail)) {
            keylog_free(keylog);
            return NULL;
        }
    }
    return keylog;
}
