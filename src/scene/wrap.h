/*
 * Wrappings are what a packet travels in: tunnels and tags, outermost first,
 * and the link layer around all of them.
 */
#ifndef SCENE_WRAP_H
#define SCENE_WRAP_H

#include "scene/words.h"

#include "base/text.h"

enum {
    WRAPS_MAX = 8
};

struct wrap_kind;
struct link_kind;

struct wraps {
    const struct link_kind *link; /* NULL: ethernet */
    size_t count;
    struct {
        const struct wrap_kind *kind;
        uint32_t value; /* VLAN, label, network */
    } wrap[WRAPS_MAX];
};

/* Reads what follows "via" or "link". */
bool wraps_read_via(struct words *words, struct wraps *wraps);
bool wraps_read_link(struct words *words, struct wraps *wraps);

/* The LINKTYPE_* of the capture. */
uint16_t wraps_link_type(const struct wraps *wraps);

/*
 * Puts an IP packet into its wrappings. False when they do not fit the link
 * layer, which then has no way to say what comes next.
 */
bool wraps_write(const struct wraps *wraps, struct span ip, struct text *out);

#endif
