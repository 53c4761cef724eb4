/*
 * What the model keeps of one connection, and how events change it and its
 * exchanges.
 */
#ifndef MODEL_MODEL_CONN_H
#define MODEL_MODEL_CONN_H

#include "model/waiting.h"

enum {
    SOFTWARE_SIZE = 64
};

struct model_conn {
    struct waiting waiting; /* unfinished */
    struct exchange *told;  /* owned; the latest that was told as complete:
                               more may come behind its end. NULL: none */
    uint32_t orphans;
    uint16_t orphan_status;
    struct mark said_408; /* HTTP/1: unasked, on a connection of which all that
                             the client sent is there */
    uint64_t exchanges;
    uint64_t complete;
    uint64_t crowded_out;
    struct mark last_response_end;
    struct mark last_reset;
    struct mark
        said_close; /* HTTP/1: a whole response with Connection: close */
    uint64_t said_close_by; /* number of its exchange */
    uint32_t keep_alive;
    enum close_word last_close_word;
    bool bare_end;
    char server_software[SOFTWARE_SIZE];
    char client_software[SOFTWARE_SIZE];
};

/* Events of the request, of the response, and of bytes that are missing inside
 * a body of known length. */
void model_take_request(struct model_conn *state, struct exchange *x,
                        const struct http_event *event);
void model_take_response(struct model_conn *state, const struct conn *conn,
                         struct exchange *x, const struct http_event *event);
void model_take_skipped(struct message *message,
                        const struct http_event *event);

#endif
