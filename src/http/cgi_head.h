/*
 * The header section that a CGI program's output begins with (RFC 3875, 6.2
 * and 6.3): lines of "name: value", an empty one, and Status in place of a
 * status line.
 */
#ifndef HTTP_CGI_HEAD_H
#define HTTP_CGI_HEAD_H

#include "base/text.h"
#include "http/head.h"

enum {
    CGI_LINE_SIZE = 384 /* of more nothing is wanted */
};

struct cgi_head {
    struct head *head; /* owned; NULL: not begun, or done */
    struct text line;  /* being read */
    uint64_t length;   /* Content-Length; HTTP_NO_LENGTH: none */
    uint16_t status;   /* 0: it does not say */
    bool has_location;
    bool is_bad;           /* the latest line is none of a header section, */
    bool is_taken_by_some; /* though web servers are known that accept it */
};

/* Begins one; `spare` as head_take has it. */
void cgi_head_begin(struct cgi_head *cgi, struct head **spare);
void cgi_head_release(struct cgi_head *cgi, struct head **spare);

/*
 * Takes the bytes up to the end of a line. Gives how many these were; *done:
 * the empty line was there. After the call, with is_bad set, `line` is the line
 * that cannot be one.
 */
size_t cgi_head_take(struct cgi_head *cgi, struct span bytes, bool *done);

/* What comes next begins a line. */
bool cgi_head_begins_line(const struct cgi_head *cgi);

/* What it says, once it is done; the spans borrow from it. */
struct http_head cgi_head_tell(const struct cgi_head *cgi);

#endif
