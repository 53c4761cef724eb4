#include "compare/compare.h"

#include "compare/words.h"
#include "report/json_out.h"
#include "report/json_values.h"

static const char *side_key(unsigned side)
{
    return side == CLIENT_SIDE ? "client_side" : "server_side";
}

static json_t *frame(const struct trace_segment *segment)
{
    return segment ? json_integer((json_int_t)segment->frame) : json_null();
}

/* {"client_side": …, "server_side": …} of two frames, or null. */
static json_t *frames(const struct trace_segment *const of[2])
{
    return json_pack("{s:o, s:o}", side_key(CLIENT_SIDE),
                     frame(of[CLIENT_SIDE]), side_key(SERVER_SIDE),
                     frame(of[SERVER_SIDE]));
}

static json_t *side(const struct comparison *c, unsigned at)
{
    const struct capture_input *input = c->report[at]->input;
    const struct trace *trace = &c->trace[at];

    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:I}", "path",
                     json_text(input->path), "packets",
                     (json_int_t)c->report[at]->packets, "segments",
                     (json_int_t)trace->segments, "segments_left_out",
                     (json_int_t)trace->left_out, "connections",
                     (json_int_t)trace->connections, "first_time",
                     json_time(input->first_time), "last_time",
                     json_time(input->last_time), "findings_elsewhere",
                     (json_int_t)c->elsewhere[at]);
}

static json_t *clock_value(const struct clock *clock)
{
    static const char *const state[] = {
        [CLOCK_UNKNOWN] = "unknown",
        [CLOCK_ONE_SIDED] = "one-sided",
        [CLOCK_ALIGNED] = "aligned",
        [CLOCK_BROKEN] = "broken",
    };
    bool is_known = clock_is_known(clock);
    bool is_aligned = clock->state == CLOCK_ALIGNED;

    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o}", "state", state[clock->state],
        "offset_s", is_known ? json_seconds(clock->offset) : json_null(),
        "error_s", is_aligned ? json_seconds(clock->error) : json_null(),
        "drift_ppm", is_known ? json_real(clock->drift * 1e6) : json_null(),
        "drift_least_ppm",
        is_aligned ? json_real(clock->drift_least * 1e6) : json_null(),
        "drift_most_ppm",
        is_aligned ? json_real(clock->drift_most * 1e6) : json_null());
}

static json_t *changes(unsigned bits)
{
    json_t *list = json_array();

    for (const struct change_name *c = words_changes; c->name; c++) {
        if (bits & c->change)
            json_array_append_new(list, json_string(c->name));
    }
    return list;
}

static const char *way_key(enum way way)
{
    return way == WAY_UP ? "to_server_side" : "to_client_side";
}

static json_t *event_value(const struct compared *c,
                           const struct compare_event *event)
{
    const struct trace_segment *s = event->of[event->way]
                                        ? event->of[event->way]
                                        : event->of[1 - event->way];
    struct text what;
    struct text segment;
    json_t *json;

    text_init(&what, 4096);
    text_init(&segment, 128);
    words_add_event(&what, c, event);
    words_add_segment(&segment, s);
    json = json_pack(
        "{s:s, s:s, s:s, s:o, s:s, s:I, s:I, s:b, s:b, s:b, s:I, s:o, s:I, "
        "s:s}",
        "kind", words_event(event->kind), "severity",
        severity_name(event->severity), "direction", way_key(event->way),
        "frames", frames(event->of), "segment", text_string(&segment), "seq",
        (json_int_t)s->seq, "bytes", (json_int_t)s->length, "possible",
        event->maybe, "copy_uncertain", event->unsure, "healed", event->healed,
        "missing", (json_int_t)event->missing, "changes",
        changes(event->changes), "alike", (json_int_t)event->alike, "text",
        text_string(&what));
    text_release(&what);
    text_release(&segment);
    return json;
}

static json_t *delay(const struct compare_way *way)
{
    if (!way->has_delay)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o}", "least", json_seconds(way->least),
                     "median", json_seconds(way->median), "most",
                     json_seconds(way->most), "frames", frames(way->held));
}

static json_t *way_value(const struct compare_way *way)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
        "s:o, s:o}",
        "sent", (json_int_t)way->sent, "came", (json_int_t)way->came, "paired",
        (json_int_t)way->paired, "recut", (json_int_t)way->recut, "lost",
        (json_int_t)way->lost, "lost_bare_acks", (json_int_t)way->lost_bare,
        "injected", (json_int_t)way->injected, "changed",
        (json_int_t)way->changed, "duplicated", (json_int_t)way->duplicates,
        "reordered", (json_int_t)way->reordered, "not_recorded_sent",
        (json_int_t)way->unsent, "not_recorded_came",
        (json_int_t)way->unrecorded, "outside", (json_int_t)way->outside,
        "hops", way->has_hops ? json_integer(way->hops) : json_null(),
        "delay_s", delay(way));
}

static json_t *finding_id(const struct finding *finding)
{
    return finding ? json_integer((json_int_t)finding->id) : json_null();
}

static json_t *located_value(const struct located *l)
{
    unsigned at = l->finding[CLIENT_SIDE] ? CLIENT_SIDE : SERVER_SIDE;
    const struct finding *f = l->finding[at];
    struct text what;
    json_t *json;

    text_init(&what, 4096);
    words_add_where(&what, l);
    json = json_pack("{s:{s:o, s:o}, s:s, s:s, s:s, s:s, s:b, s:o, s:s}", "ids",
                     side_key(CLIENT_SIDE), finding_id(l->finding[CLIENT_SIDE]),
                     side_key(SERVER_SIDE), finding_id(l->finding[SERVER_SIDE]),
                     "code", verdict_slug(f->code), "severity",
                     severity_name(f->severity), "confidence",
                     confidence_name(f->confidence), "where",
                     words_where(l->where), "possible",
                     l->event && l->event->maybe, "frames",
                     frames(l->event ? l->event->of : l->of), "text",
                     text_string(&what));
    text_release(&what);
    return json;
}

static json_t *stream(const struct trace_connection *connection)
{
    return connection->stream == TRACE_NO_STREAM
               ? json_null()
               : json_integer((json_int_t)connection->stream);
}

static json_t *end_value(const struct compared *c, unsigned at)
{
    const struct trace_connection *of = c->of[at];

    json_t *json = json_pack("{s:o}", "id", stream(of));

    json_set_endpoint(json, "client", &of->endpoint[of->client]);
    json_set_endpoint(json, "server", &of->endpoint[1 - of->client]);
    json_object_set_new(json, "segments",
                        json_integer((json_int_t)of->segments));
    return json;
}

static json_t *connection_value(const struct comparison *comparison,
                                const struct compared *c)
{
    json_t *findings = json_array();
    json_t *events = json_array();

    for (size_t i = 0; i < c->locateds; i++)
        json_array_append_new(
            findings, located_value(&comparison->located[c->located + i]));
    for (size_t i = 0; i < c->events; i++)
        json_array_append_new(events, event_value(c, &c->event[i]));
    return json_pack("{s:o, s:o, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:I}",
                     side_key(CLIENT_SIDE), end_value(c, CLIENT_SIDE),
                     side_key(SERVER_SIDE), end_value(c, SERVER_SIDE),
                     "confidence", confidence_name(c->match.confidence),
                     "translated", c->match.translated, "shifted",
                     c->match.shifted, way_key(WAY_UP),
                     way_value(&c->way[WAY_UP]), way_key(WAY_DOWN),
                     way_value(&c->way[WAY_DOWN]), "findings", findings,
                     "events", events, "events_left_out",
                     (json_int_t)c->events_left_out);
}

static json_t *unarrived_value(const struct comparison *comparison,
                               const struct unarrived *u)
{
    const struct trace_connection *c = u->connection;
    const struct trace_segment *first =
        &comparison->trace[CLIENT_SIDE].segment[c->first];
    json_t *json = json_pack("{s:o}", "id", stream(c));

    json_set_endpoint(json, "client", &c->endpoint[first->from]);
    json_set_endpoint(json, "server", &c->endpoint[!first->from]);
    json_object_set_new(json, "syns", json_integer((json_int_t)c->segments));
    json_object_set_new(json, "first_frame", frame(first));
    json_object_set_new(json, "finding", finding_id(u->finding));
    return json;
}

static json_t *summary(const struct comparison *c)
{
    const uint64_t *by = c->by_severity;

    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I}}", "connections",
        (json_int_t)c->connections, "client_side_alone",
        (json_int_t)(c->trace[CLIENT_SIDE].connections - c->connections),
        "server_side_alone",
        (json_int_t)(c->trace[SERVER_SIDE].connections - c->connections),
        "ambiguous", (json_int_t)c->matches.ambiguous, "unarrived",
        (json_int_t)(c->unarriveds + c->unarrived_left_out), "by_severity",
        "error", (json_int_t)by[SEVERITY_ERROR], "warning",
        (json_int_t)by[SEVERITY_WARNING], "info",
        (json_int_t)by[SEVERITY_INFO]);
}

bool comparison_write_json(const struct comparison *comparison,
                           const struct report_options *options, FILE *out)
{
    struct json_out root;

    (void)options;
    json_out_begin(&root, out);
    json_out_members(
        &root,
        json_pack("{s:s, s:{s:s, s:s}, s:o, s:o, s:b, s:o, s:o}", "schema",
                  "whyeof.compare/1", "tool", "name", "whyeof", "version",
                  WHYEOF_VERSION, side_key(CLIENT_SIDE),
                  side(comparison, CLIENT_SIDE), side_key(SERVER_SIDE),
                  side(comparison, SERVER_SIDE), "swapped", comparison->swapped,
                  "clock", clock_value(&comparison->clock), "summary",
                  summary(comparison)));
    json_out_list(&root, "connections");
    for (size_t i = 0; i < comparison->connections; i++)
        json_out_element(&root, connection_value(comparison,
                                                 &comparison->connection[i]));
    json_out_list_end(&root);
    json_out_list(&root, "unarrived");
    for (size_t i = 0; i < comparison->unarriveds; i++)
        json_out_element(&root, unarrived_value(comparison,
                                                &comparison->unarrived[i]));
    json_out_list_end(&root);
    return json_out_end(&root);
}
