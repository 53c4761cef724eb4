/* Seen with curl 7.88.1, Go 1.19.8, Node 20.20 and CPython 3.11. */
#include "report/known_as_tls.h"

#define NODE_NO_TLS                                                            \
    "ECONNRESET Client network socket disconnected before secure TLS "         \
    "connection was established"

const char *known_as_plain_port(const struct finding *finding,
                                enum reporter reporter)
{
    static const char *const answered[REPORTER_COUNT] = {
        [REPORTER_CURL] = "curl: (35) ... wrong version number",
        [REPORTER_GO] = "http: server gave HTTP response to HTTPS client",
        [REPORTER_NODE] = "EPROTO ... wrong version number",
        [REPORTER_PYTHON] = "[SSL: WRONG_VERSION_NUMBER] wrong version number",
    };
    static const char *const closed[REPORTER_COUNT] = {
        [REPORTER_CURL] = "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL",
        [REPORTER_GO] = "EOF",
        [REPORTER_NODE] = NODE_NO_TLS,
        [REPORTER_PYTHON] = "EOF occurred in violation of protocol",
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
