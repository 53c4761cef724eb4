/* --schema: schema.def as JSON. */
#include "files/schema.h"

#include "compare/words.h"
#include "report/json_out.h"
#include "report/known_as.h"
#include "report/phrases.h"

#include <stdlib.h>
#include <string.h>

enum {
    WORD_SIZE = 64
};

enum presence {
    SOMETIMES,
    ALWAYS
};

/* A list of words: by a function, from the first to before the end; or those
 * in a text. */
struct list {
    const char *id;
    const char *text;
    unsigned first;
    unsigned end;
    const char *(*name)(unsigned at);
    const char *words;
};

/* A row of what is described: an object, or something of the one above it. */
enum row_kind {
    ROW_OBJECT,
    ROW_LIKE,
    ROW_KEY,
    ROW_EACH,
    ROW_LINE
};

struct row {
    enum row_kind kind;
    const char *name;
    enum presence presence;
    const char *type;
    const char *text;
};

/* Functions that name one of an enumeration, as ones of a number. */
#define ENUM(id, first, end, of, function, text)                               \
    static const char *name_of_##id(unsigned at)                               \
    {                                                                          \
        return function((enum of)at);                                          \
    }
#include "files/schema.def"

static const struct list lists[] = {
#define ENUM(id, first, end, of, function, text)                               \
    {#id, text, first, end, name_of_##id, NULL},
#define WORDS(id, words, text) {#id, text, 0, 0, NULL, words},
#include "files/schema.def"
};

static const struct row rows[] = {
#define OBJECT(id, text)                {ROW_OBJECT, #id, ALWAYS, NULL, text},
#define LIKE(id)                        {ROW_LIKE, #id, ALWAYS, NULL, NULL},
#define KEY(name, presence, type, text) {ROW_KEY, name, presence, type, text},
#define EACH(id, presence, type, text)  {ROW_EACH, #id, presence, type, text},
#define LINE(type, id)                  {ROW_LINE, type, ALWAYS, #id, NULL},
#include "files/schema.def"
};

enum {
    LISTS = sizeof lists / sizeof *lists,
    ROWS = sizeof rows / sizeof *rows
};

/* What types are that schema.def does not describe. */
static const struct {
    const char *name;
    const char *json;
} plain[] = {
    {"string",  "{\"type\":\"string\"}"                                              },
    {"boolean", "{\"type\":\"boolean\"}"                                             },
    {"null",    "{\"type\":\"null\"}"                                                },
    {"number",  "{\"type\":\"number\"}"                                              },
    {"moment",  "{\"type\":\"number\"}"                                              },
    {"integer", "{\"type\":\"integer\"}"                                             },
    {"count",   "{\"type\":\"integer\",\"minimum\":0}"                               },
    {"seconds", "{\"type\":\"number\",\"minimum\":0}"                                },
    {"address", "{\"type\":\"string\",\"pattern\":\":[0-9]+$\"}"                     },
    {"time",    "{\"type\":\"string\",\"format\":\"date-time\",\"pattern\":"
             "\"^-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{9}Z$\"}"},
    {"pair",
     "{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":0},"
     "\"minItems\":2,\"maxItems\":2}"                                                },
};

static json_t *json_of(const char *text)
{
    return json_loads(text, 0, NULL);
}

static json_t *place(const char *id)
{
    return json_sprintf("#/$defs/%s", id);
}

static json_t *reference(const char *id)
{
    return json_pack("{s:o}", "$ref", place(id));
}

static bool span_is(struct span span, const char *text)
{
    return span.size == strlen(text) && memcmp(span.at, text, span.size) == 0;
}

/* A type's name: a plain one, or what $defs has. */
static json_t *named(struct span name)
{
    char id[WORD_SIZE];

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (span_is(name, plain[i].name))
            return json_of(plain[i].json);
    }
    (void)snprintf(id, sizeof id, "%.*s", (int)name.size,
                   (const char *)name.at);
    return reference(id);
}

static json_t *map_of(struct span names, struct span values)
{
    json_t *json = json_pack("{s:s, s:o}", "type", "object",
                             "additionalProperties", named(values));

    if (!span_is(names, "string"))
        json_object_set_new(json, "propertyNames", named(names));
    return json;
}

static json_t *type_of(struct span type);

/* Where in the type that stands, or at its end. */
static size_t place_of(struct span type, char what)
{
    const uint8_t *at = memchr(type.at, what, type.size);

    return at ? (size_t)(at - type.at) : type.size;
}

/* What is between its first and its last byte. */
static struct span inside(struct span type)
{
    return span_skip(span_head(type, type.size - 1), 1);
}

static json_t *bracketed(struct span type)
{
    struct span within = inside(type);
    size_t colon = place_of(within, ':');

    if (type.at[0] == '[')
        return json_pack("{s:s, s:o}", "type", "array", "items",
                         type_of(within));
    return map_of(span_head(within, colon), span_skip(within, colon + 1));
}

/* Brackets do not stand beside a bar. */
static json_t *type_of(struct span type)
{
    size_t bar = place_of(type, '|');

    if (type.at[0] == '[' || type.at[0] == '{')
        return bracketed(type);
    if (type.at[0] == '=')
        return json_pack("{s:s%}", "const", (const char *)type.at + 1,
                         type.size - 1);
    if (bar == type.size)
        return named(type);
    return json_pack("{s:[o, o]}", "anyOf", named(span_head(type, bar)),
                     named(span_skip(type, bar + 1)));
}

static void describe(json_t *json, const char *text)
{
    json_object_set_new(json, "description", json_string(text));
}

static json_t *words_of(const struct list *list)
{
    json_t *words = json_array();
    struct span rest = span_of_text(list->words ? list->words : "");

    for (unsigned i = list->first; i < list->end; i++)
        json_array_append_new(words, json_string(list->name(i)));
    while (rest.size) {
        size_t size = place_of(rest, ' ');

        json_array_append_new(words, json_stringn((const char *)rest.at, size));
        rest = span_skip(rest, size < rest.size ? size + 1 : size);
    }
    return words;
}

static const struct list *list_of(const char *id)
{
    for (size_t i = 0; i < LISTS; i++) {
        if (strcmp(lists[i].id, id) == 0)
            return &lists[i];
    }
    return NULL;
}

/* A description stands beside what it describes. */
static void add_key(json_t *object, const struct row *row, const char *name)
{
    json_t *key = type_of(span_of_text(row->type));

    describe(key, row->text);
    json_object_set_new(json_object_get(object, "properties"), name, key);
    if (row->presence == ALWAYS)
        json_array_append_new(json_object_get(object, "required"),
                              json_string(name));
}

static void add_each(json_t *object, const struct row *row)
{
    json_t *words = words_of(list_of(row->name));
    size_t i;
    json_t *word;

    json_array_foreach(words, i, word)
        add_key(object, row, json_string_value(word));
    json_decref(words);
}

static void add_row(json_t *object, const struct row *row)
{
    switch (row->kind) {
    case ROW_LIKE:
        json_object_set_new(object, "$ref", place(row->name));
        break;
    case ROW_EACH:
        add_each(object, row);
        break;
    default:
        add_key(object, row, row->name);
    }
}

static bool is_member(const struct row *row)
{
    return row->kind == ROW_LIKE || row->kind == ROW_KEY ||
           row->kind == ROW_EACH;
}

static json_t *object_of(const struct row *row)
{
    json_t *object =
        json_pack("{s:s, s:s, s:{}, s:[]}", "description", row->text, "type",
                  "object", "properties", "required");

    for (const struct row *r = row + 1; r < rows + ROWS && is_member(r); r++)
        add_row(object, r);
    return object;
}

/* If what stands there holds, so must what is of that name. */
static json_t *implies(json_t *condition, const char *id)
{
    return json_pack("{s:o, s:o}", "if", condition, "then", reference(id));
}

static json_t *has(const char *key, const char *value)
{
    return json_pack("{s:[s], s:{s:{s:s}}}", "required", key, "properties", key,
                     "const", value);
}

/* By its first key. */
static json_t *line(void)
{
    json_t *types = json_array();
    json_t *objects = json_array();

    for (const struct row *r = rows; r < rows + ROWS; r++) {
        if (r->kind != ROW_LINE)
            continue;
        json_array_append_new(types, json_string(r->name));
        json_array_append_new(objects, implies(has("type", r->name), r->type));
    }
    return json_pack("{s:s, s:s, s:{s:{s:s, s:o}}, s:[s], s:o}", "description",
                     "a line of --format ndjson", "type", "object",
                     "properties", "type", "description",
                     "what the other keys are of", "enum", types, "required",
                     "type", "allOf", objects);
}

static json_t *definitions(void)
{
    json_t *defs = json_object();

    for (size_t i = 0; i < LISTS; i++) {
        json_t *list = json_pack("{s:s, s:o}", "description", lists[i].text,
                                 "enum", words_of(&lists[i]));

        json_object_set_new(defs, lists[i].id, list);
    }
    for (const struct row *r = rows; r < rows + ROWS; r++) {
        if (r->kind == ROW_OBJECT)
            json_object_set_new(defs, r->name, object_of(r));
    }
    json_object_set_new(defs, "line", line());
    return defs;
}

/* Lines have a type, documents the name of what they are. */
static json_t *root(void)
{
    json_t *document = implies(has("schema", "whyeof.compare/1"), "comparison");
    json_t *any = implies(json_pack("{s:[s]}", "required", "type"), "line");
    json_t *json = json_pack(
        "{s:s, s:s, s:s}", "$schema",
        "https://json-schema.org/draft/2020-12/schema", "title",
        "what whyeof " WHYEOF_VERSION " writes as JSON", "description",
        "a report (whyeof.report/1), a line of NDJSON, or a comparison "
        "(whyeof.compare/1); keys may be added, none is renamed or removed");

    json_object_set_new(document, "else", reference("report"));
    json_object_set_new(any, "else", document);
    json_object_update(json, any);
    json_decref(any);
    json_object_set_new(json, "$defs", definitions());
    return json;
}

void schema_print(FILE *out)
{
    struct json_out document;

    json_out_begin(&document, out);
    json_out_members(&document, root());
    (void)json_out_end(&document);
}
