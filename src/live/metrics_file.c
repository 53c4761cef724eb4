#include "live/metrics_file.h"

#include "base/arena.h"
#include "base/path.h"
#include "sandbox/safe_file.h"
#include "sandbox/safe_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    NAME_SIZE = 256,
    STATM_SIZE = 128,
    MODE = 0644 /* counts, not traffic: others collect them */
};

struct metrics_file {
    struct metrics *metrics;
    int folder;
    int memory; /* /proc/self/statm, opened while that was allowed */
    char name[NAME_SIZE];
    char draft[NAME_SIZE + 8]; /* what it is called until it is whole */
};

struct metrics_file *metrics_file_open(const char *path, struct fail *fail)
{
    struct metrics_file *metrics_file = must_calloc(1, sizeof *metrics_file);
    struct safe_folder folder;
    struct fail why = {0};

    (void)snprintf(metrics_file->name, sizeof metrics_file->name, "%s",
                   path_name(path));
    (void)snprintf(metrics_file->draft, sizeof metrics_file->draft, ".%s.new",
                   metrics_file->name);
    (void)safe_folder_above(&folder, path, &why);
    metrics_file->folder = folder.descriptor;
    metrics_file->memory = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    metrics_file->metrics = metrics_new();
    if (metrics_file->folder >= 0 &&
        safe_file_may_replace(metrics_file->folder, metrics_file->name, &why))
        return metrics_file;
    fail_set(fail, "cannot write '%s': %s", path, why.text);
    metrics_file_close(metrics_file);
    return NULL;
}

void metrics_file_close(struct metrics_file *metrics_file)
{
    if (!metrics_file)
        return;
    if (metrics_file->folder >= 0)
        (void)close(metrics_file->folder);
    if (metrics_file->memory >= 0)
        (void)close(metrics_file->memory);
    metrics_free(metrics_file->metrics);
    free(metrics_file);
}

int metrics_file_folder(const struct metrics_file *metrics_file)
{
    return metrics_file->folder;
}

void metrics_file_finding(struct metrics_file *metrics_file,
                          const struct finding *finding)
{
    metrics_finding(metrics_file->metrics, finding);
}

/* proc(5): the second figure is the resident set, in pages. */
static uint64_t resident(const struct metrics_file *metrics_file)
{
    char text[STATM_SIZE] = "";
    char *end;

    if (metrics_file->memory < 0 ||
        pread(metrics_file->memory, text, sizeof text - 1, 0) <= 0)
        return 0;
    (void)strtoull(text, &end, 10);
    return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

bool metrics_file_write(struct metrics_file *metrics_file,
                        const struct report *report,
                        struct metrics_gauges *gauges, struct fail *fail)
{
    int file = safe_file_draft(metrics_file->folder, metrics_file->draft, MODE);
    FILE *out = file < 0 ? NULL : fdopen(file, "w");
    bool written;

    gauges->resident = resident(metrics_file);
    if (!out) {
        if (file >= 0)
            (void)close(file);
        return fail_set(fail, "cannot write '%s': %s", metrics_file->name,
                        strerror(errno));
    }
    written = metrics_write(metrics_file->metrics, report, gauges, out);
    written &= fclose(out) == 0;
    if (written && renameat(metrics_file->folder, metrics_file->draft,
                            metrics_file->folder, metrics_file->name) == 0)
        return true;
    fail_set(fail, "cannot write '%s': %s", metrics_file->name,
             strerror(errno));
    (void)unlinkat(metrics_file->folder, metrics_file->draft, 0);
    return false;
}
