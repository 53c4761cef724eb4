#include "report/merge.h"

#include "base/arena.h"
#include "base/hash.h"
#include "judge/tls_tally.h"
#include "report/json_out.h"
#include "report/merge_endpoint.h"
#include "report/merge_read.h"
#include "report/merge_times.h"

#include <stdlib.h>
#include <string.h>

/* A report that was taken, by its bytes. */
struct merge_seen {
    uint64_t hash;
    size_t size;
};

/* What all keys that are no counts are before anything is added. */
static void begin(struct merge *merge)
{
    merge->endpoint = json_object();
    merge->path = json_object();
    merge->warning = json_object();
    merge->document = json_pack(
        "{s:s, s:{s:s, s:s}, s:{s:[], s:n, s:i, s:i, s:{}, s:[]}, s:{}, s:[], "
        "s:[]}",
        "schema", MERGE_SCHEMA, "tool", "name", "whyeof", "version",
        WHYEOF_VERSION, "input", "files", "zero_time", "packets", 0,
        "tcp_segments", 0, "ignored", "warnings", "summary", "endpoints",
        "findings");
}

/* Adds what has that name and is not there yet. */
static void add_once(json_t *list, json_t *known, json_t *name, json_t *value)
{
    const char *key = json_string_value(name);

    if (!key || json_object_get(known, key))
        return;
    json_object_set_new(known, key, json_true());
    json_array_append(list, value);
}

static void add_input(struct merge *merge, json_t *from)
{
    json_t *into = json_object_get(merge->document, "input");
    json_t *files = json_object_get(into, "files");
    json_t *warnings = json_object_get(into, "warnings");
    size_t i;
    json_t *value;

    json_array_foreach(json_object_get(from, "files"), i, value)
        add_once(files, merge->path, json_object_get(value, "path"), value);
    json_array_foreach(json_object_get(from, "warnings"), i, value)
        add_once(warnings, merge->warning, value, value);
    merge_counts(into, from);
}

static json_t *not_opened(json_t *summary)
{
    return json_object_get(json_object_get(summary, "tls"), "not_opened");
}

/* Connections that were not opened, as many as a report lists. */
static void add_not_opened(json_t *into, json_t *from)
{
    json_t *list = not_opened(into);
    size_t i;
    json_t *one;

    json_array_foreach(not_opened(from), i, one)
    {
        if (json_array_size(list) < OPAQUE_LISTED)
            json_array_append(list, one);
    }
}

static void add_endpoints(struct merge *merge, json_t *from)
{
    json_t *list = json_object_get(merge->document, "endpoints");
    size_t i;
    json_t *endpoint;

    json_array_foreach(from, i, endpoint)
    {
        const char *server =
            json_string_value(json_object_get(endpoint, "server"));
        json_t *old = json_object_get(merge->endpoint, server);

        if (old) {
            merge_endpoint(old, endpoint);
            continue;
        }
        json_object_set(merge->endpoint, server, endpoint);
        json_array_append(list, endpoint);
    }
}

static json_int_t most_id(json_t *findings)
{
    json_int_t most = 0;
    size_t i;
    json_t *finding;

    json_array_foreach(findings, i, finding)
    {
        json_int_t id = json_integer_value(json_object_get(finding, "id"));

        if (id > most)
            most = id;
    }
    return most;
}

static json_t *moved_id(json_t *id, json_int_t by)
{
    return json_is_integer(id) ? json_integer(json_integer_value(id) + by)
                               : json_null();
}

static json_t *moved_ids(json_t *ids, json_int_t by)
{
    json_t *moved = json_array();
    size_t i;
    json_t *id;

    json_array_foreach(ids, i, id)
        json_array_append_new(moved, moved_id(id, by));
    return moved;
}

/* Their numbers go on from those that are there. */
static void add_findings(json_t *into, json_t *from)
{
    json_int_t by = most_id(into);
    size_t i;
    json_t *finding;

    json_array_foreach(from, i, finding)
    {
        json_object_set_new(finding, "id",
                            moved_id(json_object_get(finding, "id"), by));
        json_object_set_new(finding, "caused_by",
                            moved_id(json_object_get(finding, "caused_by"),
                                     by));
        json_object_set_new(finding, "effects",
                            moved_ids(json_object_get(finding, "effects"), by));
        json_array_append(into, finding);
    }
}

static void add_report(struct merge *merge, json_t *report)
{
    json_t *exchanges = json_object_get(report, "exchanges");

    if (!merge->document)
        begin(merge);
    merge_times(merge->document, report);
    add_input(merge, json_object_get(report, "input"));
    add_not_opened(json_object_get(merge->document, "summary"),
                   json_object_get(report, "summary"));
    merge_counts(json_object_get(merge->document, "summary"),
                 json_object_get(report, "summary"));
    add_endpoints(merge, json_object_get(report, "endpoints"));
    add_findings(json_object_get(merge->document, "findings"),
                 json_object_get(report, "findings"));
    if (!exchanges)
        return;
    if (!json_object_get(merge->document, "exchanges"))
        json_object_set_new(merge->document, "exchanges", json_array());
    json_array_extend(json_object_get(merge->document, "exchanges"), exchanges);
}

/* False: it was given before. */
static bool is_new(struct merge *merge, const struct text *text)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < text->size; i++)
        hash = hash_mix(hash, (uint8_t)text->at[i]);
    for (size_t i = 0; i < merge->count; i++) {
        if (merge->all[i].hash == hash && merge->all[i].size == text->size)
            return false;
    }
    merge->all = must_realloc(merge->all, merge->count + 1, sizeof *merge->all);
    merge->all[merge->count++] = (struct merge_seen){hash, text->size};
    return true;
}

bool merge_add(struct merge *merge, FILE *file, const char *name,
               struct fail *fail)
{
    struct text text;
    json_t *report = NULL;

    text_init(&text, MERGE_BYTES_MOST - merge->bytes);
    if (merge_read_text(&text, file, name, fail))
        report = merge_read_report(&text, name, fail);
    if (report && is_new(merge, &text)) {
        merge->bytes += text.size;
        add_report(merge, report);
    }
    text_release(&text);
    json_decref(report);
    return report != NULL;
}

static const char *time_of(json_t *finding)
{
    const char *time = json_string_value(json_object_get(finding, "time"));

    return time ? time : "";
}

static json_int_t number_of(json_t *finding, const char *key)
{
    return json_integer_value(json_object_get(finding, key));
}

/* The last packet of its connection. */
static json_int_t frame_of(json_t *finding)
{
    json_t *connection = json_object_get(finding, "connection");

    return json_integer_value(
        json_array_get(json_object_get(connection, "frames"), 1));
}

static int by_number(json_int_t a, json_int_t b)
{
    return (a > b) - (a < b);
}

static int by_time(const void *left, const void *right)
{
    json_t *a = *(json_t *const *)left;
    json_t *b = *(json_t *const *)right;
    int order = strcmp(time_of(a), time_of(b));

    if (order == 0)
        order = by_number(frame_of(a), frame_of(b));
    return order ? order : by_number(number_of(a, "id"), number_of(b, "id"));
}

/* Of findings of one time: the same packets, the same words. */
static bool is_same(json_t *a, json_t *b)
{
    return strcmp(time_of(a), time_of(b)) == 0 &&
           json_equal(json_object_get(a, "code"), json_object_get(b, "code")) &&
           json_equal(json_object_get(a, "connection"),
                      json_object_get(b, "connection")) &&
           json_equal(json_object_get(a, "exchange"),
                      json_object_get(b, "exchange")) &&
           json_equal(json_object_get(a, "evidence"),
                      json_object_get(b, "evidence"));
}

static void take_one(json_t *counts, json_t *name)
{
    const char *key = json_string_value(name);
    json_int_t count = json_integer_value(json_object_get(counts, key));

    if (count > 0)
        json_object_set_new(counts, key, json_integer(count - 1));
}

/* It was told by two reports, and is counted once. */
static void uncount(json_t *summary, json_t *finding)
{
    take_one(json_object_get(summary, "findings"),
             json_object_get(finding, "severity"));
    take_one(json_object_get(summary, "by_code"),
             json_object_get(finding, "code"));
}

static void set_number(json_t *numbers, json_t *finding, size_t number)
{
    char key[24];

    (void)snprintf(key, sizeof key, "%" JSON_INTEGER_FORMAT,
                   number_of(finding, "id"));
    json_object_set_new(numbers, key, json_integer((json_int_t)number));
}

/* The number of what had that one; null of what is not there. */
static json_t *numbered(json_t *numbers, json_t *id)
{
    char key[24];
    json_t *number;

    (void)snprintf(key, sizeof key, "%" JSON_INTEGER_FORMAT,
                   json_integer_value(id));
    number = json_object_get(numbers, key);
    return number ? json_incref(number) : json_null();
}

static void number_one(json_t *numbers, json_t *finding)
{
    json_t *effects = json_array();
    size_t i;
    json_t *effect;

    json_array_foreach(json_object_get(finding, "effects"), i, effect)
        json_array_append_new(effects, numbered(numbers, effect));
    json_object_set_new(finding, "effects", effects);
    json_object_set_new(finding, "caused_by",
                        numbered(numbers,
                                 json_object_get(finding, "caused_by")));
    json_object_set_new(finding, "id",
                        numbered(numbers, json_object_get(finding, "id")));
}

void merge_finish(struct merge *merge)
{
    json_t *list = json_object_get(merge->document, "findings");
    json_t *summary = json_object_get(merge->document, "summary");
    json_t *numbers = json_object();
    json_t *kept = json_array();
    size_t count = json_array_size(list);
    json_t **sorted = must_calloc(count + 1, sizeof *sorted);
    json_t *finding;

    for (size_t i = 0; i < count; i++)
        sorted[i] = json_array_get(list, i);
    qsort(sorted, count, sizeof *sorted, by_time);
    for (size_t i = 0; i < count; i++) {
        size_t last = json_array_size(kept);

        if (last && is_same(json_array_get(kept, last - 1), sorted[i]))
            uncount(summary, sorted[i]);
        else
            json_array_append(kept, sorted[i]);
        set_number(numbers, sorted[i], json_array_size(kept));
    }
    json_array_foreach(kept, count, finding) number_one(numbers, finding);
    json_object_set_new(merge->document, "findings", kept);
    json_decref(numbers);
    free(sorted);
}

void merge_release(struct merge *merge)
{
    json_decref(merge->endpoint);
    json_decref(merge->path);
    json_decref(merge->warning);
    json_decref(merge->document);
    free(merge->all);
    *merge = (struct merge){0};
}

bool merge_write_json(const struct merge *merge, FILE *out)
{
    struct json_out root;

    json_out_begin(&root, out);
    json_out_members(&root, json_incref(merge->document));
    return json_out_end(&root);
}
