/*
 * The comments that a recording has of one finding: a copy of its words and of
 * the frames it cites, for the finding itself is gone or revised by the
 * time the recording is written. Its texts are visible UTF-8.
 */
#ifndef RECORD_COMMENTS_H
#define RECORD_COMMENTS_H

#include "base/text.h"
#include "diagnose/finding.h"

struct comments_evidence {
    uint64_t frame; /* frame.number */
    const char *what;
};

struct comments {
    struct comments *next; /* of the same connection */
    uint64_t id;           /* of the finding */
    enum verdict code;
    enum severity severity;
    enum confidence confidence;
    nanos failed;    /* when: the close, or the last sign of life */
    uint64_t ended;  /* the frame of that; 0: none */
    uint64_t first;  /* the connection's first frame */
    bool has_random; /* of TLS: the client's */
    bool has_inner;  /* of TLS in TLS: the same */
    uint8_t random[TLS_RANDOM_SIZE];
    uint8_t inner_random[TLS_RANDOM_SIZE];
    const char *client;
    const char *server;
    const char *title;
    const char *explanation; /* "": none */
    const char *advice[FINDING_ADVICE_MAX];
    size_t advices;
    struct comments_evidence evidence[FINDING_EVIDENCE_MAX];
    size_t evidences;
    struct arena arena;
};

/*
 * Copies what it needs; `now` is the time of the failure when the finding
 * does not say. The caller owns it.
 */
struct comments *comments_new(const struct finding *finding, nanos now);
void comments_free(struct comments *comments);

/* "whyeof: CODE (severity, confidence): " and what follows. */
void comments_add_line(const struct comments *comments, const char *what,
                       struct text *text);

/* The title as such a line, and the explanation in a second one. */
void comments_add_headline(const struct comments *comments, struct text *text);

/* Adds an endpoint as it may stand in a file name: 10.0.0.2-8080, --1-80. */
void comments_add_file_endpoint(const char *endpoint, struct text *text);

#endif
