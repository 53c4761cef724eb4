/*
 * A manner is how a host writes its packets: the options it offers, its TTL,
 * its windows. An end has one, and a packet may depart from it.
 */
#ifndef SCENE_MANNER_H
#define SCENE_MANNER_H

#include "scene/words.h"

/* A field that the scene may leave to the rules. */
struct said {
    bool is;
    int64_t value;
};

struct manner {
    struct said mss;
    struct said scale;
    struct said window;
    struct said ip_id;
    struct said isn;
    struct said timestamp; /* the value of one packet's */
    struct said echo;
    bool sack_permitted;
    bool timestamps;
    bool timestamps_said; /* whatever the peer offers */
    bool like_macos;
    uint8_t ttl;
};

void manner_init(struct manner *manner);

/*
 * Takes the next words if they are about the manner. *taken tells; false is
 * trouble.
 */
bool manner_read(struct manner *manner, struct words *words, bool *taken);

#endif
