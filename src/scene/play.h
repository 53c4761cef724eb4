/*
 * A play is a connection of a scene while its lines are played: it knows what
 * each end has sent and received, and so decides what a line leaves open.
 *
 * Sequence numbers are kept as Wireshark shows them: 64 bits, relative to the
 * end's SYN, which is number 0.
 */
#ifndef SCENE_PLAY_H
#define SCENE_PLAY_H

#include "scene/line.h"

enum {
    SIDE_CLIENT,
    SIDE_SERVER,
    SIDE_COUNT
};

enum {
    ISLANDS_MAX = 32
};

/* What was sent in one packet, to be sent again. */
struct sent {
    const char *name; /* NULL: none */
    int64_t seq;
    uint8_t flags;
    struct span payload;
    struct sent *older;
};

struct side {
    struct packet_address address;
    uint16_t port;
    struct host_options host_options;
    uint32_t isn;
    uint16_t next_id;
    bool fixed_id;
    bool sent_syn;
    struct said scale; /* as its SYN offered it */
    int64_t next;      /* the number it sends next */
    int64_t received;  /* of the peer, without a hole: what it acknowledges */
    int64_t acked;     /* what it acknowledged last */
    uint32_t last_timestamp; /* the peer's, to be echoed */
    struct sent *sent;       /* all that took numbers or has a name */
    size_t islands;          /* received behind a hole */
    struct {
        int64_t start, end;
    } island[ISLANDS_MAX];
};

struct play {
    const char *name;
    struct side side[SIDE_COUNT];
    bool begun;
    struct play *older;
};

/* Addresses and host options until a scene says others. */
void play_init(struct play *play);

/* A copy of the ends with the next client port and nothing sent yet. */
void play_follow(struct play *play, const struct play *before);

/* Reads what follows "client" or "server". */
bool play_read_side(struct play *play, int side, struct words *words);

/*
 * Decides the packet that `line` of `side` makes at `time` (nanoseconds from
 * the start of the scene), and notes that it was sent.
 */
struct play_step {
    int side;
    nanos time;
    struct line *line;
};

bool play_packet(struct play *play, const struct play_step *step,
                 struct words *words, struct packet *packet);

#endif
