/*
 * The records of one direction of a FastCGI connection (FastCGI Specification
 * 1.0, 3.3): a header of eight bytes, content, padding.
 */
#ifndef HTTP_FCGI_RECORD_H
#define HTTP_FCGI_RECORD_H

#include "base/span.h"
#include "tcp/conn.h"

enum {
    FCGI_HEADER_SIZE = 8,
    FCGI_BEGIN_SIZE = 16 /* a whole BEGIN_REQUEST record without padding */
};

/* 8. Types of records. */
enum fcgi_type {
    FCGI_BEGIN_REQUEST = 1,
    FCGI_ABORT_REQUEST,
    FCGI_END_REQUEST,
    FCGI_PARAMS,
    FCGI_STDIN,
    FCGI_STDOUT,
    FCGI_STDERR,
    FCGI_DATA,
    FCGI_GET_VALUES,
    FCGI_GET_VALUES_RESULT,
    FCGI_UNKNOWN_TYPE
};

/* The record being read. */
struct fcgi_record {
    struct mark at;   /* of its first byte */
    uint64_t offset;  /* of that, in the flow */
    uint32_t content; /* bytes of it still to come, */
    uint32_t padding; /* and of the padding */
    uint32_t length;  /* of the content, as the header says */
    uint16_t id;
    uint8_t type;
    uint8_t head[FCGI_HEADER_SIZE];
    uint8_t head_size; /* of the header, bytes that have come */
};

enum fcgi_step {
    FCGI_MORE,    /* all was taken, and nothing is complete */
    FCGI_HEAD,    /* the header of a record is */
    FCGI_CONTENT, /* some of its content */
    FCGI_BAD      /* it is no header */
};

/*
 * Takes the next bytes off `rest`, which begin at `offset` and came with the
 * segment `at`. `taken` are those, borrowed.
 */
enum fcgi_step fcgi_record_read(struct fcgi_record *record, struct span *rest,
                                uint64_t offset, struct mark at,
                                struct span *taken);

/* Its header is there, and all of its content. */
bool fcgi_record_is_whole(const struct fcgi_record *record);

/* So many bytes are missing: gives how many of them are not in the content or
 * the padding of this record, and takes the others off them. */
uint64_t fcgi_record_skip(struct fcgi_record *record, uint64_t size);

/* The bytes begin with a header that the application may send for request
 * `id`. */
bool fcgi_is_answer(struct span bytes, uint16_t id);

/* They begin with one of those that an application sends at all. */
bool fcgi_is_record(struct span bytes);

/*
 * What a connection begins with: 3, the header and the body of BEGIN_REQUEST
 * (5.1), or GET_VALUES for one of the three names that there are (4.1). True
 * also where the bytes end before they could be anything else.
 */
bool fcgi_may_begin(struct span first);

/* As many are enough to tell. */
bool fcgi_begins(struct span first);

#endif
