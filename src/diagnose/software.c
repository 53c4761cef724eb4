#include "diagnose/software.h"

#include "diagnose/legs.h"

#include <string.h>

static const struct {
    const char *word; /* in Server or X-Powered-By */
    const char *idle;
    const char *response;
} known[] = {
    {"Express",   "Node server.keepAliveTimeout",
     "Node server.timeout or server.setTimeout, or the same of the request or "
     "response"                                                                      },
    {"Next.js",   "Node server.keepAliveTimeout",
     "Node server.timeout or server.setTimeout"                                      },
    {"gunicorn",  "gunicorn --keep-alive",        "gunicorn --timeout"               },
    {"uWSGI",     NULL,                           "uWSGI harakiri"                   },
    {"uvicorn",   "uvicorn --timeout-keep-alive", NULL                               },
    {"hypercorn", "hypercorn --keep-alive",       NULL                               },
    {"Apache",    "Apache KeepAliveTimeout",      "Apache Timeout, ProxyTimeout"     },
    {"nginx",     "nginx keepalive_timeout",
     "nginx proxy_read_timeout, send_timeout"                                        },
    {"Tomcat",    "Tomcat keepAliveTimeout",      NULL                               },
    {"Coyote",    "Tomcat keepAliveTimeout",      NULL                               },
    {"Puma",      "Puma persistent_timeout",      NULL                               },
    {"PHP",       NULL,                           "php-fpm request_terminate_timeout"},
};

enum {
    KNOWN = sizeof known / sizeof *known
};

static bool is_fastcgi(const struct facts *f)
{
    return f->x && f->x->is_fastcgi;
}

/* What speaks FastCGI is none of those that are guessed at. */
bool is_unnamed(const struct facts *f)
{
    return f->known->software[0] == '\0' && !is_fastcgi(f);
}

bool is_software(const struct facts *f, const char *word)
{
    return strcasestr(f->known->software, word) != NULL;
}

bool is_known_proxy(const struct facts *f)
{
    static const char *const name[] = {"nginx",   "openresty", "envoy",
                                       "Apache",  "ATS",       "Caddy",
                                       "haproxy", "squid"};

    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        if (is_software(f, name[i]))
            return true;
    }
    return false;
}

/*
 * Nothing in them ends an answer that takes long, if nobody added it: the
 * sources of CPython's http.server and wsgiref (no timeout but a socket's,
 * which is None), Werkzeug (built on them), uvicorn and Tornado (only idle
 * ones), aiohttp.web (the same). Who had a whole answer of another server's to
 * hand on is none of them, whatever name it hands on with its answers.
 */
bool has_no_response_timeout(const struct facts *f)
{
    static const char *const name[] = {"BaseHTTP",     "SimpleHTTP",
                                       "WSGIServer",   "Werkzeug",
                                       "uvicorn",      "aiohttp",
                                       "TornadoServer"};
    const struct leg *leg = leg_behind(f);

    if (leg && leg->how == LEG_ANSWERED)
        return false;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        if (is_software(f, name[i]))
            return true;
    }
    return false;
}

const char *idle_setting(const struct facts *f)
{
    if (is_unnamed(f))
        return "Node server.keepAliveTimeout, Go Server.IdleTimeout, or its "
               "like";
    for (size_t i = 0; i < KNOWN; i++) {
        if (known[i].idle && is_software(f, known[i].word))
            return known[i].idle;
    }
    return "its keep-alive or idle timeout";
}

const char *response_setting(const struct facts *f)
{
    for (size_t i = 0; i < KNOWN; i++) {
        if (known[i].response && is_software(f, known[i].word))
            return known[i].response;
    }
    return is_fastcgi(f) ? "php-fpm request_terminate_timeout" : NULL;
}

const char *request_setting(const struct facts *f)
{
    static const struct {
        const char *word;
        const char *setting;
    } limit[] = {
        {"nginx",   "nginx client_header_timeout, client_body_timeout"},
        {"Apache",  "Apache RequestReadTimeout"                       },
        {"Express", "Node headersTimeout, requestTimeout"             },
        {"Next.js", "Node headersTimeout, requestTimeout"             },
    };

    if (is_unnamed(f))
        return "Go ReadHeaderTimeout/ReadTimeout, nginx client_header_timeout/"
               "client_body_timeout, Node headersTimeout/requestTimeout, "
               "Apache RequestReadTimeout";
    for (size_t i = 0; i < sizeof limit / sizeof *limit; i++) {
        if (is_software(f, limit[i].word))
            return limit[i].setting;
    }
    return "its timeout for reading requests";
}
