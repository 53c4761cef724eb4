/* The words of a TLS handshake that failed. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"
#include "diagnose/facts_tls.h"
#include "diagnose/words.h"

struct meaning {
    uint8_t code;
    const char *means;
    const char *doing;
};

static const struct meaning *meaning_of(unsigned code)
{
    static const struct meaning sent[] = {
#define SENT(code, means, doing) {code, means, doing},
#include "diagnose/tls_alerts.def"
#undef SENT
    };

    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        if (sent[i].code == code)
            return &sent[i];
    }
    return NULL;
}

static void cite_hellos(const struct facts *f, struct finding *finding)
{
    const struct tls_facts *tls = &f->incident->tls;
    const struct tls_side_facts *client = &tls->side[tls->client];
    const struct tls_side_facts *server = &tls->side[1 - tls->client];
    const char *version = tls_version_name(tls->version);

    finding_cite(finding, client->hello, FROM_CLIENT, "ClientHello%s",
                 tls->name[0]
                     ? finding_say(finding, ", for %s",
                                   finding_quote(f, finding,
                                                 span_of_text(tls->name)))
                     : ", without a name (SNI)");
    finding_cite(finding, server->hello, FROM_SERVER, "ServerHello%s%s",
                 version ? ", " : "", version ? version : "");
}

static const char *step_of(const struct tls_facts *tls)
{
    const struct tls_side_facts *client = &tls->side[tls->client];
    const struct tls_side_facts *server = &tls->side[1 - tls->client];

    if (!mark_is_set(server->hello))
        return "the server had not said its hello";
    if (mark_is_set(client->finished) || mark_is_set(client->cipher))
        return "the client had sent its part";
    return "the server had sent its hello, and the client had not finished";
}

static void tell_unread_alert(const struct facts *f, struct finding *finding,
                              bool by_client)
{
    const char *who = by_client ? "client" : "server";
    bool done = tls_is_established(&f->incident->tls);

    finding->confidence = done ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY;
    finding_explain(
        finding,
        "The %s ended the handshake with a record that is as long as an "
        "encrypted alert; which one cannot be read without the keys. %s.",
        who,
        by_client ? "Most often a client does not trust the server's "
                    "certificate"
        : done    ? "A server does so that wants a certificate of its client"
                  : "A server does so when nothing suits it that the client "
                    "offers: no protocol (ALPN), no name");
    finding_alternative(finding,
                        done ? VERDICT_HANDLER_ABORT : VERDICT_CLIENT_ABORT,
                        done ? "the handshake may be done, and the server "
                               "closes without an answer"
                             : "the alert may only say that it leaves",
                        "the keys (--keylog), or the log of the side that "
                        "sent it");
    finding_advise(finding,
                   "look in the %s's log, or capture the keys (SSLKEYLOGFILE)",
                   who);
}

static void tell_left(struct finding *finding)
{
    finding->severity = SEVERITY_WARNING;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding->title = "the client left in the TLS handshake";
    finding_explain(finding,
                    "The client closed without an alert when it had the "
                    "server's part of the handshake, its certificate among it. "
                    "Node and Java do so when they do not trust the "
                    "certificate; a health check may do no more.");
    finding_alternative(finding, VERDICT_CLIENT_ABORT,
                        "the client may only have changed its mind",
                        "what the client reports");
    finding_advise(finding, "look at what the client reports, and at the "
                            "server's certificate and chain (openssl s_client "
                            "-showcerts)");
}

static void tell_alert(const struct facts *f, struct finding *finding,
                       unsigned side)
{
    const struct tls_facts *tls = &f->incident->tls;
    const struct tls_side_facts *facts = &tls->side[side];
    bool by_client = side == tls->client;
    const char *who = by_client ? "client" : "server";
    unsigned code = alert_of(f, side);
    const char *name = tls_alert_name(code);
    const struct meaning *meaning = meaning_of(code);

    finding->tls_alert = (uint8_t)code;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_cite(finding, facts->alert, by_client ? FROM_CLIENT : FROM_SERVER,
                 "%s",
                 name ? finding_say(finding, "the alert %s (%u)", name, code)
                      : "an alert, by its length");
    if (code == TLS_NO_ALERT) {
        tell_unread_alert(f, finding, by_client);
        return;
    }
    finding_explain(finding,
                    "The %s refused the handshake with the alert %s%s.", who,
                    name ? name : finding_say(finding, "%u", code),
                    meaning ? finding_say(finding, ": it tells the %s that %s",
                                          by_client ? "server" : "client",
                                          meaning->means)
                            : "");
    if (meaning)
        finding_advise(finding, "%s", meaning->doing);
}

static void tell_closed(const struct facts *f, struct finding *finding)
{
    const struct tls_facts *tls = &f->incident->tls;
    bool begun = mark_is_set(tls->side[1 - tls->client].hello);

    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_explain(finding,
                    "The server closed%s without an alert, %s after the "
                    "client's last record.",
                    f->closing.by_reset ? " with an RST" : "",
                    finding_duration(finding,
                                     facts_passed(tls->side[tls->client].last,
                                                  f->end)));
    if (!begun)
        finding_alternative(finding, VERDICT_PROTOCOL_MISMATCH,
                            "the program on this port may speak no TLS",
                            "a request in the clear to the same port");
    if (f->closing.by_reset)
        finding_alternative(finding, VERDICT_MIDDLEBOX_RESET,
                            "something on the path may have sent it, for the "
                            "name in the hello",
                            "a capture at the server");
    finding_alternative(finding, VERDICT_SERVER_SHUTDOWN,
                        "the server's process may have ended",
                        "its start time");
    finding_advise(finding, "look in the server's log for this handshake%s",
                   tls->name[0] ? "" : "; the client sent no name (SNI)");
}

static void tell_silent(const struct facts *f, struct finding *finding)
{
    const struct tls_facts *tls = &f->incident->tls;

    finding->symptom = SYMPTOM_HANG;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_explain(finding,
                    "The server's host acknowledged what the client sent, and "
                    "the server said nothing for %s.",
                    finding_duration(finding,
                                     facts_passed(tls->side[tls->client].last,
                                                  f->end)));
    finding_alternative(finding, VERDICT_PROTOCOL_MISMATCH,
                        "a program that speaks no TLS waits for the rest of "
                        "what it takes for a request",
                        "a request in the clear to the same port");
    finding_advise(finding, "look whether the server is at work or stopped, "
                            "and whether TLS is what this port speaks");
}

void tell_handshake_failed(const struct facts *f, struct finding *finding)
{
    const struct tls_facts *tls = &f->incident->tls;

    finding->symptom = SYMPTOM_TLS_ERROR;
    finding->handshake = tls_failure_of(f);
    finding->tls_alert = TLS_NO_ALERT;
    cite_hellos(f, finding);
    switch (finding->handshake) {
    case TLS_REFUSED_BY_SERVER:
        tell_alert(f, finding, 1u - tls->client);
        break;
    case TLS_REFUSED_BY_CLIENT:
        tell_alert(f, finding, tls->client);
        break;
    case TLS_LEFT_BY_CLIENT:
        tell_left(finding);
        break;
    case TLS_CLOSED_BY_SERVER:
        tell_closed(f, finding);
        break;
    default:
        tell_silent(f, finding);
    }
    finding_explain(finding, "By then %s.", step_of(tls));
}
