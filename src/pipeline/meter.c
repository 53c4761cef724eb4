#include "pipeline/meter.h"

#include "base/arena.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    NAME_SIZE = 256,
    STATM_SIZE = 128
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
    char folder[PATH_SIZE_MAX];
    struct meter *meter = must_calloc(1, sizeof *meter);

    (void)snprintf(meter->name, sizeof meter->name, "%s", path_name(path));
    (void)snprintf(meter->draft, sizeof meter->draft, ".%s.new", meter->name);
    meter->folder = open(path_print_folder(folder, path),
                         O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    meter->memory = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    meter->metrics = metrics_new();
    if (meter->folder >= 0 && meter->name[0])
        return meter;
    fail_set(fail, "cannot write '%s': %s", path,
             meter->name[0] ? strerror(errno) : "it has no name");
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
    int file =
        openat(meter->folder, meter->draft,
               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
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
