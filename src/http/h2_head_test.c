#include "http/h2_head.h"

#include "http/fields_kit.h"
#include "scene/hpack.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

enum {
    BLOCK_MAX = 1 << 20,
    TOLD_MAX = 1 << 14
};

struct bench {
    struct h2_decoder decoder;
    struct h2_told told;
    const struct http_head *head;
    nghttp2_hd_deflater *encoder;
};

static void begin(struct bench *bench, size_t table)
{
    h2_decoder_init(&bench->decoder);
    h2_told_init(&bench->told);
    assert_int_equal(nghttp2_hd_deflate_new(&bench->encoder, table), 0);
}

static void end(struct bench *bench)
{
    nghttp2_hd_deflate_del(bench->encoder);
    h2_told_release(&bench->told);
    h2_decoder_release(&bench->decoder);
}

static bool target_is(const struct bench *bench, const char *text)
{
    struct span target = bench->head->target;

    return target.size == strlen(text) && span_starts_with(target, text);
}

static bool take_block(struct bench *bench, struct span block)
{
    size_t earlier = block.size % 2 ? 0 : block.size / 2;

    /* some in one piece, some in two */
    text_add_bytes(&bench->decoder.block, span_head(block, earlier));
    bench->head = h2_decoder_read(&bench->decoder, span_skip(block, earlier),
                                  &bench->told);
    return !bench->decoder.lost;
}

/* The fields of kit_next_field, as literals. */
static void put_fields(const char *lines, struct text *block)
{
    struct span name;
    struct span value;

    while (kit_next_field(&lines, &name, &value))
        hpack_add(block, name, value);
}

/* Some of what the block said. */
static void tell(const struct bench *bench, struct text *out)
{
    kit_add_span(out, "method", bench->head->method);
    kit_add_span(out, "target", bench->head->target);
    kit_add_span(out, "host", bench->head->host);
    if (bench->head->status)
        text_addf(out, "status=%u ", bench->head->status);
}

static nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .value = (uint8_t *)(uintptr_t)value,
                        .namelen = strlen(name),
                        .valuelen = strlen(value)};
}

/* Encodes two fields with Huffman and the dynamic table, and reads them. */
static bool pass(struct bench *bench, const char *path, size_t *size)
{
    const nghttp2_nv nv[] = {
        field(":path", path),
        field("x-long", "the value that every request carries"),
    };
    uint8_t out[512];
    ssize_t used =
        nghttp2_hd_deflate_hd(bench->encoder, out, sizeof out, nv, 2);

    assert_true(used > 0);
    *size = (size_t)used;
    return take_block(bench, (struct span){out, *size}) &&
           target_is(bench, path);
}

static void test_table(void **state)
{
    struct bench bench;
    size_t first, second;

    (void)state;
    begin(&bench, 4096);
    assert_true(pass(&bench, "/a", &first));
    assert_true(pass(&bench, "/a", &second));
    assert_true(second < first);
    end(&bench);
}

/* SETTINGS_HEADER_TABLE_SIZE up, down to nothing, and up again. */
static void test_table_size(void **state)
{
    static const uint32_t sizes[] = {65536, 0, 4096, 100, H2_TABLE_LIMIT};
    struct bench bench;
    size_t size;

    (void)state;
    begin(&bench, H2_TABLE_LIMIT);
    assert_int_equal(nghttp2_hd_deflate_change_table_size(bench.encoder, 4096),
                     0);
    assert_true(pass(&bench, "/a", &size));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        h2_decoder_resize(&bench.decoder, sizes[i]);
        assert_int_equal(
            nghttp2_hd_deflate_change_table_size(bench.encoder, sizes[i]), 0);
        assert_true(pass(&bench, "/b", &size));
        assert_true(pass(&bench, "/b", &size));
    }
    end(&bench);
}

/* With nothing in its table an encoder may keep silent about the size. */
static void test_table_size_unsaid(void **state)
{
    struct bench bench;
    struct text block;

    (void)state;
    begin(&bench, 4096);
    text_init(&block, BLOCK_MAX);
    put_fields(":path=/a\n", &block);
    h2_decoder_resize(&bench.decoder, 0);
    assert_true(
        take_block(&bench, (struct span){(uint8_t *)block.at, block.size}));
    text_release(&block);
    end(&bench);
}

/* More than was allowed: what the table holds is not known. */
static void test_table_too_large(void **state)
{
    static const uint8_t update[] = {0x3f, 0xe2, 0x1f}; /* 4097 */
    struct bench bench;

    (void)state;
    begin(&bench, 4096);
    assert_false(take_block(&bench, (struct span){update, sizeof update}));
    assert_true(bench.decoder.lost);
    end(&bench);
}

static void test_truncated(void **state)
{
    struct text block;
    size_t one;

    (void)state;
    text_init(&block, BLOCK_MAX);
    put_fields(":path=/abc\n", &block);
    one = block.size;
    put_fields(":method=GET\n", &block);
    for (size_t size = 0; size <= block.size; size++) {
        struct bench bench;
        bool whole = size == 0 || size == one || size == block.size;

        begin(&bench, 4096);
        assert_int_equal(take_block(&bench,
                                    (struct span){(uint8_t *)block.at, size}),
                         whole);
        assert_int_equal(bench.decoder.lost, !whole);
        end(&bench);
    }
    text_release(&block);
}

/* Once lost, a block that is good is not read either. */
static void test_broken(void **state)
{
    static const uint8_t broken[][6] = {
        {0xbe }, /* an entry that is not there */
        {     0x80 }, /* index 0 */
        {  0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, /* an index without end */
        { 0x7f,      0xff, 0xff, 0xff, 0xff, 0x0f},
        { 0x00,0x81, 0xff}, /* Huffman: no symbol */
    };

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct bench bench;
        size_t size;

        begin(&bench, 4096);
        if (take_block(&bench, (struct span){broken[i], sizeof broken[i]}))
            fail_msg("row %zu", i);
        assert_true(bench.decoder.lost);
        assert_false(pass(&bench, "/a", &size));
        end(&bench);
    }
}

/* One byte each, of the static table and of the dynamic one. */
static const char *read_short(struct bench *bench, struct text *out,
                              const char *bytes)
{
    text_clear(out);
    if (take_block(bench, span_of_text(bytes)))
        tell(bench, out);
    else
        text_add(out, "lost");
    return text_string(out);
}

/*
 * What is kept of short blocks is no more than what they say: a field that
 * comes into the table gives the same bytes another meaning.
 */
static void test_kept(void **state)
{
    static const char added[] = "\x40\x04host\x01y";
    struct bench bench;
    struct text out;

    (void)state;
    begin(&bench, 4096);
    text_init(&out, TOLD_MAX);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(read_short(&bench, &out, "\x82\x84"),
                            "method=GET target=/ ");
        assert_string_equal(read_short(&bench, &out, "\x88"), "status=200 ");
        assert_string_equal(read_short(&bench, &out, "\x8d"), "status=404 ");
        assert_string_equal(read_short(&bench, &out, "\x83"), "method=POST ");
    }
    assert_string_equal(read_short(&bench, &out, "\x41\x01x"), "host=x ");
    assert_string_equal(read_short(&bench, &out, "\xbe"), "host=x ");
    assert_string_equal(read_short(&bench, &out, "\xbe"), "host=x ");
    assert_string_equal(read_short(&bench, &out, added), "host=y ");
    assert_string_equal(read_short(&bench, &out, "\xbe"), "host=y ");
    assert_string_equal(read_short(&bench, &out, "\xbf"), "host=x ");
    assert_string_equal(read_short(&bench, &out, "\xc0"), "lost");
    assert_string_equal(read_short(&bench, &out, "\xbe"), "lost");
    text_release(&out);
    end(&bench);
}

/* A block of 256 KiB that stands for a gigabyte: each byte names a path of
 * 4000 bytes. */
static void test_bomb(void **state)
{
    struct bench bench;
    struct text block;
    uint8_t head[] = {0x44, 0x7f, 0xa1, 0x1e}; /* :path, 4000 bytes, indexed */
    clock_t start = clock();

    (void)state;
    begin(&bench, 4096);
    text_init(&block, BLOCK_MAX);
    text_add_bytes(&block, (struct span){head, sizeof head});
    for (unsigned i = 0; i < 4000; i++)
        text_add(&block, "/");
    while (block.size < H2_BLOCK_LIMIT)
        text_add_bytes(&block, (struct span){(const uint8_t *)"\xbe", 1});
    assert_true(
        take_block(&bench, (struct span){(uint8_t *)block.at, block.size}));
    assert_int_equal(bench.head->target.size, 4000);
    assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
    assert_null(bench.decoder.block.at);
    text_release(&block);
    end(&bench);
}

static void test_too_long(void **state)
{
    struct bench bench;
    struct text block;

    (void)state;
    begin(&bench, 4096);
    text_init(&block, BLOCK_MAX);
    while (block.size <= H2_BLOCK_LIMIT)
        put_fields("x=y\n", &block);
    assert_false(
        take_block(&bench, (struct span){(uint8_t *)block.at, block.size}));
    assert_true(bench.decoder.lost);
    text_release(&block);
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_size),
        cmocka_unit_test(test_table_size_unsaid),
        cmocka_unit_test(test_table_too_large),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
