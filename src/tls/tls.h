/*
 * tls opens what was encrypted, with secrets that were logged. It is a
 * tcp_sink on its left and gives a tcp_sink on its right the same events, with
 * plaintext in place of the records. A chunk of plaintext ends at the offset
 * where its record did: what a FIN acknowledges stays comparable.
 *
 * What it opens may be TLS again, behind a CONNECT to a proxy that is spoken to
 * over TLS: that is opened in the same way. There is no third.
 *
 * A connection whose secrets are not known is given on as it is, so that
 * whoever comes next sees that it is TLS.
 */
#ifndef TLS_TLS_H
#define TLS_TLS_H

#include "tcp/tcp.h"
#include "tls/keylog.h"
#include "tls/watch.h"

struct tls_counts {
    uint64_t opened; /* connections whose secrets are known */
    uint64_t failed; /* records that did not open */
    uint64_t late;   /* secrets that came when they were given up */
};

struct tls;

/* The sink is copied; the keylog is borrowed; NULL: nobody has keys. The caller
 * owns it, and frees it after tcp_free. */
struct tls *tls_new(struct keylog *keylog, const struct tcp_sink *sink);
void tls_free(struct tls *tls);

/* The sink to give to tcp_new. */
struct tcp_sink tls_tcp_sink(struct tls *tls);

struct tls_counts tls_counts(const struct tls *tls);

/* What is known of a connection that began with a ClientHello, until its end
 * was told; NULL of any other. Borrowed. */
const struct tls_facts *tls_facts_of(const struct conn *conn);

#endif
