/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/data_mail.h"
#include "forge/mail.h"
#include "forge/mail_text.h"
#include "forge/tar.h"
#include "text/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/scratch.h"

/* Exactly as long as it is said to be, so that a sanitizer sees a step too far. */
static kor_mail read_bytes(const char *bytes, size_t len)
{
    kor_error err;
    kor_mail mail;
    char *exact = malloc(len ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    assert_works(kor_mail_read(&mail, exact, len, &err), &err);
    free(exact);
    assert_true(mail.text.len <= KOR_MAIL_TEXT);
    assert_true(kor_utf8_valid(kor_str_text(&mail.text), mail.text.len));
    return mail;
}

static void expect(const char *bytes, const char *text)
{
    kor_mail mail = read_bytes(bytes, strlen(bytes));
    assert_string_equal(kor_str_text(&mail.text), text);
    kor_mail_free(&mail);
}

static void test_mail_is_subject_and_text(void **state)
{
    (void)state;
    expect("From: a@b.example\r\nSubject: Lunch\r\n\r\nAt noon?\r\nBring  bread.\r\n",
           "Lunch\nAt noon?\nBring bread.");
    expect("From x@y Mon Jan 1\nSubject: folded\n over lines\n\nHi", "folded over lines\nHi");
    expect("no header at all\nmore", "no header at all\nmore");
    expect("Subject: alone", "alone");
    expect("", "");
    expect("\n\n\n", "");
}

static void test_mail_leaves_out_what_tells_where_it_was_found(void **state)
{
    (void)state;
    expect("Received: by secret\nX-Spam-Flag: YES\nDate: 1 May\nMessage-Id: <1@x.example>\n"
           "To: us@lists.example\nSubject: Re: [our-list] Plan\n\n"
           "On 1 May, Ann wrote:\n> see http://lists.example/1\n> and mail bob@home.example\n"
           "Date: 2 May\nFine.\n-- \nAnn, Head of Plans\n",
           "Re: Plan\nsee\nand mail\nFine.");
    expect("Subject: a\n\nb\n_________________________________________\nlist mailing list\n",
           "a\nb");
}

static void test_mail_decodes_bodies(void **state)
{
    (void)state;
    expect("Content-Transfer-Encoding: base64\n\naGVsbG8g\nd29ybGQ=\n", "hello world");
    expect(
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        "caf=C3=A9 =\nau lait =ZZ\n",
        "caf\xc3\xa9 au lait =ZZ");
    expect("Content-Type: text/plain; charset=\"iso-8859-1\"\n\ncaf\xe9", "caf\xc3\xa9");
    expect("Content-Type: text/plain; charset=koi8-r\n\n\xf0\xf2", "\xd0\x9f\xd0\xa0");
    expect("Content-Type: text/plain; charset=../../evil//TRANSLIT\n\n\x93hi\x94",
           "\xe2\x80\x9chi\xe2\x80\x9d");
    expect("Subject: =?utf-8?B?Z3LDvMOf?= =?ISO-8859-1?Q?_Gott_=E9?= x =?bad?\n\n.",
           "gr\xc3\xbc\xc3\x9f Gott \xc3\xa9 x =?bad?\n.");
}

static void test_mail_chooses_the_readable_part(void **state)
{
    (void)state;
    expect("Content-Type: multipart/alternative; boundary=\"b b\"\n\npreamble\n--b b\n"
           "Content-Type: text/plain\n\nthe plain one, which is long enough to be used\n--b b\n"
           "Content-Type: text/html\n\n<p>rich\n--b b--\nafter",
           "the plain one, which is long enough to be used");
    expect("Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\n\n"
           "<html><style>p{}</style><!-- no --><p>Dear <b>Ann</b>&nbsp;&amp;&#32;co&eacute;<br>"
           "<script>evil()</script>bye&unknown;\n--x\nContent-Type: image/png\n\nPNG\n--x\n"
           "Content-Disposition: attachment\n\nnot this\n",
           "Dear Ann & co\xc3\xa9\nbye&unknown;");
    /* A line that only begins like a boundary is text, or the boundary of parts inside. */
    expect(
        "Content-Type: multipart/mixed; boundary=b\n\n--b \r\n\nSee you\n--bye then\nAnn\n--b--\n"
        "--b\n\nafterwards",
        "See you\n--bye then\nAnn");
    expect("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below\n--b\n"
           "Content-Type: multipart/mixed; boundary=b2\nContent-Disposition: attachment\n\n"
           "--b2\n\nattached\n--b2--\n--b--",
           "See below");
    expect("Content-Type: multipart/mixed\n\nno boundary", "no boundary");
    expect("Subject: look\nContent-Type: text/html\n\n<a href='http://shop.example/x?y'><img "
           "src=1></a>",
           "look\nshop.example [image]");
    expect("Content-Type: text/plain\n\n<!-- x -->\n<HTML><b>Hi</b></HTML>", "Hi");
    expect("Subject: a\nTo: b\nodd line\nX-More: c\n\ntext", "a\ntext");
    expect("Content-Type: multipart/mixed; boundary=zz\n\nnone is there", "none is there");
}

static void test_mail_knows_sender_and_thread(void **state)
{
    (void)state;
    const char *bytes = "From: \"Ann, B\" <Ann.B@Home.Example>\nSubject: RE: Fwd: [x] Re[2]:  The "
                        "  PLAN\n\n.";
    kor_mail mail = read_bytes(bytes, strlen(bytes));
    assert_string_equal(kor_str_text(&mail.sender), "ann.b@home.example");
    assert_string_equal(kor_str_text(&mail.thread), "the plan");
    kor_mail_free(&mail);
    bytes = "From: bob@home.example (Bob)\nSubject: Report\n\n.";
    mail = read_bytes(bytes, strlen(bytes));
    assert_string_equal(kor_str_text(&mail.sender), "bob@home.example");
    assert_string_equal(kor_str_text(&mail.thread), "report");
    kor_mail_free(&mail);
}

static void test_mail_is_bounded(void **state)
{
    (void)state;
    enum { LONG = 300000 };
    char *bytes = malloc(LONG);
    assert_non_null(bytes);
    for (size_t i = 0; i < LONG; i++) bytes[i] = i % 9 == 0 ? ' ' : i % 2 ? '\xc3' : '\xc4';
    memcpy(bytes, "Subject: long\n\n", 15);
    kor_mail mail = read_bytes(bytes, LONG);
    assert_true(mail.text.len > KOR_MAIL_TEXT - 10);
    kor_mail_free(&mail);
    /* Parts in parts in parts. */
    kor_str deep = {0};
    for (int i = 0; i < 1000; i++)
        kor_str_puts(&deep, "Content-Type: multipart/mixed; boundary=b\n\n--b\n");
    mail = read_bytes(kor_str_text(&deep), deep.len);
    kor_mail_free(&mail);
    kor_str_free(&deep);
    free(bytes);
}

/* ---- Archives ---- */

static void add_file(kor_str *tar, const char *name, const char *bytes)
{
    char block[512] = "";
    size_t len = strlen(bytes);
    (void)snprintf(block, 100, "%s", name);
    (void)snprintf(block + 124, 12, "%011o", (unsigned)len);
    block[156] = '0';
    memcpy(block + 257, "ustar", 6);
    kor_str_add(tar, block, sizeof block);
    kor_str_add(tar, bytes, len);
    memset(block, 0, sizeof block);
    kor_str_add(tar, block, (512 - len % 512) % 512);
}

static void test_mail_archives_are_hostile(void **state)
{
    (void)state;
    kor_str text = {0};
    kor_tar_file file;
    add_file(&text, "a/b.txt", "one");
    add_file(&text, "a/c.txt", "two");
    for (size_t cut = 0; cut <= text.len; cut += 64) {
        char *exact = malloc(cut ? cut : 1);
        assert_non_null(exact);
        memcpy(exact, text.data, cut);
        kor_tar tar = {exact, exact + cut};
        size_t n = 0;
        while (kor_tar_next(&tar, &file)) n++;
        assert_int_equal(n, cut < 512 + 3 ? 0 : cut < 1024 + 512 + 3 ? 1 : 2);
        free(exact);
    }
    memset(text.data + 124, '7', 12);
    kor_tar tar = {text.data, text.data + text.len};
    assert_false(kor_tar_next(&tar, &file));
    kor_str_free(&text);
}

/* Senders of two mails each, and threads that tie two senders together. */
static void make_archive(kor_str *tar, bool turned)
{
    char name[64], mail[200];
    for (int k = 0; k < 400; k++) {
        int i = turned ? 399 - k : k;
        (void)snprintf(name, sizeof name, "package/set/%s/%03d.txt", i % 2 ? "ham-1" : "bad-spam",
                       i);
        (void)snprintf(mail, sizeof mail, "From: s%d@x.example\nSubject: %st%d\n\nbody %d\n", i / 2,
                       i % 3 ? "" : "Re: ", i / 4, i);
        add_file(tar, name, mail);
    }
    add_file(tar, "package/set/ham-1/000.json", "{}");
    add_file(tar, "package/settings/ham/1.txt", "Subject: elsewhere\n\n.");
}

static size_t load(kor_made_rows *out, const char *part, bool turned)
{
    kor_error err;
    const char *labels[] = {"ham", "spam"};
    const kor_task task = {.labels = labels, .label_count = 2};
    const kor_task_source source = {.file = "set", .part = part};
    const kor_data_request q = {.task = &task, .source = &source};
    kor_str tar = {0};
    make_archive(&tar, turned);
    *out = (kor_made_rows){0};
    assert_works(kor_data_mails(out, kor_str_text(&tar), tar.len, "t", &q, &err), &err);
    kor_str_free(&tar);
    return out->count;
}

static int thread_of(const kor_made_row *row)
{
    const char *at = strstr(row->json, "body ");
    return at ? atoi(at + 5) / 4 : -1;
}

static void test_mail_parts_share_no_thread(void **state)
{
    (void)state;
    kor_made_rows all, learn, gate, again;
    assert_int_equal(load(&all, NULL, false), 400);
    size_t learnt = load(&learn, "learn", false), kept = load(&gate, "gate", false);
    assert_int_equal(learnt + kept, 400);
    assert_true(learnt > 0);
    for (size_t i = 0; i < learnt; i++) {
        for (size_t k = 0; k < kept; k++)
            assert_int_not_equal(thread_of(&learn.rows[i]), thread_of(&gate.rows[k]));
    }
    /* The order in the archive makes no difference. */
    assert_int_equal(load(&again, "gate", true), kept);
    for (size_t k = 0; k < kept; k++) {
        assert_int_equal(again.rows[k].len, gate.rows[k].len);
        assert_memory_equal(again.rows[k].json, gate.rows[k].json, gate.rows[k].len);
    }
    kor_made_rows_free(&all);
    kor_made_rows_free(&learn);
    kor_made_rows_free(&gate);
    kor_made_rows_free(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail_is_subject_and_text),
        cmocka_unit_test(test_mail_leaves_out_what_tells_where_it_was_found),
        cmocka_unit_test(test_mail_decodes_bodies),
        cmocka_unit_test(test_mail_chooses_the_readable_part),
        cmocka_unit_test(test_mail_knows_sender_and_thread),
        cmocka_unit_test(test_mail_is_bounded),
        cmocka_unit_test(test_mail_archives_are_hostile),
        cmocka_unit_test(test_mail_parts_share_no_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
