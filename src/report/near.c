#include "report/near.h"

#include <string.h>

enum {
    NAME_LETTERS = 40,
    LETTERS_WRONG = 2
};

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Levenshtein's distance, a row of the table at a time. */
unsigned near_distance(const char *one, const char *other, unsigned most)
{
    size_t size = strlen(one);
    size_t other_size = strlen(other);
    unsigned row[NAME_LETTERS + 1];

    if (size > NAME_LETTERS || other_size > NAME_LETTERS)
        return most;
    for (size_t i = 0; i <= size; i++)
        row[i] = (unsigned)i;
    for (size_t j = 1; j <= other_size; j++) {
        unsigned corner = row[0];

        row[0] = (unsigned)j;
        for (size_t i = 1; i <= size; i++) {
            unsigned changed = corner + (one[i - 1] != other[j - 1]);

            corner = row[i];
            row[i] = least(row[i] + 1, row[i - 1] + 1, changed);
        }
    }
    return row[size] < most ? row[size] : most;
}

static bool is_near(const char *slug, const char *text, size_t size)
{
    if (strncmp(slug, text, size) == 0 && slug[size] == '-')
        return true;
    return near_distance(slug, text, LETTERS_WRONG + 1) <= LETTERS_WRONG;
}

size_t near_codes(enum verdict *near, const char *text)
{
    size_t size = strlen(text);
    size_t count = 0;

    /* a word alone is rather one of a message */
    if (!strchr(text, '-'))
        return 0;
    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        if (is_near(verdict_slug((enum verdict)i), text, size))
            near[count++] = (enum verdict)i;
    }
    return count;
}
