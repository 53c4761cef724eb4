/* What fcgi.c, the requests, and fcgi_answer.c share. */
#ifndef HTTP_FCGI_INNER_H
#define HTTP_FCGI_INNER_H

#include "http/cgi_head.h"
#include "http/fcgi.h"
#include "http/fcgi_params.h"
#include "http/fcgi_record.h"

/*
 * The request that is open: it is asked until its STDIN ends, and answered
 * until END_REQUEST. What comes for another one, or for none, is passed over.
 */
struct fcgi {
    const struct http_sink *sink;
    struct conn *conn;
    struct head **spare; /* see head_take */
    struct fcgi_record record[2];
    uint64_t requests;
    uint64_t broken;
    struct fcgi_params *params;     /* owned; while they come */
    struct cgi_head head;           /* the answer's, while it comes */
    uint8_t body[FCGI_HEADER_SIZE]; /* of BEGIN_REQUEST or END_REQUEST */
    uint16_t id;
    uint8_t client;
    bool lost[2];  /* where its records begin is not known */
    bool asked;    /* its request goes on */
    bool answered; /* its answer does, or is awaited */
    bool begun;    /* some of the answer has come */
    bool head_done;
    bool aborted;     /* it ends as its web server wished */
    bool keeps;       /* FCGI_KEEP_CONN */
    bool stopped;     /* no more is read */
    uint64_t at[2];   /* how far each flow was read */
    uint64_t line_at; /* in the server's, where the latest line of a head is */
    struct mark mark;
};

/* An event of the open request, as of what is being read in that flow. */
struct http_event fcgi_event(const struct fcgi *fcgi, unsigned side,
                             enum http_event_kind kind);
void fcgi_say(const struct fcgi *fcgi, const struct http_event *event);
void fcgi_say_bytes(const struct fcgi *fcgi, unsigned side, size_t size,
                    size_t body);

/* It begins with the record whose header has just come. */
void fcgi_say_start(const struct fcgi *fcgi, unsigned side,
                    enum http_event_kind kind);

/* Some of the content of a record whose beginning is wanted. */
void fcgi_keep_body(struct fcgi *fcgi, const struct fcgi_record *record,
                    struct span piece);

/* The record of the server's that is being read is of the open request. */
bool fcgi_is_of_answer(const struct fcgi *fcgi);

/* Such a record begins; some of its content. */
void fcgi_begin_answer(struct fcgi *fcgi);
void fcgi_take_answer(struct fcgi *fcgi, struct span piece);

#endif
