/*
 * An incident is in one scope, and only the rules of that scope are asked:
 * what failed, how far it came, and what of it stands in spite of doubt.
 */
#ifndef DIAGNOSE_SCOPE_H
#define DIAGNOSE_SCOPE_H

#include "diagnose/facts.h"

enum scope {
#define SCOPE(id, slug, what) SCOPE_##id,
#include "diagnose/rules.def"
    SCOPE_COUNT
};

/*
 * The facts as the rules read them: a client that has only shut down its
 * sending side has not closed, and for one that had left the exchange ended
 * when it did.
 */
struct facts facts_for_rules(const struct facts *f);

/* Of facts_for_rules, with no doubt about the capture. */
enum scope scope_of(const struct facts *f);

/*
 * What does not depend on what the capture lacks: an ANYWAY_* scope, or
 * NOTHING. Of facts_of.
 */
enum scope scope_in_doubt(const struct facts *f);

/* Its short name, and what its incidents are, in words. */
const char *scope_slug(enum scope scope);
const char *scope_what(enum scope scope);

#endif
