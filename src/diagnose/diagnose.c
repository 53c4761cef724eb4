#include "diagnose/diagnose.h"

#include "diagnose/doubt.h"
#include "diagnose/rules.h"

#include <stdlib.h>

struct diagnose_settings diagnose_defaults(void)
{
    return (struct diagnose_settings){
        .stall_threshold = NANOS_PER_SECOND,
        .timeout_floor = NANOS_PER_SECOND,
        .leak_threshold = 30 * NANOS_PER_SECOND,
    };
}

/*
 * After the client's FIN the server's data met RSTs: it had left, and was not
 * merely done with sending (RFC 9293, 3.10.7.4).
 */
static bool client_had_left(const struct facts *f)
{
    if (!f->client_closed)
        return false;
    if (f->closing.by_reset)
        return f->closing.at.time <= f->x->response.end.time;
    for (unsigned i = 0; i < f->conn->resets; i++) {
        const struct reset *reset = &f->conn->reset[i];

        if (reset->from == f->conn->client && !reset->has_ack)
            return f->client->fin.time < f->x->response.start.time ||
                   f->server->acked < f->x->response.reached;
    }
    return false;
}

/* It closed before the answer to its unfinished request came. */
static bool client_left_first(const struct facts *f)
{
    return f->client_closed && f->closing.at.time <= f->x->response.start.time;
}

/*
 * A client that only shut down its sending side still waits for its answer. A
 * server that closes at once without one has taken it for a client that left.
 */
static bool is_half_close(const struct facts *f)
{
    if (!f->client_closed || f->closing.by_reset || !f->request_whole ||
        f->conn->resets > 0 ||
        nanos_between(f->x->request.end.time, f->closing.at.time) >=
            50 * NANOS_PER_MILLI)
        return false;
    return f->response_begun || !mark_is_set(f->server->fin) ||
           nanos_between(f->closing.at.time, f->server->fin.time) >=
               f->settings->timeout_floor;
}

static const struct rule *first_that_holds(const struct rule *rule,
                                           const struct facts *f)
{
    for (; rule->holds; rule++) {
        if (rule->holds(f))
            return rule;
    }
    return NULL;
}

static bool is_open_ended(const struct facts *f)
{
    return f->incident->ending == CONN_STILL_OPEN && f->x &&
           f->closing.by == CLOSED_BY_NOBODY;
}

static void tell_open_ended(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_NONE;
    finding->confidence = CONFIDENCE_CERTAIN;
    if (f->quiet > 0)
        finding_explain(finding,
                        "%s after the last byte of this exchange the capture "
                        "ends, with the connection open.",
                        finding_duration(finding, f->quiet));
    else
        finding_explain(finding,
                        "The capture ends with the last byte so far of "
                        "this exchange, and with the connection open.");
    finding_explain(finding, "Nothing had gone wrong by then.");
    finding_advise(finding, "capture until the client has reported its error, "
                            "then stop a second later (tcpdump "
                            "--immediate-mode -U)");
}

static const struct rule open_ended_rule[] = {
    {VERDICT_ENDING_NOT_CAPTURED, is_open_ended, tell_open_ended},
    {0           },
};

/*
 * The decision list, once there is no doubt about the capture: how the
 * connection began, an idle close or the path, a request that is not whole; a
 * side that is silent at TCP's level, before whoever ended that is blamed; who
 * closed or reset; windows; an answer that does not come; the client that left;
 * and last that nothing had gone wrong yet.
 */
static const struct rule *const unfinished[] = {
    connect_rule, path_rule,       request_rule, stall_rule,
    close_rule,   abort_rule,      window_rule,  hang_rule,
    client_rule,  open_ended_rule, NULL,
};

/*
 * A stream of HTTP/2, layer by layer: how the connection began, a side that is
 * silent at TCP's level, TCP's window, HTTP/2's windows, who reset the stream,
 * how the connection ended; then as above.
 */
static const struct rule *const unfinished_h2[] = {
    connect_rule,  stall_rule, window_rule, h2_window_rule,  h2_reset_rule,
    h2_close_rule, hang_rule,  client_rule, open_ended_rule, NULL,
};

static const struct rule *first_of(const struct rule *const *list,
                                   const struct facts *f)
{
    const struct rule *rule = NULL;

    for (; *list && !rule; list++)
        rule = first_that_holds(*list, f);
    return rule;
}

/* RFC 9113, 8.4: a client may say no to what it has not asked for. */
static bool is_declined_push(const struct facts *f)
{
    return f->x->stream % 2 == 0 && f->x->h2 && f->x->h2->reset_by_client;
}

static const struct rule *judge_h2(const struct facts *f)
{
    bool answered = f->response_whole;

    if (is_declined_push(f))
        return NULL;
    if (f->incident->is_complete) {
        const struct rule *rule = NULL;

        if (exchange_is_short(f->x) && ended_while_blocked(f))
            rule = first_that_holds(h2_window_rule, f);
        if (!rule)
            rule = first_that_holds(h2_reset_rule, f);
        if (!rule)
            rule = first_that_holds(h2_window_rule, f);
        return rule ? rule : first_that_holds(complete_rule, f);
    }
    if (answered && f->x->h2 && mark_is_set(f->x->h2->reset))
        return first_that_holds(h2_reset_rule, f);
    return first_of(unfinished_h2, f);
}

/* A client that is done with sending has not closed: look who else did. */
static void ignore_half_close(struct facts *f)
{
    if (!f->x || !is_half_close(f))
        return;
    f->client_closed = false;
    if (mark_is_set(f->server->fin)) {
        f->server_closed = true;
        f->closing = (struct closing){.by = CLOSED_BY_SERVER,
                                      .at = f->server->fin,
                                      .acks = f->server->fin_acks};
        f->covers = true;
        f->end = f->server->fin;
    } else {
        f->closing = (struct closing){.acks = CONN_NO_OFFSET};
        f->end = f->incident->capture_last;
    }
    f->wait = nanos_between(f->asked.time, f->end.time);
    f->quiet = nanos_between(f->progress.time, f->end.time);
}

static const struct rule *judge(struct facts *f)
{
    bool went_well = f->x && f->response_whole;

    if (f->x && f->x->tunnel)
        return NULL;
    if (f->x && f->x->is_h2)
        return judge_h2(f);
    if (f->undelivered)
        return first_that_holds(stall_rule, f);
    if (f->incident->is_complete && f->x) {
        /* told when the client had closed before: did it take the answer? */
        if (client_had_left(f)) {
            f->end = f->closing.at;
            f->wait = nanos_between(f->asked.time, f->end.time);
            return first_that_holds(client_rule, f);
        }
        return first_that_holds(complete_rule, f);
    }
    ignore_half_close(f);
    if (!f->x && f->incident->http.protocol == PROTOCOL_HTTP2 &&
        f->incident->http.first[conn_server(f->conn)] != SNIFFED_RESPONSE &&
        f->incident->http.first[f->conn->client] != SNIFFED_REQUEST)
        return first_that_holds(h2_connection_rule, f);
    if (!f->x)
        return first_that_holds(connect_rule, f);
    if (went_well && !f->request_whole)
        return first_that_holds(
            client_left_first(f) ? client_rule : request_rule, f);
    return first_of(unfinished, f);
}

static uint64_t body_unsent(const struct facts *f)
{
    const struct message *response;

    if (!f->x || !f->response_begun)
        return HTTP_NO_LENGTH;
    response = &f->x->response;
    if (response->framing != FRAMING_LENGTH)
        return HTTP_NO_LENGTH;
    return response->expected - response->body;
}

static struct finding *build(const struct rule *rule, const struct facts *f)
{
    struct finding *finding = must_calloc(1, sizeof *finding);

    arena_init(&finding->arena);
    finding->code = rule->code;
    finding->severity = verdict_severity(rule->code);
    finding->title = verdict_title(rule->code);
    finding->incident = f->incident;
    finding->asked = f->asked;
    finding->ended = f->end;
    finding->wait = f->wait;
    finding->body_unsent = body_unsent(f);
    finding_timeline(finding, f);
    rule->tell(f, finding);
    finding_weigh_notes(finding, f);
    finding_weigh_drops(finding);
    finding_sort(finding);
    return finding;
}

/* An RST_STREAM says what it says, whatever else was missed. */
static bool is_told_by_reset(const struct facts *f)
{
    const struct exchange *x = f->x;

    return x && x->h2 && mark_is_set(x->h2->reset) && !x->h2->reset_by_client &&
           !f->response_whole && !x->request.lost &&
           (!f->response_begun || x->status);
}

/* What does not depend on what the capture lacks. */
static const struct rule *judge_in_doubt(const struct facts *f)
{
    if (is_told_by_first_bytes(f))
        return first_that_holds(mismatch_rule, f);
    if (is_told_by_close(f))
        return first_that_holds(h2_close_rule, f);
    return is_told_by_reset(f) ? first_that_holds(h2_reset_rule, f) : NULL;
}

enum diagnosis diagnose(const struct diagnose_settings *settings,
                        const struct incident *incident,
                        const struct server_facts *server,
                        struct finding **finding)
{
    struct facts f = facts_of(settings, incident, server);
    const struct rule *rule;

    if (is_doubtful(&f)) {
        rule = judge_in_doubt(&f);
        if (!rule)
            return DIAGNOSIS_DOUBT;
    } else {
        rule = judge(&f);
    }
    if (!rule)
        return DIAGNOSIS_NOTHING;
    *finding = build(rule, &f);
    return DIAGNOSIS_FINDING;
}

/* Whole, and yet held up, reset, or without its gRPC status? */
static bool wants_h2(const struct diagnose_settings *settings,
                     const struct exchange *x)
{
    const struct exchange_h2 *h2 = x->h2;

    if (x->is_grpc && !x->has_grpc_status)
        return true;
    if (!h2)
        return false;
    if (mark_is_set(h2->reset))
        return true;
    for (unsigned i = 0; i < MESSAGES; i++) {
        if (h2_window_longest(&h2->stream[i], x->response.end) >=
                settings->stall_threshold ||
            h2_window_longest(&h2->connection[i], x->response.end) >=
                settings->stall_threshold)
            return true;
    }
    return false;
}

bool diagnose_wants_complete(const struct diagnose_settings *settings,
                             const struct conn *conn, const struct exchange *x)
{
    if (x->stream == 0 || x->tunnel)
        return false;
    if (wants_h2(settings, x) || exchange_is_short(x))
        return true;
    if (x->status >= 502 && x->status <= 504)
        return true;
    if (nanos_between(x->pause.time, x->pause_end.time) >=
        settings->stall_threshold)
        return true;
    for (unsigned i = 0; i < conn->notes; i++) {
        const struct note *note = &conn->note[i];
        struct mark until = mark_is_set(note->ended) ? note->ended : note->last;

        if ((note->kind == NOTE_ZERO_WINDOW ||
             note->kind == NOTE_RETRANSMISSION) &&
            until.time >= x->request.start.time &&
            nanos_between(note->first.time, until.time) >=
                settings->stall_threshold)
            return true;
    }
    return false;
}

bool diagnose_wants_connection(const struct diagnose_settings *settings,
                               const struct outcome *outcome)
{
    const struct conn *conn = outcome->conn;
    const struct http_facts *http = outcome->http;
    unsigned client = conn->client;
    bool half_closed =
        mark_is_set(conn->flow[0].fin) != mark_is_set(conn->flow[1].fin);

    (void)settings;
    if (outcome->unfinished || outcome->http->tunnel)
        return outcome->http->told_tls_port;
    if (conn->refused || http->told_tls_port)
        return true;
    if (mark_is_set(http->h2.goaway[0].at) ||
        mark_is_set(http->h2.goaway[1].at))
        return true;
    if (half_closed && outcome->ending == CONN_STILL_OPEN && !conn->resets &&
        http->protocol == PROTOCOL_HTTP1)
        return true;
    if (conn->flow[client].syns >= 2 || conn->flow[1 - client].syns >= 2)
        return outcome->exchanges == 0;
    return outcome->exchanges == 0 &&
           (http->first[client] == SNIFFED_TLS ||
            http->first[client] == SNIFFED_REQUEST ||
            http->first[client] == SNIFFED_H2_PREFACE) &&
           http->first[1 - client] != http->first[client];
}

void finding_free(struct finding *finding)
{
    if (!finding)
        return;
    arena_release(&finding->arena);
    free(finding);
}
