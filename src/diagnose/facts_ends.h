/* Facts about how an exchange began and ended, that rules and words share. */
#ifndef DIAGNOSE_FACTS_ENDS_H
#define DIAGNOSE_FACTS_ENDS_H

#include "diagnose/facts.h"

/* What the first bytes of a side were. */
enum sniffed began_with(const struct facts *f, unsigned side);

/* The server sent not a byte, as far as the capture has it. */
bool server_said_nothing(const struct facts *f);

/* How long nothing of the request had come when the server acted: answered,
 * closed, or reset the stream. */
nanos request_quiet(const struct facts *f);

/* From the request's end to the answer's beginning. */
/* 400, 408, 502 to 504: what is said of a request that does not come to its
 * end. */
bool is_answer_to_slowness(const struct facts *f);
nanos answer_delay(const struct facts *f);

/* The client's TCP window was zero for half the stall threshold or longer. */
bool is_slow_reader(const struct facts *f);

/* The client broke TLS off: it could not decrypt what the server's side sent
 * (RFC 8446, 6.2: bad_record_mac). */
bool is_bad_record_to_client(const struct facts *f);

/*
 * A body that was cut short and then left alone until an idle timeout: known
 * as such only when that timeout is known.
 */
bool pause_is_idle_timeout(const struct facts *f);

/*
 * The server's FIN is not in the capture, but the client acknowledged it, and
 * the next request met a host that had no such socket any more.
 */
bool is_race_with_unseen_fin(const struct facts *f);

/*
 * The server's process ended, or its connections were all closed at once. Gives
 * what ended with it.
 */
bool is_in_shutdown(const struct facts *f, struct cluster *cluster);

/* Nothing that was open at the server's close is known to have lived on. */
bool may_be_shutdown(const struct facts *f);

/* The client's connections, of unlike age, all ended in one instant. */
bool is_client_exit(const struct facts *f);

/* So did others of the client, and that is all that is known. */
bool client_left_together(const struct facts *f);

/* From the last byte of the answer to its end. */
nanos answer_silence(const struct facts *f);

/* HTTP was said to a server that greets in another protocol. */
bool is_told_by_banner(const struct facts *f);

/* The server closed others in the same instant, whatever became of the rest. */
bool ends_with_others(const struct facts *f);

/* An RST in the name of each side ended it, in one instant. */
bool is_reset_to_both(const struct facts *f);

/*
 * The last that the server sent is missing, and was acknowledged before its
 * client closed: a FIN may have been there, too.
 */
bool may_have_closed_unseen(const struct facts *f);

#endif
