#include "infer/hints.h"

enum measured {
    IDLE,
    CUT,
    GATEWAY,
    CLIENT
};

static const struct {
    enum measured what;
    nanos delay;
    const char *software;
    const char *setting;
    const char *source;
} known[] = {
#define HINT(what, seconds, software, setting, source)                         \
    {what, seconds * NANOS_PER_SECOND, software, setting, source},
#include "infer/hints.def"
#undef HINT
};

enum {
    KNOWN = sizeof known / sizeof *known
};

static const struct durations *durations_of(const struct server_facts *server,
                                            enum measured what)
{
    switch (what) {
    case IDLE:
        return &server->idle;
    case CUT:
        return &server->cut;
    case GATEWAY:
        return &server->gateway;
    default:
        return &server->client_gave_up;
    }
}

/*
 * What a Server field has in it of software that goes by another name, and of
 * what only seems to have the name. NULL: it is not this software.
 */
static const struct alias {
    const char *said;
    const char *software;
} alias[] = {
    {"Express",               "Node.js"}, /* X-Powered-By */
    {"awselb",                "AWS ALB"},
    {"openresty",             "nginx"  },
    {"Apache-Coyote",         "Tomcat" },
    {"Apache Tomcat",         "Tomcat" },
    {"Apache Traffic Server", NULL     },
    {"ApacheTrafficServer",   NULL     },
};

/* Is that the software that the field names? */
static bool says(const char *field, const char *software)
{
    for (size_t i = 0; i < sizeof alias / sizeof *alias; i++) {
        if (strcasestr(field, alias[i].said))
            return alias[i].software &&
                   strcmp(alias[i].software, software) == 0;
    }
    return strcasestr(field, software);
}

static bool is_proxy(const char *software)
{
    return strcmp(software, "nginx") == 0 || strcmp(software, "AWS ALB") == 0;
}

/* A proxy sends its client's User-Agent on; what names itself is that. */
static bool may_be_client(const struct server_facts *server,
                          const char *software)
{
    return !server->left[0] || is_proxy(software) ||
           strcasestr(server->left, software) ||
           (strcmp(software, "undici") == 0 &&
            strcasestr(server->left, "node"));
}

/* Of these, Node.js and Apache announce Keep-Alive: timeout=N. */
static bool announces(const char *software)
{
    return strcmp(software, "Node.js") == 0 || strcmp(software, "Apache") == 0;
}

/* Three have no HTTP/2, by their documentation; what Node.js has of it keeps
 * no such limit. */
static bool is_h1_only(const char *software)
{
    return strcmp(software, "gunicorn") == 0 ||
           strcmp(software, "uvicorn") == 0 || strcmp(software, "Puma") == 0 ||
           strcmp(software, "Node.js") == 0;
}

/*
 * What the server says that it is rules out all else, in the table or not;
 * what speaks FastCGI is none of the table.
 */
static bool may_be_server(const struct server_facts *server, enum measured what,
                          const char *software)
{
    if (server->protocol == PROTOCOL_FASTCGI ||
        (server->protocol == PROTOCOL_HTTP2 && is_h1_only(software)))
        return false;
    if (server->software[0])
        return says(server->software, software);
    return !server->keep_alive || what != IDLE || announces(software);
}

static bool may_be(const struct server_facts *server, size_t row)
{
    if (known[row].what == CLIENT)
        return may_be_client(server, known[row].software);
    return may_be_server(server, known[row].what, known[row].software);
}

size_t infer_hints(const struct server_facts *server,
                   struct hint hint[static HINTS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < KNOWN && count < HINTS_MAX; i++) {
        const struct durations *set = durations_of(server, known[i].what);

        if (!durations_constant(set, 1) || !may_be(server, i) ||
            !durations_alike(set->shortest, known[i].delay))
            continue;
        hint[count++] = (struct hint){set->shortest, known[i].software,
                                      known[i].setting, known[i].source};
    }
    return count;
}
