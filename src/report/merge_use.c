/* Folding what json_use.c tells. */
#include "report/json_use.h"
#include "report/merge_endpoint.h"

/* One client's are added up; of two the one with more is told. */
static void join_by(json_t *into, json_t *from)
{
    if (json_equal(json_object_get(into, "client"),
                   json_object_get(from, "client"))) {
        merge_sum(into, from, "connections");
    } else if (json_integer_value(json_object_get(into, "connections")) <
               json_integer_value(json_object_get(from, "connections"))) {
        json_object_update(into, from);
    }
}

static void join_single(json_t *into, json_t *from)
{
    merge_sum(into, from, "connections");
    for (unsigned i = 0; i < SINGLE_KINDS; i++)
        merge_sum(into, from, single_use_name((enum single_use)i));
    merge_member(into, from, "most_by_one", join_by);
}

/* Two limits are none. */
static void join_limit(json_t *into, json_t *from)
{
    merge_sum(into, from, "connections");
    if (!json_equal(json_object_get(into, "requests"),
                    json_object_get(from, "requests")))
        json_object_set_new(into, "requests", json_null());
}

static void join_strain(json_t *into, json_t *from)
{
    merge_sum(into, from, "syns");
    merge_bound(into, from, "least_open", true);
    merge_bound(into, from, "most_open", false);
    merge_bound(into, from, "most_opening", false);
}

/* Which ports they were is not told: there are as many as the more, at least,
 * and no number of them where one has none. */
static void join_ports(json_t *into, json_t *from)
{
    if (json_is_null(json_object_get(from, "distinct")))
        json_object_set_new(into, "distinct", json_null());
    else if (!json_is_null(json_object_get(into, "distinct")))
        merge_bound(into, from, "distinct", false);
    merge_bound(into, from, "lowest", true);
    merge_bound(into, from, "highest", false);
}

static void join_reuse(json_t *into, json_t *from)
{
    merge_sum(into, from, "connections");
    merge_sum(into, from, "closed_by_server");
    merge_bound(into, from, "shortest_s", true);
    merge_member(into, from, "answered", merge_counts);
    merge_member(into, from, "ports", join_ports);
}

/* Of one client that never has more at once; else the one with more is told. */
static void join_pool(json_t *into, json_t *from)
{
    if (json_equal(json_object_get(into, "client"),
                   json_object_get(from, "client")) &&
        json_equal(json_object_get(into, "at_once"),
                   json_object_get(from, "at_once"))) {
        merge_sum(into, from, "waited");
        merge_bound(into, from, "longest_wait_s", false);
    } else if (json_integer_value(json_object_get(into, "waited")) <
               json_integer_value(json_object_get(from, "waited"))) {
        json_object_update(into, from);
    }
}

void merge_use(json_t *into, json_t *from)
{
    merge_sum(into, from, "connections");
    merge_sum(into, from, "requests");
    merge_bound(into, from, "most_open", false);
    merge_member(into, from, "one_request", join_single);
    merge_member(into, from, "max_requests", join_limit);
    merge_member(into, from, "syn_again", join_strain);
    merge_member(into, from, "refused", join_strain);
    merge_member(into, from, "ports_reused", join_reuse);
    merge_member(into, from, "pool_limit", join_pool);
}

/* Numbers are where they are added up; what is none adds nothing. */
bool merge_use_is_sound(json_t *json)
{
    return !json || json_is_null(json) ||
           (json_is_integer(json_object_get(json, "connections")) &&
            json_is_object(json_object_get(json, "one_request")));
}
