#include "report/message.h"

#include "report/explain.h"
#include "report/message_words.h"
#include "report/symptoms.h"

#include <assert.h>
#include <string.h>

static_assert(VERDICT_COUNT <= 64, "a set of codes is 64 bits");

/* The orders of explain.def: codes, the likeliest first. */
#define ORDER(name, ...)                                                       \
    static const enum verdict order_##name[] = {__VA_ARGS__};
#include "report/explain.def"

/* How much a row tells of what happened. What is less telling counts only
 * where nothing else is known of a text. */
enum telling {
    TELLING_HINT,   /* words that many messages share */
    TELLING_STATUS, /* what an HTTP status says by itself */
    TELLING_MESSAGE
};

struct row {
    struct said message;
    enum telling telling;
    bool is_mark;
    unsigned symptoms; /* all their codes come behind the order's */
    const enum verdict *order;
    size_t ordered;
};

/* clang-format off */
#define ROW(words, who, source, note, telling, is_mark, symptoms, order)       \
    {{words, who, source, note}, telling, is_mark, symptoms, order_##order,    \
     sizeof order_##order / sizeof *order_##order}

static const struct row table[] = {
#define SAYS(words, who, source, symptoms, order)                              \
    ROW(words, who, source, NULL, TELLING_MESSAGE, false, symptoms, order),
#define MARK(words, who, source, symptoms, order)                              \
    ROW(words, who, source, NULL, TELLING_MESSAGE, true, symptoms, order),
#define STATUS(words, who, source, symptoms, order)                            \
    ROW(words, who, source, NULL, TELLING_STATUS, false, symptoms, order),
#define HINT(words, symptoms, order)                                           \
    ROW(words, NULL, NULL, NULL, TELLING_HINT, false, symptoms, order),
#define NOTED(words, who, source, symptoms, order, note)                       \
    ROW(words, who, source, note, TELLING_MESSAGE, false, symptoms, order),
#define TOLD(words, who, source, note)                                         \
    {{words, who, source, note}, TELLING_MESSAGE, false, 0, NULL, 0},
#include "report/explain.def"
};
/* clang-format on */

enum {
    TABLE_COUNT = sizeof table / sizeof *table,
    ROWS_OF_TEXT = 32 /* rows of one text; more add nothing */
};

struct hit {
    const struct row *row;
    const char *at;
    const char *end;
};

static bool find(struct hit *hit, const struct row *row, const char *text)
{
    hit->row = row;
    hit->at = row->is_mark
                  ? message_find_mark(text, row->message.words, &hit->end)
                  : message_find_words(text, row->message.words, &hit->end);
    return hit->at != NULL;
}

static size_t length_of(const struct hit *hit)
{
    return (size_t)(hit->end - hit->at);
}

/* How much of a text the words tell at most: letters of those that must be
 * there, the longest where one of several does. */
static size_t weight_of(const struct hit *hit)
{
    size_t weight = 0;
    size_t word = 0;
    size_t longest = 0;

    for (const char *at = hit->row->message.words;; at++) {
        if (*at != '|' && *at != ' ' && *at) {
            word = *at == '?' ? 0 : word + 1;
            continue;
        }
        if (word > longest)
            longest = word;
        word = 0;
        if (*at == '|')
            continue;
        weight += longest;
        longest = 0;
        if (!*at)
            return weight;
    }
}

static bool is_before(const struct hit *a, const struct hit *b)
{
    if (a->row->telling != b->row->telling)
        return a->row->telling > b->row->telling;
    return weight_of(a) > weight_of(b);
}

static void insert(struct hit *hits, size_t *count, const struct hit *hit)
{
    size_t i = *count < ROWS_OF_TEXT ? (*count)++ : ROWS_OF_TEXT - 1;

    if (i == ROWS_OF_TEXT - 1 && !is_before(hit, &hits[i - 1]))
        return;
    for (; i > 0 && is_before(hit, &hits[i - 1]); i--)
        hits[i] = hits[i - 1];
    hits[i] = *hit;
}

/* A part of what a more telling row has found, or less telling at all. */
static bool is_covered(const struct hit *hits, size_t i)
{
    if (hits[i].row->telling != hits[0].row->telling)
        return true;
    for (size_t j = 0; j < i; j++) {
        if (hits[j].at <= hits[i].at && hits[i].end <= hits[j].end &&
            length_of(&hits[i]) <= length_of(&hits[j]))
            return true;
    }
    return false;
}

static size_t find_all(struct hit *hits, const char *text)
{
    size_t count = 0;
    size_t kept = 0;

    for (size_t i = 0; i < TABLE_COUNT; i++) {
        struct hit hit;

        if (find(&hit, &table[i], text))
            insert(hits, &count, &hit);
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_covered(hits, i))
            hits[kept++] = hits[i];
    }
    return kept;
}

static uint64_t of_symptoms(unsigned symptoms)
{
    uint64_t set = 0;

    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        if (explanation_of((enum verdict)i)->symptoms & symptoms)
            set |= UINT64_C(1) << i;
    }
    return set;
}

static uint64_t of_row(const struct row *row)
{
    uint64_t set = of_symptoms(row->symptoms);

    for (size_t i = 0; i < row->ordered; i++)
        set |= UINT64_C(1) << row->order[i];
    return set;
}

static void add(struct message_codes *codes, enum verdict code, uint64_t *set)
{
    if (!(*set & UINT64_C(1) << code))
        return;
    *set &= ~(UINT64_C(1) << code);
    codes->code[codes->count++] = code;
}

static void add_set(struct message_codes *codes, uint64_t set)
{
    for (unsigned i = 0; i < VERDICT_COUNT; i++)
        add(codes, (enum verdict)i, &set);
}

/* The codes of the first, less those that another does not have, unless none
 * were left then. */
static uint64_t agreed(const struct hit *hits, size_t count)
{
    uint64_t set = of_row(hits[0].row);

    for (size_t i = 1; i < count; i++) {
        uint64_t both = set & of_row(hits[i].row);

        if (both)
            set = both;
    }
    return set;
}

bool message_look_up(struct message_codes *codes, const char *text)
{
    struct hit hits[ROWS_OF_TEXT];
    size_t count = find_all(hits, text);
    uint64_t set;

    memset(codes, 0, sizeof *codes);
    if (count == 0)
        return false;
    set = agreed(hits, count);
    for (size_t i = 0; i < hits[0].row->ordered; i++)
        add(codes, hits[0].row->order[i], &set);
    codes->ranked = codes->count;
    add_set(codes, set);
    for (size_t i = 0; i < count && codes->saids < MESSAGE_SAIDS; i++)
        codes->said[codes->saids++] = hits[i].row->message;
    return true;
}

void message_of_symptom(struct message_codes *codes, enum symptom symptom)
{
    memset(codes, 0, sizeof *codes);
    add_set(codes, of_symptoms(1u << symptom));
}
