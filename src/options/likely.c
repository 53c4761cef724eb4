#include "options/likely.h"

#include "options/table.h"
#include "report/near.h"

enum {
    LIKELY_NAMES = 6,
    NEAR_MOST = 3, /* letters that differ: fewer are near */
    SHORT = 4,     /* a name where one may */
    NAME_SIZE = 64
};

/* A list as it grows: "a", "a or b", "a, b or c" need to know the last. */
struct list {
    const char *word[LIKELY_NAMES];
    size_t count;
};

static void list_add(struct list *list, const char *word)
{
    if (list->count < LIKELY_NAMES)
        list->word[list->count++] = word;
}

static void add_list(struct text *text, const struct list *list,
                     const char *prefix)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *before = i == 0                 ? ": "
                             : i + 1 == list->count ? " or "
                                                    : ", ";

        text_addf(text, "%s%s%s", before, prefix, list->word[i]);
    }
    if (list->count)
        text_add(text, "?");
}

void likely_options(struct text *text, const char *said)
{
    struct list list = {.count = 0};
    char name[NAME_SIZE];
    size_t size;

    said += strspn(said, "-");
    size = strcspn(said, "=");
    if (size < 1 || size >= sizeof name)
        return;
    memcpy(name, said, size);
    name[size] = '\0';
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_rows[i].name[0] &&
            strncmp(option_rows[i].name, name, size) == 0)
            list_add(&list, option_rows[i].name);
    }
    for (size_t i = 0; list.count == 0 && i < OPTION_COUNT; i++) {
        unsigned most = size > SHORT ? NEAR_MOST : NEAR_MOST - 1;

        if (option_rows[i].name[0] && size >= SHORT &&
            near_distance(name, option_rows[i].name, most) < most)
            list_add(&list, option_rows[i].name);
    }
    add_list(text, &list, "--");
}

void likely_codes(struct text *text, const char *said)
{
    enum verdict near[VERDICT_COUNT];
    struct list list = {.count = 0};
    size_t count = near_codes(near, said);

    for (size_t i = 0; i < count; i++)
        list_add(&list, verdict_slug(near[i]));
    add_list(text, &list, "");
}
