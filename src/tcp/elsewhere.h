/*
 * A host that no longer answers on one connection may be there all the same:
 * what its address sends meanwhile, on others, says that the path from it
 * works.
 */
#ifndef TCP_ELSEWHERE_H
#define TCP_ELSEWHERE_H

#include "tcp/table.h"

/*
 * For each of the connection's episodes in which a side sends again or probes,
 * and nothing has ended that: the latest packet of the other side's address
 * since its first repetition, among those connections that were active lately.
 * It looks at a bounded number of them.
 */
void elsewhere_look(const struct table *table, struct conn *conn);

#endif
