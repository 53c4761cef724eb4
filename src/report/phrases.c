#include "report/phrases.h"

#include "base/mask.h"
#include "report/known_as.h"
#include "wire/endpoint.h"

const char *phrase_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

void phrase_severities(struct text *text,
                       const uint64_t by[static SEVERITY_COUNT])
{
    text_addf(text,
              "%" PRIu64 " error%s, %" PRIu64 " warning%s, %" PRIu64 " info",
              by[SEVERITY_ERROR], phrase_plural(by[SEVERITY_ERROR]),
              by[SEVERITY_WARNING], phrase_plural(by[SEVERITY_WARNING]),
              by[SEVERITY_INFO]);
}

void phrase_request(struct text *text, const struct finding *finding,
                    const struct report_options *options)
{
    const struct exchange *x = finding->exchange;

    if (!x) {
        text_add(text, "the connection");
        return;
    }
    mask_add(text, span_of_text(x->method ? x->method : "a request"), MASK_TEXT,
             options->show_secrets);
    text_add(text, " ");
    if (x->host && x->host[0] && x->target && x->target[0] == '/') {
        text_add(text, finding->connection.has_tls ? "https://" : "http://");
        mask_add(text, span_of_text(x->host), MASK_AUTHORITY,
                 options->show_secrets);
    }
    mask_add(text, span_of_text(x->target ? x->target : ""), MASK_TARGET,
             options->show_secrets);
}

void phrase_code(struct text *text, const struct finding *finding)
{
    const struct exchange *x = finding->exchange;

    text_add(text, verdict_slug(finding->code));
    if (x && x->status && finding->symptom == SYMPTOM_ERROR_STATUS)
        text_addf(text, " %u", x->status);
}

const char *phrase_symptom(const struct finding *finding)
{
    return finding->code == VERDICT_CLIENT_ABORT
               ? "nothing: it left by itself"
               : symptom_words(finding->symptom);
}

const char *phrase_witness(enum witness witness)
{
    static const char *const name[] = {[FROM_CLIENT] = "client",
                                       [FROM_SERVER] = "server",
                                       [FROM_PATH] = "path",
                                       [FROM_UPSTREAM] = "upstream",
                                       [FROM_FRONT] = "front"};

    return name[witness];
}

void phrase_place(struct text *text, const struct finding *finding)
{
    const struct finding_connection *connection = &finding->connection;
    char client[ENDPOINT_TEXT_SIZE];
    char server[ENDPOINT_TEXT_SIZE];

    text_addf(text, "from %s to %s, tcp.stream %" PRIu64,
              endpoint_print(client, &connection->client),
              endpoint_print(server, &connection->server), connection->id);
    if (connection->origin.address.version)
        text_addf(text, ", for %s, as the PROXY protocol says",
                  endpoint_print(client, &connection->origin));
}

static bool ends_with(const char *text, char last)
{
    size_t size = strlen(text);

    return size > 0 && text[size - 1] == last;
}

void phrase_alternative(struct text *text,
                        const struct alternative *alternative)
{
    text_addf(text, "%s: %s. To settle it: %s%s",
              verdict_slug(alternative->code), alternative->why_possible,
              alternative->settled_by,
              ends_with(alternative->settled_by, '?') ? "" : ".");
}

void phrase_known_as(struct text *text, const struct finding *finding)
{
    static const char *const called[] = {
        [REPORTER_CURL] = "",
        [REPORTER_GO] = "Go ",
        [REPORTER_NODE] = "Node ",
        [REPORTER_PYTHON] = "Python ",
        [REPORTER_HAPROXY] = "HAProxy ",
        [REPORTER_ENVOY] = "Envoy ",
    };
    const char *between = "";

    for (size_t i = 0; i < REPORTER_COUNT; i++) {
        const char *said = known_as(finding, (enum reporter)i);

        if (!said)
            continue;
        text_addf(text, "%s%s\"%s\"", between, called[i], said);
        between = ", ";
    }
}

static void add_protocols(struct text *text, const struct judge_counts *c)
{
    const struct {
        uint64_t count;
        const char *name;
    } protocol[] = {
        {c->http_connections,    "HTTP/1" },
        {c->h2_connections,      "HTTP/2" },
        {c->fastcgi_connections, "FastCGI"},
        {c->tls_connections,     "TLS"    },
        {c->other_connections,   "other"  },
    };
    const char *before = " (";

    for (size_t i = 0; i < sizeof protocol / sizeof *protocol; i++) {
        if (!protocol[i].count)
            continue;
        text_addf(text, "%s%" PRIu64 " %s", before, protocol[i].count,
                  protocol[i].name);
        before = ", ";
    }
    if (before[0] == ',')
        text_add(text, ")");
}

static const char *nothing_words(const struct report *report)
{
    for (size_t i = 0; i < report->inputs && !report->packets; i++) {
        if (report->input[i].trouble == CAPTURE_UNREADABLE)
            return "nothing could be read";
    }
    return report->unjudged ? "nothing could be judged" : "nothing to report";
}

/* "17 exchanges (8 complete, 9 not)": what is not is no count of findings. */
static void add_exchanges(struct text *text, const struct judge_counts *c)
{
    text_addf(text, ", %" PRIu64 " exchange%s", c->exchanges,
              phrase_plural(c->exchanges));
    if (c->exchanges && c->complete == c->exchanges)
        text_add(text, c->exchanges > 1 ? " (all complete)" : " (complete)");
    else if (c->exchanges)
        text_addf(text, " (%" PRIu64 " complete, %" PRIu64 " not)", c->complete,
                  c->exchanges - c->complete);
}

/* Those that are not about an exchange that failed, as most are. */
static void add_other_findings(struct text *text, const struct judge_counts *c)
{
    if (c->of_connections)
        text_addf(text, ", %" PRIu64 " of them about %s", c->of_connections,
                  c->of_connections == 1 ? "a connection" : "connections");
    if (c->of_complete)
        text_addf(text, ", %" PRIu64 " of them about %s", c->of_complete,
                  c->of_complete == 1 ? "a complete exchange"
                                      : "complete exchanges");
}

void phrase_summary(struct text *text, const struct report *report)
{
    const struct judge_counts *c = &report->counts;
    const uint64_t *by = c->by_severity;

    text_addf(text, "%" PRIu64 " packet%s, %" PRIu64 " connection%s",
              report->packets, phrase_plural(report->packets), c->connections,
              phrase_plural(c->connections));
    if (c->connections)
        add_protocols(text, c);
    add_exchanges(text, c);
    if (by[SEVERITY_ERROR] + by[SEVERITY_WARNING] + by[SEVERITY_INFO] == 0) {
        text_addf(text, "; %s", nothing_words(report));
        return;
    }
    text_add(text, "; findings: ");
    phrase_severities(text, by);
    add_other_findings(text, c);
}
