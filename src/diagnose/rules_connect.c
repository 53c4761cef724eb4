/* Connections that never came to an exchange, or spoke past each other. */
#include "diagnose/rules.h"

/* Nothing says that the connection was meant for HTTP. */
static void tell_port(const struct facts *f, struct finding *finding)
{
    if (f->incident->port_is_http)
        return;
    finding->severity = SEVERITY_INFO;
    finding_explain(
        finding,
        "Nothing in this capture says that HTTP was meant: no other "
        "connection to port %u carries it.",
        f->conn->endpoint[conn_server(f->conn)].port);
}

static bool is_refused(const struct facts *f)
{
    return f->conn->refused;
}

static void tell_refused(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_REFUSED;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_cite(finding, f->client->syn, FROM_CLIENT, "the SYN");
    finding_explain(finding,
                    "The SYN was answered by an RST: nobody listens on port %u "
                    "of that host, or a firewall answers in its place.",
                    f->conn->endpoint[conn_server(f->conn)].port);
    if (f->incident->later_works) {
        finding->severity = SEVERITY_INFO;
        finding_explain(
            finding, "A connection to the same port of another address was "
                     "accepted right after: the client went on to that one "
                     "(localhost as ::1, then 127.0.0.1, is the usual case).");
        finding_advise(finding, "listen on both address families, or name the "
                                "one that is meant");
        return;
    }
    tell_port(f, finding);
    finding_advise(finding,
                   "check that the server runs and which address it listens on "
                   "(ss -ltn on its host)");
}

static bool is_connect_timeout(const struct facts *f)
{
    const struct flow *client = f->client;

    return mark_is_set(client->syn) && !f->server->seen &&
           f->conn->resets == 0 && client->segments == client->syns &&
           client->syns >= 2 &&
           nanos_between(client->syn.time, client->last_syn.time) >=
               f->settings->stall_threshold / 2;
}

static void tell_connect_timeout(const struct facts *f, struct finding *finding)
{
    nanos lasted = nanos_between(f->client->syn.time, f->client->last_syn.time);

    finding->symptom = SYMPTOM_CONNECT_TIMEOUT;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_cite(finding, f->client->syn, FROM_CLIENT, "the first SYN");
    finding_cite(finding, f->client->last_syn, FROM_CLIENT,
                 "the last of %u SYNs; none was answered", f->client->syns);
    finding_explain(
        finding,
        "The client sent its SYN %u times over %s and got no answer "
        "of any kind: packets to that address are dropped on the "
        "way, the host is down, or its listen queue is full (Linux "
        "drops SYNs then).",
        f->client->syns, finding_duration(finding, lasted));
    tell_port(f, finding);
    if (f->incident->later_works)
        finding->severity = SEVERITY_INFO;
    finding_alternative(finding, VERDICT_ACCEPT_QUEUE_OVERFLOW,
                        "a full listen queue drops SYNs as a firewall does",
                        "ss -ltn on the server: Recv-Q at its limit");
    finding_advise(finding, "check routing and firewalls between the two, and "
                            "whether the host is up");
    finding_advise(finding, "capture on the server too: do the SYNs arrive?");
}

static bool is_accept_queue_overflow(const struct facts *f)
{
    return f->server->syns >= 2 && f->client->segments > f->client->syns &&
           f->server->segments == f->server->syns &&
           f->client->acked <= CONN_ORIGIN + 1 &&
           (mark_is_set(f->client->first_data) || f->server->syns >= 3);
}

static void tell_accept_queue_overflow(const struct facts *f,
                                       struct finding *finding)
{
    finding->symptom = SYMPTOM_HANG;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_cite(finding, f->server->syn, FROM_SERVER, "the SYN, ACK");
    finding_cite(finding, f->server->last_syn, FROM_SERVER,
                 "the same SYN, ACK again, %u times in all, though the client "
                 "has answered it",
                 f->server->syns);
    finding_explain(finding,
                    "The server's kernel repeats its SYN, ACK although the "
                    "client's ACK has come, and acknowledges none of the "
                    "client's data: its queue of connections waiting for "
                    "accept() is full, so for it the handshake is not done.");
    finding_advise(finding, "find out why the program does not accept: is it "
                            "stuck, or out of threads or file descriptors");
    finding_advise(finding,
                   "raise the listen backlog and net.core.somaxconn if "
                   "it is only a burst (ss -ltn: Recv-Q, Send-Q; "
                   "nstat TcpExtListenOverflows)");
}

static enum sniffed began(const struct facts *f, unsigned side)
{
    return f->incident->http.first[side];
}

static bool server_said_nothing(const struct facts *f)
{
    return f->incident->http.first_size[conn_server(f->conn)] == 0 &&
           f->server->lost == 0;
}

static bool is_answer_of(enum sniffed asked, enum sniffed answered)
{
    switch (asked) {
    case SNIFFED_REQUEST:
        return answered == SNIFFED_RESPONSE || answered == SNIFFED_MORE;
    case SNIFFED_TLS:
        return answered == SNIFFED_TLS || answered == SNIFFED_MORE;
    case SNIFFED_H2_PREFACE:
        return answered == SNIFFED_H2_FRAMES || answered == SNIFFED_MORE;
    default:
        return true;
    }
}

/*
 * The first bytes of the two sides do not belong together; or the server
 * closed without a byte on what others of its connections do not speak.
 */
static bool is_mismatch(const struct facts *f)
{
    enum sniffed asked = began(f, f->conn->client);
    enum sniffed answered = began(f, conn_server(f->conn));

    if (!conn_start_seen(f->conn) || f->incident->complete > 0 ||
        f->server->lost > 0 || f->client->lost > 0)
        return f->incident->http.told_tls_port;
    if (!is_answer_of(asked, answered))
        return true;
    if (!f->server_closed || !server_said_nothing(f))
        return false;
    return asked == SNIFFED_H2_PREFACE ||
           (asked == SNIFFED_TLS && f->known->complete > 0) ||
           (asked == SNIFFED_REQUEST && f->known->tls > 0 &&
            f->known->complete == 0);
}

static const char *first_bytes(const struct facts *f, unsigned side,
                               struct finding *finding)
{
    const struct http_facts *http = &f->incident->http;
    const char *hex = "";

    for (size_t i = 0; i < http->first_size[side]; i++)
        hex = finding_say(finding, "%s%s%02x", hex, i ? " " : "",
                          http->first_byte[side][i]);
    return hex;
}

static void tell_tls_port(const struct facts *f, struct finding *finding)
{
    const struct http_facts *http = &f->incident->http;
    unsigned client = f->conn->client;

    finding->symptom = SYMPTOM_ERROR_STATUS;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_cite(finding, http->first_at[client], FROM_CLIENT,
                 "begins with plain HTTP");
    finding_cite(finding, http->first_at[1 - client], FROM_SERVER,
                 "the server's answer begins");
    finding_explain(finding,
                    "The client sent plain HTTP and the server said in its 400 "
                    "that this port expects HTTPS.");
    finding_advise(finding, "use https:// for this port, or another port");
}

static void tell_mismatch(const struct facts *f, struct finding *finding)
{
    unsigned client = f->conn->client;
    unsigned server = conn_server(f->conn);
    const char *asked = sniffed_name(began(f, client));

    if (f->incident->http.told_tls_port) {
        tell_tls_port(f, finding);
        return;
    }
    finding_cite(finding, f->incident->http.first_at[client], FROM_CLIENT,
                 "begins with %s (%s)", asked, first_bytes(f, client, finding));
    finding->symptom =
        f->closing.by_reset ? SYMPTOM_RESET : SYMPTOM_EMPTY_REPLY;
    if (server_said_nothing(f)) {
        finding->confidence = CONFIDENCE_LIKELY;
        finding_explain(
            finding,
            "The client began with %s and the server closed without "
            "a byte%s: it does not speak that on this port.",
            asked,
            f->known->complete ? ", while it answers HTTP/1 on others "
                                 "of its connections"
                               : "");
    } else {
        finding->confidence = CONFIDENCE_CERTAIN;
        finding_cite(finding, f->incident->http.first_at[server], FROM_SERVER,
                     "begins with %s (%s)", sniffed_name(began(f, server)),
                     first_bytes(f, server, finding));
        finding_explain(
            finding,
            "The client began with %s, the server answered with %s: "
            "they do not speak the same protocol.",
            asked, sniffed_name(began(f, server)));
    }
    finding_advise(finding, "check the URL's scheme and port: http or https, "
                            "and whether HTTP/2 without TLS is meant");
}

static bool is_half_close_leak(const struct facts *f)
{
    const struct flow *closed = f->client_closed ? f->client : f->server;
    const struct flow *open = f->client_closed ? f->server : f->client;

    if (f->closing.by == CLOSED_BY_NOBODY || f->closing.by_reset ||
        mark_is_set(open->fin) || f->conn->resets > 0 ||
        f->incident->ending != CONN_STILL_OPEN)
        return false;
    if (f->x || f->incident->http.tunnel || !open->seen)
        return false;
    return mark_is_set(closed->fin_acked) &&
           open->last_data.time <= closed->fin.time &&
           nanos_between(closed->fin.time, f->incident->capture_last.time) >=
               f->settings->leak_threshold;
}

static void tell_half_close_leak(const struct facts *f, struct finding *finding)
{
    bool by_client = f->client_closed;
    const char *keeps = by_client ? "server" : "client";
    const struct flow *closed = by_client ? f->client : f->server;
    nanos lasted =
        nanos_between(closed->fin.time, f->incident->capture_last.time);

    finding->symptom = SYMPTOM_HANG;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_cite(finding, closed->fin_acked,
                 by_client ? FROM_SERVER : FROM_CLIENT,
                 "acknowledges the FIN, and sends nothing more");
    finding_explain(finding,
                    "The %s closed its side; the %s acknowledged that and has "
                    "not closed its own for %s, to the end of the capture: its "
                    "socket stays in CLOSE_WAIT.",
                    by_client ? "client" : "server", keeps,
                    finding_duration(finding, lasted));
    if (by_client) {
        finding_advise(finding,
                       "the server program leaks connections: close the socket "
                       "when a read says end of file (ss -tn state close-wait "
                       "on the server shows how many)");
        return;
    }
    finding_advise(finding, "the client keeps a connection that the server has "
                            "closed: its pool should watch idle sockets, or "
                            "close them sooner than the server does");
    finding_advise(finding,
                   "the next request on it will fail (idle-close-race)");
}

const struct rule mismatch_rule[] = {
    {VERDICT_PROTOCOL_MISMATCH, is_mismatch, tell_mismatch},
    {0           },
};

const struct rule connect_rule[] = {
    {VERDICT_PROTOCOL_MISMATCH, is_mismatch, tell_mismatch},
    {VERDICT_CONNECT_REFUSED,            is_refused, tell_refused},
    {VERDICT_CONNECT_TIMEOUT,   is_connect_timeout, tell_connect_timeout},
    {VERDICT_ACCEPT_QUEUE_OVERFLOW,             is_accept_queue_overflow,
     tell_accept_queue_overflow},
    {VERDICT_HALF_CLOSE_LEAK,   is_half_close_leak, tell_half_close_leak},
    {0    },
};
