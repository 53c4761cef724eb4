#include "diagnose/finding.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A slug is what --code takes and JSON says: lower case, words, hyphens. */
static bool is_slug(const char *slug)
{
    static const char some[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t size = strlen(slug);

    return size > 0 && strspn(slug, some) == size && slug[0] != '-' &&
           slug[size - 1] != '-' && !strstr(slug, "--");
}

static void test_slugs_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < VERDICT_COUNT; i++) {
        enum verdict code = (enum verdict)i;

        assert_true(is_slug(verdict_slug(code)));
        assert_int_equal(verdict_by_slug(verdict_slug(code)), code);
        assert_true(verdict_severity(code) < SEVERITY_COUNT);
    }
}

/* Titles are one line for people: no capital, no full stop (style, 1). */
static void test_titles(void **state)
{
    (void)state;
    for (int i = 0; i < VERDICT_COUNT; i++) {
        const char *title = verdict_title((enum verdict)i);

        assert_true(title[0] != '\0');
        assert_null(strchr(title, '\n'));
        assert_int_not_equal(title[strlen(title) - 1], '.');
    }
}

static const struct {
    enum verdict code;
    enum severity severity;
    const char *slug;
} some[] = {
    {VERDICT_WRITE_TIMEOUT_EOF,    SEVERITY_ERROR, "write-timeout-eof"   },
    {VERDICT_GATEWAY_TIMEOUT,      SEVERITY_ERROR, "gateway-timeout"     },
    {VERDICT_SHORT_BODY_KEPT_OPEN, SEVERITY_ERROR, "short-body-kept-open"},
    {VERDICT_IDLE_CLOSE_RACE,      SEVERITY_ERROR, "idle-close-race"     },
};

static void test_some(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        assert_string_equal(verdict_slug(some[i].code), some[i].slug);
        assert_int_equal(verdict_by_slug(some[i].slug), some[i].code);
        assert_int_equal(verdict_severity(some[i].code), some[i].severity);
    }
}

static void test_unknown(void **state)
{
    static const char *const unknown[] = {
        "",
        "idle",
        "IDLE-CLOSE-RACE",
        "idle_close_race",
        "idle-close-race ",
        "idle-close-rac",
    };

    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_int_equal(verdict_by_slug(unknown[i]), VERDICT_NONE);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(severity_name(SEVERITY_INFO), "info");
    assert_string_equal(severity_name(SEVERITY_WARNING), "warning");
    assert_string_equal(severity_name(SEVERITY_ERROR), "error");
    assert_string_equal(confidence_name(CONFIDENCE_POSSIBLE), "possible");
    assert_string_equal(confidence_name(CONFIDENCE_LIKELY), "likely");
    assert_string_equal(confidence_name(CONFIDENCE_CERTAIN), "certain");
    assert_string_equal(symptom_name(SYMPTOM_EMPTY_REPLY), "empty-reply");
    assert_string_equal(symptom_name(SYMPTOM_CONNECT_TIMEOUT),
                        "connect-timeout");
    assert_string_equal(symptom_name(SYMPTOM_SLOW), "slow");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slugs_both_ways),
        cmocka_unit_test(test_titles),
        cmocka_unit_test(test_some),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
