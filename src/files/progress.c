#include "files/progress.h"

#include <stdio.h>
#include <string.h>

enum {
    PART_SIZE = 64
};

/* Before that a rate says nothing. */
#define RATE_SINCE NANOS_PER_SECOND

/* A part as it is, with a comma before it, if there is room for all of it. */
static bool add_part(struct text *text, const char *part, unsigned columns)
{
    const char *between = text->size ? ", " : "";

    if (text->size + strlen(between) + strlen(part) > columns)
        return false;
    text_addf(text, "%s%s", between, part);
    return true;
}

/* "812 kB/s", "1.2 GB/s": a factor of a thousand each. */
static void print_rate(char part[static PART_SIZE], uint64_t bytes,
                       nanos elapsed)
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
    double rate = (double)bytes * NANOS_PER_SECOND / (double)elapsed;
    size_t i = 0;

    while (rate >= 999.5 && i + 1 < sizeof unit / sizeof *unit) {
        rate /= 1000;
        i++;
    }
    (void)snprintf(part, PART_SIZE,
                   rate < 9.95 && i > 0 ? "%.1f %s/s" : "%.0f %s/s", rate,
                   unit[i]);
}

/* What is left takes as long as what was read. */
static void print_left(char part[static PART_SIZE],
                       const struct progress *progress, uint64_t done)
{
    double factor = (double)(progress->total - done) / (double)done;
    double left = factor * (double)progress->elapsed / NANOS_PER_SECOND;
    char duration[NANOS_TEXT_SIZE];

    if (left < 100)
        (void)snprintf(part, PART_SIZE, "%.0f s left", left);
    else if (left < 1e9)
        (void)snprintf(part, PART_SIZE, "%s left",
                       nanos_print_duration(duration,
                                            (nanos)left * NANOS_PER_SECOND));
    else
        (void)snprintf(part, PART_SIZE, "years left");
}

void progress_print(struct text *text, const struct progress *progress,
                    unsigned columns)
{
    uint64_t done = progress->done;
    char part[PART_SIZE];
    bool fits = true;

    if (progress->total && done > progress->total)
        done = progress->total; /* it has grown */
    if (progress->total) {
        (void)snprintf(part, sizeof part, "%3.0f %%",
                       (double)done * 100 / (double)progress->total);
        fits = add_part(text, part, columns);
    }
    (void)snprintf(part, sizeof part, "%" PRIu64 " packets", progress->packets);
    fits = fits && add_part(text, part, columns);
    if (progress->elapsed < RATE_SINCE || done == 0)
        return;
    print_rate(part, progress->done, progress->elapsed);
    fits = fits && add_part(text, part, columns);
    if (!progress->total)
        return;
    print_left(part, progress, done);
    if (fits)
        (void)add_part(text, part, columns);
}
