#include "base/text.h"
#include "report/baseline.h"
#include "report/filter.h"
#include "report/json_values.h"
#include "report/known_as.h"
#include "report/phrases.h"

/* Nothing where it is not known. */
static void add_process(json_t *json, const char *key,
                        const struct process *process,
                        const struct report_options *options)
{
    if (process->pid)
        json_object_set_new(
            json, key,
            json_pack("{s:o, s:I}", "name",
                      process->name[0] ? json_wire(span_of_text(process->name),
                                                   MASK_TEXT, options)
                                       : json_null(),
                      "pid", (json_int_t)process->pid));
}

static json_t *connection(const struct report *report,
                          const struct finding *finding,
                          const struct report_options *options)
{
    const struct finding_connection *c = &finding->connection;

    json_t *json = json_pack("{s:I}", "id", (json_int_t)c->id);

    json_set_endpoint(json, "client", &c->client);
    json_set_endpoint(json, "server", &c->server);
    json_object_set_new(json, "protocol",
                        json_string(protocol_version(c->protocol, c->minor)));
    json_object_set_new(json, "start_seen", json_boolean(c->start_seen));
    json_object_set_new(json, "frames",
                        json_pack("[I, I]", (json_int_t)c->first.frame,
                                  (json_int_t)c->last.frame));
    if (c->origin.address.version)
        json_object_set_new(json, "origin", json_endpoint_name(&c->origin));
    if (c->has_tls)
        json_object_set_new(json, "tls", json_tls(report, &c->tls, options));
    add_process(json, "client_process", &c->client_process, options);
    add_process(json, "server_process", &c->server_process, options);
    return json;
}

static json_t *exchange(const struct finding *finding,
                        const struct report_options *options)
{
    const struct exchange *x = finding->exchange;
    json_t *json;

    if (!x)
        return json_null();
    json = json_exchange_facts(x, options);
    json_object_set_new(json, "body_unsent", json_count(finding->body_unsent));
    return json;
}

static json_t *timing(const struct report *report,
                      const struct finding *finding)
{
    const struct exchange *x = finding->exchange;
    struct mark never = {0};

    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "request_complete_s",
                     json_moment(report, x ? x->request.end : never),
                     "first_byte_s",
                     json_moment(report, x ? x->response.start : never),
                     "last_byte_s",
                     json_moment(report, x ? x->response.last : never), "end_s",
                     json_moment(report, finding->ended), "wait_s",
                     json_seconds(finding->wait));
}

static json_t *words(const struct finding *finding)
{
    json_t *json = json_object();

    for (size_t i = 0; i < REPORTER_COUNT; i++) {
        const char *said = known_as(finding, (enum reporter)i);

        if (said)
            json_object_set_new(json, reporter_name((enum reporter)i),
                                json_string(said));
    }
    return json;
}

/* Which input a frame is from: frames are numbered over all inputs. */
static const char *file_of(const struct report *report, struct mark at)
{
    return at.file < report->inputs ? report->input[at.file].path : "";
}

static json_t *evidence(const struct report *report,
                        const struct finding *finding)
{
    json_t *list = json_array();

    for (size_t i = 0; i < finding->evidences; i++) {
        const struct evidence *e = &finding->evidence[i];

        json_array_append_new(list,
                              json_pack("{s:I, s:o, s:o, s:s, s:o}", "frame",
                                        (json_int_t)e->at.frame, "file",
                                        json_text(file_of(report, e->at)),
                                        "time_s", json_moment(report, e->at),
                                        "from", phrase_witness(e->from), "what",
                                        json_text(e->what)));
    }
    return list;
}

static json_t *alternatives(const struct finding *finding)
{
    json_t *list = json_array();

    for (size_t i = 0; i < finding->alternatives; i++) {
        const struct alternative *a = &finding->alternative[i];

        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o}", "code", verdict_slug(a->code),
                            "why_possible", json_text(a->why_possible),
                            "settled_by", json_text(a->settled_by)));
    }
    return list;
}

static json_t *advice(const struct finding *finding)
{
    json_t *list = json_array();

    for (size_t i = 0; i < finding->advices; i++)
        json_array_append_new(list, json_text(finding->advice[i]));
    return list;
}

/* The window that was used up, in bytes. */
static json_t *flow_control(const struct finding *finding)
{
    const struct h2_window *window = &finding->window;

    return json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "window",
        finding->window_of, "start", (json_int_t)window->start, "sent",
        (json_int_t)window->sent, "credited", (json_int_t)window->credited,
        "left", (json_int_t)h2_window_left(window), "blocked_from_frame",
        (json_int_t)mark_frame(finding->blocked_from), "blocked_until_frame",
        mark_is_set(finding->blocked_until)
            ? json_integer((json_int_t)mark_frame(finding->blocked_until))
            : json_null(),
        "blocked_s", json_seconds(h2_window_longest(window, finding->ended)));
}

static json_t *cause_of(const struct finding *finding)
{
    return finding->caused_by ? json_integer((json_int_t)finding->caused_by)
                              : json_null();
}

/* They are behind their cause. */
static json_t *effects_of(const struct report *report,
                          const struct finding *finding)
{
    json_t *list = json_array();
    uint64_t left = finding->effects;

    for (size_t i = 0; report->live && i < left && finding->effect[i]; i++)
        json_array_append_new(list,
                              json_integer((json_int_t)finding->effect[i]));
    if (report->live)
        return list;
    for (size_t i = 0; i < report->findings && left; i++) {
        if (report->finding[i]->caused_by == finding->id) {
            json_array_append_new(
                list, json_integer((json_int_t)report->finding[i]->id));
            left--;
        }
    }
    return list;
}

json_t *json_finding(const struct report *report,
                     const struct report_options *options,
                     const struct finding *finding)
{
    char filter[FILTER_SIZE];
    json_t *json = json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:s, s:o, s:o, s:s?, s:o}",
        "id", (json_int_t)finding->id, "code", verdict_slug(finding->code),
        "severity", severity_name(finding->severity), "confidence",
        confidence_name(finding->confidence), "symptom",
        symptom_name(finding->symptom), "title", json_text(finding->title),
        "explanation", json_text(finding->explanation), "advice",
        advice(finding), "connection", connection(report, finding, options),
        "exchange", exchange(finding, options), "timing",
        timing(report, finding), "time_s", json_turns(&finding->turns),
        "known_as", words(finding), "evidence", evidence(report, finding),
        "alternatives", alternatives(finding), "wireshark_filter",
        filter_print(filter, finding), "caused_by", cause_of(finding),
        "effects", effects_of(report, finding), "retry",
        retry_name(finding->retry), "time", json_time(finding->ended.time));

    json_object_set_new(json, "not_judged",
                        finding->not_judged
                            ? json_string(doubt_name(finding->not_judged))
                            : json_null());
    json_object_set_new(json, "recording",
                        json_text(report_recording(report, finding)));
    json_set_leg(json, "upstream", &finding->upstream);
    json_set_leg(json, "front", &finding->front);
    if (options->baseline)
        json_object_set_new(json, "known",
                            json_boolean(baseline_knows(options->baseline,
                                                        finding, options)));
    if (report->live) {
        json_object_set_new(json, "revision", json_integer(finding->revision));
        json_object_set_new(json, "standing",
                            json_string(standing_name(finding->standing)));
    }
    if (finding->has_window)
        json_object_set_new(json, "flow_control", flow_control(finding));
    return json;
}
