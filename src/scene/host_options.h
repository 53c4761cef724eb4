/*
 * Host options say how a host writes its packets: the options it offers, its
 * TTL, its windows. An end has them, and a packet may depart from them.
 */
#ifndef SCENE_HOST_OPTIONS_H
#define SCENE_HOST_OPTIONS_H

#include "scene/words.h"

/* A field that the scene may leave to the rules. */
struct said {
    bool is;
    int64_t value;
};

struct host_options {
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

void host_options_init(struct host_options *options);

/*
 * Takes the next words if they are a host option. *taken tells; false is
 * trouble.
 */
bool host_options_read(struct host_options *options, struct words *words,
                       bool *taken);

#endif
