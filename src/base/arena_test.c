#include "base/arena.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdalign.h>
#include <stdlib.h>

static bool all_are(const uint8_t *at, size_t size, uint8_t value)
{
    for (size_t i = 0; i < size; i++) {
        if (at[i] != value)
            return false;
    }
    return true;
}

/* Pieces of sizes below and beyond a block: zeroed, aligned, each its own. */
static void test_pieces(void **state)
{
    static const size_t sizes[] = {1, 16, 17, 1000, 1024, 3, 1025, 5000, 1, 7};
    enum {
        COUNT = sizeof sizes / sizeof *sizes
    };
    uint8_t *piece[COUNT];
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT; i++) {
        piece[i] = arena_alloc(&arena, sizes[i]);
        assert_non_null(piece[i]);
        assert_int_equal((uintptr_t)piece[i] % alignof(max_align_t), 0);
        assert_true(all_are(piece[i], sizes[i], 0));
        memset(piece[i], (int)(i + 1), sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_true(all_are(piece[i], sizes[i], (uint8_t)(i + 1)));
    arena_release(&arena);
}

static void test_keep(void **state)
{
    static const uint8_t bytes[] = {'a', 0, 'b', 'c'};
    struct arena arena;
    char *kept;

    (void)state;
    arena_init(&arena);
    kept = arena_keep(&arena, (struct span){bytes, 3});
    assert_memory_equal(kept, "a\0b", 4);
    assert_string_equal(arena_keep(&arena, (struct span){0}), "");
    assert_string_equal(arena_keep(&arena, span_of_text("text")), "text");
    assert_memory_equal(kept, "a\0b", 4);
    arena_release(&arena);
}

/* What is given back is zero again when it is handed out anew. */
static void test_again(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_null(arena.newest);
    for (int round = 0; round < 3; round++) {
        uint8_t *memory = arena_alloc(&arena, 500);

        assert_true(all_are(memory, 500, 0));
        memset(memory, 0xff, 500);
        arena_release(&arena);
        assert_null(arena.newest);
    }
}

static void test_nothing(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_non_null(arena_alloc(&arena, 0));
    arena_release(&arena);
    arena_release(&arena);
}

static void test_must(void **state)
{
    uint8_t *memory = must_calloc(10, 10);

    (void)state;
    assert_true(all_are(memory, 100, 0));
    memset(memory, 7, 100);
    memory = must_realloc(memory, 1000, 10);
    assert_true(all_are(memory, 100, 7));
    free(memory);
    memory = must_calloc(0, 10);
    assert_non_null(memory);
    free(memory);
    memory = must_realloc(NULL, 0, 1);
    assert_non_null(memory);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces), cmocka_unit_test(test_keep),
        cmocka_unit_test(test_again),  cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_must),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
