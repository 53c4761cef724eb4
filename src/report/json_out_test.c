#include "report/json_out.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct page {
    FILE *file;
    char *text;
    size_t size;
};

static FILE *open_page(struct page *page)
{
    page->file = open_memstream(&page->text, &page->size);
    assert_non_null(page->file);
    return page->file;
}

static void expect_page(struct page *page, const char *expected)
{
    assert_int_equal(fclose(page->file), 0);
    assert_string_equal(page->text, expected);
    free(page->text);
}

static json_t *load(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

    assert_non_null(value);
    return value;
}

/* Each member and element given apart, or all printed by jansson at once. */
static void expect_same(const char *text)
{
    json_t *whole = load(text);
    char *expected = json_dumps(whole, JSON_INDENT(2));
    struct json_out out;
    struct page page;
    const char *key;
    json_t *value;

    json_out_begin(&out, open_page(&page));
    json_object_foreach(whole, key, value)
    {
        if (!json_is_array(value)) {
            json_out_member(&out, key, json_incref(value));
            continue;
        }
        json_out_list(&out, key);
        for (size_t i = 0; i < json_array_size(value); i++)
            json_out_element(&out, json_incref(json_array_get(value, i)));
        json_out_list_end(&out);
    }
    assert_true(json_out_end(&out));
    assert_int_equal(fflush(page.file), 0);
    assert_int_equal(page.text[page.size - 1], '\n');
    page.text[page.size - 1] = 0;
    expect_page(&page, expected);
    free(expected);
    json_decref(whole);
}

static void test_documents(void **state)
{
    (void)state;
    expect_same("{}");
    expect_same("{\"a\": 1}");
    expect_same("{\"a\": []}");
    expect_same("{\"a\": [], \"b\": {}, \"c\": null}");
    expect_same("{\"a\": [1], \"b\": [true, false], \"c\": \"\"}");
    expect_same(
        "{\"a\": [{\"b\": [{\"c\": [1, [2, []]]}, {}]}, []], \"d\": 0}");
    expect_same(
        "{\"a\": {\"b\": {\"c\": [1, 2]}}, \"d\": [\"x\\ny\", \"\\n\"]}");
    expect_same("{\"a\": [\"[\", \"{\", \"\\\"\", \"\\u0001\"]}");
}

/* Longer than what is held back, as one string and as many values. */
static void test_long(void **state)
{
    struct text text;

    (void)state;
    text_init(&text, 40 * JSON_OUT_ROOM);
    for (int size = JSON_OUT_ROOM - 40; size < 3 * JSON_OUT_ROOM; size += 997) {
        text_clear(&text);
        text_addf(&text, "{\"a\": [\"%0*d\", 7]}", size, 1);
        expect_same(text_string(&text));
    }
    text_clear(&text);
    text_add(&text, "{\"a\": [0");
    for (int i = 0; i < 3 * JSON_OUT_ROOM; i++)
        text_addf(&text, ", %d", i % 100);
    text_add(&text, "]}");
    assert_false(text.cut);
    expect_same(text_string(&text));
    text_release(&text);
}

static void test_members(void **state)
{
    struct json_out out;
    struct page page;

    (void)state;
    json_out_begin(&out, open_page(&page));
    json_out_members(&out, load("{\"a\": 0.1, \"b\": {\"c\": 1}}"));
    json_out_member(&out, "d", json_null());
    assert_true(json_out_end(&out));
    expect_page(&page, "{\n  \"a\": 0.1,\n  \"b\": {\n    \"c\": 1\n  },\n"
                       "  \"d\": null\n}\n");
}

static void test_lines(void **state)
{
    struct page page;
    FILE *file = open_page(&page);

    (void)state;
    assert_true(json_out_line(file, "x", load("{\"a\": [1, {\"b\": 2}]}")));
    assert_true(json_out_line(file, "y", load("{\"c\": \"d\\n\"}")));
    expect_page(&page, "{\"type\":\"x\",\"a\":[1,{\"b\":2}]}\n"
                       "{\"type\":\"y\",\"c\":\"d\\n\"}\n");
}

static void test_failures(void **state)
{
    FILE *full = fopen("/dev/full", "w");
    struct json_out out;

    (void)state;
    if (!full)
        skip();
    setbuf(full, NULL);
    assert_false(json_out_line(full, "x", load("{\"a\": 1}")));
    json_out_begin(&out, full);
    json_out_list(&out, "a");
    for (int i = 0; i < JSON_OUT_ROOM; i++)
        json_out_element(&out, json_integer(i));
    json_out_list_end(&out);
    assert_false(json_out_end(&out));
    /* a value that could not be made */
    json_out_begin(&out, full);
    json_out_member(&out, "a", NULL);
    assert_true(out.failed);
    (void)fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents), cmocka_unit_test(test_long),
        cmocka_unit_test(test_members),   cmocka_unit_test(test_lines),
        cmocka_unit_test(test_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
