#include "infer/legs_route.h"

#include "base/arena.h"
#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>

/* From the path on: a proxy is asked by "http://host/path". */
static struct span path_of(const char *target)
{
    const char *scheme = target[0] == '/' ? NULL : strstr(target, "://");
    const char *path = scheme ? strchr(scheme + 3, '/') : NULL;

    return span_of_text(path ? path : target);
}

/* "/items?id=1" of "/api/items?id=1": a proxy may cut off the first parts or
 * put some in front. */
static void hash_tails(struct span path, uint64_t tail[static LEG_TAILS])
{
    const uint8_t *query = path.size ? memchr(path.at, '?', path.size) : NULL;

    for (size_t i = 0; i < LEG_TAILS && path.size > 1; i++) {
        const uint8_t *slash = memchr(path.at + 1, '/', path.size - 1);

        if (!slash || (query && slash > query))
            return;
        path = span_skip(path, (size_t)(slash - path.at));
        tail[i] = hash_span(path);
    }
}

static bool was_reset_by_server(const struct conn *conn)
{
    for (unsigned i = 0; i < conn->resets; i++) {
        if (conn->reset[i].from == conn_server(conn))
            return true;
    }
    return false;
}

static enum leg_end end_by(const struct conn *conn, const struct exchange *x,
                           const struct closing *closing)
{
    bool by_stream = x->h2 && closing->at.frame == x->h2->reset.frame;

    switch (closing->by) {
    case CLOSED_BY_CLIENT:
        return LEG_LEFT;
    case CLOSED_BY_SERVER:
        return closing->by_reset || by_stream || was_reset_by_server(conn)
                   ? LEG_RESET
                   : LEG_CLOSED;
    default:
        return exchange_is_answered(x) ? LEG_ANSWERED : LEG_OPEN;
    }
}

/* What ended it: of HTTP/1 the connection's close. */
static struct closing closing_of(const struct outcome *outcome,
                                 const struct conn *conn,
                                 const struct exchange *x)
{
    struct http_facts http;

    if (!x->h2)
        return conn_closing(conn);
    if (outcome)
        return stream_closing(conn, &outcome->http->h2, x);
    http = http_facts_of(conn);
    return stream_closing(conn, &http.h2, x);
}

static void end_leg(struct leg *leg, const struct outcome *outcome,
                    const struct conn *conn, const struct exchange *x)
{
    struct closing closing;

    leg->how = LEG_ANSWERED;
    leg->end = x->response.last;
    if (exchange_went_well(conn, x))
        return;
    closing = closing_of(outcome, conn, x);
    leg->how = end_by(conn, x, &closing);
    if (leg->how == LEG_OPEN)
        leg->end = conn->last;
    else if (leg->how != LEG_ANSWERED)
        leg->end = closing.at;
}

struct leg leg_of_exchange(const struct outcome *outcome,
                           const struct conn *conn, const struct exchange *x)
{
    struct span path = path_of(x->target ? x->target : "");
    struct leg leg = {
        .connection = conn->id,
        .exchange = x->number,
        .stream = x->stream,
        .client = conn->endpoint[conn->client],
        .server = conn->endpoint[conn_server(conn)],
        .start = x->request.start,
        .asked = x->request.last,
        .first = x->response.start,
        .method = hash_span(span_of_text(x->method ? x->method : "")),
        .target = hash_span(path),
        .passed_on = x->passed_on,
        .origin = outcome ? outcome->http->origin : http_facts_of(conn).origin,
        .content = x->request.body,
        .answer_head = x->response.bytes > x->response.body
                           ? x->response.bytes - x->response.body
                           : 0,
        .status = x->status,
        .request_whole = mark_is_set(x->request.end),
        .is_fastcgi = x->is_fastcgi,
        .slot = legs_open_slot(conn, x),
    };

    hash_tails(path, leg.tail);
    end_leg(&leg, outcome, conn, x);
    return leg;
}

bool leg_of_connection(const struct conn *conn, struct leg *leg)
{
    const struct flow *server = &conn->flow[conn_server(conn)];
    bool unanswered = mark_is_set(conn->flow[conn->client].syn) &&
                      !server->seen && !server->isn_known;

    if (!conn->refused && !unanswered)
        return false;
    *leg = (struct leg){
        .connection = conn->id,
        .client = conn->endpoint[conn->client],
        .server = conn->endpoint[conn_server(conn)],
        .start = conn->first,
        .asked = conn->first,
        .end = conn->refused && conn->resets ? conn->reset[0].at : conn->last,
        .how = conn->refused ? LEG_REFUSED : LEG_UNANSWERED,
    };
    return true;
}

const struct leg *legs_at(const struct legs *legs, size_t i)
{
    return &legs->leg[(legs->first + i) % LEGS_KEPT];
}

size_t legs_from(const struct legs *legs, uint64_t frame)
{
    size_t low = 0;
    size_t high = legs->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (legs_at(legs, middle)->told < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void drop_oldest(struct legs *legs)
{
    uint64_t frame = legs_at(legs, 0)->end.frame;

    if (frame > legs->dropped_until)
        legs->dropped_until = frame;
    legs->first = (legs->first + 1) % LEGS_KEPT;
    legs->count--;
}

bool legs_is_loopback(const struct endpoint *endpoint)
{
    static const uint8_t v6[16] = {[15] = 1};
    const struct address *address = &endpoint->address;

    return address->version == 4 ? address->byte[0] == 127
                                 : memcmp(address->byte, v6, sizeof v6) == 0;
}

/* Loopback's addresses are one host. */
static unsigned bit_of(const struct endpoint *endpoint)
{
    uint64_t part[2];

    if (legs_is_loopback(endpoint))
        return 0;
    memcpy(part, endpoint->address.byte, sizeof part);
    return (unsigned)(hash_mix(part[0], part[1]) % LEGS_HOST_BITS);
}

static void leg_hosts_add(struct leg_hosts *hosts,
                          const struct endpoint *endpoint)
{
    unsigned bit = bit_of(endpoint);

    hosts->bit[bit / 64] |= UINT64_C(1) << (bit % 64);
}

bool leg_hosts_may_have(const struct leg_hosts *hosts,
                        const struct endpoint *endpoint)
{
    unsigned bit = bit_of(endpoint);

    return hosts->bit[bit / 64] >> (bit % 64) & 1;
}

static bool has_several(const struct leg_hosts *hosts)
{
    bool one = false;

    for (size_t i = 0; i < LEGS_HOST_BITS / 64; i++) {
        uint64_t word = hosts->bit[i];

        if ((word && one) || (word & (word - 1)))
            return true;
        one |= word != 0;
    }
    return false;
}

void legs_meet(struct legs *legs, const struct conn *conn)
{
    leg_hosts_add(&legs->asks, &conn->endpoint[conn->client]);
    leg_hosts_add(&legs->asked, &conn->endpoint[conn_server(conn)]);
    /* one may have two addresses */
    if (!legs->may_join)
        legs->may_join = has_several(&legs->asks) && has_several(&legs->asked);
}

/* Until a host with two addresses is known some are looked at for one. */
static bool is_in_sample(struct legs *legs)
{
    if (!legs->may_join)
        return false;
    return legs->joins || legs->sampled++ % LEGS_SAMPLE_EVERY < LEGS_SAMPLE;
}

bool legs_may_be_behind(const struct legs *legs, const struct conn *conn)
{
    return leg_hosts_may_have(&legs->asked, &conn->endpoint[conn->client]);
}

/* That a gateway asked in vain may be told only when its own answer has been:
 * refusals are connections, which are told late. */
bool legs_concern(struct legs *legs, const struct conn *conn,
                  const struct exchange *x)
{
    return is_in_sample(legs) || x->status >= 400 || !exchange_is_answered(x) ||
           leg_hosts_may_have(&legs->asks,
                              &conn->endpoint[conn_server(conn)]) ||
           legs_may_be_behind(legs, conn);
}

/* The ring is not one before it is full. */
void legs_add(struct legs *legs, const struct leg *leg)
{
    struct leg *added;
    uint64_t told = 0;

    static_assert((LEGS_KEPT & (LEGS_KEPT - 1)) == 0,
                  "room doubles until all are kept");
    if (legs->count)
        told = legs_at(legs, legs->count - 1)->told;
    if (legs->count == LEGS_KEPT)
        drop_oldest(legs);
    if (legs->count == legs->room) {
        legs->room = legs->room ? 2 * legs->room : 16;
        legs->leg = must_realloc(legs->leg, legs->room, sizeof *legs->leg);
    }
    leg_hosts_add(&legs->asks, &leg->client);
    leg_hosts_add(&legs->asked, &leg->server);
    legs->some_named |= leg->passed_on.request_id || leg->passed_on.trace ||
                        leg->passed_on.client.port ||
                        leg->origin.address.version;
    added = &legs->leg[(legs->first + legs->count) % LEGS_KEPT];
    *added = *leg;
    added->told = leg->end.frame > told ? leg->end.frame : told;
    legs->count++;
    legs->added++;
    if (legs->sampled % LEGS_SAMPLE_EVERY == LEGS_SAMPLE)
        legs_find_joins(legs);
}

void legs_release(struct legs *legs)
{
    free(legs->leg);
    *legs = (struct legs){0};
}
