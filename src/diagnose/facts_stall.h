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

/*
 * Bytes of this flow came, those before them did not, and its reader has not
 * acknowledged them: they are lost on the way, not in the capture.
 */
bool has_unfilled_hole(const struct flow *flow);

/* How long that lasted, to the end of what is judged. */
nanos hole_lasted(const struct facts *f, const struct flow *flow);

/*
 * The request is not whole, since bytes of it are lost on the way: its sender
 * sends them again for the threshold, or later ones came.
 */
bool is_request_lost(const struct facts *f);

/*
 * The server sent again and again what its client acknowledges each time, and
 * nothing new: the acknowledgements do not reach it.
 */
bool is_unheard_by_server(const struct facts *f);

/* The same, in the longest pause of an answer that went on. */
bool was_unheard_by_server(const struct facts *f);

/* As long as the stall threshold, or longer. */
bool is_long(const struct facts *f, nanos lasted);

/* Sent again for the stall threshold, to the end. The episode may be
 * NULL. */
bool never_acknowledged(const struct facts *f, const struct episode *episode);

/* Sent again and again, or probed, and not a packet came back: who waits? */
bool find_silence(const struct facts *f, struct silence *silence);

/* The window was zero for the threshold, and probed. The episode may
 * be NULL. */
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

/* Nobody has closed yet, and most answers on this route took longer than it has
 * waited so far: a long poll. */
bool waits_within_usual_time(const struct facts *f);

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
