/*
 * diagnose takes an incident, its circumstances, and the settings, and gives a
 * finding or none. It is a pure function of these: a decision list (rules.def)
 * in which doubt about the capture is asked before anybody is blamed.
 *
 *     incident ------+
 *     circumstances -+-> facts --> doubts and rules, in order
 *     settings ------+                 --> finding | doubt | nothing
 */
#ifndef DIAGNOSE_DIAGNOSE_H
#define DIAGNOSE_DIAGNOSE_H

#include "diagnose/circumstances.h"
#include "diagnose/finding.h"

struct diagnose_settings {
    nanos stall_threshold; /* 1 s unless the user says otherwise */
    nanos timeout_floor;   /* closes sooner than this are no timeouts */
    nanos leak_threshold;  /* how long a half-closed connection may stay */
    nanos write_timeout;   /* as the user knows it; 0: not stated */
    nanos idle_timeout;    /* as the user knows it; 0: not stated */
    bool show_secrets;     /* in what findings quote of the wire */
};

/* What the user gets when nothing is said. */
struct diagnose_settings diagnose_defaults(void);

/*
 * Could the incident need a diagnosis at all? Cheap: asked of each exchange
 * that is complete, before anything is copied. It stands beside the rules of
 * such exchanges, in rules_complete.c.
 */
bool diagnose_wants_complete(const struct diagnose_settings *settings,
                             const struct conn *conn, const struct exchange *x);

/* The same for one that was complete, by what came behind it. */
bool diagnose_wants_late(const struct outcome *outcome,
                         const struct exchange *x);

/* The same for a connection that is over and has nothing unfinished. */
bool diagnose_wants_connection(const struct diagnose_settings *settings,
                               const struct outcome *outcome);

/*
 * Judges an incident, which stays the caller's. Where there is something to
 * say, *finding becomes a new finding, whole by itself; the caller gives it to
 * finding_free. Else *finding is left alone: with DOUBT_NONE it went well, or
 * nothing can be said of it. In doubt, what does not depend on it is found all
 * the same.
 */
enum doubt diagnose(const struct diagnose_settings *settings,
                    const struct incident *incident,
                    const struct circumstances *around,
                    struct finding **finding);

/* False: it is in doubt, and nothing can be said of it all the same. */
bool diagnose_is_judged(const struct diagnose_settings *settings,
                        const struct incident *incident,
                        const struct circumstances *around);

void finding_free(struct finding *finding);

/*
 * Of a request that its client gave up: are that client's limit and the
 * server's the wrong way round? A finding, which the caller owns and which
 * borrows the incident; NULL: they are not, or are not known.
 */
struct finding *diagnose_chain(const struct diagnose_settings *settings,
                               const struct incident *incident,
                               const struct circumstances *around);

/* The turn ledger of an exchange, as a finding of it would have it. */
struct turns diagnose_turns(const struct diagnose_settings *settings,
                            const struct incident *incident,
                            const struct circumstances *around);

#endif
