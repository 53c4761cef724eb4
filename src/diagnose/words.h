/* Words that several rules' findings share. */
#ifndef DIAGNOSE_WORDS_H
#define DIAGNOSE_WORDS_H

#include "diagnose/finding_builder.h"

/*
 * Go net/http writes through a buffer of 4096 bytes (server.go,
 * newBufioWriterSize): what never filled it was never sent.
 */
enum {
    WRITE_BUFFER = 4096
};

/* The symptom of a response that the server's close ended. */
enum symptom symptom_of_close(const struct facts *f);

/* "The server" with its software where the Server field named it. */
const char *name_server(const struct facts *f, struct finding *finding);

/* What --write-timeout, successes and failures say together. */
void tell_timeout_fit(const struct facts *f, struct finding *finding);

/*
 * For what calls itself a proxy: that the leg behind it tells why, and where
 * to look.
 */
void tell_proxy(const struct facts *f, struct finding *finding);

/* What of the response came, and where it was cut. */
void tell_unsent(const struct facts *f, struct finding *finding);

/* Where to look when a request does not go on. */
void advise_slow_request(struct finding *finding);

/* The end of the process, where no other connection is known to have lived on;
 * where others ended in the same instant it is possible, and no more. */
void offer_shutdown(const struct facts *f, struct finding *finding);

/* Of a cause that is certain the title is no guess. */
void title_when_certain(struct finding *finding);

/* The snap length cut the request: what rests on its end is possible. */
void weigh_cut_request(const struct facts *f, struct finding *finding);

/* An answer, or the rest of one, that came when its client had left. */
void tell_late_answer(const struct facts *f, struct finding *finding);

#endif
