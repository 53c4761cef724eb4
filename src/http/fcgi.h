/*
 * fcgi reads one FastCGI connection (FastCGI Specification 1.0) of a web server
 * to an application: each request, from BEGIN_REQUEST to the empty STDIN, and
 * what is answered on STDOUT until END_REQUEST, are the request and the
 * response of an exchange, with the events that HTTP/1 has. Their bytes are
 * those of the streams, without what frames them; what STDERR says is none of
 * the answer.
 *
 * One request at a time is read, as web servers send them. Where a second one
 * begins before the first has ended (3.3, multiplexing) the rest of the
 * connection is lost, and not judged.
 *
 * Made when the connection is found to speak FastCGI, freed with it.
 */
#ifndef HTTP_FCGI_H
#define HTTP_FCGI_H

#include "http/http.h"

struct fcgi;
struct head;

/* `client` is the index of the flow that carries the requests; `spare` is a
 * head that all of them share, see head_take. */
struct fcgi *fcgi_new(const struct http_sink *sink, struct conn *conn,
                      unsigned client, struct head **spare);
void fcgi_free(struct fcgi *fcgi);

void fcgi_data(struct fcgi *fcgi, unsigned side, const struct chunk *chunk);
void fcgi_gap(struct fcgi *fcgi, unsigned side, const struct chunk *gap);

/* The flow's bytes before were not seen: wait for a record to begin. */
void fcgi_lose(struct fcgi *fcgi, unsigned side);

/* Adds what fcgi knows to the connection's facts. */
void fcgi_tell(const struct fcgi *fcgi, struct http_facts *facts);

#endif
