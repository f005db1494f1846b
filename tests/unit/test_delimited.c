/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/delimited.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/scratch.h"

/* Records as one text: LINE(field|field) and so on; a NUL in a field shows as '0'. */
static char seen[4096];

static kor_status show(void *arg, size_t line, const kor_field *fields, size_t count,
                       kor_error *err)
{
    (void)arg;
    (void)err;
    size_t n = strlen(seen);
    n += (size_t)snprintf(seen + n, sizeof seen - n, "%zu(", line);
    for (size_t i = 0; i < count; i++) {
        if (i) seen[n++] = '|';
        for (size_t k = 0; k < fields[i].len; k++)
            seen[n++] = fields[i].text[k] ? fields[i].text[k] : '0';
        assert_int_equal(fields[i].text[fields[i].len], 0);
    }
    seen[n++] = ')';
    seen[n] = 0;
    return KOR_OK;
}

static kor_status read_text(const char *text, size_t len, char separator, kor_error *err)
{
    *seen = 0;
    /* Exactly as long as it is said to be, so that a sanitizer sees a step too far. */
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    char *exact = realloc(copy, len ? len : 1);
    kor_status status = kor_delimited_read(exact, len, separator, "t.csv", show, NULL, err);
    free(exact);
    return status;
}

static void expect(const char *text, char separator, const char *records)
{
    kor_error err;
    assert_works(read_text(text, strlen(text), separator, &err), &err);
    assert_string_equal(seen, records);
}

static void test_delimited_reads_what_rfc_4180_says(void **state)
{
    (void)state;
    expect("a,b\r\nc,d\r\n", ',', "1(a|b)2(c|d)");
    expect("a,b\nc,d", ',', "1(a|b)2(c|d)");
    expect("\xef\xbb\xbf"
           "a\n",
           ',', "1(a)");
    expect("\"a,b\",\"c \"\"d\"\"\"\n", ',', "1(a,b|c \"d\")");
    expect("\"two\nlines\",x\ny,z\n", ',', "1(two\nlines|x)3(y|z)");
    expect("\"two\r\nlines\"\r\ny", ',', "1(two\r\nlines)3(y)");
    expect(",\n\"\",\n", ',', "1(|)2(|)");
    expect("a b,it's 5\" wide\n", ',', "1(a b|it's 5\" wide)");
    expect("a,b\n\n\r\nc,d\n", ',', "1(a|b)4(c|d)");
    expect("a\rb,c\r", ',', "1(a\rb|c\r)");
    expect("", ',', "");
    expect("\xef\xbb\xbf", ',', "");
    kor_error err;
    assert_works(read_text("a\0b,c\n", 6, ',', &err), &err);
    assert_string_equal(seen, "1(a0b|c)");
}

static void test_delimited_knows_no_quotes_between_tabs(void **state)
{
    (void)state;
    expect("a\t\"b\r\n\"c\"\td,e\n", '\t', "1(a|\"b)2(\"c\"|d,e)");
}

static void test_delimited_says_where_a_quote_is_wrong(void **state)
{
    (void)state;
    kor_error err;
    const char *open = "a,b\nc,\"d\ne\n", *after = "a\n\"b\nc\"d\n";
    assert_fails(read_text(open, strlen(open), ',', &err), KOR_E_INPUT, &err,
                 "t.csv:2: a quote that begins here does not end");
    assert_fails(read_text(after, strlen(after), ',', &err), KOR_E_INPUT, &err,
                 "t.csv:3: text after");
    assert_fails(read_text("\"", 1, ',', &err), KOR_E_INPUT, &err, "t.csv:1:");
}

static void test_delimited_has_a_limit_of_fields(void **state)
{
    (void)state;
    char line[KOR_DELIMITED_FIELDS + 2];
    kor_error err;
    memset(line, ',', sizeof line);
    assert_works(read_text(line, KOR_DELIMITED_FIELDS - 1, ',', &err), &err);
    assert_fails(read_text(line, KOR_DELIMITED_FIELDS, ',', &err), KOR_E_INPUT, &err,
                 "t.csv:1: too many fields");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delimited_reads_what_rfc_4180_says),
        cmocka_unit_test(test_delimited_knows_no_quotes_between_tabs),
        cmocka_unit_test(test_delimited_says_where_a_quote_is_wrong),
        cmocka_unit_test(test_delimited_has_a_limit_of_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
