/*
 * The route of a request: its method and its path, without the query, with
 * what names one thing of many folded, so that requests for the same work are
 * one route.
 *
 *     GET /users/1234/photos/9.jpg?size=2   GET /users/{id}/photos/{id}.jpg
 *     POST /shop.Orders/Place (gRPC)        as it is
 */
#ifndef INFER_ROUTE_NAME_H
#define INFER_ROUTE_NAME_H

#include "model/exchange.h"

enum {
    ROUTE_PATH_LIMIT = 256,
    ROUTE_NAME_WORD = 8,
    /* each "{id}" may be longer than what it stands for */
    ROUTE_NAME_SIZE =
        EXCHANGE_METHOD_LIMIT + ROUTE_PATH_LIMIT + 8 + ROUTE_NAME_WORD
};

struct route_name {
    size_t method;              /* bytes of it; the path follows */
    size_t size;                /* of both */
    char text[ROUTE_NAME_SIZE]; /* with zeros up to a word's end */
};

/*
 * False when the request was not seen, or not understood. Of a path that is too
 * long the parts that do not fit are "...", each as a whole.
 */
bool route_name_of(struct route_name *name, const struct exchange *x);

/* Does that part of a path name one thing of many? Numbers, dates, UUIDs, long
 * hexadecimal ones, long ones that look random. */
bool route_part_is_id(struct span part);

#endif
