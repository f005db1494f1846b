/* SPDX-License-Identifier: Apache-2.0 */
#include "colony/exclusions.h"

#include "colony/yaml_file.h"
#include "text/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

const char *kor_exclusion_name(kor_exclusion kind)
{
    static const char *const names[KOR_EXCLUSIONS] = {"app", "site", "path", "word"};
    return names[kind];
}

/* ---- The file ---- */

kor_status kor_exclusions_add(kor_exclusions *e, kor_exclusion kind, const char *text,
                              bool *changed, kor_error *err)
{
    size_t len = strlen(text), n = e->count[kind];
    *changed = false;
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(e->list[kind][i], text) == 0) return KOR_OK;
    if (strspn(text, " \t\r\n") == len || len > KOR_EXCLUDED_BYTES)
        return kor_fail(err, KOR_E_INPUT, "an excluded %s has 1 to %d bytes",
                        kor_exclusion_name(kind), KOR_EXCLUDED_BYTES);
    if (!kor_utf8_valid(text, len))
        return kor_fail(err, KOR_E_INPUT, "an excluded %s is UTF-8", kor_exclusion_name(kind));
    /* Any other would be compared with whole paths, and never hold. */
    if (kind == KOR_EXCLUDE_PATH && text[0] != '/' && text[0] != '~')
        return kor_fail(err, KOR_E_INPUT, "an excluded path begins with / or ~");
    if (n == KOR_EXCLUDED_MAX)
        return kor_fail(err, KOR_E_INPUT, "more than %d excluded %ss", KOR_EXCLUDED_MAX,
                        kor_exclusion_name(kind));
    if (!e->list[kind])
        e->list[kind] = kor_arena_array(&e->arena, KOR_EXCLUDED_MAX, sizeof *e->list[kind]);
    const char *copy = kor_arena_copy(&e->arena, text, len);
    if (!e->list[kind] || !copy) return kor_fail_memory(err);
    e->list[kind][e->count[kind]++] = copy;
    *changed = true;
    return KOR_OK;
}

bool kor_exclusions_remove(kor_exclusions *e, kor_exclusion kind, const char *text)
{
    for (size_t i = 0; i < e->count[kind]; i++) {
        if (strcasecmp(e->list[kind][i], text) != 0) continue;
        memmove(e->list[kind] + i, e->list[kind] + i + 1,
                (e->count[kind] - i - 1) * sizeof *e->list[kind]);
        e->count[kind]--;
        return true;
    }
    return false;
}

static kor_status read_list(kor_exclusions *e, kor_exclusion kind, kor_yaml_file *file,
                            const yaml_node_t *list, kor_error *err)
{
    bool changed;
    if (list->type == YAML_SCALAR_NODE && list->data.scalar.length == 0) return KOR_OK;
    if (list->type != YAML_SEQUENCE_NODE)
        return kor_yaml_wrong(file, list, err, "a list must follow: [%s, ...]",
                              kor_exclusion_name(kind));
    for (const yaml_node_item_t *i = list->data.sequence.items.start;
         i < list->data.sequence.items.top; i++) {
        const yaml_node_t *node = kor_yaml_node(file, *i);
        const char *text = kor_yaml_text(node);
        kor_error why = {0};
        if (!text) return kor_yaml_wrong(file, node, err, "a single text must stand here");
        kor_status status = kor_exclusions_add(e, kind, text, &changed, &why);
        if (status == KOR_E_INPUT) return kor_yaml_wrong(file, node, err, "%s", why.msg);
        if (status != KOR_OK) return kor_fail(err, status, "%s", why.msg);
    }
    return KOR_OK;
}

static kor_status read_root(kor_exclusions *e, kor_yaml_file *file, kor_error *err)
{
    static const char *const keys[KOR_EXCLUSIONS] = {"apps", "sites", "paths", "words"};
    const yaml_node_t *root = kor_yaml_root(file);
    if (!root) return KOR_OK;
    if (root->type != YAML_MAPPING_NODE)
        return kor_yaml_wrong(file, root, err, "it must be a mapping of apps, sites, paths, words");
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
         p < root->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = kor_yaml_node(file, p->key);
        const char *name = kor_yaml_text(key);
        int kind = 0;
        while (kind < KOR_EXCLUSIONS && (!name || strcmp(name, keys[kind]) != 0)) kind++;
        if (kind == KOR_EXCLUSIONS)
            return kor_yaml_wrong(file, key, err, "unknown key '%.40s' (apps, sites, paths, words)",
                                  name ? name : "");
        KOR_TRY(read_list(e, (kor_exclusion)kind, file, kor_yaml_node(file, p->value), err));
    }
    return KOR_OK;
}

kor_status kor_exclusions_read(kor_exclusions *out, const char *path, kor_error *err)
{
    kor_yaml_file file;
    struct stat st;
    *out = (kor_exclusions){0};
    /* A link that leads nowhere is a list that cannot be read, not an empty one. */
    if (lstat(path, &st) != 0 && errno == ENOENT) return KOR_OK;
    KOR_TRY(kor_yaml_file_open(&file, path, err));
    kor_status status = read_root(out, &file, err);
    kor_yaml_file_close(&file);
    return status;
}

kor_status kor_exclusions_write(const kor_exclusions *e, const char *path, kor_error *err)
{
    kor_str text = {0};
    kor_str_puts(&text, "# What korora does not remember. See korora exclude --help.\n");
    for (int k = 0; k < KOR_EXCLUSIONS; k++) {
        kor_str_printf(&text, "%ss:\n", kor_exclusion_name((kor_exclusion)k));
        for (size_t i = 0; i < e->count[k]; i++) {
            kor_str_puts(&text, "  - ");
            kor_yaml_put(&text, e->list[k][i], strlen(e->list[k][i]));
            kor_str_putc(&text, '\n');
        }
    }
    kor_status status = kor_yaml_file_write(&text, path, err);
    kor_str_free(&text);
    return status;
}

void kor_exclusions_free(kor_exclusions *e)
{
    kor_arena_free(&e->arena);
    *e = (kor_exclusions){0};
}

/* ---- Events ---- */

/* The host of a URL, with a scheme or without, and what follows it; false when there is none. */
static bool split(const char *url, size_t len, const char **host, size_t *host_len,
                  const char **rest)
{
    const char *scheme = memmem(url, len, "://", 3), *end = url + len;
    const char *at = scheme ? scheme + 3 : url;
    size_t n = 0;
    while (at + n < end && !strchr("/?#", at[n])) n++;
    const char *user = memrchr(at, '@', n);
    *host = user ? user + 1 : at;
    *host_len = n - (size_t)(*host - at);
    *rest = at + n;
    const char *port = memchr(*host, ':', *host_len);
    if (port) *host_len = (size_t)(port - *host);
    while (*host_len && (*host)[*host_len - 1] == '.') --*host_len;
    return *host_len > 0;
}

bool kor_site_fits(const char *site, const char *url, size_t len)
{
    const char *host, *rest, *path;
    size_t host_len, name;
    if (!split(url, len, &host, &host_len, &rest)) return false;
    if (!split(site, strlen(site), &site, &name, &path)) return false;
    while (name && (*site == '*' || *site == '.')) site++, name--;
    if (!name || name > host_len || strncasecmp(host + host_len - name, site, name) != 0)
        return false;
    if (name < host_len && host[host_len - name - 1] != '.') return false;
    size_t path_len = strcspn(path, "?#");
    while (path_len && path[path_len - 1] == '/') path_len--;
    if (path_len == 0) return true;
    size_t left = (size_t)(url + len - rest);
    return left >= path_len && memcmp(rest, path, path_len) == 0 &&
           (left == path_len || strchr("/?#", rest[path_len]));
}

/* A text that is nothing but one URL, such as one that was copied. */
static bool is_url(const char *text, size_t len)
{
    if (len > 4096 || !memmem(text, len, "://", 3)) return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ') return false;
    return true;
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The path of a file:// URI, or what of it fits. */
static void decode(char *out, size_t size, const char *uri)
{
    size_t n = 0;
    if (strncasecmp(uri, "localhost/", 10) == 0) uri += 9;
    while (*uri && n + 1 < size) {
        bool coded = uri[0] == '%' && hex(uri[1]) >= 0 && hex(uri[2]) >= 0;
        out[n++] = coded ? (char)(hex(uri[1]) << 4 | hex(uri[2])) : *uri;
        uri += coded ? 3 : 1;
    }
    out[n] = 0;
}

static bool in_folder(const char *folder, const char *file)
{
    const char *home = getenv("HOME"), *rest = folder;
    char path[8192]; /* more than any excluded folder has */
    size_t at = 0;
    if (!file) return false;
    if (strncasecmp(file, "file://", 7) == 0) {
        decode(path, sizeof path, file + 7);
        file = path;
    }
    if (folder[0] == '~' && (folder[1] == '/' || !folder[1]) && home) {
        at = strlen(home);
        if (strncmp(file, home, at) != 0) return false;
        rest = folder + 1;
    }
    size_t n = strlen(rest);
    while (n > 1 && rest[n - 1] == '/') n--;
    return strncmp(file + at, rest, n) == 0 &&
           (!file[at + n] || file[at + n] == '/' || (n && rest[n - 1] == '/'));
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

static bool has_word(const char *word, const char *text, size_t len)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= len; i++) {
        if (strncasecmp(text + i, word, n) != 0) continue;
        bool left = i == 0 || !is_letter(text[i - 1]) || !is_letter(word[0]);
        bool right = i + n == len || !is_letter(text[i + n]) || !is_letter(word[n - 1]);
        if (left && right) return true;
    }
    return false;
}

static bool has_word_anywhere(const char *word, const kor_colony_event *e, const char *ref)
{
    const char *const fields[] = {e->title, e->uri, e->app, e->source, e->scope, ref};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i] && has_word(word, fields[i], strlen(fields[i]))) return true;
    return has_word(word, e->text, e->len);
}

static bool holds(kor_exclusion kind, const char *what, const kor_colony_event *e, const char *ref)
{
    switch (kind) {
    case KOR_EXCLUDE_APP: return e->app && strcasecmp(e->app, what) == 0;
    case KOR_EXCLUDE_SITE:
        return (e->uri && kor_site_fits(what, e->uri, strlen(e->uri))) ||
               (is_url(e->text, e->len) && kor_site_fits(what, e->text, e->len));
    case KOR_EXCLUDE_PATH: return in_folder(what, e->uri) || in_folder(what, ref);
    case KOR_EXCLUDE_WORD: return has_word_anywhere(what, e, ref);
    default: return false;
    }
}

bool kor_exclusions_hold(const kor_exclusions *e, const kor_colony_event *event, const char *ref,
                         kor_exclusion *kind)
{
    for (int k = 0; k < KOR_EXCLUSIONS; k++)
        for (size_t i = 0; i < e->count[k]; i++)
            if (holds((kor_exclusion)k, e->list[k][i], event, ref)) {
                *kind = (kor_exclusion)k;
                return true;
            }
    return false;
}
