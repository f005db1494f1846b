/* SPDX-License-Identifier: Apache-2.0 */
/* 500 secrets, made by a seed, in every field and every writing that an event can bring: after they
 * were stored, no byte of any file of the memory has one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "colony/guard.h"

#include <dirent.h>

enum { PLANTED = 500, TEXT = 4096 };

static uint64_t seed = 20261125;

static size_t below(size_t n) /* splitmix64 */
{
    uint64_t z = seed += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return (size_t)((z ^ (z >> 31)) % n);
}

static void draw(char *out, size_t n, const char *from)
{
    for (size_t i = 0; i < n; i++) out[i] = from[below(strlen(from))];
    out[n] = 0;
}

static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char hex[] = "0123456789abcdef";
static const char digits[] = "0123456789";
static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The digit that makes a card's number pass (Luhn, ISO/IEC 7812-1). */
static void add_luhn(char *number)
{
    int sum = 0;
    size_t n = strlen(number);
    for (size_t i = 0; i < n; i++) {
        int d = number[n - 1 - i] - '0';
        if (i % 2 == 0) d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    number[n] = (char)('0' + (10 - sum % 10) % 10);
    number[n + 1] = 0;
}

/* DE, two check digits (ISO 7064 mod 97-10) and 18 digits. */
static void make_iban(char *out)
{
    char account[19];
    draw(account, 18, digits);
    /* D is 13, E is 14, then 00. */
    unsigned rest = 0;
    for (size_t i = 0; i < 18; i++) rest = (rest * 10 + (unsigned)(account[i] - '0')) % 97;
    static const char tail[] = "131400";
    for (size_t i = 0; i < 6; i++) rest = (rest * 10 + (unsigned)(tail[i] - '0')) % 97;
    (void)snprintf(out, 64, "DE%02u%s", 98 - rest, account);
}

typedef struct secret {
    char whole[TEXT]; /* as it is planted */
    char part[64];    /* what must not be anywhere: the part that nobody else writes */
} secret;

static void make_secret(secret *s, size_t kind)
{
    char a[128], b[128];
    static const char *const words[] = {"Kettle", "Marble", "Falcon", "Winter", "Copper", "Violet"};
    switch (kind) {
    case 0:
        draw(s->part, 36, alnum);
        (void)snprintf(s->whole, TEXT, "ghp_%s", s->part);
        break;
    case 1:
        draw(s->part, 16, upper);
        (void)snprintf(s->whole, TEXT, "AKIA%s", s->part);
        break;
    case 2:
        draw(s->part, 24, alnum);
        (void)snprintf(s->whole, TEXT, "sk_live_%s", s->part);
        break;
    case 3:
        draw(s->part, 20, alnum);
        (void)snprintf(s->whole, TEXT, "glpat-%s", s->part);
        break;
    case 4: /* a JSON web token */
        draw(a, 40, alnum);
        draw(s->part, 43, alnum);
        (void)snprintf(s->whole, TEXT, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIx%s.%s", a,
                       s->part);
        break;
    case 5:
        (void)snprintf(s->part, sizeof s->part, "%s-%s-%zu%c", words[below(6)], words[below(6)],
                       10 + below(90), "!?#%"[below(4)]);
        (void)snprintf(s->whole, TEXT, "postgres://app:%s@db.internal:5432/main", s->part);
        break;
    case 6:
        s->part[0] = '4';
        draw(s->part + 1, 14, digits);
        add_luhn(s->part);
        memcpy(s->whole, s->part, 17);
        break;
    case 7:
        make_iban(s->whole);
        memcpy(s->part, s->whole, strlen(s->whole) + 1);
        break;
    case 8: { /* a private key */
        size_t n = (size_t)snprintf(s->whole, TEXT, "-----BEGIN RSA PRIVATE KEY-----\n");
        for (int i = 0; i < 6; i++) {
            draw(b, 63, base64);
            n += (size_t)snprintf(s->whole + n, TEXT - n, "%s\n", b);
        }
        memcpy(s->part, b, 63);
        s->part[63] = 0;
        (void)snprintf(s->whole + n, TEXT - n, "-----END RSA PRIVATE KEY-----");
        break;
    }
    case 9: /* a password, said to be one */
        (void)snprintf(s->part, sizeof s->part, "%s%zu%c%s", words[below(6)], 1000 + below(9000),
                       "!?#%_"[below(5)], words[below(6)]);
        (void)snprintf(s->whole, TEXT, "password: %s", s->part);
        break;
    case 10:
        draw(s->part, 40, hex);
        (void)snprintf(s->whole, TEXT, "api_key=%s", s->part);
        break;
    default:
        draw(s->part, 20, alnum);
        (void)snprintf(s->whole, TEXT, "Authorization: Bearer %s", s->part);
        break;
    }
}

enum { KINDS = 12 };

static void percent_encode(char *out, size_t cap, const char *text)
{
    size_t n = 0;
    for (; *text && n + 4 < cap; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= '0' && *text <= '9') || strchr("-._~", *text);
        n += (size_t)snprintf(out + n, cap - n, plain ? "%c" : "%%%02X", (unsigned char)*text);
    }
}

static void json_escape(char *out, size_t cap, const char *text)
{
    size_t n = 0;
    for (; *text && n + 8 < cap; text++) {
        if (*text == '\n')
            n += (size_t)snprintf(out + n, cap - n, "\\n");
        else if (*text == '/' || *text == '"')
            n += (size_t)snprintf(out + n, cap - n, "\\%c", *text);
        else
            out[n++] = *text;
    }
    out[n] = 0;
}

/* The text around it: as it is written in notes, shells, files, pages and logs. */
static void dress(char *out, size_t cap, const char *s, size_t writing)
{
    static char coded[3 * TEXT];
    switch (writing) {
    case 0: (void)snprintf(out, cap, "%s", s); break;
    case 1: (void)snprintf(out, cap, "remember for the deploy tomorrow: %s (from Anna)", s); break;
    case 2: (void)snprintf(out, cap, "export DEPLOY_TOKEN='%s' && ./deploy.sh", s); break;
    case 3:
        json_escape(coded, sizeof coded, s);
        (void)snprintf(out, cap, "{\"user\": \"app\", \"secret\": \"%s\", \"port\": 8080}", coded);
        break;
    case 4:
        percent_encode(coded, sizeof coded, s);
        (void)snprintf(out, cap, "https://example.org/callback?state=1&token=%s&x=2", coded);
        break;
    case 5:
        (void)snprintf(out, cap, "<p>Use <code>%s</code> for the <b>billing</b> system.</p>", s);
        break;
    case 6: (void)snprintf(out, cap, "config:\n  secret: \"%s\"\n  retries: 3\n", s); break;
    case 7: (void)snprintf(out, cap, "\xff\xfe broken bytes \xc3 %s \x80\x81", s); break;
    case 8:
        (void)snprintf(out, cap, "2026-11-25 10:00:00 DEBUG sending header %s to gateway", s);
        break;
    default:
        (void)snprintf(out, cap, "\xe5\xaf\x86\xe7\xa0\x81 \xd7\x90 %s \xf0\x9f\x90\xa7", s);
        break;
    }
}

enum { WRITINGS = 10, FIELDS = 7 };

static kor_event place(const char *text, size_t field, char *ref)
{
    kor_event e = text_event("an event with a secret in another field", NOON);
    const char **fields[] = {&e.text, &e.title, &e.uri, &e.app, &e.ref, &e.scope, &e.source};
    *fields[field] = text;
    if (field == 0) e.text_len = strlen(text);
    if (!e.ref) e.ref = ref;
    return e;
}

static char *read_all(const char *path, size_t *len)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *len = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*len + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *len, file), *len);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

/* How many of the secrets some file of the memory has, as they are or percent-encoded. */
static size_t count_leaks(fixture *f, const secret *secrets)
{
    size_t leaks = 0, files = 0;
    bool *leaked = calloc(PLANTED, sizeof *leaked);
    DIR *folder = opendir(f->home);
    assert_non_null(leaked);
    assert_non_null(folder);
    for (const struct dirent *d; (d = readdir(folder));) {
        char path[700], coded[256];
        size_t len;
        (void)snprintf(path, sizeof path, "%s/%s", f->home, d->d_name);
        if (*d->d_name == '.') continue;
        files++;
        char *bytes = read_all(path, &len);
        for (size_t i = 0; i < PLANTED; i++) {
            const char *part = secrets[i].part;
            percent_encode(coded, sizeof coded, part);
            if (!*part) continue;
            bool here =
                memmem(bytes, len, part, strlen(part)) || memmem(bytes, len, coded, strlen(coded));
            if (here && !leaked[i])
                print_message("leaked: field %zu, writing %zu: %.60s\n", i % FIELDS,
                              i / KINDS % WRITINGS, secrets[i].whole);
            leaked[i] = leaked[i] || here;
        }
        free(bytes);
    }
    (void)closedir(folder);
    assert_true(files >= 1);
    for (size_t i = 0; i < PLANTED; i++) leaks += leaked[i];
    free(leaked);
    return leaks;
}

static void test_leak_none_of_500_secrets_reaches_the_disk(void **state)
{
    fixture *f = *state;
    kor_model *model;
    const char *path = getenv("KORORA_TEST_SECRETS");
    assert_ok(f, kor_model_open(&model, path && *path ? path : "models/secrets.gguf", &f->err));
    const kor_guard guard = {.secrets = model};
    secret *secrets = calloc(PLANTED, sizeof *secrets);
    char *text = malloc(4 * TEXT);
    assert_non_null(secrets);
    assert_non_null(text);
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    for (int guarded = 0; guarded < 2; guarded++) {
        kor_ingest *in;
        kor_ingest_stats stats;
        seed = 20261125;
        assert_ok(f, kor_ingest_begin(&in, f->memory, 2, &f->err));
        if (guarded) kor_ingest_use(in, &guard, NULL);
        for (size_t i = 0; i < (guarded ? PLANTED : 70); i++) {
            char ref[32];
            (void)snprintf(ref, sizeof ref, "%d-%zu", guarded, i);
            make_secret(&secrets[i], i % KINDS);
            dress(text, 4 * TEXT, secrets[i].whole, i / KINDS % WRITINGS);
            kor_event e = place(text, i % FIELDS, ref);
            assert_ok(f, kor_ingest_add(in, &e, &f->err));
        }
        assert_ok(f, kor_ingest_end(in, &stats, &f->err));
        kor_memory_close(f->memory);
        f->memory = NULL;
        if (!guarded) {
            /* Without the guard they are all found: the test can fail. */
            assert_true(count_leaks(f, secrets) > 60);
            assert_int_equal(remove(f->db), 0);
            memset(secrets, 0, PLANTED * sizeof *secrets);
            open_memory(f, KOR_MEMORY_WRITE, NULL);
        } else {
            int64_t cut = 0;
            for (size_t i = 0; i < KOR_SECRETS; i++) cut += stats.guard.cut[i];
            assert_int_equal(stats.added, PLANTED);
            /* Names become hashes, and are not counted; two next to each other may be one. */
            print_message("%lld cut\n", (long long)cut);
            assert_true(cut >= 270);
            assert_int_equal(count_leaks(f, secrets), 0);
        }
    }
    free(secrets);
    free(text);
    kor_model_close(model);
}

/* What the title calls a password is one, in the first line of the text or as all of it. */
static void test_leak_none_that_the_title_names(void **state)
{
    static const struct {
        const char *title, *text, *kept;
    } rows[] = {
        {"password", "Tr0ub4dor-9x", "[password removed]"},
        {"Password", "Tr0ub4dor-9x\nis new", "[password removed]\nis new"},
        {"Password for mail", "hunter2xyz!", "[password removed]"},
        {"password", "the one of the day is a joke", "the one of the day is a joke"},
        {"release", "Tr0ub4dor-9x is the new name", "Tr0ub4dor-9x is the new name"},
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    fixture *f = *state;
    kor_model *model;
    kor_ingest *in;
    const char *path = getenv("KORORA_TEST_SECRETS");
    assert_ok(f, kor_model_open(&model, path && *path ? path : "models/secrets.gguf", &f->err));
    const kor_guard guard = {.secrets = model};
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    assert_ok(f, kor_ingest_begin(&in, f->memory, 1, &f->err));
    kor_ingest_use(in, &guard, NULL);
    for (size_t i = 0; i < ROWS; i++) {
        kor_event e = text_event(rows[i].text, NOON);
        e.title = rows[i].title;
        assert_ok(f, kor_ingest_add(in, &e, &f->err));
    }
    assert_ok(f, kor_ingest_end(in, NULL, &f->err));
    for (size_t i = 0; i < ROWS; i++) {
        kor_arena arena = {0};
        kor_event e;
        assert_ok(f, kor_memory_get(f->memory, (int64_t)i + 1, &arena, &e, &f->err));
        assert_string_equal(e.title, rows[i].title);
        assert_string_equal(e.text, rows[i].kept);
        kor_arena_free(&arena);
    }
    kor_model_close(model);
}

/* A secret that stands where a text is cut off is none that is kept in part. */
static void test_leak_none_at_the_end_of_a_long_text(void **state)
{
    static const char key[] = "ghp_a8Xk2Qv7LmN4pRt9Yw3ZcB6dFh1JsK5gT0eU";
    static const size_t places[] = {20, 39, KOR_EVENT_TEXT_MAX / 2};
    fixture *f = *state;
    kor_ingest *in;
    const kor_guard guard = {0};
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    assert_ok(f, kor_ingest_begin(&in, f->memory, 1, &f->err));
    kor_ingest_use(in, &guard, NULL);
    size_t len = KOR_EVENT_TEXT_MAX + 10000;
    char *text = malloc(len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < 3; i++) {
        memset(text, ' ', len);
        text[0] = 'a';
        text[len] = 0;
        memcpy(text + KOR_EVENT_TEXT_MAX - places[i], key, sizeof key - 1);
        memcpy(text + KOR_EVENT_TEXT_MAX + 4096 - 20, key, sizeof key - 1);
        kor_event e = text_event(text, NOON);
        assert_ok(f, kor_ingest_add(in, &e, &f->err));
    }
    free(text);
    assert_ok(f, kor_ingest_end(in, NULL, &f->err));
    for (int64_t id = 1; id <= 3; id++) {
        kor_arena arena = {0};
        kor_event e;
        assert_ok(f, kor_memory_get(f->memory, id, &arena, &e, &f->err));
        assert_true(e.text_len <= KOR_EVENT_TEXT_MAX && e.text_len > KOR_EVENT_TEXT_MAX - 100);
        assert_null(strstr(e.text, "ghp_"));
        kor_arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_leak_none_of_500_secrets_reaches_the_disk, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_leak_none_that_the_title_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_leak_none_at_the_end_of_a_long_text, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
