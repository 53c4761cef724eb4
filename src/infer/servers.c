#include "infer/servers.h"

#include "base/arena.h"
#include "base/hash.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct servers_entry {
    struct server_facts facts; /* first: the entry is found from its facts */
    struct server_log log;
    struct endings endings;
    struct timer timer[TIMED_KINDS];
    struct routes routes;
    struct connection_use use;
    struct servers_entry *before; /* in order of appearance */
    struct servers_entry *hash_next;
    struct servers_entry *older; /* by use, while nobody holds it */
    struct servers_entry *newer;
    unsigned holds;
};

static struct servers_entry *entry_of(struct server_facts *server)
{
    return (struct servers_entry *)server;
}

void servers_init(struct servers *servers, size_t limit)
{
    *servers = (struct servers){.seed = hash_seed(),
                                .limit = limit ? limit : SERVERS_MAX};
    servers->routes.seed = servers->seed;
}

static void release(struct servers *servers, struct servers_entry *entry)
{
    server_log_release(&entry->log);
    endings_release(&entry->endings);
    for (unsigned i = 0; i < TIMED_KINDS; i++)
        timer_release(&entry->timer[i]);
    routes_release(&entry->routes, &servers->routes);
    connection_use_release(&entry->use);
    free(entry);
}

void servers_release(struct servers *servers)
{
    struct server_facts *server =
        servers->first ? &servers->first->facts : NULL;

    while (server) {
        struct server_facts *next = server->next;

        release(servers, entry_of(server));
        server = next;
    }
    *servers = (struct servers){0};
}

static struct servers_entry **bucket_of(struct servers *servers,
                                        const struct endpoint *endpoint)
{
    return &servers->bucket[endpoint_hash(endpoint, servers->seed) %
                            SERVERS_BUCKETS];
}

struct server_facts *servers_find(const struct servers *servers,
                                  const struct endpoint *endpoint)
{
    size_t at = endpoint_hash(endpoint, servers->seed) % SERVERS_BUCKETS;

    for (struct servers_entry *e = servers->bucket[at]; e; e = e->hash_next) {
        if (endpoint_same(&e->facts.server, endpoint))
            return &e->facts;
    }
    return NULL;
}

static void unlink_use(struct servers *servers, struct servers_entry *entry)
{
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        servers->oldest = entry->newer;
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        servers->newest = entry->older;
}

static void append_use(struct servers *servers, struct servers_entry *entry)
{
    entry->newer = NULL;
    entry->older = servers->newest;
    if (entry->older)
        entry->older->newer = entry;
    else
        servers->oldest = entry;
    servers->newest = entry;
}

static void append_appearance(struct servers *servers,
                              struct servers_entry *entry)
{
    entry->before = servers->last;
    if (servers->last)
        servers->last->facts.next = &entry->facts;
    else
        servers->first = entry;
    servers->last = entry;
}

static void unlink_appearance(struct servers *servers,
                              struct servers_entry *entry)
{
    struct servers_entry *next =
        entry->facts.next ? entry_of(entry->facts.next) : NULL;

    if (entry->before)
        entry->before->facts.next = entry->facts.next;
    else
        servers->first = next;
    if (next)
        next->before = entry->before;
    else
        servers->last = entry->before;
}

static void forget(struct servers *servers, struct servers_entry *entry)
{
    struct servers_entry **link = bucket_of(servers, &entry->facts.server);

    while (*link != entry)
        link = &(*link)->hash_next;
    *link = entry->hash_next;
    unlink_use(servers, entry);
    unlink_appearance(servers, entry);
    servers->count--;
    servers->forgotten++;
    release(servers, entry);
}

static struct servers_entry *add(struct servers *servers,
                                 const struct endpoint *endpoint)
{
    struct servers_entry *entry = must_calloc(1, sizeof *entry);
    struct servers_entry **bucket = bucket_of(servers, endpoint);

    entry->facts.server = *endpoint;
    entry->facts.log = &entry->log;
    entry->facts.endings = &entry->endings;
    entry->facts.routes = &entry->routes;
    entry->facts.timer = entry->timer;
    entry->facts.use = &entry->use;
    entry->hash_next = *bucket;
    *bucket = entry;
    append_appearance(servers, entry);
    append_use(servers, entry);
    servers->count++;
    return entry;
}

struct server_facts *servers_use(struct servers *servers,
                                 const struct endpoint *endpoint)
{
    struct server_facts *server = servers_find(servers, endpoint);

    if (server) {
        if (entry_of(server)->holds == 0 &&
            servers->newest != entry_of(server)) {
            unlink_use(servers, entry_of(server));
            append_use(servers, entry_of(server));
        }
        return server;
    }
    if (servers->count >= servers->limit && servers->oldest)
        forget(servers, servers->oldest);
    return &add(servers, endpoint)->facts;
}

void servers_hold(struct servers *servers, struct server_facts *server)
{
    if (entry_of(server)->holds++ == 0)
        unlink_use(servers, entry_of(server));
}

void servers_let_go(struct servers *servers, struct server_facts *server)
{
    assert(entry_of(server)->holds > 0);
    if (--entry_of(server)->holds == 0)
        append_use(servers, entry_of(server));
}

const struct server_facts *servers_first(const struct servers *servers)
{
    return servers->first ? &servers->first->facts : NULL;
}

void servers_count(struct servers *servers, struct server_facts *server,
                   const struct exchange *x, const struct route_use *use)
{
    nanos asked = exchange_asked(x).time;
    struct route_use timed = *use;

    timed.is_timed &= use->complete;
    timed.first_byte = nanos_between(asked, x->response.start.time);
    timed.end = nanos_between(asked, x->response.end.time);
    if (use->complete)
        server->complete++;
    else
        server->failed++;
    if (server->routes) /* a preview has none */
        routes_add(server->routes, &servers->routes, x, &timed);
}

/* By its first letters, case apart (RFC 9110, 4.2.3), and its length. */
static uint64_t host_bit(const char *host)
{
    size_t size = strlen(host);
    uint64_t word = 0;

    memcpy(&word, host, size < sizeof word ? size : sizeof word);
    return UINT64_C(1) << (hash_mix(word | UINT64_C(0x2020202020202020), size) %
                           64);
}

bool server_may_know_host(const struct server_facts *server, const char *host)
{
    return server->hosts & host_bit(host);
}

void servers_keep_host(struct server_facts *server, const char *host)
{
    if (!host || !host[0])
        return;
    if (!server->hosts)
        (void)snprintf(server->host, sizeof server->host, "%s", host);
    server->hosts |= host_bit(host);
}

/* Shorter idle times no pool has. */
#define IDLE_LEAST (500 * NANOS_PER_MILLI)

static bool is_longest(const struct durations *set, nanos took, nanos least)
{
    return took >= least && (!set->samples || took > set->longest);
}

bool server_stands_out(const struct server_facts *server,
                       const struct exchange *x, nanos floor)
{
    nanos took = nanos_between(exchange_asked(x).time, x->response.end.time);
    nanos idle = nanos_between(x->idle_since.time, x->request.start.time);

    return is_longest(&server->served, took, floor / 5 * 4) ||
           (mark_is_set(x->idle_since) &&
            is_longest(&server->reused, idle, IDLE_LEAST));
}
