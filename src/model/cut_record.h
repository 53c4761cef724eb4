/* A TLS record that is not whole by the end of its connection, or by now. */
#ifndef MODEL_CUT_RECORD_H
#define MODEL_CUT_RECORD_H

#include "model/incident.h"

/*
 * None of its bytes can be read, and yet they came: the response of the
 * incident's exchange, the oldest of its connection that goes on, has begun, if
 * it had not, and goes on to the last of them. Does nothing where there is no
 * such record.
 */
void cut_record_take(struct incident *incident);

/*
 * The server's FIN came right behind the record's last byte: both had waited in
 * its host for the client to read, or the program had ended in the middle of
 * it. Later it may be a timer's that the bytes tell nothing of.
 */
bool cut_record_meets_fin(const struct conn *conn, const struct tls_facts *tls);

#endif
