/*
 * The text is looked at as characters: what percent-encoding, or a backslash
 * before a quote, stands for, with the bytes it is written in. How often a
 * character is encoded is its depth. A separator ends a value only when it is
 * no deeper than the value's own '=': in "?pass=a%26b" the '&' is of the
 * password, in "?url=%3Fpass%3Da%26b" it is not.
 */
#include "base/mask.h"

#include "base/arena.h"
#include "base/hex.h"
#include "base/mask_words.h"

#include <stdlib.h>

struct character {
    uint8_t code;
    uint8_t depth;
    bool hidden;
    size_t at; /* where it begins in the text */
};

struct view {
    struct span wire;
    enum mask_kind kind;
    struct character *character; /* owned; one more at the end */
    size_t size;
};

enum {
    DEPTH_MAX = 250,
    DEPTHS = 4 /* told apart where separators are looked for */
};

/* Reads one character and gives how many bytes it takes. "%2541" is an 'A'
 * twice encoded. */
static size_t read_character(struct span wire, size_t at,
                             struct character *character)
{
    size_t size = 1;
    int byte;

    *character = (struct character){.code = wire.at[at], .at = at};
    if (character->code == '\\' && at + 1 < wire.size &&
        (wire.at[at + 1] == '"' || wire.at[at + 1] == '\'')) {
        character->code = wire.at[at + 1];
        character->depth = 1;
        return 2;
    }
    while (character->code == '%' && character->depth < DEPTH_MAX &&
           at + size + 2 <= wire.size &&
           (byte = hex_byte(wire.at + at + size)) >= 0) {
        character->code = (uint8_t)byte;
        character->depth++;
        size += 2;
    }
    return size;
}

static void view_init(struct view *view, struct span wire, enum mask_kind kind)
{
    *view = (struct view){.wire = wire, .kind = kind};
    view->character = must_calloc(wire.size + 1, sizeof *view->character);
    for (size_t at = 0; at < wire.size;)
        at += read_character(wire, at, &view->character[view->size++]);
    view->character[view->size].at = wire.size;
}

static bool is_any(const struct view *view, size_t at, uint8_t depth,
                   const char *set)
{
    const struct character *c = &view->character[at];

    return at < view->size && c->depth <= depth && c->code &&
           strchr(set, c->code);
}

static bool is_space(const struct view *view, size_t at)
{
    return is_any(view, at, DEPTH_MAX, " \t\r\n");
}

static void hide(struct view *view, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        view->character[i].hidden = true;
}

/*
 * Where the latest of some separators is, by the depth that it must not be
 * beyond: every character is looked at once, whatever the text.
 */
struct latest {
    size_t behind[DEPTHS];
};

static void latest_take(struct latest *latest, const struct view *view,
                        size_t at, const char *set)
{
    uint8_t depth = view->character[at].depth;

    if (!is_any(view, at, DEPTH_MAX, set))
        return;
    for (size_t d = depth < DEPTHS ? depth : DEPTHS - 1; d < DEPTHS; d++)
        latest->behind[d] = at + 1;
}

static size_t latest_behind(const struct latest *latest, uint8_t depth)
{
    return latest->behind[depth < DEPTHS ? depth : DEPTHS - 1];
}

/*
 * RFC 3986, 3.2.1: whatever is before the '@' behind "//", or of a Host; and
 * elsewhere where it has a colon.
 */
static size_t user_begin(const struct view *view, size_t at,
                         const struct latest *end, const struct latest *stop,
                         const struct latest *colon)
{
    uint8_t depth = view->character[at].depth;
    size_t begin = latest_behind(end, depth);

    if (view->kind == MASK_AUTHORITY ||
        (begin >= 2 && is_any(view, begin - 1, DEPTH_MAX, "/") &&
         is_any(view, begin - 2, DEPTH_MAX, "/")))
        return begin;
    begin = latest_behind(stop, depth);
    return latest_behind(colon, DEPTHS) > begin ? begin : at;
}

static void hide_users(struct view *view)
{
    struct latest end = {0}, stop = {0}, colon = {0};
    size_t from = 0; /* of the latest that was hidden */
    size_t to = 0;

    for (size_t i = 0; i < view->size; i++) {
        if (view->character[i].code == '@') {
            size_t begin = user_begin(view, i, &end, &stop, &colon);
            bool goes_on = begin >= from && begin < to;

            hide(view, goes_on ? to : begin, i);
            from = goes_on ? from : begin;
            to = i;
        }
        latest_take(&end, view, i, "/?#\" \t<>");
        latest_take(&stop, view, i, "/?#\" \t<>=&,;'(){}");
        latest_take(&colon, view, i, ":");
    }
}

static bool is_name(const struct view *view, size_t at)
{
    uint8_t code = view->character[at].code;

    return mask_is_alphanumeric(code) || code >= 0x80 ||
           (code && strchr("_-.$[]", code));
}

/* A name in front of a separator: where it is, and whether it is quoted. */
struct name {
    size_t begin;
    size_t end;
    bool quoted;
};

static struct name find_name(const struct view *view, size_t separator)
{
    struct name name = {.end = separator};

    while (name.end > 0 && is_space(view, name.end - 1))
        name.end--;
    if (name.end > 0 && is_any(view, name.end - 1, DEPTH_MAX, "\"'")) {
        name.end--;
        name.quoted = true;
    }
    name.begin = name.end;
    while (name.begin > 0 && is_name(view, name.begin - 1))
        name.begin--;
    return name;
}

static bool suggests_secret(const struct view *view, const struct name *name,
                            bool strong)
{
    char text[MASK_NAME_SIZE];
    size_t size = name->end - name->begin;

    /* what is too long for a name has its telling part at the end */
    if (size > sizeof text)
        size = sizeof text;
    for (size_t i = 0; i < size; i++)
        text[i] = (char)view->character[name->end - size + i].code;
    return mask_name_suggests(text, size, strong);
}

/* Does "name=" come next? Then another parameter begins. */
static bool is_parameter(const struct view *view, size_t at)
{
    size_t end = at;

    while (end < view->size && is_name(view, end))
        end++;
    return end > at && is_any(view, end, DEPTH_MAX, "=");
}

/* Behind the value that begins at `at`, in quotes or brackets, or open. */
static size_t value_end(const struct view *view, size_t at, size_t separator,
                        bool in_path)
{
    uint8_t depth = view->character[separator].depth;
    bool colon = view->character[separator].code == ':';

    if (is_any(view, at, DEPTH_MAX, "\"'[{")) {
        const char open = (char)view->character[at].code;
        const char ends[] = {(char)(open == '['   ? ']'
                                    : open == '{' ? '}'
                                                  : open),
                             0};

        depth = view->character[at++].depth;
        while (at < view->size && !is_any(view, at, depth, ends))
            at++;
        return at;
    }
    for (; at < view->size; at++) {
        if (is_any(view, at, depth, colon ? ",}]&;\"" : "&#\"<> \t\r\n}") ||
            (in_path && is_any(view, at, depth, "/?")) ||
            (is_any(view, at, depth, ";") && is_parameter(view, at + 1)))
            break;
    }
    return at;
}

/*
 * "name=value"; "name": "value" of JSON; and with some names, which are
 * those of nothing else, "name: value".
 */
static void hide_value(struct view *view, size_t separator, bool in_path)
{
    bool colon = view->character[separator].code == ':';
    struct name name = find_name(view, separator);
    size_t begin = separator + 1;
    bool spaced = !colon && !name.quoted && name.end < separator;
    bool strong = (colon && !name.quoted) || spaced;

    if (name.begin == name.end || !suggests_secret(view, &name, strong))
        return;
    while (is_space(view, begin))
        begin++;
    hide(view, begin, value_end(view, begin, separator, in_path));
    /* the quote is shown, and the one behind the value */
    if (is_any(view, begin, DEPTH_MAX, "\"'[{"))
        view->character[begin].hidden = false;
}

static void hide_values(struct view *view)
{
    uint8_t query = DEPTH_MAX; /* how deep its beginning is, as far as seen */

    for (size_t i = 0; i < view->size; i++) {
        const struct character *c = &view->character[i];

        if ((c->code == '?' || c->code == '#') && c->depth < query)
            query = c->depth;
        if (!c->hidden && (c->code == '=' || c->code == ':'))
            hide_value(view, i, view->kind == MASK_TARGET && c->depth < query);
    }
}

/* A run of what keys are written in. */
static bool is_word(const struct view *view, size_t at, bool dots)
{
    uint8_t code = view->character[at].code;

    return mask_is_alphanumeric(code) || code == '_' || code == '-' ||
           (dots && code == '.');
}

/* Where keys are looked for: a host may look like one. */
static size_t path_begin(const struct view *view)
{
    size_t at = 0;

    if (view->kind != MASK_TARGET)
        return 0;
    while (at < view->size && !is_any(view, at, 0, ":/?#"))
        at++;
    if (is_any(view, at, 0, ":") && is_any(view, at + 1, 0, "/") &&
        is_any(view, at + 2, 0, "/"))
        at += 3;
    while (at < view->size && !is_any(view, at, 0, "/?#"))
        at++;
    return at;
}

static void hide_words(struct view *view, bool dots,
                       bool (*is_secret)(const char *word, size_t size))
{
    size_t to;

    for (size_t from = path_begin(view); from < view->size; from = to + 1) {
        char word[MASK_WORD_SIZE];
        size_t size = 0;

        for (to = from; to < view->size && is_word(view, to, dots); to++) {
            if (size < sizeof word)
                word[size++] = (char)view->character[to].code;
        }
        if (is_secret(word, size))
            hide(view, from, to);
    }
}

static void add_view(struct text *text, const struct view *view)
{
    size_t to;

    for (size_t from = 0; from < view->size; from = to) {
        bool hidden = view->character[from].hidden;
        size_t at = view->character[from].at;

        for (to = from; to < view->size; to++) {
            if (view->character[to].hidden != hidden)
                break;
        }
        if (hidden)
            text_add(text, "***");
        else
            text_add_visible(text, (struct span){view->wire.at + at,
                                                 view->character[to].at - at});
    }
}

void mask_add(struct text *text, struct span wire, enum mask_kind kind,
              bool show_secrets)
{
    struct view view;

    if (show_secrets || !wire.size) {
        text_add_visible(text, wire);
        return;
    }
    view_init(&view, wire, kind);
    hide_users(&view);
    hide_values(&view);
    if (kind != MASK_AUTHORITY) {
        hide_words(&view, true, mask_is_token);
        hide_words(&view, false, mask_is_key);
    }
    add_view(text, &view);
    free(view.character);
}
