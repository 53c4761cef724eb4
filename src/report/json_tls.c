#include "base/hex.h"
#include "report/json_values.h"
#include "tls/suite.h"

enum {
    HEX_SIZE = 2 * TLS_RANDOM_SIZE + 1,
    SUITE_TEXT_SIZE = 8 /* "0xffff" */
};

json_t *json_random(const uint8_t random[static TLS_RANDOM_SIZE])
{
    char text[HEX_SIZE];

    return json_string(hex_print(text, random, TLS_RANDOM_SIZE));
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* Its name at IANA, where it can be opened; else its number. */
static json_t *suite(const struct tls_facts *tls)
{
    const struct tls_suite *known = tls_suite(tls->suite);
    char number[SUITE_TEXT_SIZE];

    if (!tls->version)
        return json_null();
    if (known)
        return json_string(known->name);
    (void)snprintf(number, sizeof number, "0x%04x", tls->suite);
    return json_string(number);
}

static json_t *wire_name(const char *name, const struct report_options *options)
{
    return name[0] ? json_wire(span_of_text(name), MASK_TEXT, options)
                   : json_null();
}

/* close_notify has a place of its own. */
static void add_alert(json_t *list, const struct report *report,
                      const struct tls_facts *tls, unsigned side)
{
    const struct tls_side_facts *facts = &tls->side[side];
    bool known = facts->alert_code != TLS_NO_ALERT;

    if (!mark_is_set(facts->alert) || facts->alert_code == 0)
        return;
    json_array_append_new(
        list,
        json_pack("{s:s, s:o, s:o, s:o, s:I, s:o}", "from",
                  side == tls->client ? "client" : "server", "level",
                  known ? json_string(facts->alert_fatal ? "fatal" : "warning")
                        : json_null(),
                  "code", known ? json_integer(facts->alert_code) : json_null(),
                  "name",
                  text_or_null(known ? tls_alert_name(facts->alert_code)
                                     : NULL),
                  "frame", (json_int_t)mark_frame(facts->alert), "time_s",
                  json_moment(report, facts->alert)));
}

static json_t *alerts(const struct report *report, const struct tls_facts *tls)
{
    json_t *list = json_array();

    add_alert(list, report, tls, tls->client);
    add_alert(list, report, tls, 1u - tls->client);
    return list;
}

static json_t *both(const struct report *report, struct mark client,
                    struct mark server)
{
    return json_pack("{s:o, s:o}", "client", json_moment(report, client),
                     "server", json_moment(report, server));
}

json_t *json_tls(const struct report *report, const struct tls_facts *tls,
                 const struct report_options *options)
{
    const struct tls_side_facts *client = &tls->side[tls->client];
    const struct tls_side_facts *server = &tls->side[1 - tls->client];

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:s, s:o, s:o, s:o, "
        "s:o}",
        "version", text_or_null(tls_version_name(tls->version)), "suite",
        suite(tls), "sni", wire_name(tls->name, options), "alpn",
        wire_name(tls->protocol, options), "resumed", tls->resumed,
        "client_certificate_asked", tls->asks_certificate, "opened",
        tls->opened, "why_not", text_or_null(tls_unopened_name(tls->unopened)),
        "client_random", tls->opened ? json_null() : json_random(tls->random),
        "handshake_step", tls_step_name(tls), "hello_s",
        both(report, client->hello, server->hello), "finished_s",
        both(report, client->finished, server->finished), "close_notify",
        both(report, client->notify, server->notify), "alerts",
        alerts(report, tls));
}
