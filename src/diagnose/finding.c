#include "diagnose/finding.h"

#include <assert.h>

static const struct {
    const char *slug;
    enum severity severity;
    const char *title;
} verdict[] = {
#define VERDICT(id, slug, severity, title, ...)                                \
    [VERDICT_##id] = {slug, SEVERITY_##severity, title},
#include "diagnose/verdicts.def"
#undef VERDICT
};

static_assert(sizeof verdict / sizeof *verdict == VERDICT_COUNT,
              "every verdict has its row");

const char *verdict_slug(enum verdict code)
{
    return verdict[code].slug;
}

const char *verdict_title(enum verdict code)
{
    return verdict[code].title;
}

enum severity verdict_severity(enum verdict code)
{
    return verdict[code].severity;
}

enum verdict verdict_by_slug(const char *slug)
{
    for (size_t i = 0; i < VERDICT_COUNT; i++) {
        if (strcmp(verdict[i].slug, slug) == 0)
            return (enum verdict)i;
    }
    return VERDICT_NONE;
}

const char *severity_name(enum severity severity)
{
    static const char *const name[] = {
        [SEVERITY_INFO] = "info",
        [SEVERITY_WARNING] = "warning",
        [SEVERITY_ERROR] = "error",
    };

    static_assert(sizeof name / sizeof *name == SEVERITY_COUNT,
                  "every severity has its name");
    return name[severity];
}

const char *confidence_name(enum confidence confidence)
{
    static const char *const name[] = {
        [CONFIDENCE_POSSIBLE] = "possible",
        [CONFIDENCE_LIKELY] = "likely",
        [CONFIDENCE_CERTAIN] = "certain",
    };

    static_assert(sizeof name / sizeof *name == CONFIDENCE_COUNT,
                  "every confidence has its name");
    return name[confidence];
}

const char *retry_name(enum retry retry)
{
    static const char *const name[] = {[RETRY_NONE] = NULL,
                                       [RETRY_UNKNOWN] = "unknown",
                                       [RETRY_SAFE] = "safe",
                                       [RETRY_UNSAFE] = "unsafe"};

    static_assert(sizeof name / sizeof *name == RETRY_COUNT,
                  "every answer needs its name");
    return name[retry];
}

const char *standing_name(enum standing standing)
{
    static const char *const name[] = {
        [STANDING_SETTLED] = "settled",
        [STANDING_GOES_ON] = "ongoing",
        [STANDING_WITHDRAWN] = "withdrawn",
    };

    return name[standing];
}

const char *symptom_name(enum symptom symptom)
{
    static const char *const name[] = {
        [SYMPTOM_NONE] = "none",
        [SYMPTOM_EMPTY_REPLY] = "empty-reply",
        [SYMPTOM_TRUNCATED] = "truncated",
        [SYMPTOM_RESET] = "reset",
        [SYMPTOM_HANG] = "hang",
        [SYMPTOM_REFUSED] = "refused",
        [SYMPTOM_CONNECT_TIMEOUT] = "connect-timeout",
        [SYMPTOM_ERROR_STATUS] = "error-status",
        [SYMPTOM_SLOW] = "slow",
        [SYMPTOM_REJECTED] = "rejected",
        [SYMPTOM_TLS_ERROR] = "tls-error",
        [SYMPTOM_TUNNEL_CUT] = "tunnel-cut",
    };

    static_assert(sizeof name / sizeof *name == SYMPTOM_COUNT,
                  "every symptom has its name");
    return name[symptom];
}

const char *symptom_words(enum symptom symptom)
{
    static const char *const words[] = {
        [SYMPTOM_NONE] = "nothing",
        [SYMPTOM_EMPTY_REPLY] =
            "the connection closes without a byte of an answer (empty-reply)",
        [SYMPTOM_TRUNCATED] = "an answer that is cut (truncated)",
        [SYMPTOM_RESET] = "a reset (reset)",
        [SYMPTOM_HANG] = "no answer, or no more of it: it waits (hang)",
        [SYMPTOM_REFUSED] = "a refused connection (refused)",
        [SYMPTOM_CONNECT_TIMEOUT] =
            "no connection: nobody answers (connect-timeout)",
        [SYMPTOM_ERROR_STATUS] = "an error status (error-status)",
        [SYMPTOM_SLOW] = "a slow answer (slow)",
        [SYMPTOM_REJECTED] = "bytes that it cannot accept (rejected)",
        [SYMPTOM_TLS_ERROR] = "a TLS handshake that fails (tls-error)",
        [SYMPTOM_TUNNEL_CUT] = "a tunnel that is cut (tunnel-cut)",
    };

    static_assert(sizeof words / sizeof *words == SYMPTOM_COUNT,
                  "every symptom has its words");
    return words[symptom];
}
