/*
 * The parameters of a FastCGI request (FastCGI Specification 1.0, 3.4 and
 * 6.2): pairs of name and value, as CGI has them (RFC 3875, 4.1). Of those
 * that say what is asked, for whom, the values are kept, each up to a limit.
 */
#ifndef HTTP_FCGI_PARAMS_H
#define HTTP_FCGI_PARAMS_H

#include "base/text.h"
#include "http/event.h"

enum {
    FCGI_NAME_SIZE = 24
};

enum fcgi_param {
    FCGI_METHOD,
    FCGI_URI,
    FCGI_SCRIPT,
    FCGI_QUERY,
    FCGI_HOST,
    FCGI_AGENT,
    FCGI_REQUEST_ID,
    FCGI_TRACEPARENT,
    FCGI_FORWARDED_FOR,
    FCGI_REMOTE_ADDRESS,
    FCGI_REMOTE_PORT,
    FCGI_LENGTH,
    FCGI_VIA,
    FCGI_PARAM_COUNT,
    FCGI_OTHER_PARAM = FCGI_PARAM_COUNT
};

struct fcgi_params {
    struct text value[FCGI_PARAM_COUNT];
    struct text target; /* made of these, where REQUEST_URI is missing */
    struct text client;
    char name[FCGI_NAME_SIZE];
    uint8_t name_size;
    uint8_t size[4]; /* a length being read */
    uint8_t size_bytes;
    uint8_t stage;
    enum fcgi_param param; /* whose value is being read */
    uint32_t name_left;
    uint32_t value_left;
    uint32_t name_length;
};

/* The caller owns it. */
struct fcgi_params *fcgi_params_new(void);
void fcgi_params_free(struct fcgi_params *params);

/* The next bytes of the PARAMS stream. */
void fcgi_params_take(struct fcgi_params *params, struct span bytes);

/*
 * The request that they say; the spans borrow from `params`. Where REMOTE_ADDR
 * names the client, it is that which is told in place of X-Forwarded-For: the
 * web server itself says it.
 */
struct http_head fcgi_params_head(struct fcgi_params *params);

#endif
