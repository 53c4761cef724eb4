#include "http/sniff.h"

#include "http/fcgi_record.h"

#include <assert.h>

/* RFC 9110, 9.1, RFC 5789, and the methods of WebDAV and UPnP: only what is
 * sent to servers that this program is asked about. */
static const char *const method[] = {
    "GET ",       "POST ",     "HEAD ",       "PUT ",        "DELETE ",
    "OPTIONS ",   "PATCH ",    "CONNECT ",    "TRACE ",      "PROPFIND ",
    "PROPPATCH ", "MKCOL ",    "COPY ",       "MOVE ",       "LOCK ",
    "UNLOCK ",    "REPORT ",   "SEARCH ",     "SUBSCRIBE ",  "UNSUBSCRIBE ",
    "NOTIFY ",    "M-SEARCH ", "MERGE ",      "PURGE ",      "ACL ",
    "BIND ",      "CHECKOUT ", "MKACTIVITY ", "MKCALENDAR ", "QUERY ",
};

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/* Is one a beginning of the other? */
static bool agrees(struct span bytes, const char *text)
{
    size_t size = strlen(text);

    if (bytes.size < size)
        size = bytes.size;
    return memcmp(bytes.at, text, size) == 0;
}

/* An HTTP/2 SETTINGS frame that could be a connection's first. */
static bool is_h2_settings(const uint8_t *b)
{
    return b[0] == 0 && b[1] == 0 && b[2] % 6 == 0 && b[3] == 4 && b[4] <= 1 &&
           b[5] == 0 && b[6] == 0 && b[7] == 0 && b[8] == 0;
}

static bool is_tls_record(const uint8_t *b)
{
    return (b[0] == 0x16 || b[0] == 0x15) && b[1] == 3 && b[2] <= 4;
}

static enum sniffed sniff_binary(struct span first)
{
    const uint8_t *b = first.at;

    if (b[0] == 0x16 || b[0] == 0x15) {
        if (first.size < 3)
            return SNIFFED_MORE;
        return is_tls_record(b) ? SNIFFED_TLS : SNIFFED_OTHER;
    }
    if (b[0] == 0) {
        if (first.size < 9)
            return SNIFFED_MORE;
        return is_h2_settings(b) ? SNIFFED_H2_FRAMES : SNIFFED_OTHER;
    }
    if (fcgi_begins(first))
        return SNIFFED_FASTCGI;
    return first.size < FCGI_BEGIN_SIZE && fcgi_may_begin(first)
               ? SNIFFED_MORE
               : SNIFFED_OTHER;
}

enum sniffed sniff(struct span first)
{
    /* RFC 9112, 2.2: empty lines before a request are to be skipped */
    while (first.size && (*first.at == '\r' || *first.at == '\n'))
        first = span_skip(first, 1);
    if (first.size == 0)
        return SNIFFED_MORE;
    if (agrees(first, "HTTP/1."))
        return first.size < 7 ? SNIFFED_MORE : SNIFFED_RESPONSE;
    if (agrees(first, preface))
        return first.size < 14 ? SNIFFED_MORE : SNIFFED_H2_PREFACE;
    for (size_t i = 0; i < sizeof method / sizeof *method; i++) {
        if (agrees(first, method[i]))
            return first.size < strlen(method[i]) ? SNIFFED_MORE
                                                  : SNIFFED_REQUEST;
    }
    return sniff_binary(first);
}

const char *sniffed_name(enum sniffed sniffed)
{
    static const char *const name[] = {
        [SNIFFED_MORE] = "too little to tell",
        [SNIFFED_REQUEST] = "an HTTP/1 request",
        [SNIFFED_RESPONSE] = "an HTTP/1 response",
        [SNIFFED_H2_PREFACE] = "an HTTP/2 preface",
        [SNIFFED_H2_FRAMES] = "HTTP/2 frames",
        [SNIFFED_FASTCGI] = "FastCGI",
        [SNIFFED_TLS] = "TLS",
        [SNIFFED_OTHER] = "something that is no HTTP",
    };

    static_assert(sizeof name / sizeof *name == SNIFFED_COUNT,
                  "every protocol needs its words");
    return name[sniffed];
}
