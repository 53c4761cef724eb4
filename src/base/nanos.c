#include "base/nanos.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *print_minutes(char text[static NANOS_TEXT_SIZE], nanos d,
                                 const char *sign)
{
    nanos rest = d % NANOS_PER_SECOND;
    nanos seconds = d / NANOS_PER_SECOND + (rest >= NANOS_PER_SECOND / 2);
    nanos minutes = seconds / 60;

    if (minutes < 120)
        (void)snprintf(text, NANOS_TEXT_SIZE, "%s%" PRId64 " min %" PRId64 " s",
                       sign, minutes, seconds % 60);
    else
        (void)snprintf(text, NANOS_TEXT_SIZE, "%s%" PRId64 " h %" PRId64 " min",
                       sign, minutes / 60, minutes % 60);
    return text;
}

const char *nanos_print_duration(char text[static NANOS_TEXT_SIZE],
                                 nanos duration)
{
    static const struct {
        nanos below;
        double unit;
        int decimals;
        const char *name;
    } scale[] = {
        {1000,                   1e0, 0, "ns"},
        {100 * 1000,             1e3, 1, "us"},
        {NANOS_PER_MILLI,        1e3, 0, "us"},
        {10 * NANOS_PER_MILLI,   1e6, 1, "ms"},
        {999 * NANOS_PER_MILLI,  1e6, 0, "ms"},
        {10 * NANOS_PER_SECOND,  1e9, 2, "s" },
        {120 * NANOS_PER_SECOND, 1e9, 1, "s" },
    };
    nanos size = duration < 0 ? -duration : duration;

    if (duration == INT64_MIN)
        size = INT64_MAX;
    for (size_t i = 0; i < sizeof scale / sizeof *scale; i++) {
        if (size < scale[i].below) {
            (void)snprintf(text, NANOS_TEXT_SIZE, "%.*f %s", scale[i].decimals,
                           (double)duration / scale[i].unit, scale[i].name);
            return text;
        }
    }
    return print_minutes(text, size, duration < 0 ? "-" : "");
}

const char *nanos_print_time(char text[static NANOS_TEXT_SIZE], nanos time)
{
    nanos below = time % NANOS_PER_SECOND;
    time_t seconds = (time_t)(time / NANOS_PER_SECOND);
    struct tm broken;

    if (below < 0) {
        below += NANOS_PER_SECOND;
        seconds--;
    }
    if (!gmtime_r(&seconds, &broken)) {
        text[0] = '\0';
        return text;
    }
    (void)snprintf(text, NANOS_TEXT_SIZE,
                   "%04d-%02d-%02dT%02d:%02d:%02d.%09" PRId64 "Z",
                   broken.tm_year + 1900, broken.tm_mon + 1, broken.tm_mday,
                   broken.tm_hour, broken.tm_min, broken.tm_sec, below);
    return text;
}

/* Reads digits with an optional fraction; NULL when there are none. */
static const char *parse_number(const char *at, double *value)
{
    double tenth = 0.1;
    bool some = false;

    *value = 0;
    for (; isdigit((unsigned char)*at); at++, some = true)
        *value = *value * 10 + (*at - '0');
    if (*at == '.') {
        for (at++; isdigit((unsigned char)*at); at++, some = true) {
            *value += (*at - '0') * tenth;
            tenth /= 10;
        }
    }
    return some ? at : NULL;
}

bool nanos_parse_duration(const char *text, nanos *duration)
{
    static const struct {
        const char *name;
        double unit;
    } unit[] = {
        {"ns", 1e0   },
        {"us", 1e3   },
        {"ms", 1e6   },
        {"s",  1e9   },
        {"m",  6e10  },
        {"h",  3.6e12},
    };
    double total = 0;

    if (!*text)
        return false;
    while (*text) {
        double value;
        size_t i = 0;
        size_t letters;

        text = parse_number(text, &value);
        if (!text)
            return false;
        letters = strspn(text, "abcdefghijklmnopqrstuvwxyz");
        while (i < sizeof unit / sizeof *unit &&
               (strlen(unit[i].name) != letters ||
                strncmp(unit[i].name, text, letters) != 0))
            i++;
        if (i == sizeof unit / sizeof *unit)
            return false;
        total += value * unit[i].unit;
        text += letters;
    }
    if (total > 9e18)
        return false;
    *duration = (nanos)(total + 0.5);
    return true;
}

int nanos_in_order(const void *left, const void *right)
{
    nanos a = *(const nanos *)left;
    nanos b = *(const nanos *)right;

    return (a > b) - (a < b);
}
