#include "report/merge.h"
#include "report/page.h"

#include "base/nanos.h"

#include <string.h>

enum {
    LINE_SIZE = 4096
};

/* "" of what is none. */
static const char *string_of(json_t *object, const char *key)
{
    const char *string = json_string_value(json_object_get(object, key));

    return string ? string : "";
}

static json_int_t count_of(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *duration(char text[static NANOS_TEXT_SIZE], json_t *seconds)
{
    double value = json_number_value(seconds);

    return nanos_print_duration(text, value >= 0 && value < 1e9
                                          ? (nanos)(value * 1e9 + 0.5)
                                          : 0);
}

static void write_finding(const struct page *page, json_t *finding)
{
    json_t *connection = json_object_get(finding, "connection");
    json_t *exchange = json_object_get(finding, "exchange");
    struct text text;

    text_init(&text, LINE_SIZE);
    text_addf(&text, "%s %s", string_of(finding, "severity"),
              string_of(finding, "code"));
    if (json_is_object(exchange))
        text_addf(&text, ", %s %s", string_of(exchange, "method"),
                  string_of(exchange, "target"));
    text_addf(&text, ", %s to %s, %s: %s", string_of(connection, "client"),
              string_of(connection, "server"), string_of(finding, "time"),
              string_of(finding, "title"));
    page_paragraph(page, 2, "", text_string(&text));
    text_release(&text);
}

static void add_bracket(struct text *text, json_t *bracket)
{
    json_t *good = json_object_get(bracket, "longest_success_s");
    char low[NANOS_TEXT_SIZE];
    char high[NANOS_TEXT_SIZE];

    if (!json_is_object(bracket))
        return;
    duration(low, good);
    duration(high, json_object_get(bracket, "shortest_failure_s"));
    if (!json_is_true(json_object_get(bracket, "consistent")))
        text_addf(text,
                  "; responses cut after %s and more, but one was complete "
                  "after %s",
                  high, low);
    else if (json_is_number(good))
        text_addf(text, "; write timeout, if it is one, between %s and %s", low,
                  high);
    else
        text_addf(text, "; write timeout at most %s, if it is one", high);
}

static void add_latency(struct text *text, json_t *latency)
{
    static const char *const key[] = {"p50", "p90", "p99"};
    json_t *end = json_object_get(latency, "end_s");
    char value[NANOS_TEXT_SIZE];

    if (!json_is_object(latency))
        return;
    text_add(text, "; end after");
    for (size_t i = 0; i < sizeof key / sizeof *key; i++)
        text_addf(text, "%s %s %s", i ? "," : "", key[i],
                  duration(value, json_object_get(end, key[i])));
}

static void write_endpoint(const struct page *page, json_t *endpoint)
{
    struct text text;

    text_init(&text, LINE_SIZE);
    text_addf(&text,
              "%s: %" JSON_INTEGER_FORMAT " exchanges, %" JSON_INTEGER_FORMAT
              " complete",
              string_of(endpoint, "server"), count_of(endpoint, "exchanges"),
              count_of(endpoint, "complete"));
    add_bracket(&text, json_object_get(endpoint, "write_timeout"));
    add_latency(&text, json_object_get(endpoint, "latency"));
    page_paragraph(page, 2, "", text_string(&text));
    text_release(&text);
}

static void write_summary(const struct page *page, json_t *document)
{
    json_t *summary = json_object_get(document, "summary");
    json_t *findings = json_object_get(summary, "findings");
    struct text text;

    text_init(&text, LINE_SIZE);
    text_addf(&text,
              "%" JSON_INTEGER_FORMAT " packets, %" JSON_INTEGER_FORMAT
              " connections, %" JSON_INTEGER_FORMAT
              " exchanges (%" JSON_INTEGER_FORMAT
              " complete, %" JSON_INTEGER_FORMAT
              " not); findings: %" JSON_INTEGER_FORMAT
              " errors, %" JSON_INTEGER_FORMAT
              " warnings, %" JSON_INTEGER_FORMAT " info",
              count_of(json_object_get(document, "input"), "packets"),
              count_of(summary, "connections"), count_of(summary, "exchanges"),
              count_of(summary, "complete"),
              count_of(summary, "exchanges") - count_of(summary, "complete"),
              count_of(findings, "error"), count_of(findings, "warning"),
              count_of(findings, "info"));
    page_paragraph(page, 0, "", text_string(&text));
    text_release(&text);
}

bool merge_write_text(const struct merge *merge, unsigned width, FILE *out)
{
    const struct page page = {.out = out, .width = width};
    json_t *document = merge->document;
    size_t i;
    json_t *value;

    json_array_foreach(json_object_get(document, "findings"), i, value)
        write_finding(&page, value);
    json_array_foreach(json_object_get(document, "endpoints"), i, value)
        write_endpoint(&page, value);
    json_array_foreach(json_object_get(json_object_get(document, "input"),
                                       "warnings"),
                       i, value)
        page_paragraph(&page, 6, "note:",
                       json_is_string(value) ? json_string_value(value) : "");
    write_summary(&page, document);
    return fflush(out) == 0 && !ferror(out);
}
