#include "tls/renewal.h"

#include "base/arena.h"

#include <openssl/crypto.h>

void renewal_take(struct tls_renewal **renewal, unsigned role,
                  struct span fragment)
{
    struct tls_renewal *known = *renewal;
    uint8_t kind = fragment.size ? fragment.at[0] : 0;

    if (!known && (role != 0 || kind != TLS_CLIENT_HELLO))
        return;
    if (!known)
        *renewal = known = must_calloc(1, sizeof *known);
    /* a hello's record may be followed by others of the same message */
    if (known->beginning[role].message ||
        kind == (role ? TLS_SERVER_HELLO : TLS_CLIENT_HELLO))
        (void)beginning_take(&known->beginning[role], &known->ring.session,
                             role == 0, fragment);
}

const struct tls_ring *renewal_ring(struct tls_renewal *renewal,
                                    struct keylog *keylog)
{
    const struct tls_secrets *found;

    if (!renewal->beginning[0].hello || !renewal->beginning[1].hello ||
        !renewal->ring.session.suite)
        return NULL;
    found = keylog_find(keylog, renewal->ring.session.random[0]);
    if (!found)
        return NULL;
    renewal->ring.keylog = keylog;
    renewal->ring.place = keylog_place(keylog, found);
    return &renewal->ring;
}

void renewal_free(struct tls_renewal *renewal)
{
    if (!renewal)
        return;
    beginning_release(&renewal->beginning[0]);
    beginning_release(&renewal->beginning[1]);
    OPENSSL_clear_free(renewal, sizeof *renewal);
}
