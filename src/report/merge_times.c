#include "report/merge_times.h"

#include "base/nanos.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* RFC 3339 as nanos_print_time writes it. False: it is none. */
static bool read_time(json_t *json, nanos *time)
{
    const char *text = json_string_value(json);
    struct tm tm = {0};
    unsigned long below;
    int end = 0;
    int64_t seconds;

    if (!text ||
        sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%9luZ%n", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &below,
               &end) != 7 ||
        end != (int)strlen("2024-01-01T00:00:00.000000000Z") || text[end])
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    seconds = timegm(&tm);
    if (seconds > INT64_MAX / NANOS_PER_SECOND - 1 ||
        seconds < INT64_MIN / NANOS_PER_SECOND + 1)
        return false;
    *time = seconds * NANOS_PER_SECOND + (nanos)below;
    return true;
}

static void shift(json_t *object, const char *key, nanos by)
{
    json_t *old = json_object_get(object, key);
    double value = json_number_value(old) * 1e9;

    if (json_is_number(old) && fabs(value) < 4e18)
        json_object_set_new(
            object, key,
            json_real(nanos_seconds(nanos_after((nanos)llround(value), by))));
}

static void shift_all(json_t *object, const char *const *key, nanos by)
{
    for (size_t i = 0; key[i]; i++)
        shift(object, key[i], by);
}

static void shift_tls(json_t *tls, nanos by)
{
    static const char *const both[] = {"hello_s", "finished_s", "close_notify",
                                       NULL};
    static const char *const sides[] = {"client", "server", NULL};
    size_t i;
    json_t *alert;

    for (i = 0; both[i]; i++)
        shift_all(json_object_get(tls, both[i]), sides, by);
    json_array_foreach(json_object_get(tls, "alerts"), i, alert)
        shift(alert, "time_s", by);
}

static void shift_finding(json_t *finding, nanos by)
{
    static const char *const timing[] = {"request_complete_s", "first_byte_s",
                                         "last_byte_s", "end_s", NULL};
    size_t i;
    json_t *evidence;

    shift_all(json_object_get(finding, "timing"), timing, by);
    shift_tls(json_object_get(json_object_get(finding, "connection"), "tls"),
              by);
    json_array_foreach(json_object_get(finding, "evidence"), i, evidence)
        shift(evidence, "time_s", by);
}

static void shift_report(json_t *report, nanos by)
{
    static const char *const moments[] = {"request_s", "request_complete_s",
                                          "first_byte_s", "last_byte_s", NULL};
    size_t i;
    json_t *value;

    json_array_foreach(json_object_get(report, "findings"), i, value)
        shift_finding(value, by);
    json_array_foreach(json_object_get(report, "exchanges"), i, value)
        shift_all(value, moments, by);
}

void merge_times(json_t *document, json_t *report)
{
    json_t *input = json_object_get(document, "input");
    json_t *zero =
        json_object_get(json_object_get(report, "input"), "zero_time");
    nanos from;
    nanos other;

    if (!read_time(zero, &other))
        return;
    if (!read_time(json_object_get(input, "zero_time"), &from)) {
        json_object_set(input, "zero_time", zero);
        return;
    }
    if (other >= from) {
        shift_report(report, nanos_between(from, other));
        return;
    }
    shift_report(document, nanos_between(other, from));
    json_object_set(input, "zero_time", zero);
}
