/* An address and port as a scene writes them. */
#ifndef SCENE_ADDRESS_H
#define SCENE_ADDRESS_H

#include "scene/packet.h"
#include "scene/words.h"

/* Takes 10.0.0.1:80 or [2001:db8::1]:80. */
bool address_read(struct words *words, struct packet_address *address,
                  uint16_t *port);

#endif
