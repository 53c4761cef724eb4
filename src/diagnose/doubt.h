/*
 * Doubt about the capture is asked before anybody is blamed: what it lacks may
 * be the very thing that a judgement would rest on. The questions are rows of
 * rules.def.
 */
#ifndef DIAGNOSE_DOUBT_H
#define DIAGNOSE_DOUBT_H

#include "diagnose/facts.h"

enum {
    DOUBT_ROWS = 0
#define DOUBT(reason, predicate, signature) +1
#include "diagnose/rules.def"
};

struct doubt_row {
    enum doubt reason;
    bool (*holds)(const struct facts *f);
    const char *signature; /* what it asks for, in one line for people */
};

/* In the order of rules.def. */
extern const struct doubt_row doubt_list[];

/* Does the row hold? Of a SYN that nobody answered none does: one direction is
 * all there is of it. */
bool doubt_holds(const struct doubt_row *row, const struct facts *f);

/* Why such a row's doubt is one: of bytes that are missing, which way. */
enum doubt reason_of(const struct doubt_row *row, const struct facts *f);

/* Why the exchange is not judged: the first row that holds. */
enum doubt doubt_of(const struct facts *f);

/* An answer in TLS is no HTTP, and yet it says all: the port expects HTTPS. */
bool is_told_by_first_bytes(const struct facts *f);

/*
 * HTTP/2 that was joined midway: windows are not known, but who closed the
 * connection on an unfinished stream, and after which GOAWAY, is.
 */
bool is_told_by_close(const struct facts *f);

/* An RST_STREAM says what it says, whatever else was missed. */
bool is_told_by_reset(const struct facts *f);

#endif
