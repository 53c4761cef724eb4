/*
 * Requests carry secrets. Whatever text of the wire is shown, by whichever
 * renderer, goes through here: what may be a secret becomes ***, and bytes
 * that could steer a terminal are escaped.
 *
 *     ?token=abc  ;jsessionid=abc  #access_token=abc  "password": "abc"
 *     http://user:pw@host  a JSON Web Token  a long random-looking word
 *
 * Percent-encoding, however deep, hides neither a name nor a value: a URL
 * inside a value is looked into. Names that suggest a secret are in one table.
 * Of doubt *** comes of it: a reader misses little, a secret told stays told.
 */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/text.h"

enum mask_kind {
    MASK_TARGET,    /* a request target (RFC 9112, 3.2), or a URL */
    MASK_AUTHORITY, /* Host, :authority: random-looking labels are shown */
    MASK_TEXT       /* anything else: words of the other side */
};

/* Adds `wire` as it may be shown; with `show_secrets` all of it, escaped. */
void mask_add(struct text *text, struct span wire, enum mask_kind kind,
              bool show_secrets);

#endif
