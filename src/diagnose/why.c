#include "diagnose/why.h"

static void ask_all(enum scope scope, const struct facts *f,
                    bool holds[static RULE_COUNT])
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        holds[i] = rule_is_in(&rule_list[i], scope) && rule_list[i].holds(f);
}

struct why diagnose_why(const struct diagnose_settings *settings,
                        const struct incident *incident,
                        const struct circumstances *around, bool is_chain)
{
    struct facts f = facts_of(settings, incident, around);
    struct why why = {.facts = facts_for_rules(&f), .doubt = doubt_of(&f)};

    for (size_t i = 0; i < DOUBT_ROWS; i++) {
        if (doubt_holds(&doubt_list[i], &f))
            why.doubts[i] = reason_of(&doubt_list[i], &f);
    }
    why.scope = is_chain ? SCOPE_CHAIN : scope_of(&why.facts);
    ask_all(why.scope, &why.facts, why.holds);
    if (why.doubt) {
        why.anyway = scope_in_doubt(&f);
        ask_all(why.anyway, &f, why.stands);
    }
    return why;
}
