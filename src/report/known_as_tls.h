/*
 * What clients print of TLS that went wrong.
 */
#ifndef REPORT_KNOWN_AS_TLS_H
#define REPORT_KNOWN_AS_TLS_H

#include "report/known_as.h"

/* TLS to a port that does not speak it. NULL: of a reset the words differ. */
const char *known_as_plain_port(const struct finding *finding,
                                enum reporter reporter);

/* The client could not decrypt the server's last record. */
const char *known_as_bad_record(enum reporter reporter);

/* A FIN ended a body that only the close ends, without close_notify. */
const char *known_as_bare_end(const struct finding *finding,
                              enum reporter reporter);

/* The handshake failed. */
const char *known_as_handshake(const struct finding *finding,
                               enum reporter reporter);

#endif
