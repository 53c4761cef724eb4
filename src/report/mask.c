#include "report/mask.h"

#include <strings.h>

/* Parts of parameter names that suggest a secret. */
static const char *const secret[] = {
    "token",   "key",    "sig",  "pass",  "pwd",  "secret",
    "session", "sid",    "code", "auth",  "cred", "jwt",
    "bearer",  "ticket", "otp",  "nonce", "saml", "assertion",
};

static bool contains(struct span text, const char *word)
{
    size_t size = strlen(word);

    for (size_t i = 0; i + size <= text.size; i++) {
        if (strncasecmp((const char *)text.at + i, word, size) == 0)
            return true;
    }
    return false;
}

/* The name may itself be percent-encoded: then it is not looked into. */
static bool suggests_secret(struct span name)
{
    if (memchr(name.at, '%', name.size))
        return true;
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
        if (contains(name, secret[i]))
            return true;
    }
    return false;
}

static size_t find(struct span text, const char *any)
{
    size_t at = 0;

    while (at < text.size && !strchr(any, text.at[at]))
        at++;
    return at;
}

static void add_parameter(struct text *text, struct span parameter)
{
    size_t name = find(parameter, "=");

    if (name < parameter.size && suggests_secret(span_head(parameter, name))) {
        text_add_visible(text, span_head(parameter, name));
        text_add(text, "=***");
        return;
    }
    text_add_visible(text, parameter);
}

/* "http://user:password@host/": only the host is shown. */
static struct span without_user(struct text *text, struct span target)
{
    size_t scheme = find(target, ":");
    struct span authority;
    size_t end;
    const uint8_t *at;

    if (!span_starts_with(span_skip(target, scheme), "://"))
        return target;
    authority = span_skip(target, scheme + 3);
    end = find(authority, "/?#");
    at = memrchr(authority.at, '@', end);
    if (!at)
        return target;
    text_add_visible(text, span_head(target, scheme + 3));
    text_add(text, "***@");
    return span_skip(authority, (size_t)(at - authority.at) + 1);
}

void mask_add_target(struct text *text, const char *target, bool show_secrets)
{
    struct span rest = span_of_text(target);
    size_t query;

    if (show_secrets) {
        text_add_visible(text, rest);
        return;
    }
    rest = without_user(text, rest);
    query = find(rest, "?");
    text_add_visible(text, span_head(rest, query));
    rest = span_skip(rest, query);
    while (rest.size) {
        /* the separator before each parameter, then the parameter */
        size_t size;

        text_add_visible(text, span_head(rest, 1));
        rest = span_skip(rest, 1);
        size = find(rest, "&;");
        add_parameter(text, span_head(rest, size));
        rest = span_skip(rest, size);
    }
}
