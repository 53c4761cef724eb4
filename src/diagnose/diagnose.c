#include "diagnose/diagnose.h"

#include "diagnose/doubt.h"
#include "diagnose/facts_ends.h"
#include "diagnose/facts_h2.h"
#include "diagnose/legs.h"
#include "diagnose/retry.h"
#include "diagnose/rules.h"
#include "diagnose/words.h"
#include "tcp/processes.h"

#include <stdlib.h>

struct diagnose_settings diagnose_defaults(void)
{
    return (struct diagnose_settings){
        .stall_threshold = NANOS_PER_SECOND,
        .timeout_floor = NANOS_PER_SECOND,
        .leak_threshold = 30 * NANOS_PER_SECOND,
    };
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

static struct process process_of(const struct conn *conn, unsigned side)
{
    const struct process *known = conn_process(conn, side);

    return known ? *known : (struct process){.pid = 0};
}

/* Who it was that went, where the capture says it. */
static void tell_process(const struct facts *f, struct finding *finding)
{
    bool by_server = finding->code == VERDICT_SERVER_SHUTDOWN;
    const struct process *process = by_server
                                        ? &finding->connection.server_process
                                        : &finding->connection.client_process;

    if (process->pid && (by_server || finding->code == VERDICT_CLIENT_ABORT))
        finding_explain(finding, "The %s's process was %s, %" PRIu32 ".",
                        by_server ? "server" : "client",
                        finding_quote(f, finding, span_of_text(process->name)),
                        process->pid);
}

static struct finding_connection connection_of(const struct incident *incident)
{
    const struct conn *conn = &incident->conn;

    return (struct finding_connection){
        .id = conn->id,
        .client = conn->endpoint[conn->client],
        .server = conn->endpoint[conn_server(conn)],
        .origin = incident->http.origin,
        .protocol = incident->http.protocol,
        .minor = incident->http.minor,
        .start_seen = conn_start_seen(conn),
        .is_open = incident->ending == CONN_STILL_OPEN,
        .has_tls = incident->has_tls,
        .tls = incident->tls,
        .first = conn->first,
        .last = conn->last,
        .client_process = process_of(conn, conn->client),
        .server_process = process_of(conn, conn_server(conn)),
    };
}

/* What clients of HTTP/1 print of it is unlike what else they print. */
static bool is_answered_strangely(const struct incident *incident)
{
    const struct http_facts *http = &incident->http;
    unsigned server = conn_server(&incident->conn);

    return http->first[1 - server] == SNIFFED_REQUEST &&
           http->first_size[server] > 0 &&
           http->first[server] != SNIFFED_RESPONSE;
}

static bool is_sent_too_late(const struct facts *f)
{
    return f->x && mark_is_set(f->closing.at) && f->wait <= 0 &&
           f->x->request.start.frame > f->closing.at.frame;
}

static enum met what_met(const struct incident *incident, enum sniffed asked,
                         enum sniffed like)
{
    const struct http_facts *http = &incident->http;
    unsigned server = conn_server(&incident->conn);

    if (http->first[1 - server] != asked || http->first[server] == like)
        return MET_ITS_LIKE;
    if (!http->first_size[server])
        return MET_NOTHING;
    return http->first[server] == SNIFFED_RESPONSE ? MET_HTTP1 : MET_OTHER;
}

/* What was asked is not seen, nor that anything was. */
static void weigh_opaque(const struct facts *f, struct finding *finding)
{
    if (!f->x || !f->x->opaque)
        return;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_explain(finding,
                    "The connection is TLS, and was not opened: this is told "
                    "by its records and TCP alone. %s",
                    f->response_begun
                        ? "That what the server sent was cut is certain; that "
                          "it was an answer is not."
                        : "What was sent may be no request, and want no "
                          "answer.");
    finding_advise(finding, "capture the keys, too (--keylog): they show what "
                            "was asked");
}

static struct finding *build(const struct rule *rule, const struct facts *f)
{
    struct finding *finding = must_calloc(1, sizeof *finding);

    arena_init(&finding->arena);
    finding->code = rule->code;
    finding->severity = verdict_severity(rule->code);
    finding->title = verdict_title(rule->code);
    finding->connection = connection_of(f->incident);
    finding->exchange = f->x ? exchange_copy(f->x) : NULL;
    finding->answered_strangely = is_answered_strangely(f->incident);
    finding->tls_met = what_met(f->incident, SNIFFED_TLS, SNIFFED_TLS);
    finding->h2_met =
        what_met(f->incident, SNIFFED_H2_PREFACE, SNIFFED_H2_FRAMES);
    finding->bad_record = is_bad_record_to_client(f);
    finding->by_reset = f->closing.by_reset;
    finding->is_too_late = is_sent_too_late(f);
    finding->asked = f->asked;
    finding->ended = f->end;
    finding->wait = f->wait;
    finding->turns = turns_of(f);
    finding->retry = retry_of(f, rule->code);
    finding->body_unsent = body_unsent(f);
    finding_timeline(finding, f);
    rule->tell(f, finding);
    tell_process(f, finding);
    tell_legs(f, finding);
    finding_weigh_episodes(finding, f);
    finding_weigh_drops(finding, f);
    weigh_cut_request(f, finding);
    finding_bound_confidence(finding, f);
    weigh_opaque(f, finding);
    title_when_certain(finding);
    finding_sort(finding);
    return finding;
}

enum doubt diagnose(const struct diagnose_settings *settings,
                    const struct incident *incident,
                    const struct circumstances *around,
                    struct finding **finding)
{
    struct facts f = facts_of(settings, incident, around);
    enum doubt doubt = doubt_of(&f);
    const struct rule *rule;

    if (doubt) {
        rule = rule_first(scope_in_doubt(&f), &f);
    } else {
        f = facts_for_rules(&f);
        rule = rule_first(scope_of(&f), &f);
    }
    if (rule) {
        *finding = build(rule, &f);
        (*finding)->not_judged = doubt;
    }
    return doubt;
}

bool diagnose_is_judged(const struct diagnose_settings *settings,
                        const struct incident *incident,
                        const struct circumstances *around)
{
    struct facts f = facts_of(settings, incident, around);

    return !doubt_of(&f) || rule_first(scope_in_doubt(&f), &f);
}

struct finding *diagnose_chain(const struct diagnose_settings *settings,
                               const struct incident *incident,
                               const struct circumstances *around)
{
    struct facts f = facts_of(settings, incident, around);
    const struct rule *rule;

    if (doubt_of(&f))
        return NULL;
    f = facts_for_rules(&f);
    rule = rule_first(SCOPE_CHAIN, &f);
    return rule ? build(rule, &f) : NULL;
}

struct turns diagnose_turns(const struct diagnose_settings *settings,
                            const struct incident *incident,
                            const struct circumstances *around)
{
    struct facts f = facts_of(settings, incident, around);

    if (!doubt_of(&f))
        f = facts_for_rules(&f);
    return turns_of(&f);
}

/* How a tunnel ended is known when the connection did. */
static bool is_tunnel_over(const struct outcome *outcome,
                           const struct exchange *x)
{
    return x->tunnel && !x->is_h2 &&
           conn_closing(outcome->conn).by != CLOSED_BY_NOBODY;
}

bool diagnose_wants_late(const struct outcome *outcome,
                         const struct exchange *x)
{
    return x->stream != 0 &&
           (x->behind || is_tunnel_over(outcome, x) ||
            (!outcome->unfinished &&
             refusing_goaway(&outcome->http->h2, outcome->conn, x)));
}

/* A side that does not read holds up what is left to say, a GOAWAY perhaps. */
static bool is_stuck(const struct conn *conn)
{
    for (unsigned i = 0; i < conn->episodes; i++) {
        const struct episode *episode = &conn->episode[i];

        if (episode->kind == EPISODE_ZERO_WINDOW && episode->count >= 2 &&
            !mark_is_set(episode->ended))
            return true;
    }
    return false;
}

/* Both sides of it, or one that said no after it. */
static bool is_handshake_unfinished(const struct conn *conn)
{
    const struct tls_facts *tls = tls_facts_of(conn);

    return tls &&
           (!tls_is_established(tls) || tls->side[1 - tls->client].datas == 0);
}

/* It closed a connection on which all was answered, and TLS was not told. */
static bool is_closed_bare(const struct outcome *outcome)
{
    const struct conn *conn = outcome->conn;
    const struct tls_facts *tls = tls_facts_of(conn);

    return tls && outcome->complete > 0 && !outcome->bare_end &&
           conn_closing(conn).by == CLOSED_BY_SERVER &&
           tls_is_bare_close(conn, tls, conn_server(conn));
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
    /* the exchange tells it */
    if (outcome->unfinished)
        return false;
    if (is_handshake_unfinished(conn))
        return true;
    if (outcome->http->tunnel)
        return outcome->http->told_tls_port;
    if (is_closed_bare(outcome))
        return true;
    if (conn->refused || http->told_tls_port)
        return true;
    if (mark_is_set(http->h2.goaway[0].at) ||
        mark_is_set(http->h2.goaway[1].at))
        return true;
    if (http->protocol == PROTOCOL_HTTP2 && is_stuck(conn))
        return true;
    if (half_closed && outcome->ending == CONN_STILL_OPEN && !conn->resets &&
        http->protocol == PROTOCOL_HTTP1)
        return true;
    if (conn->flow[client].syns >= 2 || conn->flow[1 - client].syns >= 2)
        return outcome->exchanges == 0;
    return outcome->exchanges == 0 &&
           (http->first[client] == SNIFFED_TLS ||
            (http->first[client] == SNIFFED_OTHER &&
             http->first[1 - client] == SNIFFED_RESPONSE) ||
            http->first[client] == SNIFFED_REQUEST ||
            http->first[client] == SNIFFED_H2_PREFACE) &&
           http->first[1 - client] != http->first[client];
}

void finding_free(struct finding *finding)
{
    if (!finding)
        return;
    exchange_free(finding->exchange);
    arena_release(&finding->arena);
    free(finding);
}
