#include "report/json_use.h"

#include "report/json_values.h"
#include "wire/endpoint.h"

static json_t *single_by(const struct connection_use *use)
{
    uint64_t connections;
    const struct use_client *client = connection_use_by(use, &connections);

    if (!client)
        return json_null();
    return json_pack("{s:o, s:I}", "client", json_host_name(&client->client),
                     "connections", (json_int_t)connections);
}

static json_t *single_of(const struct connection_use *use)
{
    json_t *json = json_pack("{s:I}", "connections",
                             (json_int_t)connection_use_single(use));

    for (unsigned i = 0; i < SINGLE_KINDS; i++)
        json_object_set_new(json, single_use_name((enum single_use)i),
                            json_integer((json_int_t)use->single[i]));
    json_object_set_new(json, "most_by_one", single_by(use));
    return json;
}

static json_t *limit_of(const struct connection_use *use)
{
    uint64_t limit = connection_use_limit(use);

    if (!limit)
        return json_null();
    return json_pack("{s:I, s:I}", "requests", (json_int_t)limit, "connections",
                     (json_int_t)use->limited);
}

static json_t *strain_of(const struct strain *strain)
{
    if (!strain->count)
        return json_null();
    return json_pack("{s:I, s:I, s:I, s:I}", "syns", (json_int_t)strain->count,
                     "least_open", (json_int_t)strain->least_open, "most_open",
                     (json_int_t)strain->most_open, "most_opening",
                     (json_int_t)strain->most_opening);
}

static json_t *reuse_of(const struct port_reuse *reuse)
{
    json_t *answered = json_object();

    if (!reuse->count) {
        json_decref(answered);
        return json_null();
    }
    for (unsigned i = 0; i < REUSE_ANSWERS; i++)
        json_object_set_new(answered, reuse_answer_name((enum reuse_answer)i),
                            json_integer((json_int_t)reuse->answer[i]));
    return json_pack("{s:I, s:I, s:o, s:o, s:{s:o, s:I, s:I}}", "connections",
                     (json_int_t)reuse->count, "closed_by_server",
                     (json_int_t)reuse->server_closed, "shortest_s",
                     json_seconds(reuse->shortest), "answered", answered,
                     "ports", "distinct",
                     reuse->more ? json_null()
                                 : json_integer((json_int_t)reuse->ports),
                     "lowest", (json_int_t)reuse->lowest, "highest",
                     (json_int_t)reuse->highest);
}

static json_t *pool_of(const struct pool *pool)
{
    if (!pool->waited)
        return json_null();
    return json_pack("{s:o, s:I, s:I, s:o}", "client",
                     json_host_name(&pool->client), "at_once",
                     (json_int_t)pool->at_once, "waited",
                     (json_int_t)pool->waited, "longest_wait_s",
                     json_seconds(pool->longest));
}

json_t *json_use(const struct connection_use *use)
{
    if (!use)
        return json_null();
    return json_pack("{s:I, s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:o}",
                     "connections", (json_int_t)use->ended, "requests",
                     (json_int_t)use->requests, "one_request", single_of(use),
                     "max_requests", limit_of(use), "most_open",
                     (json_int_t)use->most_open, "syn_again",
                     strain_of(&use->strain[STRAINED_AGAIN]), "refused",
                     strain_of(&use->strain[STRAINED_REFUSED]), "ports_reused",
                     reuse_of(&use->reuse), "pool_limit", pool_of(&use->pool));
}
