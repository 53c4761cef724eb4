#include "report/json_out.h"
#include "report/json_values.h"
#include "report/render.h"

static json_t *link_types(const struct capture_input *input)
{
    json_t *list = json_array();

    for (size_t i = 0; i < input->link_types; i++)
        json_array_append_new(list, json_integer(input->link_type[i]));
    return list;
}

static const char *trouble_name(enum capture_trouble trouble)
{
    static const char *const name[] = {
        [CAPTURE_SOUND] = "none",
        [CAPTURE_TRUNCATED] = "truncated",
        [CAPTURE_CORRUPT] = "corrupt",
        [CAPTURE_UNFILTERED] = "unfiltered",
        [CAPTURE_UNREADABLE] = "unreadable",
    };

    return name[trouble];
}

static json_t *file(const struct capture_input *input)
{
    return json_pack(
        "{s:o, s:s, s:o, s:I, s:I, s:o, s:o, s:b, s:s, s:o, s:o}", "path",
        json_text(input->path), "format", input->format, "link_types",
        link_types(input), "packets", (json_int_t)input->packets, "bytes",
        (json_int_t)input->bytes, "first_time", json_time(input->first_time),
        "last_time", json_time(input->last_time), "truncated",
        input->trouble == CAPTURE_TRUNCATED, "trouble",
        trouble_name(input->trouble), "problem",
        input->problem[0] ? json_text(input->problem) : json_null(),
        "interface_drops",
        input->has_drops ? json_count(input->interface_drops) : json_null());
}

static json_t *input(const struct report *report)
{
    json_t *files = json_array();
    json_t *ignored = json_object();
    json_t *warnings = json_array();

    for (size_t i = 0; i < report->inputs; i++)
        json_array_append_new(files, file(&report->input[i]));
    for (size_t i = 0; i < report->ignoreds; i++)
        json_object_set_new(ignored, report->ignored[i].reason,
                            json_integer(
                                (json_int_t)report->ignored[i].packets));
    for (size_t i = 0; i < report->warnings; i++)
        json_array_append_new(warnings, json_text(report->warning[i]));
    return json_pack("{s:o, s:o, s:I, s:I, s:o, s:o}", "files", files,
                     "zero_time",
                     json_time(report->packets ? report->zero : NANOS_NEVER),
                     "packets", (json_int_t)report->packets, "tcp_segments",
                     (json_int_t)report->tcp_segments, "ignored", ignored,
                     "warnings", warnings);
}

static json_t *not_judged(const struct judge_counts *counts)
{
    json_t *by_reason = json_object();

    for (size_t i = 0; i < DOUBT_COUNT; i++) {
        if (counts->not_judged_by[i])
            json_object_set_new(by_reason, doubt_name((enum doubt)i),
                                json_integer(
                                    (json_int_t)counts->not_judged_by[i]));
    }
    return by_reason;
}

static json_t *opaque_conn(const struct opaque_conn *one,
                           const struct report_options *options)
{
    return json_pack(
        "{s:I, s:s, s:o, s:o}", "connection", (json_int_t)one->connection,
        "why_not", tls_unopened_name((enum tls_unopened)one->why),
        "client_random", json_random(one->random), "sni",
        one->name[0] ? json_wire(span_of_text(one->name), MASK_TEXT, options)
                     : json_null());
}

/* What was opened, and what was not and why. */
static json_t *tls(const struct tls_tally *tally,
                   const struct report_options *options)
{
    json_t *by_reason = json_object();
    json_t *list = json_array();

    for (size_t i = 0; i < TLS_UNOPENED_COUNT; i++) {
        if (tally->by[i])
            json_object_set_new(by_reason,
                                tls_unopened_name((enum tls_unopened)i),
                                json_integer((json_int_t)tally->by[i]));
    }
    for (size_t i = 0; i < tally->listed; i++)
        json_array_append_new(list, opaque_conn(&tally->list[i], options));
    return json_pack("{s:I, s:I, s:o, s:o}", "opened",
                     (json_int_t)tally->opened, "opaque",
                     (json_int_t)tally->opaque, "opaque_by_reason", by_reason,
                     "not_opened", list);
}

static json_t *summary(const struct report *report,
                       const struct report_options *options)
{
    json_t *json;
    const struct judge_counts *counts = &report->counts;
    json_t *by_code = json_object();

    for (size_t i = 0; i < VERDICT_COUNT; i++) {
        if (counts->by_code[i])
            json_object_set_new(by_code, verdict_slug((enum verdict)i),
                                json_integer((json_int_t)counts->by_code[i]));
    }
    json = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:{s:I, s:I, s:I}, "
        "s:o}",
        "connections", (json_int_t)counts->connections, "http_connections",
        (json_int_t)counts->http_connections +
            (json_int_t)counts->fastcgi_connections +
            (json_int_t)counts->h2_connections,
        "http2_connections", (json_int_t)counts->h2_connections,
        "tls_connections", (json_int_t)counts->tls_connections,
        "other_connections", (json_int_t)counts->other_connections, "exchanges",
        (json_int_t)counts->exchanges, "complete", (json_int_t)counts->complete,
        "not_judged", (json_int_t)counts->not_judged, "not_judged_by_reason",
        not_judged(counts), "servers_forgotten",
        (json_int_t)report->servers_forgotten, "findings", "error",
        (json_int_t)counts->by_severity[SEVERITY_ERROR], "warning",
        (json_int_t)counts->by_severity[SEVERITY_WARNING], "info",
        (json_int_t)counts->by_severity[SEVERITY_INFO], "by_code", by_code);
    if (report->tls->opened || report->tls->opaque)
        json_object_set_new(json, "tls", tls(report->tls, options));
    return json;
}

static bool is_worth_listing(const struct server_facts *server)
{
    return server->exchanges > 0 || server->refused > 0;
}

/* What the report begins with. */
static json_t *head(const struct report *report)
{
    return json_pack("{s:s, s:{s:s, s:s}, s:o}", "schema", "whyeof.report/1",
                     "tool", "name", "whyeof", "version", WHYEOF_VERSION,
                     "input", input(report));
}

static bool render_json(const struct report *report,
                        const struct report_options *options, FILE *out)
{
    struct json_out root;

    json_out_begin(&root, out);
    json_out_members(&root, head(report));
    json_out_member(&root, "summary", summary(report, options));
    json_out_list(&root, "endpoints");
    for (const struct server_facts *s = report->server; s; s = s->next) {
        if (is_worth_listing(s))
            json_out_element(&root, json_server(s, options));
    }
    json_out_list_end(&root);
    json_out_list(&root, "findings");
    for (size_t i = 0; i < report->findings; i++)
        json_out_element(&root,
                         json_finding(report, options, report->finding[i]));
    json_out_list_end(&root);
    if (options->list_exchanges) {
        json_out_list(&root, "exchanges");
        if (options->spool)
            json_out_spooled(&root, options->spool);
        json_out_list_end(&root);
    }
    return json_out_end(&root);
}

static bool spool_json(const struct report *report,
                       const struct report_options *options,
                       const struct listed_exchange *exchange, FILE *out)
{
    return json_out_spool(out, json_exchange(report, options, exchange));
}

static json_t *warning(const char *text)
{
    return json_pack("{s:o}", "text", json_text(text));
}

static bool write_servers(const struct report *report,
                          const struct report_options *options, FILE *out)
{
    bool good = true;

    for (const struct server_facts *s = report->server; s && good;
         s = s->next) {
        if (is_worth_listing(s))
            good = json_out_line(out, "endpoint", json_server(s, options));
    }
    return good;
}

static bool render_ndjson(const struct report *report,
                          const struct report_options *options, FILE *out)
{
    bool good = json_out_line(out, "input", head(report));

    for (size_t i = 0; i < report->warnings && good; i++)
        good = json_out_line(out, "warning", warning(report->warning[i]));
    for (size_t i = 0; i < report->findings && good; i++)
        good = json_out_line(out, "finding",
                             json_finding(report, options, report->finding[i]));
    return good && write_servers(report, options, out) &&
           json_out_line(out, "summary", summary(report, options));
}

static void begin_live(const struct report *report,
                       const struct report_options *options, FILE *out)
{
    (void)options;
    (void)json_out_line(out, "input", head(report));
}

static void tell_finding(struct live_memory *memory,
                         const struct report *report,
                         const struct report_options *options,
                         const struct finding *finding, FILE *out)
{
    (void)memory;
    (void)json_out_line(out, "finding", json_finding(report, options, finding));
}

static void tell_exchange(const struct report *report,
                          const struct report_options *options,
                          const struct listed_exchange *exchange, FILE *out)
{
    (void)json_out_line(out, "exchange",
                        json_exchange(report, options, exchange));
}

static void tell_warning(const char *text, FILE *out)
{
    (void)json_out_line(out, "warning", warning(text));
}

static void tell_recording(const struct report_options *options,
                           const struct recording *recording, FILE *out)
{
    json_t *findings = json_array();

    (void)options;
    for (size_t i = 0; i < recording->findings; i++)
        json_array_append_new(findings,
                              json_integer((json_int_t)recording->finding[i]));
    (void)json_out_line(
        out, "recording",
        json_pack("{s:o, s:s, s:I, s:o}", "path", json_text(recording->path),
                  "code", verdict_slug(recording->code), "connection",
                  (json_int_t)recording->conn, "findings", findings));
}

/* As above, without what was told already; the figures of the input are known
 * only now. */
static void end_live(const struct report *report,
                     const struct report_options *options, FILE *out)
{
    begin_live(report, options, out);
    for (size_t i = 0; i < report->warnings; i++)
        tell_warning(report->warning[i], out);
    write_servers(report, options, out);
    (void)json_out_line(out, "summary", summary(report, options));
}

static const struct live_format live = {
    .begin = begin_live,
    .finding = tell_finding,
    .exchange = tell_exchange,
    .warning = tell_warning,
    .recording = tell_recording,
    .end = end_live,
};

const struct renderer json_renderer = {
    .name = "json",
    .render = render_json,
    .spool = spool_json,
};

const struct renderer ndjson_renderer = {
    .name = "ndjson",
    .render = render_ndjson,
    .live = &live,
};
