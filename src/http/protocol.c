#include "http/http.h"

#include <assert.h>

const char *http_protocol_name(enum http_protocol protocol)
{
    static const char *const name[] = {
        [PROTOCOL_NONE] = "tcp",  [PROTOCOL_HTTP1] = "http/1.1",
        [PROTOCOL_HTTP2] = "h2",  [PROTOCOL_TLS] = "tls",
        [PROTOCOL_OTHER] = "tcp", [PROTOCOL_FASTCGI] = "fastcgi",
    };

    static_assert(sizeof name / sizeof *name == PROTOCOL_COUNT,
                  "every protocol needs its name");
    return name[protocol];
}

enum http_protocol http_protocol_of(const uint8_t sniffed[static 2],
                                    unsigned client)
{
    static const enum http_protocol of[] = {
        [SNIFFED_MORE] = PROTOCOL_NONE,
        [SNIFFED_REQUEST] = PROTOCOL_HTTP1,
        [SNIFFED_RESPONSE] = PROTOCOL_HTTP1,
        [SNIFFED_H2_PREFACE] = PROTOCOL_HTTP2,
        [SNIFFED_H2_FRAMES] = PROTOCOL_HTTP2,
        [SNIFFED_FASTCGI] = PROTOCOL_FASTCGI,
        [SNIFFED_TLS] = PROTOCOL_TLS,
        [SNIFFED_OTHER] = PROTOCOL_OTHER,
    };
    enum http_protocol protocol = of[sniffed[client]];

    static_assert(sizeof of / sizeof *of == SNIFFED_COUNT,
                  "every beginning needs its protocol");
    return protocol == PROTOCOL_NONE ? of[sniffed[1 - client]] : protocol;
}
