#include "report/baseline.h"

#include "base/arena.h"
#include "infer/route_name.h"
#include "report/json_values.h"
#include "report/merge.h"
#include "report/merge_read.h"

#include <errno.h>
#include <stdlib.h>

enum {
    KEY_SIZE = 8192
};

struct baseline {
    json_t *known; /* owned; a set of keys */
};

static const char *string_of(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/*
 * Both sides as JSON has them, masked and escaped, for nothing else is left of
 * the earlier one.
 */
static void make_key(struct text *key, const char *code, const char *server,
                     json_t *exchange)
{
    struct exchange asked = {.method = string_of(exchange, "method"),
                             .target = string_of(exchange, "target")};
    struct route_name route;

    text_clear(key);
    text_addf(key, "%s %s ", code, server ? server : "");
    if (route_name_of(&route, &asked))
        text_add_bytes(key,
                       (struct span){(const uint8_t *)route.text, route.size});
}

static void take_findings(struct baseline *baseline, json_t *report)
{
    struct text key;
    size_t i;
    json_t *finding;

    text_init(&key, KEY_SIZE);
    json_array_foreach(json_object_get(report, "findings"), i, finding)
    {
        make_key(&key, string_of(finding, "code"),
                 string_of(json_object_get(finding, "connection"), "server"),
                 json_object_get(finding, "exchange"));
        json_object_set_new(baseline->known, text_string(&key), json_true());
    }
    text_release(&key);
}

static json_t *read_report(const char *path, struct fail *fail)
{
    FILE *file = fopen(path, "rb");
    struct text text;
    json_t *report = NULL;

    if (!file) {
        (void)fail_set(fail, "cannot read '%s': %s", path, strerror(errno));
        return NULL;
    }
    text_init(&text, MERGE_BYTES_MOST);
    if (merge_read_text(&text, file, path, fail))
        report = merge_read_report(&text, path, fail);
    text_release(&text);
    (void)fclose(file);
    return report;
}

struct baseline *baseline_read(const char *path, struct fail *fail)
{
    json_t *report = read_report(path, fail);
    struct baseline *baseline;

    if (!report)
        return NULL;
    baseline = must_calloc(1, sizeof *baseline);
    baseline->known = json_object();
    take_findings(baseline, report);
    json_decref(report);
    return baseline;
}

void baseline_free(struct baseline *baseline)
{
    if (!baseline)
        return;
    json_decref(baseline->known);
    free(baseline);
}

bool baseline_knows(const struct baseline *baseline,
                    const struct finding *finding,
                    const struct report_options *options)
{
    char server[ENDPOINT_TEXT_SIZE];
    json_t *exchange;
    struct text key;
    bool known;

    if (!baseline)
        return false;
    exchange = finding->exchange
                   ? json_exchange_facts(finding->exchange, options)
                   : json_null();
    text_init(&key, KEY_SIZE);
    make_key(&key, verdict_slug(finding->code),
             endpoint_print(server, &finding->connection.server), exchange);
    known = json_object_get(baseline->known, text_string(&key)) != NULL;
    text_release(&key);
    json_decref(exchange);
    return known;
}

uint64_t baseline_new(const struct report *report,
                      const struct report_options *options,
                      enum severity severity)
{
    uint64_t count = 0;

    for (size_t i = 0; i < report->findings; i++)
        count +=
            report->finding[i]->severity == severity &&
            !baseline_knows(options->baseline, report->finding[i], options);
    return count;
}
