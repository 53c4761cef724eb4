/*
 * Every answer to every question of rules.def about one incident, for who
 * wants to know why it was told so, or was not.
 */
#ifndef DIAGNOSE_WHY_H
#define DIAGNOSE_WHY_H

#include "diagnose/doubt.h"
#include "diagnose/rules.h"

struct why {
    struct facts facts; /* as the rules read them; borrowed from the incident */
    enum doubt doubt;   /* the first row that holds */
    enum doubt doubts[DOUBT_ROWS]; /* the reasons of the rows that hold */
    enum scope scope;  /* where the rules are asked, were there no doubt */
    enum scope anyway; /* in doubt: what stands all the same; else NOTHING */
    bool holds[RULE_COUNT];  /* of the scope's rules; all are asked here */
    bool stands[RULE_COUNT]; /* of the rules of `anyway` */

    /* What became of it, by whoever asked for it. */
    const struct finding *finding; /* NULL: nothing was told */
    bool hidden;                   /* what was found is, by an option */
    bool went_well;                /* it was never put before the rules */
};

/* Judges as `diagnose` does, `is_chain`: as diagnose_chain, and goes on after
 * the first yes. */
struct why diagnose_why(const struct diagnose_settings *settings,
                        const struct incident *incident,
                        const struct circumstances *around, bool is_chain);

#endif
