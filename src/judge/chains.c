#include "judge/chains.h"

#include "infer/endings.h"
#include "wire/endpoint.h"

enum {
    CHAINS_MOST = 64 /* that are told of */
};

/* Who waits for whom. */
struct pair {
    uint64_t client; /* see endings_host */
    struct endpoint server;
};

static struct pair pair_of(const struct incident *incident)
{
    const struct conn *conn = &incident->conn;

    return (struct pair){endings_host(&conn->endpoint[conn->client]),
                         conn->endpoint[conn_server(conn)]};
}

static bool is_known(const struct pair *pairs, size_t count,
                     const struct pair *pair)
{
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].client == pair->client &&
            endpoint_same(&pairs[i].server, &pair->server))
            return true;
    }
    return false;
}

/* Did its client give it up? What is told of it may be the server's stall. */
static bool is_given_up(const struct judged_case *one)
{
    return one->finding && !one->is_chain && one->incident->exchange &&
           (one->finding->code == VERDICT_CLIENT_ABORT ||
            one->finding->code == VERDICT_SERVER_STALL ||
            one->finding->code == VERDICT_H2_STREAM_RESET);
}

void chains_add(struct cases *cases)
{
    struct pair pairs[CHAINS_MOST];
    size_t count = 0;
    struct judged_case *last = cases->ended.newest;

    for (struct judged_case *one = last; one && count < CHAINS_MOST;
         one = one->older) {
        struct pair pair = pair_of(one->incident);

        if (!is_given_up(one) || is_known(pairs, count, &pair))
            continue;
        pairs[count++] = pair;
        cases_add_chain(cases, one);
    }
}
