/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/teacher_config.h"

#include "base/str.h"
#include "forge/yaml_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_MAX_BYTES = 4096, URL_MAX_BYTES = 2000 };

/* ---- URLs ---- */

static bool is_loopback(const char *host, size_t len)
{
    if (len == 9 && strncasecmp(host, "localhost", 9) == 0) return true;
    if (len == 5 && memcmp(host, "[::1]", 5) == 0) return true;
    char text[16];
    unsigned part[4];
    int end = 0;
    if (len >= sizeof text || strspn(host, "0123456789.") < len) return false;
    memcpy(text, host, len);
    text[len] = 0;
    return sscanf(text, "%3u.%3u.%3u.%3u%n", &part[0], &part[1], &part[2], &part[3], &end) == 4 &&
           (size_t)end == len && part[0] == 127 && part[1] < 256 && part[2] < 256 && part[3] < 256;
}

/* The length of a host that every reader of URLs takes for the same one; 0 for none. */
static size_t host_length(const char *s)
{
    if (*s == '[') {
        size_t n = 1 + strspn(s + 1, "0123456789abcdefABCDEF:.");
        return n > 2 && s[n] == ']' ? n + 1 : 0;
    }
    return strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-");
}

kor_url_kind kor_url_check(const char *url)
{
    bool secure = strncmp(url, "https://", 8) == 0;
    if (!secure && strncmp(url, "http://", 7) != 0) return KOR_URL_BAD;
    if (strlen(url) > URL_MAX_BYTES) return KOR_URL_BAD;
    const char *host = url + (secure ? 8 : 7);
    size_t len = host_length(host);
    const char *s = host + len;
    if (!len) return KOR_URL_BAD;
    if (*s == ':') {
        size_t digits = strspn(s + 1, "0123456789");
        long port = digits && digits < 6 ? strtol(s + 1, NULL, 10) : 0;
        if (port < 1 || port > 65535) return KOR_URL_BAD;
        s += 1 + digits;
    }
    if (*s && *s != '/') return KOR_URL_BAD;
    for (; *s; s++) {
        if (*s <= ' ' || *s > '~' || strchr("\\#?@\"<>", *s)) return KOR_URL_BAD;
    }
    if (is_loopback(host, len)) return KOR_URL_LOOPBACK;
    return secure ? KOR_URL_HTTPS : KOR_URL_HTTP;
}

/* ---- The key ---- */

size_t kor_key_hide(char *text, size_t len, const char *key)
{
    size_t n = key ? strlen(key) : 0;
    if (!n) return len;
    for (char *at; (at = memmem(text, len, key, n)) != NULL;) {
        memmove(at, at + n, len - (size_t)(at - text) - n);
        len -= n;
        text[len] = 0;
    }
    return len;
}

/* A key goes into a header: printable, without spaces. */
static kor_status check_key(const kor_yaml_item *item, const char *key, kor_error *err)
{
    size_t n = strlen(key);
    for (size_t i = 0; i < n; i++) {
        if (key[i] <= ' ' || key[i] > '~') n = 0;
    }
    if (n >= 4) return KOR_OK;
    return kor_yaml_fail(item, err,
                         "%s '%.80s' holds no key: at least four printable characters, no spaces",
                         item->key, item->value);
}

static kor_status key_from_env(kor_teacher_config *c, const kor_yaml_item *item, kor_error *err)
{
    const char *key = getenv(item->value);
    if (!key || !*key)
        return kor_yaml_fail(item, err, "key_env: the environment has no %.80s", item->value);
    KOR_TRY(check_key(item, key, err));
    c->key = strdup(key);
    return c->key ? KOR_OK : kor_fail_memory(err);
}

/* The first line of a file that nobody else can read. */
static kor_status key_from_file(kor_teacher_config *c, const kor_yaml_item *item, kor_error *err)
{
    char path[4200];
    const char *slash = *item->value == '/' ? NULL : strrchr(item->path, '/');
    (void)snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - item->path) + 1 : 0,
                   item->path, item->value);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        int e = errno;
        if (fd >= 0) close(fd);
        return kor_yaml_fail(item, err, "key_file: cannot open %.80s: %s", item->value,
                             e == ELOOP ? "it is a link" : strerror(e));
    }
    const char *wrong = !S_ISREG(st.st_mode)         ? "is not a file"
                        : st.st_uid != geteuid()     ? "is not yours"
                        : (st.st_mode & 0077) != 0   ? "can be read by others: chmod 600"
                        : st.st_size > KEY_MAX_BYTES ? "is too large"
                                                     : NULL;
    char key[KEY_MAX_BYTES + 1];
    ssize_t n = wrong ? 0 : read(fd, key, KEY_MAX_BYTES);
    close(fd);
    if (wrong) return kor_yaml_fail(item, err, "key_file: %.80s %s", item->value, wrong);
    key[n > 0 ? n : 0] = 0;
    key[strcspn(key, "\r\n")] = 0;
    kor_status status = check_key(item, key, err);
    if (status == KOR_OK) c->key = strdup(key);
    explicit_bzero(key, sizeof key);
    if (status != KOR_OK) return status;
    return c->key ? KOR_OK : kor_fail_memory(err);
}

/* ---- The file ---- */

typedef struct reader {
    kor_teacher_config *out;
    kor_yaml_item url, key_env, key_file; /* kept: they are looked at when all is read */
    bool allow_remote;
} reader;

static kor_status keep(reader *r, kor_yaml_item *to, const kor_yaml_item *item, kor_error *err)
{
    if (!*item->value) return kor_yaml_fail(item, err, "%s is empty", item->key);
    *to = *item;
    to->key = kor_arena_copy(&r->out->arena, item->key, strlen(item->key));
    to->value = kor_arena_copy(&r->out->arena, item->value, strlen(item->value));
    return to->key && to->value ? KOR_OK : kor_fail_memory(err);
}

static kor_status yes_or_no(const kor_yaml_item *item, bool *out, kor_error *err)
{
    *out = strcmp(item->value, "yes") == 0 || strcmp(item->value, "true") == 0;
    if (*out || strcmp(item->value, "no") == 0 || strcmp(item->value, "false") == 0) return KOR_OK;
    return kor_yaml_fail(item, err, "%s '%.60s': it must be yes or no", item->key, item->value);
}

static kor_status take(void *arg, const kor_yaml_item *item, kor_error *err)
{
    reader *r = arg;
    kor_teacher_config *c = r->out;
    double whole = 0;
    const struct {
        const char *key;
        double least, most;
        double *out;
    } numbers[] = {{"timeout_seconds", 0.1, 3600, &c->timeout_seconds},
                   {"budget_tokens", 0, 1e15, &c->budget_tokens},
                   {"budget_usd", 0, 1e9, &c->budget_usd},
                   {"price_in", 0, 1e6, &c->price_in},
                   {"price_out", 0, 1e6, &c->price_out},
                   {"temperature", 0, 2, &c->temperature}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(item->key, numbers[i].key) == 0)
            return kor_yaml_number(item, numbers[i].least, numbers[i].most, false, numbers[i].out,
                                   err);
    }
    if (strcmp(item->key, "url") == 0) return keep(r, &r->url, item, err);
    if (strcmp(item->key, "key_env") == 0) return keep(r, &r->key_env, item, err);
    if (strcmp(item->key, "key_file") == 0) return keep(r, &r->key_file, item, err);
    if (strcmp(item->key, "allow_remote") == 0) return yes_or_no(item, &r->allow_remote, err);
    if (strcmp(item->key, "model") == 0) {
        kor_yaml_item model;
        KOR_TRY(keep(r, &model, item, err));
        c->model = model.value;
        return KOR_OK;
    }
    if (strcmp(item->key, "parallel") == 0) {
        KOR_TRY(kor_yaml_number(item, 1, KOR_TEACHER_PARALLEL, true, &whole, err));
        c->parallel = (size_t)whole;
        return KOR_OK;
    }
    if (strcmp(item->key, "retries") == 0) {
        KOR_TRY(kor_yaml_number(item, 0, 10, true, &whole, err));
        c->retries = (size_t)whole;
        return KOR_OK;
    }
    return kor_yaml_fail(item, err, "unknown key '%.60s'", item->key);
}

static kor_status set_url(reader *r, const char *path, kor_error *err)
{
    kor_teacher_config *c = r->out;
    if (!r->url.value || !c->model)
        return kor_fail(err, KOR_E_INPUT, "%s: key '%s' is missing", path,
                        r->url.value ? "model" : "url");
    kor_url_kind kind = kor_url_check(r->url.value);
    if (kind == KOR_URL_BAD)
        return kor_yaml_fail(&r->url, err,
                             "url '%.80s': expected http://HOST:PORT/PATH or https://..., without "
                             "a user",
                             r->url.value);
    if (kind == KOR_URL_HTTP && !r->allow_remote)
        return kor_yaml_fail(&r->url, err,
                             "url '%.80s' is another machine and not encrypted: use https, or say "
                             "allow_remote: yes",
                             r->url.value);
    static const char tail[] = "/chat/completions";
    size_t n = strlen(r->url.value);
    while (n && r->url.value[n - 1] == '/') n--;
    bool whole = n >= sizeof tail - 1 &&
                 memcmp(r->url.value + n - (sizeof tail - 1), tail, sizeof tail - 1) == 0;
    char *url = kor_arena_alloc(&c->arena, n + sizeof tail);
    if (!url) return kor_fail_memory(err);
    memcpy(url, r->url.value, n);
    if (!whole) memcpy(url + n, tail, sizeof tail);
    c->url = url;
    c->loopback = kind == KOR_URL_LOOPBACK;
    c->remote_allowed = r->allow_remote;
    return KOR_OK;
}

static kor_status finish(reader *r, const char *path, kor_error *err)
{
    kor_teacher_config *c = r->out;
    KOR_TRY(set_url(r, path, err));
    if (r->key_env.value && r->key_file.value)
        return kor_yaml_fail(&r->key_file, err, "key_env and key_file: give one of them");
    if (isfinite(c->budget_usd) && c->price_in == 0 && c->price_out == 0)
        return kor_fail(err, KOR_E_INPUT,
                        "%s: budget_usd needs price_in and price_out, in dollars for a million "
                        "tokens",
                        path);
    if (r->key_env.value) return key_from_env(c, &r->key_env, err);
    if (r->key_file.value) return key_from_file(c, &r->key_file, err);
    return KOR_OK;
}

kor_status kor_teacher_config_read(kor_teacher_config *out, const char *path, kor_error *err)
{
    *out = (kor_teacher_config){.parallel = 4,
                                .retries = 4,
                                .timeout_seconds = 120,
                                .budget_tokens = INFINITY,
                                .budget_usd = INFINITY,
                                .temperature = 0.9};
    reader r = {.out = out};
    kor_status status = kor_yaml_read(path, take, &r, err);
    if (status == KOR_OK) status = finish(&r, path, err);
    if (status != KOR_OK) kor_teacher_config_free(out);
    return status;
}

void kor_teacher_config_free(kor_teacher_config *config)
{
    if (config->key) explicit_bzero(config->key, strlen(config->key));
    free(config->key);
    kor_arena_free(&config->arena);
    *config = (kor_teacher_config){0};
}
