/*
 * How a gRPC call ended, as its server said it in grpc-status and
 * grpc-message, for people and for JSON.
 */
#ifndef REPORT_GRPC_H
#define REPORT_GRPC_H

#include "base/text.h"
#include "model/exchange.h"

/* As grpc.io's status codes are called; NULL when it is none of them. */
const char *grpc_status_name(uint32_t status);

/*
 * Adds grpc-message: its percent-encoding undone, masked unless
 * `show_secrets`, and escaped. Nothing when there is none.
 */
void grpc_add_message(struct text *text, const struct exchange *x,
                      bool show_secrets);

/* Adds status, name and message, such as: 5 NOT_FOUND, "no such thing". */
void grpc_add_status(struct text *text, const struct exchange *x,
                     bool show_secrets);

#endif
