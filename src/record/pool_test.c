#include "record/pool.h"

#include "base/arena.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

enum {
    BLOCKS = 40,
    VALUES_MOST = BLOCKS * CHAIN_BLOCK_ROOM / sizeof(uint32_t)
};

/* A chain of numbers, and the same as an array. */
struct trial {
    struct pool pool;
    struct chain chain;
    struct chain_block *block;
    uint32_t value[VALUES_MOST];
    size_t values;
    uint32_t next;
    uint64_t seed;
};

static uint64_t draw(struct trial *trial, uint64_t below)
{
    trial->seed ^= trial->seed << 13;
    trial->seed ^= trial->seed >> 7;
    trial->seed ^= trial->seed << 17;
    return trial->seed % below;
}

static void append(struct trial *trial)
{
    uint32_t value = trial->next++;

    if (trial->pool.free < chain_need(sizeof value))
        return;
    chain_append(&trial->pool, &trial->chain,
                 (struct span){(const uint8_t *)&value, sizeof value});
    trial->value[trial->values++] = value;
}

static void check(struct trial *trial)
{
    struct cursor at;
    uint32_t value;

    assert_int_equal(trial->pool.free + trial->chain.blocks, BLOCKS);
    if (!trial->chain.first)
        return;
    at = chain_start(&trial->pool, &trial->chain);
    for (size_t i = 0; i < trial->values; i++) {
        assert_false(chain_at_end(&trial->pool, &at));
        chain_read(&trial->pool, &at, &value, sizeof value);
        assert_int_equal(value, trial->value[i]);
    }
    assert_true(chain_at_end(&trial->pool, &at));
}

/*
 * Takes out about one in `share` of the values, from some place on until a
 * while after two blocks were won, or until the end.
 */
static void squeeze(struct trial *trial, uint64_t share)
{
    struct pool *pool = &trial->pool;
    struct cursor from;
    struct cursor to;
    size_t kept;
    size_t at;

    if (!trial->chain.first)
        return;
    kept = draw(trial, trial->values + 1) / 2;
    at = kept;
    from = chain_start(pool, &trial->chain);
    chain_read(pool, &from, NULL, kept * sizeof(uint32_t));
    from.passed = 0;
    to = from;
    while (!chain_at_end(pool, &from) &&
           (chain_gain(&from, &to) < 2 || draw(trial, 60))) {
        if (draw(trial, share)) {
            chain_move(pool, &from, &to, sizeof(uint32_t));
            trial->value[kept++] = trial->value[at];
        } else {
            chain_read(pool, &from, NULL, sizeof(uint32_t));
        }
        at++;
    }
    chain_join(pool, &trial->chain, &from, &to);
    while (at < trial->values)
        trial->value[kept++] = trial->value[at++];
    trial->values = kept;
}

static void run_trial(uint64_t seed)
{
    struct trial *trial = must_calloc(1, sizeof *trial);

    trial->seed = seed * UINT64_C(0x9e3779b97f4a7c15);
    trial->block = must_calloc(BLOCKS, sizeof *trial->block);
    pool_init(&trial->pool, trial->block, BLOCKS);
    for (int i = 0; i < 600; i++) {
        for (uint64_t n = draw(trial, 500); n; n--)
            append(trial);
        check(trial);
        squeeze(trial, 1 + draw(trial, 4));
        check(trial);
        if (draw(trial, 50) == 0) {
            chain_release(&trial->pool, &trial->chain);
            trial->values = 0;
        }
    }
    chain_release(&trial->pool, &trial->chain);
    assert_int_equal(trial->pool.free, BLOCKS);
    free(trial->block);
    free(trial);
}

static void test_squeezing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++)
        run_trial(seed);
}

/* Memory is touched from the front, and used again before more is. */
static void test_frugal(void **state)
{
    static const uint8_t byte[10 * CHAIN_BLOCK_ROOM];
    struct chain_block *block = must_calloc(BLOCKS, sizeof *block);
    struct chain chain[2] = {{0}};
    struct pool pool;

    (void)state;
    pool_init(&pool, block, BLOCKS);
    for (int i = 0; i < 100; i++) {
        chain_append(&pool, &chain[0], (struct span){byte, sizeof byte});
        chain_append(&pool, &chain[1], (struct span){byte, 1});
        assert_int_equal(pool.free, BLOCKS - 11);
        assert_int_equal(chain[0].blocks, 10);
        chain_release(&pool, &chain[0]);
        chain_release(&pool, &chain[1]);
        assert_int_equal(pool.free, BLOCKS);
        assert_int_equal(pool.used, 11);
    }
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_squeezing),
        cmocka_unit_test(test_frugal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
