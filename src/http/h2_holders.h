/*
 * Who holds a connection's window: the streams by how many of their bytes
 * were received and not credited. It is wanted each time that a used-up window
 * opens, which a sender can have happen every few bytes, so it is kept in
 * order: a heap, the largest on top.
 *
 *     change: O(log streams)      the largest few: O(1)
 *
 * There is none before a connection's window is used up for the first time,
 * and most never are.
 */
#ifndef HTTP_H2_HOLDERS_H
#define HTTP_H2_HOLDERS_H

#include "http/event.h"

struct h2_holders;

struct h2_holders *h2_holders_new(void);
void h2_holders_free(struct h2_holders *holders);

/*
 * `unread` bytes of the stream are not credited. `place` is where it is kept,
 * 0: nowhere yet; it stays the stream's, and is kept up to date, until
 * h2_holders_remove.
 */
void h2_holders_set(struct h2_holders *holders, uint32_t stream,
                    uint32_t *place, uint64_t unread);
void h2_holders_remove(struct h2_holders *holders, uint32_t *place);

/*
 * Those that hold the most, in order, of equals the lowest stream first; with
 * fewer the rest is zero.
 */
void h2_holders_largest(const struct h2_holders *holders,
                        struct h2_holder largest[static H2_HOLDERS]);

#endif
