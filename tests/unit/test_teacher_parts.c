/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the teacher: configuration, budget, replies, journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forge/journal.h"
#include "forge/teacher_config.h"
#include "scratch.h"

#include <math.h>

/* ---- Configuration ---- */

static void test_url_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        kor_url_kind kind;
    } cases[] = {
        {"http://127.0.0.1:8080/v1", KOR_URL_LOOPBACK},
        {"http://127.255.0.9", KOR_URL_LOOPBACK},
        {"https://localhost/", KOR_URL_LOOPBACK},
        {"http://LocalHost:1", KOR_URL_LOOPBACK},
        {"http://[::1]:11434/v1", KOR_URL_LOOPBACK},
        {"http://127.0.0.1.example.org/", KOR_URL_HTTP},
        {"http://localhost.example.org/", KOR_URL_HTTP},
        {"http://127.1/", KOR_URL_HTTP},
        {"http://127.0.0.256/", KOR_URL_HTTP},
        {"http://0177.0.0.1/", KOR_URL_HTTP},
        {"http://2130706433/", KOR_URL_HTTP},
        {"http://[::2]/", KOR_URL_HTTP},
        {"https://api.example.org/v1", KOR_URL_HTTPS},
        {"ftp://127.0.0.1/", KOR_URL_BAD},
        {"HTTP://127.0.0.1/", KOR_URL_BAD},
        {"http://", KOR_URL_BAD},
        {"http:///v1", KOR_URL_BAD},
        {"http://[::1/", KOR_URL_BAD},
        {"http://127.0.0.1:0/", KOR_URL_BAD},
        {"http://127.0.0.1:65536/", KOR_URL_BAD},
        {"http://127.0.0.1:/", KOR_URL_BAD},
        {"http://127.0.0.1@example.org/", KOR_URL_BAD},
        {"http://example.org\\@127.0.0.1/", KOR_URL_BAD},
        {"http://127.0.0.1/#x", KOR_URL_BAD},
        {"http://127.0.0.1/?key=1", KOR_URL_BAD},
        {"http://127.0.0.1/\r\nX: y", KOR_URL_BAD},
        {"http://127.0.0.1/ x", KOR_URL_BAD},
        {"http://ex\xc3\xa4mple.org/", KOR_URL_BAD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (kor_url_check(cases[i].url) != cases[i].kind) fail_msg("%s", cases[i].url);
    }
}

static void test_config_reads_all_keys(void **state)
{
    (void)state;
    folder f = folder_new();
    const char text[] = "url: https://api.example.org/v1/\nmodel: big\nkey_file: key\nparallel: 9\n"
                        "retries: 2\ntimeout_seconds: 1.5\nbudget_tokens: 1000\nbudget_usd: 2.5\n"
                        "price_in: 3\nprice_out: 15\ntemperature: 0.5\nallow_remote: no\n";
    const char *path = in(&f, "teacher.yaml"), *key = in(&f, "key");
    kor_teacher_config c;
    kor_error err;
    put_file(path, text, sizeof text - 1);
    put_file(key, "sk-secret\r\nmore\n", 16);
    assert_int_equal(chmod(key, 0640), 0);
    assert_fails(kor_teacher_config_read(&c, path, &err), KOR_E_INPUT, &err, "chmod 600");
    assert_int_equal(chmod(key, 0600), 0);
    assert_works(kor_teacher_config_read(&c, path, &err), &err);
    assert_string_equal(c.url, "https://api.example.org/v1/chat/completions");
    assert_string_equal(c.model, "big");
    assert_string_equal(c.key, "sk-secret");
    assert_true(!c.loopback && c.parallel == 9 && c.retries == 2 && c.timeout_seconds == 1.5);
    assert_true(c.budget_tokens == 1000 && c.budget_usd == 2.5 && c.price_in == 3);
    assert_true(c.price_out == 15 && c.temperature == 0.5);
    kor_teacher_config_free(&c);
    /* A key that would break a header is none, and is not in the message. */
    put_file(key, "sk-secret with spaces", 21);
    assert_fails(kor_teacher_config_read(&c, path, &err), KOR_E_INPUT, &err, "holds no key");
    assert_null(strstr(err.msg, "secret"));
    folder_remove(&f);
}

static void test_key_is_cut_out(void **state)
{
    (void)state;
    char text[] = "sk-1 and sk-1sk-1 and sksk-1-1";
    size_t n = kor_key_hide(text, strlen(text), "sk-1");
    assert_null(strstr(text, "sk-1"));
    assert_int_equal(n, strlen(text));
    assert_string_equal(text, " and  and ");
    char other[] = "text";
    assert_int_equal(kor_key_hide(other, 4, NULL), 4);
    assert_int_equal(kor_key_hide(other, 4, ""), 4);
}

/* ---- Budget ---- */

static void test_ledger_counts_what_is_under_way(void **state)
{
    (void)state;
    kor_ledger l = {.budget_tokens = 1000, .budget_usd = INFINITY};
    const kor_cost most = {200, 300};
    assert_true(kor_ledger_begin(&l, most));
    assert_true(kor_ledger_begin(&l, most));
    assert_false(kor_ledger_begin(&l, (kor_cost){1, 0}));
    kor_ledger_end(&l, most, (kor_cost){100, 50}, true);
    assert_false(l.estimated);
    assert_true(kor_ledger_begin(&l, (kor_cost){350, 0}));
    assert_false(kor_ledger_begin(&l, (kor_cost){1, 0}));
    kor_ledger_end(&l, most, most, false);
    assert_true(l.estimated);
    assert_true(l.spent.in == 300 && l.spent.out == 350 && l.under_way.in == 350);
}

static void test_ledger_counts_dollars(void **state)
{
    (void)state;
    kor_ledger l = {.budget_tokens = INFINITY, .budget_usd = 0.01, .price_in = 2, .price_out = 10};
    assert_true(fabs(kor_ledger_usd(&l, (kor_cost){1000, 500}) - 0.007) < 1e-12);
    assert_true(kor_ledger_begin(&l, (kor_cost){1000, 500}));
    assert_false(kor_ledger_begin(&l, (kor_cost){0, 301}));
    assert_true(kor_ledger_begin(&l, (kor_cost){0, 299}));
    l = (kor_ledger){.budget_tokens = 0, .budget_usd = INFINITY};
    assert_false(kor_ledger_begin(&l, (kor_cost){1, 0}));
    assert_true(kor_tokens_of(0) >= 1 && kor_tokens_of(300) >= 100);
}

/* ---- Replies ---- */

static kor_labels labels;

static int set_up(void **state)
{
    (void)state;
    size_t at;
    kor_error err;
    assert_works(kor_labels_add(&labels, "a", 1, &at, &err), &err);
    assert_works(kor_labels_add(&labels, "b", 1, &at, &err), &err);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kor_labels_free(&labels);
    return 0;
}

static const kor_asked rows_of_b = {KOR_ASK_ROWS, &labels, 1, 3, "sk-secret"};
static const kor_asked check_of_two = {KOR_ASK_CHECK, &labels, 0, 2, NULL};
static const kor_asked letter = {KOR_ASK_LETTER, &labels, 0, 1, NULL};

/* The body of a reply with that content. */
static json_t *reply_with(const char *content)
{
    return json_pack("{s:[{s:{s:s}}],s:{s:i,s:i}}", "choices", "message", "content", content,
                     "usage", "prompt_tokens", 7, "completion_tokens", 5);
}

static bool read_reply(kor_answer *out, const kor_asked *asked, json_t *reply, char *why)
{
    char *body = json_dumps(reply, 0);
    bool good;
    kor_error err;
    assert_non_null(body);
    assert_works(kor_reply_read(out, asked, body, strlen(body), &good, why, &err), &err);
    free(body);
    json_decref(reply);
    return good;
}

static void assert_rows(json_t *rows, const char *expected)
{
    char *text = json_dumps(rows, JSON_COMPACT);
    assert_string_equal(text, expected);
    free(text);
}

static void test_reply_rows_are_checked(void **state)
{
    (void)state;
    kor_answer a;
    char why[KOR_REPLY_WHY];
    assert_true(read_reply(
        &a, &rows_of_b,
        reply_with("{\"rows\":[{\"text\":\" one\\n\\ttwo \",\"label\":\"b\"},{\"text\":\"x\","
                   "\"label\":\"a\"},{\"text\":\"x\",\"label\":\"c\"},{\"text\":\"\",\"label\":"
                   "\"b\"},{\"text\":\"a \\u0000\",\"label\":\"b\"},{\"text\":\"my sk-secret\","
                   "\"label\":\"b\"},{\"text\":3,\"label\":\"b\"},{\"text\":\"x\"},7,null,"
                   "{\"text\":\"2\",\"label\":\"b\"},{\"text\":\"3\",\"label\":\"b\"},"
                   "{\"text\":\"too many\",\"label\":\"b\"}]}"),
        why));
    assert_rows(a.rows, "[{\"text\":\"one two\",\"label\":\"b\"},{\"text\":\"2\",\"label\":\"b\"},"
                        "{\"text\":\"3\",\"label\":\"b\"}]");
    assert_int_equal(a.other_labels, 3);
    assert_int_equal(a.bad_rows, 6);
    assert_true(a.measured && a.cost.in == 7 && a.cost.out == 5);
    assert_true(kor_answer_is_sound(a.rows, &rows_of_b));
    assert_false(kor_answer_is_sound(a.rows, &check_of_two));
    kor_answer_free(&a);
}

static void test_reply_key_spelt_with_escapes_is_seen(void **state)
{
    (void)state;
    kor_answer a;
    char why[KOR_REPLY_WHY];
    assert_false(
        read_reply(&a, &rows_of_b,
                   reply_with("{\"rows\":[{\"text\":\"sk-\\u0073ecret\",\"label\":\"b\"}]}"), why));
    kor_answer_free(&a);
    char said[100];
    const char body[] =
        "{\"error\":{\"message\":\"bad key \\u0073k-secret\\u001b[2J of\\nyours\"}}";
    kor_reply_message(said, sizeof said, body, sizeof body - 1, "sk-secret");
    assert_null(strstr(said, "secret"));
    assert_non_null(strstr(said, "bad key"));
    /* Neither cut in two by the end of the message, nor joined by what is left out. */
    char cut[16];
    kor_reply_message(cut, sizeof cut, "0123456789 sk-secret", 20, "sk-secret");
    assert_string_equal(cut, "0123456789 ");
}

static void test_reply_checks_have_numbers(void **state)
{
    (void)state;
    kor_answer a;
    char why[KOR_REPLY_WHY];
    assert_true(read_reply(
        &a, &check_of_two,
        reply_with("```json\n{\"rows\":[{\"number\":2,\"label\":\"a\"},{\"number\":2,\"label\":"
                   "\"b\"},{\"number\":0,\"label\":\"a\"},{\"number\":3,\"label\":\"a\"},"
                   "{\"number\":\"1\",\"label\":\"a\"},{\"number\":1,\"label\":\"z\"}]}\n```"),
        why));
    assert_rows(a.rows, "[{\"number\":2,\"label\":\"a\"}]");
    assert_int_equal(a.other_labels, 1);
    assert_int_equal(a.bad_rows, 4);
    kor_answer_free(&a);
}

static void test_reply_letters_have_probabilities(void **state)
{
    (void)state;
    kor_answer a;
    char why[KOR_REPLY_WHY];
    json_t *r = reply_with(" B.");
    json_t *top = json_pack("[{s:s,s:f},{s:s,s:f},{s:s,s:f},{s:s,s:s}]", "token", " B", "logprob",
                            log(0.6), "token", "A", "logprob", log(0.2), "token", "Z", "logprob",
                            log(0.1), "token", "B", "logprob", "high");
    json_t *tokens =
        json_pack("[{s:s},{s:s,s:o}]", "token", "\n", "token", "B", "top_logprobs", top);
    json_object_set_new(json_array_get(json_object_get(r, "choices"), 0), "logprobs",
                        json_pack("{s:o}", "content", tokens));
    assert_true(read_reply(&a, &letter, r, why));
    json_t *row = json_array_get(a.rows, 0), *soft = json_object_get(row, "soft");
    assert_string_equal(json_string_value(json_object_get(row, "label")), "b");
    assert_true(fabs(json_real_value(json_object_get(soft, "b")) - 0.75) < 1e-9);
    assert_true(fabs(json_real_value(json_object_get(soft, "a")) - 0.25) < 1e-9);
    assert_true(kor_answer_is_sound(a.rows, &letter));
    kor_answer_free(&a);
    /* Without them, or with the label's name: the label alone. */
    assert_true(read_reply(&a, &letter, reply_with("a"), why));
    assert_rows(a.rows, "[{\"label\":\"a\"}]");
    kor_answer_free(&a);
    assert_false(read_reply(&a, &letter, reply_with("C"), why));
    kor_answer_free(&a);
    assert_false(read_reply(&a, &letter, reply_with(""), why));
    kor_answer_free(&a);
}

static void test_reply_that_is_none_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *body, *why;
    } cases[] = {
        {"", "not JSON"},
        {"{", "not JSON"},
        {"\xff\xfe", "not UTF-8"},
        {"[]", "no choices"},
        {"{\"choices\":[]}", "no choices"},
        {"{\"choices\":[{\"message\":{\"content\":null}}]}", "no choices"},
        {"{\"choices\":[{\"message\":{\"content\":\"[]\"}}]}", "not JSON"},
        {"{\"choices\":[{\"message\":{\"content\":\"} {\"}}]}", "not JSON"},
        {"{\"choices\":[{\"finish_reason\":\"length\",\"message\":{\"content\":\"{\\\"ro\"}}]}",
         "cut off"},
        {"{\"choices\":[{\"message\":{\"content\":\"{\\\"rows\\\":{}}\"}}]}", "no list"},
        {"{\"choices\":[{\"message\":{\"content\":\"{\\\"rows\\\":[]}\"}}]}", "no row"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kor_answer a;
        char why[KOR_REPLY_WHY];
        bool good = true;
        kor_error err;
        assert_works(
            kor_reply_read(&a, &rows_of_b, cases[i].body, strlen(cases[i].body), &good, why, &err),
            &err);
        if (good || !strstr(why, cases[i].why)) fail_msg("%s: %s", cases[i].body, why);
        assert_false(a.measured);
        kor_answer_free(&a);
    }
}

/* ---- Journal ---- */

static size_t remarks_heard;

static void hear(void *arg, const char *line)
{
    (void)arg;
    assert_true(strlen(line) > 0);
    remarks_heard++;
}

static const kor_remarks remarks = {hear, NULL};

static void add(kor_journal *j, const char *hash, const char *text)
{
    kor_error err;
    kor_answer a = {.rows = json_pack("[{s:s,s:s}]", "text", text, "label", "b"),
                    .bad_rows = 2,
                    .cost = {10, 20},
                    .measured = true};
    assert_works(kor_journal_add(j, hash, &a, true, &err), &err);
    kor_answer_free(&a);
}

static void test_journal_goes_on(void **state)
{
    (void)state;
    folder f = folder_new();
    const char *path = in(&f, "journal");
    kor_journal j, second;
    kor_error err;
    kor_answer a, nothing = {.cost = {1, 2}};
    struct stat st;
    assert_works(kor_journal_open(&j, path, &remarks, &err), &err);
    assert_fails(kor_journal_open(&second, path, &remarks, &err), KOR_E_BUSY, &err, "another run");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    add(&j, "1", "one");
    add(&j, "2", "two");
    assert_works(kor_journal_add(&j, "3", &nothing, false, &err), &err);
    kor_journal_close(&j);
    remarks_heard = 0;
    assert_works(kor_journal_open(&j, path, &remarks, &err), &err);
    assert_true(j.spent.in == 21 && j.spent.out == 42 && j.estimated);
    assert_true(kor_journal_find(&j, "1", &rows_of_b, &a, &remarks));
    assert_rows(a.rows, "[{\"text\":\"one\",\"label\":\"b\"}]");
    assert_int_equal(a.bad_rows, 2);
    kor_answer_free(&a);
    assert_false(kor_journal_find(&j, "3", &rows_of_b, &a, &remarks));
    assert_int_equal(remarks_heard, 0);
    assert_false(kor_journal_find(&j, "2", &check_of_two, &a, &remarks)); /* not what was asked */
    assert_int_equal(remarks_heard, 1);
    kor_journal_close(&j);
    folder_remove(&f);
}

/* Wherever a file ends or a bit is another, what is read is what was written or is not there. */
static void test_journal_survives_damage(void **state)
{
    (void)state;
    folder f = folder_new();
    const char *path = in(&f, "journal"), *copy = in(&f, "copy");
    kor_journal j;
    kor_error err;
    kor_answer a;
    unsigned char *bytes;
    assert_works(kor_journal_open(&j, path, &remarks, &err), &err);
    add(&j, "1", "one");
    add(&j, "2", "two");
    kor_journal_close(&j);
    size_t n = get_file(path, &bytes);
    size_t first = (size_t)((unsigned char *)memchr(bytes, '\n', n) - bytes) + 1;
    for (size_t i = 0; i < 2 * n; i++) {
        bool cut = i < n;
        size_t at = cut ? i : i - n;
        if (!cut) bytes[at] ^= 4;
        put_file(copy, bytes, cut ? at : n);
        if (!cut) bytes[at] ^= 4;
        assert_works(kor_journal_open(&j, copy, &remarks, &err), &err);
        for (size_t k = 0; k < 2; k++) {
            bool whole = cut ? at >= (k ? n : first) : (at < first) == (k == 1);
            bool found = kor_journal_find(&j, k ? "2" : "1", &rows_of_b, &a, &remarks);
            if (whole && !found && (cut || at != first - 1)) fail_msg("%zu: lost", i);
            if (!found) continue;
            json_t *text = json_object_get(json_array_get(a.rows, 0), "text");
            assert_string_equal(json_string_value(text), k ? "two" : "one");
            kor_answer_free(&a);
        }
        if (i % 16) { /* each line that is added is waited for */
            kor_journal_close(&j);
            continue;
        }
        add(&j, "4", "four"); /* what is added after it is a line of its own */
        kor_journal_close(&j);
        assert_works(kor_journal_open(&j, copy, &remarks, &err), &err);
        assert_true(kor_journal_find(&j, "4", &rows_of_b, &a, &remarks));
        kor_answer_free(&a);
        kor_journal_close(&j);
    }
    free(bytes);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url_kinds),
        cmocka_unit_test(test_config_reads_all_keys),
        cmocka_unit_test(test_key_is_cut_out),
        cmocka_unit_test(test_ledger_counts_what_is_under_way),
        cmocka_unit_test(test_ledger_counts_dollars),
        cmocka_unit_test(test_reply_rows_are_checked),
        cmocka_unit_test(test_reply_key_spelt_with_escapes_is_seen),
        cmocka_unit_test(test_reply_checks_have_numbers),
        cmocka_unit_test(test_reply_letters_have_probabilities),
        cmocka_unit_test(test_reply_that_is_none_says_why),
        cmocka_unit_test(test_journal_goes_on),
        cmocka_unit_test(test_journal_survives_damage),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
