/*
 * The servers that something is known of, found by address and port.
 *
 * There are at most so many: then the one that was used longest ago goes, and
 * is counted. One that is held stays, whatever their number: what befell its
 * clients is still to be judged by what is known of it.
 */
#ifndef INFER_SERVERS_H
#define INFER_SERVERS_H

#include "infer/infer.h"
#include "wire/endpoint.h"

enum {
    SERVERS_BUCKETS = 1024,
    SERVERS_MAX = 4096 /* unless infer_options says otherwise */
};

struct servers_entry;

struct servers {
    struct servers_entry *bucket[SERVERS_BUCKETS];
    struct servers_entry *first; /* in order of appearance */
    struct servers_entry *last;
    struct servers_entry *oldest; /* of those that nobody holds, by use */
    struct servers_entry *newest;
    uint64_t seed;
    struct routes_shared routes;
    size_t limit;
    size_t count;
    uint64_t forgotten;
};

void servers_init(struct servers *servers, size_t limit);
void servers_release(struct servers *servers);

/* NULL: nothing is known of it. */
struct server_facts *servers_find(const struct servers *servers,
                                  const struct endpoint *endpoint);

/* The same, made if it was not there; it is the one used last now. */
struct server_facts *servers_use(struct servers *servers,
                                 const struct endpoint *endpoint);

/* As often as it is held it must be let go. */
void servers_hold(struct servers *servers, struct server_facts *server);
void servers_let_go(struct servers *servers, struct server_facts *server);

/* Every one, in order of appearance, by server_facts.next. */
const struct server_facts *servers_first(const struct servers *servers);

/* How an exchange with it ended: `use` without the times of one that is timed,
 * that is how long its answer took is known. */
void servers_count(struct servers *servers, struct server_facts *server,
                   const struct exchange *x, const struct route_use *use);

/* It answered as that name. NULL: none was said. */
void servers_keep_host(struct server_facts *server, const char *host);

/* See infer_complete; it has not been taken in yet. */
bool server_stands_out(const struct server_facts *server,
                       const struct exchange *x, nanos floor);

#endif
