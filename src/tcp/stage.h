/*
 * How a connection comes and goes: the stage it is in, told as it changes, to
 * who counts connections; whose ports it has; and the SYN that is answered by
 * an ACK of something else.
 *
 *     SYN --> nothing, SYN again | RST | SYN, ACK | ACK --> RST, SYN again
 *
 * The last one is an old connection's socket, in TIME-WAIT or still open (RFC
 * 9293, 3.10.7.3 and 3.10.7.4; RFC 5961, 4.2): the client says by its RST that
 * it knows of none, and begins again.
 */
#ifndef TCP_STAGE_H
#define TCP_STAGE_H

#include "tcp/table.h"

/* Who is told. `moved`: NULL: nobody. conn->stage is the new one; the same as
 * `was`: the SYN came again. */
struct stage_watch {
    void *context;
    void (*moved)(void *context, const struct conn *conn, enum conn_stage was);
};

/* As nearly all: it is open, and goes on. */
static inline bool stage_is_settled(const struct conn *conn)
{
    return conn->stage == CONN_OPEN && !mark_is_set(conn->over);
}

/* A segment of it has come. */
void stage_follow(const struct stage_watch *watch, struct conn *conn,
                  const struct segment *segment);

/* It is followed no longer. */
void stage_end(const struct stage_watch *watch, struct conn *conn);

/* A SYN comes now from the ports of that connection, to take its place. */
struct ports stage_ports_of(const struct conn *before, nanos now);

/* The server says an ACK that does not answer the SYN. */
void stage_note_stray(struct conn *conn, const struct segment *segment);

/*
 * Is it the RST by which the client answers such an ACK? Then the connection is
 * challenged; its SYN still waits.
 */
bool stage_is_challenged(struct conn *conn, const struct segment *segment,
                         unsigned side);

/* The same of a SYN that waits on the ports of another (tcp.c). */
void stage_follow_claim(struct conn *conn, const struct segment *segment);

#endif
