/*
 * Gives files to a fuzz target one by one, and nothing first: what `make test`
 * can do of fuzzing without a fuzzer. Linked once with each target.
 */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    INPUT_LIMIT = 1 << 24
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give(const struct text *text)
{
    /* at its own size, so that a sanitizer sees a byte too many */
    uint8_t *copy = malloc(text->size ? text->size : 1);

    if (!copy)
        abort();
    if (text->size)
        memcpy(copy, text->at, text->size);
    (void)LLVMFuzzerTestOneInput(copy, text->size);
    free(copy);
}

int main(int count, char *path[])
{
    struct text text;

    text_init(&text, INPUT_LIMIT);
    give(&text);
    for (int i = 1; i < count; i++) {
        text_clear(&text);
        if (!text_add_file(&text, path[i]) || text.cut) {
            (void)fprintf(stderr, "cannot read '%s'\n", path[i]);
            return 2;
        }
        give(&text);
    }
    text_release(&text);
    return 0;
}
