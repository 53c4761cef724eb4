/* What rules_connect.c finds. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/legs.h"

/* Nothing says that the connection was meant for HTTP. */
static void tell_port(const struct facts *f, struct finding *finding)
{
    if (f->around->port_is_http)
        return;
    finding->severity = SEVERITY_INFO;
    /* a gateway connects for the sake of a request, and answers for it */
    if (leg_in_front(f))
        return;
    finding_explain(
        finding,
        "Nothing in this capture says that HTTP was meant: no other "
        "connection to port %u carries it.",
        f->conn->endpoint[conn_server(f->conn)].port);
}

/* How many connections there were when SYNs fared like this one. */
static void tell_load(const struct facts *f, enum strained kind,
                      struct finding *finding)
{
    const struct strain *strain =
        f->known->use ? &f->known->use->strain[kind] : NULL;
    const char *least = "";

    if (!strain || !strain->most_open)
        return;
    if (strain->least_open < strain->most_open)
        least = finding_say(finding, "%" PRIu64 " to ", strain->least_open);
    finding_explain(finding,
                    "%s%" PRIu64 " other connection%s to this server %s open "
                    "when that happened.",
                    least, strain->most_open, strain->most_open == 1 ? "" : "s",
                    strain->most_open == 1 ? "was" : "were");
}

/* The latest answer of the same server to others in that time. Frame 0: none
 * that is kept. */
static struct mark answered_meanwhile(const struct facts *f, struct mark from,
                                      struct mark until)
{
    const struct server_log *log = f->known->log;

    for (size_t i = log ? log->count : 0; i-- > 0;) {
        const struct log_entry *entry = server_log_at(log, i);

        if (entry->kind == LOG_ANSWERED && entry->at.frame > from.frame &&
            entry->at.frame < until.frame)
            return entry->at;
    }
    return (struct mark){0};
}

/* The ports were another connection's just before. */
static void tell_ports(const struct facts *f, struct finding *finding)
{
    static const char *const ended[] = {
        [PORTS_OF_CLIENT_CLOSED] = "which its client had closed first",
        [PORTS_OF_SERVER_CLOSED] = "which its server had closed first",
        [PORTS_OF_OTHER] = "which was reset, or had not been closed",
    };
    nanos rested = connection_use_rested(f->conn);

    if (rested < 0)
        return;
    finding_explain(
        finding,
        "The same two ports were another connection's until %s before, %s: a "
        "socket in TIME-WAIT, or the entry of a NAT or firewall, may still "
        "stand for that one (RFC 6191).",
        finding_duration(finding, rested), ended[f->conn->ports.before]);
    finding_advise(finding,
                   "use connections again instead of opening new ones, "
                   "or let the client use more ports "
                   "(net.ipv4.ip_local_port_range)");
}

static void tell_challenge(const struct facts *f, struct finding *finding)
{
    if (f->conn->challenged)
        finding_explain(
            finding,
            "The server's host did answer, with an ACK of another connection "
            "of these ports, and the client said by an RST that it knows of "
            "none: as long as that RST does not arrive, no SYN is accepted.");
}

void tell_refused(const struct facts *f, struct finding *finding)
{
    finding->symptom = SYMPTOM_REFUSED;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_cite(finding, f->client->syn, FROM_CLIENT, "the SYN");
    finding_explain(finding,
                    "The SYN was answered by an RST: nobody listens on port %u "
                    "of that host, or a firewall answers in its place.",
                    f->conn->endpoint[conn_server(f->conn)].port);
    if (f->around->later_works) {
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
    tell_load(f, STRAINED_REFUSED, finding);
    tell_ports(f, finding);
    finding_advise(finding,
                   "check that the server runs and which address it listens on "
                   "(ss -ltn on its host)");
}

/* Others are served: it is not the host, nor the path to it. */
static void tell_served_others(const struct facts *f, struct mark others,
                               struct finding *finding)
{
    finding_cite(finding, others, FROM_SERVER,
                 "meanwhile the server answers on another connection");
    finding_explain(
        finding,
        "Meanwhile the same server answered others: its host is up and the "
        "path to it works. Its queue of connections that wait for accept() is "
        "full, or something drops only what is new.");
    tell_load(f, STRAINED_AGAIN, finding);
    finding_alternative(finding, VERDICT_ACCEPT_QUEUE_OVERFLOW,
                        "a full listen queue drops SYNs (Linux), while "
                        "connections that are open go on",
                        "ss -ltn on the server: Recv-Q at its limit");
    finding_advise(finding,
                   "look at the server's listen queue (ss -ltn; nstat "
                   "TcpExtListenOverflows) and why it does not accept");
}

static void tell_nobody_served(struct finding *finding)
{
    finding_alternative(finding, VERDICT_ACCEPT_QUEUE_OVERFLOW,
                        "a full listen queue drops SYNs as a firewall does",
                        "ss -ltn on the server: Recv-Q at its limit");
    finding_advise(finding, "check routing and firewalls between the two, and "
                            "whether the host is up");
}

void tell_connect_timeout(const struct facts *f, struct finding *finding)
{
    nanos lasted = nanos_between(f->client->syn.time, f->client->last_syn.time);
    struct mark others =
        answered_meanwhile(f, f->client->syn, f->client->last_syn);
    bool silent = !f->conn->challenged;

    finding->symptom = SYMPTOM_CONNECT_TIMEOUT;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_cite(finding, f->client->syn, FROM_CLIENT, "the first SYN");
    finding_cite(finding, f->client->last_syn, FROM_CLIENT,
                 "the last of %u SYNs; none was answered", f->client->syns);
    finding_explain(
        finding, "The client sent its SYN %u times over %s and got no %s%s",
        f->client->syns, finding_duration(finding, lasted),
        silent ? "answer of any kind" : "SYN, ACK",
        mark_is_set(others) || !silent
            ? "."
            : ": packets to that address are dropped on the way, the host is "
              "down, or its listen queue is full (Linux drops SYNs then).");
    tell_challenge(f, finding);
    tell_ports(f, finding);
    tell_port(f, finding);
    if (f->around->later_works)
        finding->severity = SEVERITY_INFO;
    if (mark_is_set(others))
        tell_served_others(f, others, finding);
    else
        tell_nobody_served(finding);
    finding_advise(finding, "capture on the server too: do the SYNs arrive?");
}

void tell_accept_queue_overflow(const struct facts *f, struct finding *finding)
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

/* Of the first ones of a side. */
enum {
    BYTES_SHOWN = 8
};

static const char *first_bytes(const struct facts *f, unsigned side,
                               struct finding *finding)
{
    const struct http_facts *http = &f->incident->http;
    const char *hex = "";

    for (size_t i = 0; i < http->first_size[side] && i < BYTES_SHOWN; i++)
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

void tell_mismatch(const struct facts *f, struct finding *finding)
{
    unsigned client = f->conn->client;
    unsigned server = conn_server(f->conn);
    const char *asked = sniffed_name(began_with(f, client));

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
                     "begins with %s (%s)", sniffed_name(began_with(f, server)),
                     first_bytes(f, server, finding));
        finding_explain(
            finding,
            "The client began with %s, the server answered with %s: "
            "they do not speak the same protocol.",
            asked, sniffed_name(began_with(f, server)));
    }
    finding_advise(finding, "check the URL's scheme and port: http or https, "
                            "and whether HTTP/2 without TLS is meant");
}

void tell_half_close_leak(const struct facts *f, struct finding *finding)
{
    bool by_client = f->client_closed;
    const char *keeps = by_client ? "server" : "client";
    const struct flow *closed = by_client ? f->client : f->server;
    nanos lasted =
        nanos_between(closed->fin.time, f->around->capture_last.time);

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
