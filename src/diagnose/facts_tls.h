/* A connection's TLS handshake, as a judge sees it. */
#ifndef DIAGNOSE_FACTS_TLS_H
#define DIAGNOSE_FACTS_TLS_H

#include "diagnose/facts.h"
#include "diagnose/finding.h"

/* In rules_tls.c. */
enum tls_failure tls_failure_of(const struct facts *f);

/* The side said an alert that ends the handshake: in the clear, or a record as
 * long as one is. */
bool is_refusal(const struct tls_side_facts *side);

/* Did `one`'s alert come before the other's, if that has one? */
bool is_first(const struct tls_side_facts *one,
              const struct tls_side_facts *other);

/* The client's hello was acknowledged, and the server then said nothing more
 * for the stall threshold. */
bool is_silent_in_handshake(const struct facts *f);

/* The server's last record, of this exchange's answer, where it is not whole;
 * NULL: it is, or nobody knows. */
const struct tls_side_facts *cut_record_of(const struct facts *f);

/* It was cut by its server's FIN, which came first. */
bool is_cut_by_fin(const struct facts *f);

/* AlertDescription of the side's alert, read with the keys where it is
 * encrypted; TLS_NO_ALERT: it is not known. */
unsigned alert_of(const struct facts *f, unsigned side);

#endif
