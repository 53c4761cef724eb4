/* base64url (RFC 4648, 5), in which HTTP/1.1 carries HTTP2-Settings. */
#ifndef HTTP_H2_BASE64_H
#define HTTP_H2_BASE64_H

#include "base/span.h"

enum {
    H2_SETTINGS_SIZE = 192
};

/*
 * Gives the bytes, in `to`; empty when the text is not base64url, or more than
 * fits. The padding may be there.
 */
struct span h2_read_base64url(struct span text,
                              uint8_t to[static H2_SETTINGS_SIZE]);

#endif
