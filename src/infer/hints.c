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

/* Express runs on Node.js. */
static bool is_software(const struct server_facts *server, const char *name)
{
    return strcasestr(server->software, name) ||
           (strcmp(name, "Node.js") == 0 &&
            strcasestr(server->software, "Express"));
}

static bool is_proxy(const char *software)
{
    return strcmp(software, "nginx") == 0 || strcmp(software, "AWS ALB") == 0;
}

/* What the Server field says rules the other software out, not a client's. */
static bool is_named(const struct server_facts *server, size_t row)
{
    bool some = false;

    /* a proxy sends its client's User-Agent on; what names itself is that */
    if (known[row].what == CLIENT)
        return !server->left[0] || is_proxy(known[row].software) ||
               strcasestr(server->left, known[row].software) ||
               (strcmp(known[row].software, "undici") == 0 &&
                strcasestr(server->left, "node"));
    /* of these, Node.js and Apache announce Keep-Alive: timeout=N */
    if (server->keep_alive && !server->software[0])
        return known[row].what != IDLE ||
               strcmp(known[row].software, "Node.js") == 0 ||
               strcmp(known[row].software, "Apache") == 0;
    for (size_t i = 0; i < KNOWN; i++)
        some |= is_software(server, known[i].software);
    return !some || is_software(server, known[row].software);
}

size_t infer_hints(const struct server_facts *server,
                   struct hint hint[static HINTS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < KNOWN && count < HINTS_MAX; i++) {
        const struct durations *set = durations_of(server, known[i].what);

        if (!durations_constant(set, 1) || !is_named(server, i) ||
            !durations_alike(set->shortest, known[i].delay))
            continue;
        hint[count++] = (struct hint){set->shortest, known[i].software,
                                      known[i].setting, known[i].source};
    }
    return count;
}
