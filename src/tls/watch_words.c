/* What is known of a connection, in words, and what follows from it. */
#include "tls/suite.h"
#include "tls/watch.h"

const char *tls_version_name(unsigned version)
{
    switch (version) {
    case TLS_1_0:
        return "TLS 1.0";
    case TLS_1_1:
        return "TLS 1.1";
    case TLS_1_2:
        return "TLS 1.2";
    case TLS_1_3:
        return "TLS 1.3";
    case 0x0300:
        return "SSL 3.0";
    default:
        return NULL;
    }
}

const char *tls_alert_name(unsigned code)
{
    static const struct {
        uint8_t code;
        const char *name;
    } alert[] = {
#define ALERT(code, name) {code, name},
#include "tls/alerts.def"
#undef ALERT
    };

    for (size_t i = 0; i < sizeof alert / sizeof *alert; i++) {
        if (alert[i].code == code)
            return alert[i].name;
    }
    return NULL;
}

const char *tls_step_name(const struct tls_facts *facts)
{
    if (tls_is_established(facts))
        return "established";
    if (mark_is_set(facts->side[facts->client].finished))
        return "client-finished";
    return mark_is_set(facts->side[1 - facts->client].hello) ? "server-hello"
                                                             : "client-hello";
}

const char *tls_unopened_name(enum tls_unopened why)
{
    static const char *const name[TLS_UNOPENED_COUNT] = {
        [TLS_NO_SECRETS] = "no-secrets", [TLS_NO_KEY] = "no-key",
        [TLS_NO_SUITE] = "suite",        [TLS_NO_HELLO] = "no-hello",
        [TLS_BAD_RECORD] = "bad-record", [TLS_JOINED] = "joined-midway",
    };

    return name[why];
}

bool tls_is_bare_close(const struct conn *conn, const struct tls_facts *facts,
                       unsigned side)
{
    const struct flow *flow = &conn->flow[side];
    const struct tls_side_facts *mine = &facts->side[side];

    return facts->opened && facts->unopened == TLS_OPENS && !facts->lost &&
           !facts->strange && mark_is_set(flow->fin) && flow->lost == 0 &&
           flow->next >= flow->fin_at && !mark_is_set(mine->notify) &&
           !mark_is_set(mine->alert);
}
