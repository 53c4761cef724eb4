/* Seen with curl 7.88.1, Go 1.19.8, Node 20.20 and CPython 3.11. */
#include "report/known_as_tls.h"

/* The server closed in the handshake. */
static const char *const closed[REPORTER_COUNT] = {
    [REPORTER_CURL] = "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL",
    [REPORTER_GO] = "EOF",
    [REPORTER_NODE] = "ECONNRESET Client network socket disconnected before "
                      "secure TLS connection was established",
    [REPORTER_PYTHON] = "EOF occurred in violation of protocol",
};

const char *known_as_plain_port(const struct finding *finding,
                                enum reporter reporter)
{
    static const char *const answered[REPORTER_COUNT] = {
        [REPORTER_CURL] = "curl: (35) ... wrong version number",
        [REPORTER_GO] = "http: server gave HTTP response to HTTPS client",
        [REPORTER_NODE] = "EPROTO ... wrong version number",
        [REPORTER_PYTHON] = "[SSL: WRONG_VERSION_NUMBER] wrong version number",
    };

    if (finding->tls_met == MET_HTTP1)
        return answered[reporter];
    return finding->tls_met == MET_NOTHING && !finding->by_reset
               ? closed[reporter]
               : NULL;
}

const char *known_as_bad_record(enum reporter reporter)
{
    static const char *const said[REPORTER_COUNT] = {
        [REPORTER_CURL] = "curl: (56) OpenSSL SSL_read: ... bad record mac",
        [REPORTER_GO] = "local error: tls: bad record MAC",
        [REPORTER_NODE] = "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
        [REPORTER_PYTHON] = "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC]",
        [REPORTER_HAPROXY] = "SH--",
        [REPORTER_ENVOY] = "UC",
    };

    return said[reporter];
}

const char *known_as_bare_end(const struct finding *finding,
                              enum reporter reporter)
{
    if (finding->symptom != SYMPTOM_TRUNCATED)
        return NULL;
    if (reporter == REPORTER_CURL)
        return "curl: (56) OpenSSL SSL_read: ... unexpected eof while reading";
    return reporter == REPORTER_GO ? "unexpected EOF" : NULL;
}

#define ON_CURL(reason) "curl: (35) ... " reason
#define ON_GO(words)    "remote error: tls: " words
#define ON_NODE(reason) "EPROTO ... " reason
#define ON_PYTHON(name) "[SSL: " name "]"

static const struct {
    uint8_t code;
    const char *curl;
    const char *go;
    const char *node;
    const char *python;
} remote[] = {
#define ALERT(code, why, name, go)                                             \
    {code, ON_CURL(why), ON_GO(go), ON_NODE(why), ON_PYTHON(name)},
#include "report/tls_words.def"
#undef ALERT
};

static const char *told_by_server(unsigned code, enum reporter reporter)
{
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++) {
        if (remote[i].code != code)
            continue;
        return reporter == REPORTER_CURL     ? remote[i].curl
               : reporter == REPORTER_GO     ? remote[i].go
               : reporter == REPORTER_NODE   ? remote[i].node
               : reporter == REPORTER_PYTHON ? remote[i].python
                                             : NULL;
    }
    return NULL;
}

/* The certificate, most often. */
static const char *told_by_client(unsigned code, enum reporter reporter)
{
    static const char *const said[REPORTER_COUNT] = {
        [REPORTER_CURL] = "curl: (60) SSL certificate problem: ...",
        [REPORTER_GO] = "x509: ...",
        [REPORTER_NODE] = "UNABLE_TO_VERIFY_LEAF_SIGNATURE, "
                          "DEPTH_ZERO_SELF_SIGNED_CERT or their like",
        [REPORTER_PYTHON] = "[SSL: CERTIFICATE_VERIFY_FAILED]",
    };

    if (code == 45 && reporter == REPORTER_NODE)
        return "CERT_HAS_EXPIRED";
    return code == TLS_NO_ALERT || (code >= 42 && code <= 48) ? said[reporter]
                                                              : NULL;
}

const char *known_as_handshake(const struct finding *finding,
                               enum reporter reporter)
{
    static const char *const reset[REPORTER_COUNT] = {
        [REPORTER_CURL] = "curl: (35) Recv failure: Connection reset by peer",
        [REPORTER_GO] = "read: connection reset by peer",
        [REPORTER_NODE] = "ECONNRESET read ECONNRESET",
        [REPORTER_PYTHON] = "ConnectionResetError: [Errno 104] Connection "
                            "reset by peer",
    };
    static const char *const silent[REPORTER_COUNT] = {
        [REPORTER_CURL] = "curl: (28) SSL connection timeout",
        [REPORTER_GO] = "net/http: TLS handshake timeout",
        [REPORTER_PYTHON] = "TimeoutError: timed out",
    };

    switch (finding->handshake) {
    case TLS_REFUSED_BY_SERVER:
        return told_by_server(finding->tls_alert, reporter);
    case TLS_REFUSED_BY_CLIENT:
    case TLS_LEFT_BY_CLIENT:
        return told_by_client(finding->tls_alert, reporter);
    case TLS_CLOSED_BY_SERVER:
        return finding->by_reset ? reset[reporter] : closed[reporter];
    default:
        return silent[reporter];
    }
}
