#include "judge/tls_tally.h"

#include <string.h>

static void list(struct tls_tally *tally, uint64_t connection,
                 const struct tls_facts *tls)
{
    struct opaque_conn *one;

    if (tally->listed == OPAQUE_LISTED)
        return;
    one = &tally->list[tally->listed++];
    one->connection = connection;
    one->why = tls->unopened;
    memcpy(one->random, tls->random, sizeof one->random);
    memcpy(one->name, tls->name, sizeof one->name);
}

void tls_tally_add(struct tls_tally *tally, const struct outcome *outcome)
{
    const struct tls_facts *tls = tls_facts_of(outcome->conn);

    if (tls && tls->opened) {
        tally->opened++;
        return;
    }
    /* what met no TLS is told as that */
    if (outcome->http->protocol != PROTOCOL_TLS &&
        !(tls && outcome->http->tunnel))
        return;
    tally->opaque++;
    tally->by[tls ? tls->unopened : TLS_JOINED]++;
    if (tls)
        list(tally, outcome->conn->id, tls);
}
