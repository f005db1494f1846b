/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules/links.h"
#include "rules/rules.h"
#include "rules/tld.h"
#include "text/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What is found in a text: the candidates with a bar between them; a certain one has its label
 * behind it as "=local", one that is sure to be a link a "!". */
static const char *found_in(const char *text, size_t len)
{
    static char out[4096];
    size_t at = 0, n = 0, last = 0;
    kor_candidate c;
    *out = 0;
    while (kor_rules_links.next(text, len, &at, &c)) {
        assert_true(c.start >= last && c.start < c.end && c.end <= len && at >= c.end);
        last = c.end;
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s%s%s%s", n ? "|" : "",
                              (int)(c.end - c.start), text + c.start, c.label ? "=" : "",
                              c.label ? c.label : "", c.sure && !c.label ? "!" : "");
        assert_true(n < sizeof out);
    }
    return out;
}

static void finds(const char *text, const char *wanted)
{
    const char *found = found_in(text, strlen(text));
    if (strcmp(found, wanted) != 0)
        fail_msg("in '%s'\n  found '%s'\n  not   '%s'", text, found, wanted);
}

static void test_links_with_a_scheme_are_sure(void **state)
{
    (void)state;
    finds("see https://sqlite.org/lang.html now", "https://sqlite.org/lang.html!");
    finds("HTTP://SQLITE.ORG", "HTTP://SQLITE.ORG!");
    finds("ftp://ftp.gnu.org/gnu/ and webcal://a.example/x.ics",
          "ftp://ftp.gnu.org/gnu/!|webcal://a.example/x.ics!");
    finds("https://me:pw@a.org:8443/p?q=1&r=[2]#f", "https://me:pw@a.org:8443/p?q=1&r=[2]#f!");
    finds("git+https://a.org/b ssh://git@a.org/b.git",
          "git+https://a.org/b!|ssh://git@a.org/b.git!");
    finds("magnet:?xt=urn:btih:00&dn=x", "magnet:?xt=urn:btih:00&dn=x=file");
    finds("https://web.archive.org/web/2016/http://a.org/",
          "https://web.archive.org/web/2016/http://a.org/!");
    finds("https://a.corp.example.weird/x", "https://a.corp.example.weird/x!");
    finds("slack://channel?id=C1 s3://bucket http://bucket?id=1",
          "slack://channel?id=C1!|s3://bucket!|http://bucket?id=1");
    finds("http://nas", "http://nas"); /* a name alone: perhaps */
}

static void test_links_of_this_machine_are_certain(void **state)
{
    (void)state;
    finds("http://localhost:3000 http://127.0.0.1/x", "http://localhost:3000=local|"
                                                      "http://127.0.0.1/x=local");
    finds("http://192.168.178.1 http://172.20.0.2:80/ http://172.32.0.2/",
          "http://192.168.178.1=local|http://172.20.0.2:80/=local|http://172.32.0.2/!");
    finds("http://[::1]:80/x http://[2001:db8::1]/", "http://[::1]:80/x=local|"
                                                     "http://[2001:db8::1]/!");
    finds("file:///tmp/a.html file://", "file:///tmp/a.html=local");
    finds("localhost:8080/x localhost:8080 localhost", "localhost:8080/x=local|localhost:8080");
    finds("192.168.1.5:80/a 192.168.1.5:80 192.168.1.5", "192.168.1.5:80/a=local|192.168.1.5:80");
    finds("10.0.0.0/8 8.8.8.8 8.8.8.8/dns", "8.8.8.8/dns");
}

static void test_links_end_before_what_is_not_theirs(void **state)
{
    (void)state;
    finds("(https://a.org/b_(c)) https://a.org/d.", "https://a.org/b_(c)!|https://a.org/d!");
    finds("(see https://a.org/b, or https://a.org/c)!", "https://a.org/b!|https://a.org/c!");
    finds("[x](https://a.org/b)c <https://a.org/c>", "https://a.org/b!|https://a.org/c!");
    finds("\"https://a.org/b\", 'https://a.org/c', `https://a.org/d`",
          "https://a.org/b!|https://a.org/c!|https://a.org/d!");
    finds("**https://a.org/b** _https://a.org/c_ | https://a.org/d |",
          "https://a.org/b!|https://a.org/c!|https://a.org/d!");
    finds("https://a.org/b?! https://a.org/c... https://a.org's",
          "https://a.org/b!|https://a.org/c!|https://a.org!");
    finds("https://a.org/b,https://a.org/c;https://a.org/d",
          "https://a.org/b!|https://a.org/c!|https://a.org/d!");
    finds("href=\"https://a.org/?a=1&amp;b=2\"&gt;", "https://a.org/?a=1&amp;b=2!");
    finds("&lt;https://a.org/b&gt; https://a.org/c&quot;", "https://a.org/b!|https://a.org/c!");
    finds("{\"u\":\"https://a.org/{id}/x\"}", "https://a.org/{id}/x!");
    finds("curl https://a.org/b|sh https://a.org/c\\n", "https://a.org/b!|https://a.org/c!");
    finds("MORE:https://a.org/b May 5th.https://a.org/c", "https://a.org/b!|https://a.org/c!");
    finds("https://a.org\nhttps://b.org\thttps://c.org", "https://a.org!|https://b.org!|"
                                                         "https://c.org!");
}

static void test_links_without_a_scheme_are_offered(void **state)
{
    (void)state;
    finds("at bit.ly, nyti.ms/x or lero.aws...", "bit.ly|nyti.ms/x|lero.aws");
    finds("www.abc.com www.a.b", "www.abc.com!");
    finds("abc.com.sa/ shop.co.uk x.co.uk.", "abc.com.sa/!|shop.co.uk!|x.co.uk!");
    finds("a.org:8080/x a.org?q=1 a.org#top", "a.org:8080/x|a.org?q=1|a.org#top");
    finds("main.rs v1.2.sh node.js foo.bar.java", "main.rs|v1.2.sh");
    finds("jenkins:8080/job/x jenkins:8080 note:12/3", "jenkins:8080/job/x");
    finds("nas.local/x printer.lan", "nas.local/x|printer.lan");
    finds("git@github.com:a/b.git root@a.org:/etc", "git@github.com:a/b.git=repository");
    finds("deploy@a.org:x/y.git git@a.org:8080", "deploy@a.org:x/y.git=repository");
}

static void test_links_are_not_in_other_things(void **state)
{
    (void)state;
    finds("me@a.org user.name+tag@a.org a.b@c.co.uk", "");
    finds("@a/b.io /path/to/a.py ./a.sh C:\\x\\a.py ~/a.sh", "");
    finds("foo.id(x) foo.in=3 std::io a.io::b #a.com $a.com", "");
    finds("working..is ... .. . https:// http://# http://...", "");
    finds("done.It was fine.No, 7.am", "");
    finds("httt://abc.com http://362 http://cut-off-in-the-middle-of-it.", "");
    finds("https://${HOST}/x https://<host>/ https://%s/", "");
    finds("com.example.Foo 1.2.3 1.2.3.4 a.-.com -.com", "");
}

static void test_links_stand_in_every_script(void **state)
{
    (void)state;
    finds("https://de.wikipedia.org/wiki/Übung müller.de/straße",
          "https://de.wikipedia.org/wiki/Übung!|müller.de/straße");
    finds("请看https://a.org/b，谢谢 见github.com/a谢谢", "https://a.org/b!|github.com/a");
    finds("https://ja.wikipedia.org/wiki/日本です。", "https://ja.wikipedia.org/wiki/日本です!");
    finds("пример.рф/путь xn--e1afmkfd.xn--p1ai", "пример.рф/путь|xn--e1afmkfd.xn--p1ai");
    finds("„https://a.org/b“ «https://a.org/c» https://a.org/d…",
          "https://a.org/b!|https://a.org/c!|https://a.org/d!");
    finds("a邮箱地址test@test.com", "");
}

static void test_links_know_the_ends_of_hosts(void **state)
{
    (void)state;
    assert_true(kor_tld_known("com", 3) && kor_tld_known("ORG", 3) && kor_tld_known("museum", 6));
    assert_true(kor_tld_known("рф", 4) && kor_tld_known("xn--p1ai", 8));
    assert_false(kor_tld_known("js", 2) || kor_tld_known("", 0) || kor_tld_known("xn--", 4));
    assert_false(kor_tld_known("co\0m", 4) || kor_tld_known("comm", 4));
    assert_true(kor_tld_is_local("LAN", 3) && !kor_tld_is_local("com", 3));
    /* Two of the ends of every list are found: they are in order. */
    assert_true(kor_tld_known("ac", 2) && kor_tld_known("zw", 2) && kor_tld_known("한국", 6));
}

static void becomes(const char *link, const char *wanted)
{
    char out[200], small[8];
    size_t n = kor_link_normal(link, 0, strlen(link), out, sizeof out);
    if (strcmp(out, wanted) != 0) fail_msg("'%s' became '%s', not '%s'", link, out, wanted);
    assert_int_equal(n, strlen(wanted));
    assert_true(n <= strlen(link) + 10);
    assert_int_equal(kor_link_normal(link, 0, strlen(link), small, sizeof small), n);
    assert_memory_equal(small, wanted, n < 7 ? n : 7);
    assert_int_equal(small[n < 7 ? n : 7], 0);
    assert_int_equal(kor_link_normal(link, 0, strlen(link), NULL, 0), n);
    /* What is normal stays as it is. */
    char again[200];
    kor_link_normal(out, 0, n, again, sizeof again);
    assert_string_equal(again, out);
}

static void test_links_have_one_normal_form(void **state)
{
    (void)state;
    becomes("GitHub.com/Foo", "https://github.com/Foo");
    becomes("HTTPS://GitHub.com:443", "https://github.com/");
    becomes("http://a.org:80/x", "http://a.org/x");
    becomes("http://a.org:8080?q", "http://a.org:8080/?q");
    becomes("localhost:3000", "http://localhost:3000/");
    becomes("192.168.1.5:80/A", "http://192.168.1.5/A");
    becomes("jenkins:8080/job", "http://jenkins:8080/job");
    becomes("xn--mller-kva.de", "https://xn--mller-kva.de/");
    becomes("https://a.org/?utm_source=x&a=1&fbclid=2&b=&gclid=3#f", "https://a.org/?a=1&b=#f");
    becomes("https://a.org/x?utm_medium=y", "https://a.org/x");
    becomes("https://a.org/x?&&a", "https://a.org/x?a");
    becomes("https://Me:PW@A.org/", "https://Me:PW@a.org/");
    becomes("https://[::1]:80/x", "https://[::1]:80/x");
    becomes("git@GitHub.com:a/b.git", "ssh://git@github.com/a/b.git");
    becomes("file:///tmp/A", "file:///tmp/A");
    becomes("magnet:?xt=urn:btih:AB", "magnet:?xt=urn:btih:AB");
}

static void test_links_split_any_bytes(void **state)
{
    (void)state;
    static const char pieces[][8] = {"http", "://", "@",  ":",    "[",    "]",  "/", "?",
                                     "#",    "a.b", "\0", "\xff", "\xe2", "80", "&", "utm_x="};
    srand(7);
    for (size_t round = 0; round < 20000; round++) {
        char text[128];
        size_t len = 0;
        for (int i = rand() % 12; i >= 0; i--) {
            const char *p = pieces[rand() % 16];
            size_t n = *p ? strlen(p) : 1;
            memcpy(text + len, p, n);
            len += n;
        }
        char *own = malloc(len); /* so that a byte too many is seen */
        assert_non_null(own);
        memcpy(own, text, len);
        char out[256];
        size_t n = kor_link_normal(own, 0, len, out, sizeof out), at = 0;
        assert_true(n <= len + 10);
        kor_candidate c;
        while (kor_rules_links.next(own, len, &at, &c)) {
            char words[KOR_RULES_READ];
            assert_true(c.end <= len && c.start < c.end);
            assert_true(kor_rules_links.read(own, len, &c, words) <= KOR_RULES_READ);
        }
        free(own);
    }
}

static void test_links_are_read_as_words(void **state)
{
    (void)state;
    static const char text[] =
        "see bug https://gitlab.gnome.org/GNOME/gtk/-/issues/4120?x=1#note_2";
    char out[KOR_RULES_READ + 1];
    size_t at = 0;
    kor_candidate c;
    assert_true(kor_rules_links.next(text, strlen(text), &at, &c));
    out[kor_rules_links.read(text, strlen(text), &c, out)] = 0;
    const char *const words[] = {"0gnomeorg ", "1gitlab ", "3org ", "2issues ", "2num4 ",
                                 "6x ",        "7note ",   "pbug ", "bsee "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strstr(out, words[i])) fail_msg("no '%s' in '%s'", words[i], out);
    assert_true(kor_utf8_valid(out, strlen(out)));
}

/* Seconds that a text of size bytes takes, filled with a piece. */
static double seconds_for(const char *piece, size_t size)
{
    size_t n = strlen(piece), at = 0;
    char *text = malloc(size), words[KOR_RULES_READ];
    assert_non_null(text);
    for (size_t i = 0; i < size; i++) text[i] = piece[i % n];
    clock_t start = clock();
    kor_candidate c;
    while (kor_rules_links.next(text, size, &at, &c)) kor_rules_links.read(text, size, &c, words);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    free(text);
    return seconds;
}

static void test_links_take_linear_time(void **state)
{
    (void)state;
    static const char *const pieces[] = {".",
                                         "a",
                                         "a.",
                                         "..",
                                         "a.com..",
                                         "http://",
                                         "http://3/",
                                         "https://a.b?",
                                         "git@b:",
                                         "a@b:",
                                         "end.It?",
                                         "a:80?",
                                         "localhost?",
                                         "10.0.0.0/8?",
                                         "://",
                                         "a://",
                                         "&amp;",
                                         ";",
                                         "(",
                                         ")",
                                         "https://a.org/((((",
                                         "a.com/))))",
                                         "\xff",
                                         "\xe6\x97\xa5",
                                         "日.com",
                                         "@",
                                         "-",
                                         "_",
                                         "magnet:?",
                                         "file://'",
                                         "https://a.com,",
                                         "a.com ",
                                         "[",
                                         "http://[",
                                         " \n"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        double seconds = seconds_for(pieces[i], 2u << 20);
        /* Two million bytes: a tenth of a second when linear, an hour when not. */
        if (seconds > 10) fail_msg("'%s': %.1f s", pieces[i], seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links_with_a_scheme_are_sure),
        cmocka_unit_test(test_links_of_this_machine_are_certain),
        cmocka_unit_test(test_links_end_before_what_is_not_theirs),
        cmocka_unit_test(test_links_without_a_scheme_are_offered),
        cmocka_unit_test(test_links_are_not_in_other_things),
        cmocka_unit_test(test_links_stand_in_every_script),
        cmocka_unit_test(test_links_know_the_ends_of_hosts),
        cmocka_unit_test(test_links_have_one_normal_form),
        cmocka_unit_test(test_links_split_any_bytes),
        cmocka_unit_test(test_links_are_read_as_words),
        cmocka_unit_test(test_links_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
