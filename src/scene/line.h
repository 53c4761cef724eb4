/*
 * A line is what one packet statement says, word by word, before the state of
 * the connection fills in the rest (play).
 */
#ifndef SCENE_LINE_H
#define SCENE_LINE_H

#include "scene/host_options.h"
#include "scene/packet.h"

enum line_number_kind {
    NUMBER_AUTOMATIC,
    NUMBER_ABSOLUTE, /* counted from the SYN */
    NUMBER_RELATIVE  /* to what it would be, or was */
};

struct line_number {
    enum line_number_kind kind;
    int64_t value;
};

struct line {
    struct host_options host_options;
    uint8_t flags; /* as said */
    bool no_ack;
    bool no_psh;
    bool probe;
    bool window_probe;
    bool lose;
    bool drop;
    bool again;
    bool late;
    bool twice;
    const char *as;       /* NULL: no name */
    const char *again_of; /* NULL: the last */
    struct said late_by;  /* nanoseconds */
    struct said twice_by;
    struct said cut;
    struct line_number seq;
    struct line_number ack;
    struct span payload; /* in the arena of the words */
    size_t sacks;
    struct {
        int64_t start, end;
    } sack[PACKET_SACKS_MAX];
};

/* Takes all words of the packet; line->host_options are those of its end so
 * far. */
bool line_read(struct line *line, struct words *words);

#endif
