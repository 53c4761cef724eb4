/*
 * Frames of HTTP/2 (RFC 9113) as words of a packet line: what follows `h2`.
 * The grammar is in scene.h. Header fields are HPACK literals that enter no
 * table (RFC 7541, 6.2.2), without Huffman: a reader needs no state for them.
 */
#ifndef SCENE_H2_WORDS_H
#define SCENE_H2_WORDS_H

#include "base/text.h"
#include "scene/words.h"

/* Takes the words of one frame and adds its bytes. False: fail is set. */
bool h2_words_read(struct words *words, struct text *out);

#endif
