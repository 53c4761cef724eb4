/*
 * h1 reads one HTTP/1 connection: requests in one flow, responses in the
 * other, paired in order (RFC 9112, 9.3.2). Bytes that are missing are
 * skipped exactly where a body's length is known; elsewhere h1 waits for a
 * segment that begins a message.
 *
 * Made when the connection is found to speak HTTP/1, freed with it.
 */
#ifndef HTTP_H1_H
#define HTTP_H1_H

#include "http/http.h"

struct h1;
struct head;

/* `client` is the index of the flow that carries the requests; `spare` is a
 * head that all of them share, see head_take. */
struct h1 *h1_new(const struct http_sink *sink, struct conn *conn,
                  unsigned client, struct head **spare);
void h1_free(struct h1 *h1);

/* Gives how many bytes at its end were left: h1 does not read them. */
size_t h1_data(struct h1 *h1, unsigned side, const struct chunk *chunk);
void h1_gap(struct h1 *h1, unsigned side, const struct chunk *gap);
void h1_end(struct h1 *h1, unsigned side, struct mark at);

/* The flow's bytes before were not seen: wait for a message to begin. */
void h1_lose(struct h1 *h1, unsigned side);

/* It is a tunnel that CONNECT made, and the chunk is the first of its client's
 * there and begins with a request, or HTTP/2's preface. */
bool h1_carries_http(struct h1 *h1, unsigned side, const struct chunk *chunk);

/* How many requests there were; and a new one goes on to count from there. */
uint64_t h1_requests(const struct h1 *h1);
void h1_count_on(struct h1 *h1, uint64_t requests);

/* A 101 has made it HTTP/2: what comes next is for h2. */
bool h1_is_h2_now(const struct h1 *h1);

/* The request that it answers, the next one that had no answer. */
struct h2_upgrade h1_upgrade(const struct h1 *h1);

/* Adds what h1 knows to the connection's facts. */
void h1_tell(const struct h1 *h1, struct http_facts *facts);

#endif
