/*
 * What clients, libraries and proxies print when an exchange fails, and which
 * codes are behind it. The table is explain.def.
 */
#ifndef REPORT_MESSAGE_H
#define REPORT_MESSAGE_H

#include "diagnose/finding.h"

enum {
    MESSAGE_CODES_FIRST = 6, /* as many are shown with their titles */
    MESSAGE_SAIDS = 4
};

/* A row of the table that is in a text. The strings are literals. */
struct said {
    const char *words; /* as explain.def describes */
    const char *who;
    const char *source;
    const char *note; /* what no packet can tell; NULL: nothing of it */
};

/* What a text may come from. */
struct message_codes {
    enum verdict code[VERDICT_COUNT]; /* the likeliest first, none twice */
    size_t count;                     /* 0: no packet tells; see the notes */
    size_t ranked; /* the order of as many is said; the rest is the catalogue's
                    */
    struct said said[MESSAGE_SAIDS]; /* the most telling first */
    size_t saids;
};

/*
 * Looks a text up, which may be of any length and hold any bytes. False when
 * nothing in it is known. Where several messages are in it, the codes are those
 * of the most telling one that the others allow as well.
 */
bool message_look_up(struct message_codes *codes, const char *text);

/* All codes of a symptom, in the catalogue's order. */
void message_of_symptom(struct message_codes *codes, enum symptom symptom);

#endif
