#include "diagnose/rules.h"

#include <assert.h>

/* As rules.def names them. */
enum {
#define SCOPE(id, slug, what) id = 1 << SCOPE_##id,
#include "diagnose/rules.def"
};

const struct rule rule_list[] = {
#define RULE(scopes, code, predicate, words, signature)                        \
    {scopes, VERDICT_##code, predicate, words, signature},
#include "diagnose/rules.def"
};

static_assert(sizeof rule_list / sizeof *rule_list == RULE_COUNT,
              "every rule is counted");

bool rule_is_in(const struct rule *rule, enum scope scope)
{
    return rule->scopes >> scope & 1;
}

const struct rule *rule_first(enum scope scope, const struct facts *f)
{
    for (const struct rule *rule = rule_list; rule < rule_list + RULE_COUNT;
         rule++) {
        if (rule_is_in(rule, scope) && rule->holds(f))
            return rule;
    }
    return NULL;
}
