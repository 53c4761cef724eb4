/*
 * The input is a key log, taken whole, then in pieces whose sizes are its own
 * bytes: what is found, and written again, is the same.
 */
#include "base/arena.h"
#include "tls/keylog.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    CLIENT_RANDOMS = 16, /* of those in the input that are asked for */
    LINES_SIZE = 1 << 12
};

static int digit(uint8_t letter)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = letter ? strchr(digits, letter | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* 32 bytes in hexadecimal; false: they are none. */
static bool read_random(struct span text, uint8_t random[TLS_RANDOM_SIZE])
{
    if (text.size < 2 * (size_t)TLS_RANDOM_SIZE)
        return false;
    for (size_t i = 0; i < TLS_RANDOM_SIZE; i++) {
        int high = digit(text.at[2 * i]);
        int low = digit(text.at[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        random[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void check_secrets(const struct tls_secrets *secrets,
                          const uint8_t random[TLS_RANDOM_SIZE])
{
    uint8_t sum = 0;

    assert(memcmp(secrets->random, random, TLS_RANDOM_SIZE) == 0);
    for (size_t i = 0; i < TLS_LABELS; i++) {
        assert(secrets->size[i] <= TLS_SECRET_SIZE);
        for (size_t j = 0; j < secrets->size[i]; j++)
            sum ^= secrets->secret[i][j];
    }
    assert(sum || !sum); /* all of it can be read */
}

/* Of a longer secret that was there before some bytes are left, which nobody
 * reads. */
static bool is_same(const struct tls_secrets *one,
                    const struct tls_secrets *other)
{
    for (size_t i = 0; i < TLS_LABELS; i++) {
        if (one->size[i] != other->size[i] ||
            memcmp(one->secret[i], other->secret[i], one->size[i]) != 0)
            return false;
    }
    return true;
}

/* What is written of the random tells another log the same. */
static void check_lines(struct keylog *keylog,
                        const uint8_t random[TLS_RANDOM_SIZE],
                        const struct tls_secrets *known)
{
    struct keylog *other = keylog_new();
    const struct tls_secrets *found;
    struct text lines;

    text_init(&lines, LINES_SIZE);
    keylog_write(keylog, random, &lines);
    keylog_take(other, span_of_text(text_string(&lines)));
    found = keylog_find(other, random);
    assert(found && is_same(found, known));
    text_release(&lines);
    keylog_free(other);
}

/* Both logs know the same of a random. */
static void compare(struct keylog *one, struct keylog *other,
                    const uint8_t random[TLS_RANDOM_SIZE])
{
    const struct tls_secrets *found = keylog_find(one, random);
    const struct tls_secrets *again = keylog_find(other, random);

    assert(!found == !again);
    if (!found)
        return;
    check_secrets(found, random);
    assert(is_same(found, again));
    assert(keylog_at(one, keylog_place(one, found)) == found);
    check_lines(one, random, found);
}

static void take_in_pieces(struct keylog *keylog, struct span rest)
{
    while (rest.size) {
        struct span piece = span_head(rest, (size_t)rest.at[0] % 97 + 1);

        keylog_take(keylog, piece);
        rest = span_skip(rest, piece.size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keylog *whole = keylog_new();
    struct keylog *pieces = keylog_new();
    uint8_t random[TLS_RANDOM_SIZE] = {0};
    size_t asked = 0;

    keylog_take(whole, (struct span){data, size});
    take_in_pieces(pieces, (struct span){data, size});
    keylog_end(whole);
    keylog_end(pieces);
    keylog_take_block(whole, 0x544c534b, (struct span){data, size});
    keylog_take_block(pieces, 0x544c534b, (struct span){data, size});
    for (size_t i = 0; i + 1 < size && asked < CLIENT_RANDOMS; i++) {
        struct span behind = {data + i + 1, size - i - 1};

        if (data[i] != ' ' || !read_random(behind, random))
            continue;
        compare(whole, pieces, random);
        asked++;
    }
    keylog_miss(whole, random);
    assert(keylog_dropped(whole) == keylog_dropped(pieces));
    keylog_free(whole);
    keylog_free(pieces);
    return 0;
}
