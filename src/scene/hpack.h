/* Writes header fields of HTTP/2 so that no state is needed to read them. */
#ifndef SCENE_HPACK_H
#define SCENE_HPACK_H

#include "base/text.h"

/* A literal without indexing and Huffman, its name literal too (RFC 7541,
 * 6.2.2). */
void hpack_add(struct text *out, struct span name, struct span value);

#endif
