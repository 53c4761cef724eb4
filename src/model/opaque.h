/* An exchange of a TLS connection that is not read, as far as records tell. */
#ifndef MODEL_OPAQUE_H
#define MODEL_OPAQUE_H

#include "http/http.h"
#include "model/exchange.h"

/*
 * What was asked last and never answered, or by a record that is not whole; the
 * caller owns it. NULL: nothing, or it cannot be told. Whoever said an alert
 * behind it is shut from then on.
 */
struct exchange *model_opaque(struct conn *conn, const struct http_facts *http);

#endif
