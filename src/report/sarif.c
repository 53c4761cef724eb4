/*
 * SARIF 2.1.0 (OASIS) as GitHub's code scanning reads it: a rule for each code
 * that was found, a result for each code, server and route, the evidence as a
 * code flow. Where SARIF counts lines of a file, these are frames of a capture.
 */
#include "report/baseline.h"
#include "report/explain.h"
#include "report/groups.h"
#include "report/json_values.h"
#include "report/phrases.h"
#include "report/render.h"
#include "report/routed.h"
#include "wire/endpoint.h"

enum {
    RESULTS_MOST = 5000, /* as many as GitHub shows of a run */
    LINE_SIZE = 1 << 14
};

static const char *level_of(enum severity severity)
{
    static const char *const level[] = {
        [SEVERITY_INFO] = "note",
        [SEVERITY_WARNING] = "warning",
        [SEVERITY_ERROR] = "error",
    };

    return level[severity];
}

static json_t *text_message(const char *text)
{
    return json_pack("{s:o}", "text", json_text(text));
}

static json_t *rule(enum verdict code)
{
    const struct explanation *e = explanation_of(code);
    struct text help;
    json_t *json;

    text_init(&help, LINE_SIZE);
    text_addf(&help, "%s\n\n%s\n\n%s", e->means, e->doing, e->doubts);
    json =
        json_pack("{s:s, s:o, s:o, s:{s:s}, s:{s:s}}", "id", verdict_slug(code),
                  "shortDescription", text_message(verdict_title(code)),
                  "fullDescription", text_message(e->seen), "help", "text",
                  text_string(&help), "defaultConfiguration", "level",
                  level_of(verdict_severity(code)));
    text_release(&help);
    return json;
}

/* Of each code that was found; where it is in the list is put into `index`. */
static json_t *rules(const struct report *report,
                     json_int_t index[static VERDICT_COUNT])
{
    json_t *list = json_array();

    for (size_t i = 0; i < VERDICT_COUNT; i++)
        index[i] = -1;
    for (size_t i = 0; i < report->findings; i++) {
        enum verdict code = report->finding[i]->code;

        if (index[code] >= 0)
            continue;
        index[code] = (json_int_t)json_array_size(list);
        json_array_append_new(list, rule(code));
    }
    return list;
}

/* A path as RFC 3986 has it: bytes that are no part of one are %XX. */
static json_t *uri_of(const char *path)
{
    struct text uri;
    json_t *json;

    text_init(&uri, LINE_SIZE);
    if (path[0] == '/')
        text_add(&uri, "file://");
    for (; *path; path++) {
        uint8_t byte = (uint8_t)*path;
        bool is_plain = (byte >= 'a' && byte <= 'z') ||
                        (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '0' && byte <= '9') || strchr("-._~/", byte);

        text_addf(&uri, is_plain ? "%c" : "%%%02X", byte);
    }
    json = json_string(text_string(&uri));
    text_release(&uri);
    return json;
}

/* The frame as a line of its capture. */
static json_t *location(const struct report *report, struct mark at,
                        json_t *message, const char *server)
{
    const char *path =
        at.file < report->inputs ? report->input[at.file].path : "";
    json_int_t line = mark_is_set(at) ? (json_int_t)mark_frame(at) : 1;
    json_t *json = json_pack("{s:{s:{s:o}, s:{s:I}}}", "physicalLocation",
                             "artifactLocation", "uri", uri_of(path), "region",
                             "startLine", line > 0 ? line : 1);

    if (message)
        json_object_set_new(json, "message", message);
    if (server)
        json_object_set_new(json, "logicalLocations",
                            json_pack("[{s:s, s:s}]", "fullyQualifiedName",
                                      server, "kind", "resource"));
    return json;
}

static json_t *code_flows(const struct report *report,
                          const struct finding *finding)
{
    json_t *list = json_array();

    for (size_t i = 0; i < finding->evidences; i++) {
        const struct evidence *e = &finding->evidence[i];
        struct text what;

        text_init(&what, LINE_SIZE);
        text_addf(&what, "#%" PRIu64 " %s: %s", mark_frame(e->at),
                  phrase_witness(e->from), e->what);
        json_array_append_new(
            list, json_pack("{s:o, s:I}", "location",
                            location(report, e->at,
                                     text_message(text_string(&what)), NULL),
                            "executionOrder", (json_int_t)i + 1));
        text_release(&what);
    }
    return json_pack("[{s:[{s:o}]}]", "threadFlows", "locations", list);
}

static json_t *message_of(const struct report_options *options,
                          const struct routed *first, size_t count)
{
    const struct finding *finding = first->finding;
    struct text text;
    struct text visible;
    json_t *json;

    text_init(&text, LINE_SIZE);
    text_init(&visible, LINE_SIZE);
    text_add_visible(&visible, span_of_text(finding->explanation));
    text_addf(&text, "%s (%s). ", finding->title,
              confidence_name(finding->confidence));
    phrase_request(&text, finding, options);
    text_add(&text, ", ");
    phrase_place(&text, finding);
    if (count > 1)
        text_addf(&text, ", and %zu more like it", count - 1);
    text_addf(&text, ". %s", text_string(&visible));
    json = json_pack("{s:s}", "text", text_string(&text));
    text_release(&text);
    text_release(&visible);
    return json;
}

/* As SARIF 2.1.0, 3.27.24 has it; nothing without an earlier report. */
static void set_baseline_state(json_t *json,
                               const struct report_options *options,
                               const struct routed *first, size_t count)
{
    bool known = true;

    if (!options->baseline)
        return;
    for (size_t i = 0; i < count; i++)
        known &= baseline_knows(options->baseline, first[i].finding, options);
    json_object_set_new(json, "baselineState",
                        json_string(known ? "unchanged" : "new"));
}

/* `first` and what follows it are of one route. */
static json_t *result(const struct report *report,
                      const struct report_options *options,
                      const struct routed *first, size_t count,
                      const json_int_t index[static VERDICT_COUNT])
{
    const struct finding *finding = first->finding;
    char server[ENDPOINT_TEXT_SIZE];
    struct text print;
    json_t *json;

    (void)endpoint_print(server, &finding->connection.server);
    text_init(&print, LINE_SIZE);
    phrase_code(&print, finding);
    text_addf(&print, " %s %s %s", symptom_name(finding->symptom), server,
              text_string(&first->route));
    json = json_pack(
        "{s:s, s:I, s:s, s:o, s:[o], s:o, s:{s:s}, s:I, s:{s:s, s:o}}",
        "ruleId", verdict_slug(finding->code), "ruleIndex",
        index[finding->code], "level", level_of(finding->severity), "message",
        message_of(options, first, count), "locations",
        location(report, finding->ended, NULL, server), "codeFlows",
        code_flows(report, finding), "partialFingerprints", "whyeof/v1",
        text_string(&print), "occurrenceCount", (json_int_t)count, "properties",
        "confidence", confidence_name(finding->confidence), "wait_s",
        json_seconds(finding->wait));
    set_baseline_state(json, options, first, count);
    text_release(&print);
    return json;
}

/* How many results of the group there was no room for. */
static size_t add_group(json_t *results, const struct report *report,
                        const struct report_options *options,
                        const struct finding_group *group,
                        const json_int_t index[static VERDICT_COUNT])
{
    struct routed *routed = routed_of(group, options);
    size_t left_out = 0;
    size_t same;

    for (size_t i = 0; i < group->count; i += same) {
        same = routed_alike(routed + i, group->count - i);
        if (json_array_size(results) < RESULTS_MOST)
            json_array_append_new(results, result(report, options, routed + i,
                                                  same, index));
        else
            left_out++;
    }
    routed_free(routed, group->count);
    return left_out;
}

/* GitHub tells of no results that a run has too many: the run does. */
static json_t *invocation(const struct report *report, size_t left_out)
{
    json_t *notes = json_array();
    struct text text;

    for (size_t i = 0; i < report->warnings; i++)
        json_array_append_new(
            notes, json_pack("{s:s, s:o}", "level", "warning", "message",
                             text_message(report->warning[i])));
    text_init(&text, LINE_SIZE);
    if (left_out) {
        text_addf(&text, "%zu more results are left out", left_out);
        json_array_append_new(
            notes, json_pack("{s:s, s:o}", "level", "warning", "message",
                             text_message(text_string(&text))));
    }
    text_clear(&text);
    phrase_summary(&text, report);
    json_array_append_new(notes,
                          json_pack("{s:s, s:o}", "level", "note", "message",
                                    text_message(text_string(&text))));
    text_release(&text);
    return json_pack("[{s:b, s:o}]", "executionSuccessful", 1,
                     "toolExecutionNotifications", notes);
}

static json_t *tool(const struct report *report,
                    json_int_t index[static VERDICT_COUNT])
{
    return json_pack("{s:{s:s, s:s, s:o}}", "driver", "name", "whyeof",
                     "version", WHYEOF_VERSION, "rules", rules(report, index));
}

static bool render_sarif(const struct report *report,
                         const struct report_options *options, FILE *out)
{
    struct finding_groups groups = groups_of(report);
    json_int_t index[VERDICT_COUNT];
    json_t *driver = tool(report, index);
    json_t *results = json_array();
    size_t left_out = 0;
    json_t *json;
    int failed;

    for (size_t i = 0; i < groups.count; i++)
        left_out +=
            add_group(results, report, options, &groups.group[i], index);
    groups_release(&groups);
    json = json_pack("{s:s, s:s, s:[{s:o, s:o, s:o}]}", "$schema",
                     "https://json.schemastore.org/sarif-2.1.0.json", "version",
                     "2.1.0", "runs", "tool", driver, "invocations",
                     invocation(report, left_out), "results", results);
    failed = json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    json_decref(json);
    (void)fputc('\n', out);
    return fflush(out) == 0 && !ferror(out) && failed == 0;
}

const struct renderer sarif_renderer = {
    .name = "sarif",
    .render = render_sarif,
};
