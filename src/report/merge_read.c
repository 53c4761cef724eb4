#include "report/merge_read.h"

#include "report/merge_endpoint.h"

#include <errno.h>

enum {
    CHUNK = 1 << 16
};

/* Findings of one report; their numbers stay far from overflowing. */
#define ID_LAST ((json_int_t)1 << 40)

bool merge_read_text(struct text *text, FILE *file, const char *name,
                     struct fail *fail)
{
    uint8_t chunk[CHUNK];
    size_t size;

    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0 && !text->cut)
        text_add_bytes(text, (struct span){chunk, size});
    if (ferror(file))
        return fail_set(fail, "cannot read '%s': %s", name, strerror(errno));
    return !text->cut ||
           fail_set(fail, "cannot read '%s': it is too large", name);
}

/* Every number in it counts something; lists are of what is counted. */
static bool are_counts(json_t *object)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object))
        return false;
    json_object_foreach(object, key, value)
    {
        if (json_is_object(value) && !are_counts(value))
            return false;
        if (json_is_integer(value) && json_integer_value(value) < 0)
            return false;
        if (!json_is_object(value) && !json_is_integer(value) &&
            !json_is_array(value))
            return false;
    }
    return true;
}

static bool is_count(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return json_is_integer(value) && json_integer_value(value) >= 0;
}

static const char *input_fault(json_t *input)
{
    json_t *files = json_object_get(input, "files");
    size_t i;
    json_t *file;

    if (!is_count(input, "packets") || !is_count(input, "tcp_segments") ||
        !are_counts(json_object_get(input, "ignored")) ||
        !json_is_array(json_object_get(input, "warnings")) ||
        !json_is_array(files))
        return "no input";
    json_array_foreach(files, i, file)
    {
        if (!json_is_string(json_object_get(file, "path")))
            return "a file without path";
    }
    return NULL;
}

static bool is_finding(json_t *finding)
{
    json_t *id = json_object_get(finding, "id");

    return json_is_integer(id) && json_integer_value(id) > 0 &&
           json_integer_value(id) < ID_LAST &&
           json_is_string(json_object_get(finding, "code")) &&
           json_is_string(json_object_get(finding, "severity")) &&
           json_is_string(json_object_get(finding, "title")) &&
           json_is_object(json_object_get(finding, "connection"));
}

static const char *findings_fault(json_t *findings)
{
    size_t i;
    json_t *finding;

    if (!json_is_array(findings))
        return "no findings";
    json_array_foreach(findings, i, finding)
    {
        if (!is_finding(finding))
            return "a finding that is none";
    }
    return NULL;
}

static const char *endpoints_fault(json_t *endpoints)
{
    size_t i;
    json_t *endpoint;

    if (!json_is_array(endpoints))
        return "no endpoints";
    json_array_foreach(endpoints, i, endpoint)
    {
        const char *fault = merge_endpoint_fault(endpoint);

        if (fault)
            return fault;
    }
    return NULL;
}

static const char *report_fault(json_t *report)
{
    const char *schema = json_string_value(json_object_get(report, "schema"));
    json_t *summary = json_object_get(report, "summary");
    json_t *exchanges = json_object_get(report, "exchanges");
    const char *fault;

    if (!schema || strcmp(schema, MERGE_SCHEMA) != 0)
        return "its schema is not " MERGE_SCHEMA;
    if (!are_counts(summary) ||
        !json_is_object(json_object_get(summary, "findings")) ||
        !json_is_object(json_object_get(summary, "by_code")))
        return "no summary: it may have been cut short";
    if (exchanges && !json_is_array(exchanges))
        return "no exchanges";
    fault = input_fault(json_object_get(report, "input"));
    if (!fault)
        fault = endpoints_fault(json_object_get(report, "endpoints"));
    return fault ? fault : findings_fault(json_object_get(report, "findings"));
}

/* A finding told again is the one with its number; withdrawn, none. While lines
 * are read they are members by their number. */
static void take_finding(json_t *report, json_t *finding)
{
    json_t *findings = json_object_get(report, "findings");
    const char *standing =
        json_string_value(json_object_get(finding, "standing"));
    char key[24];

    (void)snprintf(key, sizeof key, "%" JSON_INTEGER_FORMAT,
                   json_integer_value(json_object_get(finding, "id")));
    if (standing && strcmp(standing, "withdrawn") == 0)
        json_object_del(findings, key);
    else
        json_object_set(findings, key, finding);
}

static void list_findings(json_t *report)
{
    json_t *list = json_array();
    const char *key;
    json_t *finding;

    json_object_foreach(json_object_get(report, "findings"), key, finding)
        json_array_append(list, finding);
    json_object_set_new(report, "findings", list);
}

static void take_exchange(json_t *report, json_t *exchange)
{
    if (!json_object_get(report, "exchanges"))
        json_object_set_new(report, "exchanges", json_array());
    json_array_append(json_object_get(report, "exchanges"), exchange);
}

/* Lines of other types say what is in one of these, too. */
static void take_line(json_t *report, json_t *line)
{
    const char *type = json_string_value(json_object_get(line, "type"));
    char word[16];

    (void)snprintf(word, sizeof word, "%s", type ? type : "");
    json_object_del(line, "type");
    if (strcmp(word, "input") == 0)
        json_object_update(report, line);
    else if (strcmp(word, "summary") == 0)
        json_object_set(report, "summary", line);
    else if (strcmp(word, "endpoint") == 0)
        json_array_append(json_object_get(report, "endpoints"), line);
    else if (strcmp(word, "finding") == 0)
        take_finding(report, line);
    else if (strcmp(word, "exchange") == 0)
        take_exchange(report, line);
}

/* The next value of a text; NULL with `error` set, or when there is none. */
static json_t *next_value(struct span *rest, json_error_t *error)
{
    json_t *value;

    while (rest->size && strchr(" \t\r\n", rest->at[0]) && rest->at[0])
        *rest = span_skip(*rest, 1);
    error->text[0] = '\0';
    if (!rest->size)
        return NULL;
    value = json_loadb((const char *)rest->at, rest->size,
                       JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, error);
    if (value)
        *rest = span_skip(*rest, (size_t)error->position);
    return value;
}

/* A document as it is, lines as the document that they are of. */
static json_t *join_lines(struct span rest, json_error_t *error)
{
    json_t *first = next_value(&rest, error);
    json_t *report;

    if (!first)
        return NULL;
    if (!json_object_get(first, "type")) {
        report = next_value(&rest, error);
        if (report)
            (void)snprintf(error->text, sizeof error->text,
                           "something comes behind the document");
        json_decref(report);
        return first;
    }
    report = json_pack("{s:[], s:{}}", "endpoints", "findings");
    for (json_t *line = first; line; line = next_value(&rest, error)) {
        take_line(report, line);
        json_decref(line);
    }
    list_findings(report);
    return report;
}

json_t *merge_read_report(const struct text *text, const char *name,
                          struct fail *fail)
{
    json_error_t error = {.text = ""};
    json_t *report =
        join_lines((struct span){(const uint8_t *)text->at, text->size},
                   &error);
    const char *fault;

    if (!report || error.text[0]) {
        (void)fail_set(fail, "'%s' is no report: %s", name,
                       error.text[0] ? error.text : "it is empty");
        json_decref(report);
        return NULL;
    }
    fault = report_fault(report);
    if (!fault)
        return report;
    (void)fail_set(fail, "'%s' is no report: %s", name, fault);
    json_decref(report);
    return NULL;
}
