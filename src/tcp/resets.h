/*
 * The resets of a connection: those that its peer would take, or that are the
 * last word of their sender's socket, are kept; others are counted, and so is
 * one behind which both sides go on.
 */
#ifndef TCP_RESETS_H
#define TCP_RESETS_H

#include "tcp/analysis.h"

/* Takes a segment with RST. */
void resets_take(struct conn *conn, const struct seen *seen);

/*
 * A side sent something else: it goes on, so that no reset of its own that the
 * peer would ignore was its last word. When both go on with new things behind
 * a reset, nobody had sent it, or it was ignored.
 */
void resets_outlive(struct conn *conn, const struct seen *seen);

#endif
