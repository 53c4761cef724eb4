/*
 * A rule answers one question about an incident and, when the answer is yes,
 * finds the words. Rules are asked in the order of the list in diagnose.c: a
 * rule may assume that every rule above it has said no.
 *
 * `holds` only judges. `tell` writes symptom, confidence, explanation,
 * alternatives and advice; severity is that of the verdict unless set.
 */
#ifndef DIAGNOSE_RULES_H
#define DIAGNOSE_RULES_H

#include "diagnose/finding_builder.h"

struct rule {
    enum verdict code;
    bool (*holds)(const struct facts *f);
    void (*tell)(const struct facts *f, struct finding *finding);
};

/* Lists end with a row without `holds`. */
extern const struct rule mismatch_rule[]; /* told by the first bytes alone */
extern const struct rule connect_rule[];  /* a connection without exchanges */
extern const struct rule complete_rule[]; /* an exchange that is complete */
extern const struct rule path_rule[];     /* what lies between the two ends */
extern const struct rule request_rule[];  /* the request is not complete */
extern const struct rule close_rule[];    /* the server closed first */
extern const struct rule abort_rule[];    /* the same, for no timeout */
extern const struct rule stall_rule[];    /* packets go into silence */
extern const struct rule window_rule[];   /* TCP's windows */
extern const struct rule hang_rule[];     /* nothing moves, whoever gives up */
extern const struct rule client_rule[];   /* the client closed first */

extern const struct rule h2_window_rule[]; /* HTTP/2: flow control */
extern const struct rule h2_reset_rule[];  /* HTTP/2: RST_STREAM, the limit */
extern const struct rule h2_close_rule[];  /* HTTP/2: the connection ended */
extern const struct rule h2_connection_rule[]; /* HTTP/2: no stream to blame */

/* A side's TCP window was zero for the threshold, and its peer probed. */
bool is_zero_window_stall(const struct facts *f);

/* How long nothing of the request had come when the server acted: answered,
 * closed, or reset the stream. */
nanos request_quiet(const struct facts *f);

/* Where to look when a request does not go on. */
void advise_slow_request(struct finding *finding);

/* HTTP/2: the response's sender had used up a window when it ended. */
bool ended_while_blocked(const struct facts *f);

/* The name of an error code (RFC 9113, 7). */
const char *h2_code_name(uint32_t code);

/*
 * The server's FIN is not in the capture, but the client acknowledged it, and
 * the next request met a host that had no such socket any more.
 */
bool is_race_with_unseen_fin(const struct facts *f);

/* The symptom of a response that the server's close ended. */
enum symptom symptom_of_close(const struct facts *f);

/* Shared words: what --write-timeout, successes and failures say together. */
void tell_timeout_fit(const struct facts *f, struct finding *finding);

/* What of the response came, and where it was cut. */
void tell_unsent(const struct facts *f, struct finding *finding);

/* "the server" with its software where the Server field named it. */
const char *name_server(const struct facts *f, struct finding *finding);

#endif
