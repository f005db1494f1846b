/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "colony/exclusions.h"
#include "scratch.h"

static bool excludes(kor_exclusion kind, const char *what, const kor_colony_event *e,
                     const char *ref)
{
    kor_exclusions x = {0};
    kor_exclusion found;
    kor_error err = {0};
    bool changed;
    assert_works(kor_exclusions_add(&x, kind, what, &changed, &err), &err);
    assert_true(changed);
    bool holds = kor_exclusions_hold(&x, e, ref, &found);
    if (holds) assert_int_equal(found, kind);
    kor_exclusions_free(&x);
    return holds;
}

static bool on_site(const char *site, const char *uri)
{
    return excludes(KOR_EXCLUDE_SITE, site, &(kor_colony_event){.uri = uri, .text = ""}, NULL);
}

static void test_exclusions_of_sites(void **state)
{
    (void)state;
    assert_true(on_site("bank.com", "https://bank.com/"));
    assert_true(on_site("bank.com", "https://www.BANK.com:443/login?x=1"));
    assert_true(on_site("https://bank.com/", "http://bank.com"));
    assert_true(on_site("bank.com", "https://user:pass@bank.com./a"));
    assert_false(on_site("bank.com", "https://mybank.com/"));
    assert_false(on_site("bank.com", "https://bank.com.evil.org/"));
    assert_false(on_site("bank.com", "https://other.org/?u=https://bank.com/"));
    assert_true(on_site("bank.com", "bank.com"));
    assert_true(on_site("bank.com", "www.bank.com:80/account"));
    assert_false(on_site("bank.com", "/home/me/bank.com"));
    assert_true(on_site("https://bank.com:8443/", "https://bank.com:8443/a"));
    assert_true(on_site("*.bank.com", "https://www.bank.com/a"));
    assert_true(on_site("bank.com/a?x=1#y", "https://bank.com/a/b"));
    assert_false(on_site("*", "https://bank.com/"));
    assert_false(on_site("/a", "https://bank.com/a"));
    assert_true(on_site("host.org/private", "https://host.org/private"));
    assert_true(on_site("host.org/private/", "https://host.org/private/x"));
    assert_true(on_site("host.org/private", "https://host.org/private?x"));
    assert_false(on_site("host.org/private", "https://host.org/privateer"));
    assert_false(on_site("host.org/private", "https://host.org/"));
    /* A copied address, but not a text that has one in it. */
    static const char copied[] = "https://bank.com/account",
                      text[] = "see https://bank.com/account";
    assert_true(excludes(KOR_EXCLUDE_SITE, "bank.com",
                         &(kor_colony_event){.text = copied, .len = sizeof copied - 1}, NULL));
    assert_false(excludes(KOR_EXCLUDE_SITE, "bank.com",
                          &(kor_colony_event){.text = text, .len = sizeof text - 1}, NULL));
}

static bool in_path(const char *path, const char *uri, const char *ref)
{
    return excludes(KOR_EXCLUDE_PATH, path, &(kor_colony_event){.uri = uri, .text = ""}, ref);
}

static void test_exclusions_of_paths(void **state)
{
    (void)state;
    assert_int_equal(setenv("HOME", "/home/me", 1), 0);
    assert_true(in_path("/srv/secret", "/srv/secret/a.txt", NULL));
    assert_true(in_path("/srv/secret/", "file:///srv/secret", NULL));
    assert_true(in_path("/srv/my secret", "FILE://localhost/srv/my%20secret/%4", NULL));
    assert_true(in_path("/srv/secret", NULL, "/srv/secret/a#2"));
    assert_true(in_path("/", "/any", NULL));
    assert_true(in_path("~/private", "/home/me/private/x", NULL));
    assert_true(in_path("~", "/home/me/x", NULL));
    assert_false(in_path("~/private", "/home/you/private/x", NULL));
    assert_false(in_path("/srv/secret", "/srv/secrets/a", NULL));
    assert_false(in_path("/srv/secret", NULL, NULL));
}

static bool has_word(const char *word, const char *text)
{
    return excludes(KOR_EXCLUDE_WORD, word, &(kor_colony_event){.text = text, .len = strlen(text)},
                    NULL);
}

static void test_exclusions_of_words_and_apps(void **state)
{
    (void)state;
    assert_true(has_word("falcon", "the Falcon lands"));
    assert_true(has_word("falcon", "falcon"));
    assert_true(has_word("project x", "on Project X, today"));
    assert_true(has_word("#x", "a#x"));
    assert_false(has_word("falcon", "falconer"));
    assert_false(has_word("falcon", "myfalcon"));
    assert_false(has_word("falcon", "falc on"));
    assert_false(has_word("a word that is longer than the text", "a word"));
    const kor_colony_event e = {
        .app = "KeePassXC", .title = "my Title", .uri = "x://falcon/", .text = ""};
    assert_true(excludes(KOR_EXCLUDE_APP, "keepassxc", &e, NULL));
    assert_false(excludes(KOR_EXCLUDE_APP, "keepass", &e, NULL));
    assert_true(excludes(KOR_EXCLUDE_WORD, "title", &e, NULL));
    assert_true(excludes(KOR_EXCLUDE_WORD, "falcon", &e, NULL));
    assert_true(excludes(KOR_EXCLUDE_WORD, "ref", &e, "a-ref"));
    assert_false(excludes(KOR_EXCLUDE_WORD, "other", &e, "a-ref"));
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_exclusions_are_kept_in_a_file(void **state)
{
    (void)state;
    folder f = folder_new();
    const char *path = in(&f, "exclude.yaml");
    static const char odd[] = "a \"b\" \\ c\n# é: [x]";
    kor_exclusions x, y;
    kor_error err = {0};
    bool changed;
    struct stat st;
    assert_works(kor_exclusions_read(&x, path, &err), &err);
    assert_works(kor_exclusions_add(&x, KOR_EXCLUDE_WORD, odd, &changed, &err), &err);
    assert_works(kor_exclusions_add(&x, KOR_EXCLUDE_APP, "yes", &changed, &err), &err);
    assert_works(kor_exclusions_add(&x, KOR_EXCLUDE_APP, "YES", &changed, &err), &err);
    assert_false(changed);
    assert_works(kor_exclusions_write(&x, path, &err), &err);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_works(kor_exclusions_read(&y, path, &err), &err);
    assert_int_equal(y.count[KOR_EXCLUDE_WORD], 1);
    assert_string_equal(y.list[KOR_EXCLUDE_WORD][0], odd);
    assert_int_equal(y.count[KOR_EXCLUDE_APP], 1);
    assert_true(kor_exclusions_remove(&y, KOR_EXCLUDE_APP, "Yes"));
    assert_false(kor_exclusions_remove(&y, KOR_EXCLUDE_APP, "yes"));
    assert_int_equal(y.count[KOR_EXCLUDE_APP], 0);
    kor_exclusions_free(&x);
    kor_exclusions_free(&y);
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"apps: KeePassXC\n", ":1: a list must follow: [app, ...]"},
        {"apps: [[a]]\n", ":1: a single text must stand here"},
        {"words:\n  - ok\n  - ' '\n", ":3: an excluded word has 1 to"},
        {"programs: [a]\n", ":1: unknown key 'programs' (apps, sites, paths, words)"},
        {"[a]\n", ":1: it must be a mapping"},
        {"apps: [\n", ": no YAML"},
        {"words: [a]\n---\nwords: [b]\n", ":3: a second document"},
        {"words: [a]\n---\n[\n", ": no YAML"},
        {"paths: [private]\n", ":1: an excluded path begins with / or ~"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(path, cases[i].text);
        assert_int_equal(kor_exclusions_read(&x, path, &err), KOR_E_INPUT);
        if (!strstr(err.msg, cases[i].says)) fail_msg("%s: %s", cases[i].text, err.msg);
        kor_exclusions_free(&x);
    }
    folder_remove(&f);
}

/* Whatever is excluded can be read again: one word that could not would keep everything out. */
static void test_exclusions_can_be_read_again(void **state)
{
    (void)state;
    folder f = folder_new();
    const char *path = in(&f, "exclude.yaml");
    static const char *const words[] = {"a\xc2\x85"
                                        "b",
                                        "a\xc2\x80"
                                        "b",
                                        "\xe2\x80\xa8"
                                        "a",
                                        "\xef\xbb\xbf"
                                        "a",
                                        "\xef\xbf\xbf",
                                        "\x01 \x7f",
                                        "\xf0\x9f\xa6\x89"};
    enum { WORDS = sizeof words / sizeof *words };
    kor_exclusions x = {0}, y;
    kor_error err = {0};
    bool changed;
    for (size_t i = 0; i < WORDS; i++)
        assert_works(kor_exclusions_add(&x, KOR_EXCLUDE_WORD, words[i], &changed, &err), &err);
    assert_works(kor_exclusions_write(&x, path, &err), &err);
    assert_works(kor_exclusions_read(&y, path, &err), &err);
    assert_int_equal(y.count[KOR_EXCLUDE_WORD], WORDS);
    for (size_t i = 0; i < WORDS; i++) assert_string_equal(y.list[KOR_EXCLUDE_WORD][i], words[i]);
    kor_exclusions_free(&y);
    assert_int_equal(kor_exclusions_add(&x, KOR_EXCLUDE_WORD, "\xff", &changed, &err), KOR_E_INPUT);
    assert_non_null(strstr(err.msg, "UTF-8"));
    /* More than is read back is not written. */
    for (int i = 0; i < 300; i++) {
        char word[1000];
        (void)snprintf(word, sizeof word, "%0999d", i);
        assert_works(kor_exclusions_add(&x, KOR_EXCLUDE_WORD, word, &changed, &err), &err);
    }
    assert_int_equal(kor_exclusions_write(&x, path, &err), KOR_E_INPUT);
    assert_works(kor_exclusions_read(&y, path, &err), &err);
    assert_int_equal(y.count[KOR_EXCLUDE_WORD], WORDS);
    kor_exclusions_free(&y);
    kor_exclusions_free(&x);
    /* A link that leads nowhere is not an empty list. */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/nowhere/exclude.yaml", path), 0);
    assert_int_equal(kor_exclusions_read(&x, path, &err), KOR_E_NOT_FOUND);
    kor_exclusions_free(&x);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exclusions_of_sites),
        cmocka_unit_test(test_exclusions_of_paths),
        cmocka_unit_test(test_exclusions_of_words_and_apps),
        cmocka_unit_test(test_exclusions_are_kept_in_a_file),
        cmocka_unit_test(test_exclusions_can_be_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
