/*
 * A rule answers one question about an incident and, when the answer is yes,
 * finds the words. All of them are rows of rules.def, in the order in which
 * they are asked.
 *
 * A predicate only judges. Words write symptom, confidence, explanation,
 * alternatives and advice; severity is that of the verdict unless set.
 */
#ifndef DIAGNOSE_RULES_H
#define DIAGNOSE_RULES_H

#include "diagnose/finding_builder.h"
#include "diagnose/scope.h"

struct rule {
    unsigned scopes; /* bits 1 << SCOPE_* */
    enum verdict code;
    bool (*holds)(const struct facts *f);
    void (*tell)(const struct facts *f, struct finding *finding);
    const char *signature; /* what it asks for, in one line for people */
};

enum {
    RULE_COUNT = 0
#define RULE(scopes, code, predicate, words, signature) +1
#include "diagnose/rules.def"
};

/* In the order of rules.def. */
extern const struct rule rule_list[];

bool rule_is_in(const struct rule *rule, enum scope scope);

/* The first of the scope's rules that holds, or NULL. */
const struct rule *rule_first(enum scope scope, const struct facts *f);

#define RULE(scopes, code, predicate, words, signature)                        \
    bool predicate(const struct facts *f);                                     \
    void words(const struct facts *f, struct finding *finding);
#include "diagnose/rules.def"

#endif
