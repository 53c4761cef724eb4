/* Facts about what stood still, that rules and words share. */
#ifndef DIAGNOSE_FACTS_STALL_H
#define DIAGNOSE_FACTS_STALL_H

#include "diagnose/facts.h"

/* Who waits in vain for whom. */
struct silence {
    const struct episode *episode;
    const struct flow *silent;
    enum witness waits; /* FROM_CLIENT: the server is silent */
};

/* As long as the stall threshold, or longer. */
bool is_long(const struct facts *f, nanos lasted);

/* Sent again for the stall threshold, to the end. `note` may be NULL. */
bool never_acknowledged(const struct facts *f, const struct episode *episode);

/* Sent again and again, or probed, and not a packet came back: who waits? */
bool find_silence(const struct facts *f, struct silence *silence);

/* Later bytes of the response came, and those before them never did: the last
 * of those that came. Not set: there is no such hole. */
struct mark hole_since(const struct facts *f);

/* The window was zero for the threshold, and probed. `note` may be NULL. */
bool is_stalled_by_window(const struct facts *f, const struct episode *episode);

/* The bytes that were sent again for the threshold, if any: the client's, or
 * else the server's. NULL: none. */
const struct episode *loss_of(const struct facts *f);

/* A constant delay of several aborts, of all clients or of this one, is the
 * client's own timeout. */
bool is_client_timeout(const struct facts *f);

/* That, and the aborts that tell it. */
bool find_client_timeout(const struct facts *f, struct durations *gave_up);

/* Most answers of the server took longer than the client waited. */
bool left_within_usual_time(const struct facts *f);

/*
 * A body of unknown length may be silent because there is nothing to say:
 * events to come, a watch. Then the silence is told, nobody is accused.
 */
bool may_be_a_stream(const struct facts *f);

/* The client has asked for 100 Continue, and not got it. */
bool waits_for_continue(const struct facts *f);

/*
 * That nothing came to the capture's end rests on the recording of this
 * connection, which may have ended before others did.
 */
bool may_go_on_unseen(const struct facts *f);

#endif
