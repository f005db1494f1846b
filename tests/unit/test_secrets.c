/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules/rules.h"
#include "rules/secret_words.h"
#include "rules/secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Is secret a candidate of text; with this label, where one is given? */
static bool offers(const char *text, size_t len, const char *secret, const char *label)
{
    size_t at = 0;
    kor_candidate c;
    while (kor_rules_secrets.next(text, len, &at, &c))
        if (c.end - c.start == strlen(secret) &&
            memcmp(text + c.start, secret, strlen(secret)) == 0)
            return !label || (c.label && strcmp(c.label, label) == 0);
    return false;
}

static void expect_offer(const char *text, const char *secret, const char *label)
{
    if (!offers(text, strlen(text), secret, label))
        fail_msg("'%s' is not offered of: %s", secret, text);
}

static void test_secrets_certain_ones_have_a_label(void **state)
{
    (void)state;
    static const struct {
        const char *before, *secret, *after, *label;
    } cases[] = {
        {"id ",
         "AKIA"
         "Q3EGRKXTP7MZ4WVN",
         ",", "api-key"},
        {"",
         "ghp_"
         "8sK2mQ9xT4vB7nL1cR6wZ3yH5jD0fGpAeUiO",
         "", "token"},
        {"file:///home/ann/notes/2026/w3/",
         "ghp_"
         "8sK2mQ9xT4vB7nL1cR6wZ3yH5jD0fGpAeUiO",
         ".md", "token"},
        {"",
         "glpat-"
         "xaCQiZyKZmMRbBbPfBBu",
         "", "token"},
        {"pay with ", "4015311500145418", " please", "card"},
        {"secret: \"", "DE73397922882498956219", "\"", "bank"},
        {"<code>Authorization: Bearer ", "g5Y4ByCbiGpGcKPTL3VJ", "</code>", "token"},
        {"x\\n",
         "glpat-"
         "x9Kq2LmPz7RtYw4Vb8Nc",
         "\\n", "token"},
        {"url%3D",
         "xoxb-"
         "291837465012-3847561029384-a8Xk29sLqqPz71MbnQweRty0",
         "", "token"},
        {"https://api.telegram.org/bot", "123456789:AAh8Kd72jsLq0PzXw4Vb8Nc1RtYm5GfEaUi", "/getMe",
         "token"},
        {"Bearer ", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.s5Yk3uN0aKz_8xQwPl1", "\n", "token"},
        {"Authorization: Basic ", "YWRtaW46Um9zaW5lbg==", "", "token"},
        {"at ", "postgres://app:hv8Kx2@db.internal:5432/prod", ".", "connection"},
        {"", "redis://:fq9Zt2Lw@cache:6379/2", "", "connection"},
        {"", "4539 1488 0343 6467", " 09/27", "card"},
        {"", "\xef\xbc\x94\xef\xbc\x95\xef\xbc\x93\xef\xbc\x99-1488-0343-6467", "", "card"},
        {"to ", "DE89 3704 0044 0532 0130 00", ", RE-1", "bank"},
        {"cf ", "RSSMRA85T10A562S", "", "national-id"},
        {"",
         "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx8Jd8sKq0W5J\n-----END RSA PRIVATE "
         "KEY-----",
         "\n", "private-key"},
        {"\"",
         "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEF\\n-----END PRIVATE KEY-----",
         "\\n\"", "private-key"},
        {"", "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIOa8Xk29sLqqPz71MbnQweRty0a8Xk29", "\n\nbye",
         "private-key"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s%s", cases[i].before, cases[i].secret, cases[i].after);
        expect_offer(text, cases[i].secret, cases[i].label);
    }
}

static void test_secrets_values_of_keywords_are_offered(void **state)
{
    (void)state;
    static const struct {
        const char *text, *secret;
    } cases[] = {
        {"the wifi password is blue-Kettle-42 and", "blue-Kettle-42"},
        {"pw: hunter2", "hunter2"},
        {"login anna / Sommer2019!", "Sommer2019!"},
        {"DB_PASSWORD=s3cr3tP4ss\n", "s3cr3tP4ss"},
        {"\"password\": \"abc\\\"def9\",", "abc\\\"def9"},
        {"<password>Kr4ken-99</password>", "Kr4ken-99"},
        {"Passwort lautet Schnee!Ball7", "Schnee!Ball7"},
        {"mot de passe : tournesol83", "tournesol83"},
        {"passphrase: correct horse battery staple", "correct horse battery staple"},
        {"sshpass -p 'pa55word!' ssh x", "pa55word!"},
        {"mysqldump -u b -pGl0cken shop", "Gl0cken"},
        {"curl -u tom:Kolob3zka! x", "Kolob3zka!"},
        {"?user=a&password=Kr%40ken&x=1", "Kr%40ken"},
        {"your code is 482 913", "482 913"},
        {"PIN for the debit card 4402", "4402"},
        {"\xe5\xaf\x86\xe7\xa0\x81\xe6\x98\xafhunter2abc", "hunter2abc"},
        {"email,password\na@b.de,Quark4strudel\n", "Quark4strudel"},
        {"Password:\nhunter22\n", "hunter22"},
        {"config['api_key'] = 'd41d8cd98f00b204e980'", "d41d8cd98f00b204e980"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_offer(cases[i].text, cases[i].secret, NULL);
}

static void test_secrets_what_is_none_is_not_offered(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "password: string",
        "password = os.environ[\"DB_PASSWORD\"]",
        "password = getPassword()",
        "token = req.body.token;",
        "API_KEY=${API_KEY}",
        "API_KEY=YOUR_API_KEY",
        "Authorization: Bearer <token>",
        "pass: ********",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "\"integrity\": "
        "\"sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+"
        "LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg==\"",
        "id: 550e8400-e29b-41d4-a716-446655440000",
        "-----BEGIN CERTIFICATE-----\nMIIDazCCAlOgAwIBAgIUQ2k\n-----END CERTIFICATE-----",
        "if (strstr(s, \"-----BEGIN PRIVATE KEY-----\"))",
        "pk_live_a8Xk29sLqqPz71MbnQweRty0",
        "https://user@host/x",
        "url(data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4)",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t at = 0;
        kor_candidate c;
        if (kor_rules_secrets.next(texts[i], strlen(texts[i]), &at, &c))
            fail_msg("'%.*s' is offered of: %s", (int)(c.end - c.start), texts[i] + c.start,
                     texts[i]);
    }
}

static void test_secrets_words_are_parts_of_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        kor_secret_word word;
    } cases[] = {
        {"password", KOR_WORD_PASSWORD},
        {"dbPassword", KOR_WORD_PASSWORD},
        {"DB_PASSWORD", KOR_WORD_PASSWORD},
        {"spring.datasource.password", KOR_WORD_PASSWORD},
        {"Zugangspasswort", KOR_WORD_PASSWORD},
        {"api_key", KOR_WORD_API_KEY},
        {"X-Api-Key", KOR_WORD_API_KEY},
        {"clientSecret", KOR_WORD_SECRET},
        {"accessToken", KOR_WORD_TOKEN},
        {"public_key", KOR_WORD_PUBLIC},
        {"password_hash", KOR_WORD_HASH},
        {"compass", KOR_WORD_NONE},
        {"monkey", KOR_WORD_NONE},
        {"contrase\xc3\xb1"
         "a",
         KOR_WORD_PASSWORD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kor_secret_word word = kor_secret_word_of(cases[i].name, strlen(cases[i].name), NULL);
        if (word != cases[i].word) fail_msg("%s: %s", cases[i].name, kor_secret_word_name(word));
    }
}

/* A secret that is written in another way is found in one of the views, and leads back. */
static void test_secrets_views_undo_encodings(void **state)
{
    (void)state;
    static const struct {
        int view;
        const char *text, *secret;
        size_t start, end; /* in text */
    } cases[] = {
        {KOR_SECRETS_ESCAPES, "u=postgres%3A%2F%2Fapp%3Ahv8Kx2%40db%2Fprod",
         "postgres://app:hv8Kx2@db/prod", 2, 43},
        {KOR_SECRETS_ESCAPES, "gh\\u0070_8sK2mQ9xT4vB7nL1cR6wZ3yH5jD0fGpAeUiO",
         "ghp_"
         "8sK2mQ9xT4vB7nL1cR6wZ3yH5jD0fGpAeUiO",
         0, 45},
        {KOR_SECRETS_ESCAPES, "glpat&#45;x9Kq2LmPz7RtYw4Vb8Nc",
         "glpat-"
         "x9Kq2LmPz7RtYw4Vb8Nc",
         0, 30},
        {KOR_SECRETS_ESCAPES, "AKIA\xe2\x80\x8bQ3EGRKXTP7MZ4WVN",
         "AKIA"
         "Q3EGRKXTP7MZ4WVN",
         0, 23},
        {KOR_SECRETS_TWICE, "AKIA%2551Q3EGRKXTP7MZ4WV", "AKIAQQ3EGRKXTP7MZ4WV", 0, 24},
        {KOR_SECRETS_LINES,
         "ghp_"
         "8sK2mQ9xT4vB7nL1cR6w\n  Z3yH5jD0fGpAeUiO",
         "ghp_"
         "8sK2mQ9xT4vB7nL1cR6wZ3yH5jD0fGpAeUiO",
         0, 43},
        {KOR_SECRETS_BASE64, "d: cGFzc3dvcmQ9aHVudGVyMjI= x", "hunter22", 15, 27},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[256];
        size_t from[257], at = 0, n;
        kor_candidate c = {0};
        n = kor_secrets_view(cases[i].view, cases[i].text, strlen(cases[i].text), out, from);
        assert_true(n > 0);
        if (!kor_rules_secrets.next(out, n, &at, &c)) fail_msg("nothing in %.*s", (int)n, out);
        if (c.end - c.start != strlen(cases[i].secret) ||
            memcmp(out + c.start, cases[i].secret, c.end - c.start) != 0)
            fail_msg("%.*s", (int)(c.end - c.start), out + c.start);
        if (from[c.start] != cases[i].start || from[c.end] != cases[i].end)
            fail_msg("case %zu: [%zu, %zu)", i, from[c.start], from[c.end]);
    }
    /* UTF-16, little endian. */
    char wide[64], out[64];
    size_t from[65];
    const char *key = "AKIA"
                      "Q3EGRKXTP7MZ4WVN";
    for (size_t i = 0; i < 20; i++) wide[2 * i] = key[i], wide[2 * i + 1] = '\0';
    assert_int_equal(kor_secrets_view(KOR_SECRETS_ESCAPES, wide, 40, out, from), 20);
    assert_true(offers(out, 20, key, "api-key"));
    assert_int_equal(kor_secrets_view(KOR_SECRETS_ESCAPES, "plain", 5, out, from), 0);
}

/* Texts that make each step look far ahead, of a megabyte: quadratic work would take hours. */
static void test_secrets_take_linear_time(void **state)
{
    (void)state;
    static const char *const patterns[] = {"-----BEGIN PRIVATE KEY-----",
                                           "a://",
                                           "password",
                                           "password=",
                                           "A",
                                           "a1",
                                           "PuTTY-User-Key-File-",
                                           "pin pin pin ",
                                           "1 ",
                                           "eyJ",
                                           "eyJa.",
                                           "pw:'",
                                           "abandon ",
                                           "\n",
                                           "user:pa55!Wd ",
                                           "%61",
                                           "1-"};
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE), read[KOR_RULES_READ];
    assert_non_null(text);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        size_t n = strlen(patterns[i]), at = 0;
        kor_candidate c;
        for (size_t j = 0; j < SIZE; j++) text[j] = patterns[i][j % n];
        while (kor_rules_secrets.next(text, SIZE, &at, &c)) {
            assert_true(c.end <= SIZE);
            assert_true(kor_rules_secrets.read(text, SIZE, &c, read) <= KOR_RULES_READ);
        }
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets_certain_ones_have_a_label),
        cmocka_unit_test(test_secrets_values_of_keywords_are_offered),
        cmocka_unit_test(test_secrets_what_is_none_is_not_offered),
        cmocka_unit_test(test_secrets_words_are_parts_of_names),
        cmocka_unit_test(test_secrets_views_undo_encodings),
        cmocka_unit_test(test_secrets_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
