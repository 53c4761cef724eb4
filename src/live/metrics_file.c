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

struct meter {
    struct metrics *metrics;
    int folder;
    int memory; /* /proc/self/statm, opened while that was allowed */
    char name[NAME_SIZE];
    char draft[NAME_SIZE + 8]; /* what it is called until it is whole */
};

struct meter *meter_open(const char *path, struct fail *fail)
{
    struct meter *meter = must_calloc(1, sizeof *meter);
    struct safe_folder folder;
    struct fail why = {0};

    (void)snprintf(meter->name, sizeof meter->name, "%s", path_name(path));
    (void)snprintf(meter->draft, sizeof meter->draft, ".%s.new", meter->name);
    (void)safe_folder_above(&folder, path, &why);
    meter->folder = folder.descriptor;
    meter->memory = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    meter->metrics = metrics_new();
    if (meter->folder >= 0 &&
        safe_file_may_replace(meter->folder, meter->name, &why))
        return meter;
    fail_set(fail, "cannot write '%s': %s", path, why.text);
    meter_close(meter);
    return NULL;
}

void meter_close(struct meter *meter)
{
    if (!meter)
        return;
    if (meter->folder >= 0)
        (void)close(meter->folder);
    if (meter->memory >= 0)
        (void)close(meter->memory);
    metrics_free(meter->metrics);
    free(meter);
}

int meter_folder(const struct meter *meter)
{
    return meter->folder;
}

void meter_finding(struct meter *meter, const struct finding *finding)
{
    metrics_finding(meter->metrics, finding);
}

/* proc(5): the second figure is the resident set, in pages. */
static uint64_t resident(const struct meter *meter)
{
    char text[STATM_SIZE] = "";
    char *end;

    if (meter->memory < 0 ||
        pread(meter->memory, text, sizeof text - 1, 0) <= 0)
        return 0;
    (void)strtoull(text, &end, 10);
    return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

bool meter_write(struct meter *meter, const struct report *report,
                 struct metrics_gauges *gauges, struct fail *fail)
{
    int file = safe_file_draft(meter->folder, meter->draft, MODE);
    FILE *out = file < 0 ? NULL : fdopen(file, "w");
    bool written;

    gauges->resident = resident(meter);
    if (!out) {
        if (file >= 0)
            (void)close(file);
        return fail_set(fail, "cannot write '%s': %s", meter->name,
                        strerror(errno));
    }
    written = metrics_write(meter->metrics, report, gauges, out);
    written &= fclose(out) == 0;
    if (written &&
        renameat(meter->folder, meter->draft, meter->folder, meter->name) == 0)
        return true;
    fail_set(fail, "cannot write '%s': %s", meter->name, strerror(errno));
    (void)unlinkat(meter->folder, meter->draft, 0);
    return false;
}
