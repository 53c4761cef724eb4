/*
 * What the end of a connection was: idle, or in the middle of an exchange. Also
 * what infer asks of an exchange.
 */
#ifndef INFER_ENDING_OF_H
#define INFER_ENDING_OF_H

#include "infer/endings.h"
#include "model/incident.h"
#include "model/model.h"

/*
 * From when the server counts: the end of the request's header section, where
 * a deadline for the response starts (Go net/http server.go, readRequest).
 */
struct mark exchange_asked(const struct exchange *x);

/* What is missing of the request is what the snap length cut off its packets,
 * and not a byte of an answer came: it is whole for all that is known. */
bool exchange_is_snapped(const struct conn *conn, const struct exchange *x);

/* Its whole request waited for the rest of an answer. */
bool exchange_was_waiting(const struct conn *conn, const struct exchange *x);

/* The server closed with a FIN that covers the request, after `floor`. */
bool exchange_is_cut(nanos floor, const struct closing *closing,
                     const struct exchange *x, nanos wait);

/* The server closed a connection on which nothing was outstanding. */
bool outcome_is_idle_close(const struct outcome *outcome,
                           const struct closing *closing);

/* The first of its exchanges that was waiting; NULL: none was. */
const struct exchange *outcome_first_waiting(const struct outcome *outcome);

/* `doubted`: what is known of that one can carry no judgement. */
struct ending ending_of(const struct outcome *outcome, nanos floor,
                        bool doubted);

#endif
