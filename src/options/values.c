#include "options/values.h"

#include "options/likely.h"

#include <errno.h>
#include <stdlib.h>

enum {
    NAMES_ROOM = 256
};

bool value_duration(const char *name, const char *text, nanos *to,
                    struct fail *fail)
{
    if (nanos_parse_duration(text, to))
        return true;
    return fail_set(fail,
                    "--%s takes a duration such as 10s, 1500ms or 1m30s, "
                    "not '%s'",
                    name, text);
}

static bool read_whole(const char *text, char **end, uint64_t *to)
{
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *to = strtoull(text, end, 10);
    return errno == 0;
}

bool value_number(const char *name, const char *text, const uint64_t range[2],
                  uint64_t *to, struct fail *fail)
{
    char *end;

    if (read_whole(text, &end, to) && *end == '\0' && *to >= range[0] &&
        *to <= range[1])
        return true;
    if (range[1] == UINT64_MAX)
        return fail_set(fail, "--%s takes a number%s, not '%s'", name,
                        range[0] ? " from 1 on" : "", text);
    return fail_set(fail,
                    "--%s takes a number from %" PRIu64 " to %" PRIu64
                    ", not '%s'",
                    name, range[0], range[1], text);
}

bool value_size(const char *name, const char *text, uint64_t *to,
                struct fail *fail)
{
    static const char unit[] = "kMG";
    const char *found;
    char *end;

    if (read_whole(text, &end, to)) {
        found = *end ? strchr(unit, *end == 'K' ? 'k' : *end) : NULL;
        if (found) {
            unsigned shift = 10 * (unsigned)(found - unit + 1);

            end += 1 + (end[1] == 'i') + (end[1] == 'i' && end[2] == 'B');
            if (*to > UINT64_MAX >> shift)
                end = NULL;
            else
                *to <<= shift;
        }
        if (end && *end == '\0' && *to > 0)
            return true;
    }
    return fail_set(fail,
                    "--%s takes a size such as 64M, 1G or 65536, not "
                    "'%s'",
                    name, text);
}

bool value_record_limit(const char *text, struct watch_options *to,
                        struct fail *fail)
{
    static const uint64_t range[] = {1, UINT32_MAX};
    const char *comma = strchrnul(text, ',');
    char size[32] = "";

    if ((size_t)(comma - text) < sizeof size)
        memcpy(size, text, (size_t)(comma - text));
    if (!value_size("record-limit", size, &to->record_bytes, fail))
        return false;
    return !*comma || value_number("record-limit", comma + 1, range,
                                   &to->record_files, fail);
}

bool value_when(const char *name, const char *text, enum when *to,
                struct fail *fail)
{
    static const char *const word[] = {"auto", "always", "never"};

    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text, word[i]) == 0) {
            *to = (enum when)i;
            return true;
        }
    }
    return fail_set(fail, "--%s takes auto, always or never, not '%s'", name,
                    text);
}

/* Takes the next of the words between commas; false when there is none. */
static bool next_word(const char **list, char *word, size_t size)
{
    size_t length = strcspn(*list, ",");

    if (!**list)
        return false;
    (void)snprintf(word, size, "%.*s", (int)(length < 64 ? length : 64), *list);
    *list += length;
    *list += **list == ',';
    return true;
}

static bool no_such_code(const char *word, struct fail *fail)
{
    struct text likely;

    text_init(&likely, NAMES_ROOM);
    likely_codes(&likely, word);
    (void)fail_set(fail, "no such code '%s'%s", word,
                   likely.size ? text_string(&likely)
                               : " (--list-codes has them)");
    text_release(&likely);
    return false;
}

bool value_codes(const char *list, bool set[static VERDICT_COUNT],
                 struct fail *fail)
{
    char word[80];

    if (!*list)
        return fail_set(fail, "a list of codes is empty");
    while (next_word(&list, word, sizeof word)) {
        enum verdict code = verdict_by_slug(word);

        if (code == VERDICT_NONE)
            return no_such_code(word, fail);
        set[code] = true;
    }
    return true;
}

bool value_ports(const char *list, struct http_options *http, struct fail *fail)
{
    static const uint64_t range[] = {1, 65535};
    char word[80];
    uint64_t port = 0;

    if (!*list)
        return fail_set(fail, "--port takes numbers from 1 to 65535");
    while (next_word(&list, word, sizeof word)) {
        if (!value_number("port", word, range, &port, fail))
            return false;
        if (http->ports == HTTP_PORTS_MAX)
            return fail_set(fail, "--port takes at most %d ports",
                            HTTP_PORTS_MAX);
        http->port[http->ports++] = (uint16_t)port;
    }
    return true;
}

bool value_fail_on(const char *text, int *to, bool *unjudged, struct fail *fail)
{
    if (strcmp(text, "unjudged") == 0) {
        *unjudged = true;
        return true;
    }
    if (strcmp(text, "never") == 0) {
        *to = SEVERITY_COUNT;
        return true;
    }
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        if (strcmp(text, severity_name((enum severity)i)) == 0) {
            *to = i;
            return true;
        }
    }
    return fail_set(fail,
                    "--fail-on takes error, warning, info, never or unjudged, "
                    "not '%s'",
                    text);
}

bool value_why(const char *text, struct why_options *to, struct fail *fail)
{
    char *end;

    *to = (struct why_options){.asked = true};
    if (read_whole(text, &end, &to->connection) &&
        (*end == '\0' ||
         (*end == '.' && read_whole(end + 1, &end, &to->stream) &&
          *end == '\0' && to->stream > 0)))
        return true;
    return fail_set(fail,
                    "--why takes N or N.X, a tcp.stream and an exchange "
                    "of it from 1 on, not '%s'",
                    text);
}

bool value_format(const char *text, const struct renderer **to,
                  struct fail *fail)
{
    struct text names;

    *to = renderer_find(text);
    if (*to)
        return true;
    if (strcmp(text, "pcapng") == 0)
        return fail_set(fail, "pcapng is the packets with comments, and goes "
                              "to a file: --output pcapng=FILE");
    text_init(&names, NAMES_ROOM);
    renderer_list(&names);
    (void)fail_set(fail, "no such format '%s': %s", text, text_string(&names));
    text_release(&names);
    return false;
}
