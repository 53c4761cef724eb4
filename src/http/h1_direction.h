/*
 * One direction of an HTTP/1 connection: an llhttp parser, and how far it has
 * come. It gives the messages of its flow as events.
 *
 *   LOST --a segment begins a message--> READING
 *     ^                                     |
 *     +---bytes missing, or no HTTP---------+
 *
 * Neither is read any further once a message has made the connection opaque
 * (h1_messages.h).
 */
#ifndef HTTP_H1_DIRECTION_H
#define HTTP_H1_DIRECTION_H

#include "http/h1_messages.h"
#include "http/head.h"
#include "http/http.h"

#include <llhttp.h>
#include <string.h>

enum h1_direction_state {
    H1_DIRECTION_READING,
    H1_DIRECTION_LOST
};

struct h1_direction {
    llhttp_t parser;
    struct h1_messages *messages;
    struct head *head;         /* while in a head */
    uint64_t stream;           /* of the message */
    uint64_t left;             /* body bytes to come, with FRAMING_LENGTH */
    uint64_t body;             /* body bytes in what is being read */
    struct mark at;            /* the segment being read */
    uint64_t offset;           /* how far it was read */
    uint8_t carry[SNIFF_SIZE]; /* while lost: what may begin a message */
    uint8_t carry_size;
    uint8_t side;
    uint8_t state;
    uint8_t framing;
    bool is_request;
    bool in_message;
    bool head_done;
    bool interim;  /* the message is a 1xx */
    bool no_body;  /* answer to HEAD, or CONNECT's 2xx */
    bool withheld; /* the latest whole head promised a body that its answer may
                      not have, to HEAD or of a 204 or 304, */
    uint64_t withheld_length; /* this long; HTTP_NO_LENGTH: in chunks */
    bool completed;           /* the parser has just seen the last byte */
    bool broken_before;       /* a parse error since the last whole message */
    bool asks_tunnel;         /* the latest request: CONNECT or Upgrade */
    bool has_length;   /* the head being read has a Content-Length, and it is */
    uint64_t length;   /* this */
    uint8_t last_byte; /* of the piece before */
    bool in_blanks;    /* behind a chunk's size, and */
    bool in_list;      /* in a Content-Length behind its first comma: */
    bool list_digits;  /* a number of it is being read, */
    uint64_t list_number; /* as far as this (h1_lenient.c) */
    const uint8_t *piece; /* what the parser reads; for that call */
    uint64_t value_at;    /* where the latest value of a field is in the flow */
    bool doubted;      /* bytes are missing: what is read may be no message */
    struct mark ended; /* the last whole message, if it was read just before;
                          not set: it was not */
};

void h1_direction_init(struct h1_direction *direction,
                       struct h1_messages *messages, unsigned side,
                       bool is_request);
void h1_direction_release(struct h1_direction *direction);

/* Gives how many bytes at the end were not read: it is opaque, or lost. */
size_t h1_direction_read(struct h1_direction *direction,
                         const struct chunk *chunk);
void h1_direction_skip(struct h1_direction *direction, const struct chunk *gap);
void h1_direction_end(struct h1_direction *direction, struct mark at);

/* A parser that is lenient: see h1_lenient.c. */
void h1_init_parser(struct h1_direction *direction,
                    const llhttp_settings_t *settings);

/*
 * Obsolete forms that stop the parser, `taken` bytes into the piece: true, it
 * goes on from there. While in_blanks: how many bytes of the next piece are
 * some. While in_list: takes more of the field, and its end; false: it is none.
 */
bool h1_reads_on(struct h1_direction *direction, llhttp_errno_t error,
                 struct span piece, size_t taken);
size_t h1_skip_blanks(struct h1_direction *direction, struct span bytes);
bool h1_takes_list(struct h1_direction *direction, struct span piece);
bool h1_ends_list(struct h1_direction *direction);

/*
 * What is wrong where `error` stopped the parser, `taken` bytes into the piece;
 * `began`: the message began in it. Says it, where it is sure.
 */
void h1_say_fault(const struct h1_direction *direction, llhttp_errno_t error,
                  struct span piece, size_t taken, bool began);

/* The same Content-Length again, or (`unlike`) another one. */
void h1_say_second_length(const struct h1_direction *direction, bool unlike);

/* Bytes behind a whole request that begin no other one. Says it. */
bool h1_is_stray(const struct h1_direction *direction, struct span bytes);

/* What llhttp calls; parser->data is the direction. */
extern const llhttp_settings_t h1_direction_settings;

/* An event of the direction's message, as of what is being read. Made in place:
 * a copy of what was just written costs more than writing it. */
static inline void h1_direction_event(const struct h1_direction *direction,
                                      enum http_event_kind request,
                                      enum http_event_kind response,
                                      struct http_event *event)
{
    memset(event, 0, sizeof *event);
    event->kind = direction->is_request ? request : response;
    event->side = direction->side;
    event->stream = direction->stream;
    event->at = direction->at;
    event->offset = direction->offset;
}

#endif
