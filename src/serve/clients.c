/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/clients.h"

#include "base/file.h"
#include "colony/yaml_file.h"
#include "text/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_BYTES = 200 };

/* ---- One client ---- */

static bool is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t len = strlen(name);
    return len > 0 && len < KOR_CLIENT_NAME && strspn(name, letters) == len && name[0] != '.' &&
           name[0] != '-';
}

/* Does the whole text say a range of time? Then *ms is its start. */
static bool read_range(const char *text, const kor_zone *zone, int64_t now_ms, int64_t *ms)
{
    kor_asked asked;
    size_t len = strlen(text);
    kor_when_find(&asked, text, len, now_ms, zone);
    *ms = asked.from_ms;
    return asked.found && asked.start == 0 && asked.end == len;
}

/* A time, or how long it may be past: "30 days" is the last 30 days. */
static kor_status read_since(const char *text, const kor_zone *zone, int64_t now_ms, int64_t *ms,
                             kor_error *err)
{
    char last[TEXT_BYTES + 8];
    (void)snprintf(last, sizeof last, "last %s", text);
    if (kor_time_parse(text, zone, now_ms, ms, NULL, NULL) == KOR_OK ||
        read_range(text, zone, now_ms, ms) || read_range(last, zone, now_ms, ms))
        return KOR_OK;
    return kor_fail(err, KOR_E_ARG, "'%.60s' is no time: try 30 days, 2 weeks, 2026-11-01", text);
}

static bool is_text(const char *text)
{
    size_t len = strlen(text);
    return len && len <= TEXT_BYTES && kor_utf8_valid(text, len);
}

/* Names with commas between them, and none of them empty. */
static bool is_list(const char *text)
{
    size_t len = strlen(text);
    return is_text(text) && text[0] != ',' && text[len - 1] != ',' && !strstr(text, ",,");
}

/* A type with a slip in it would be one that is not cut out. */
static bool is_types(const char *text)
{
    bool known = is_list(text);
    for (const char *at = text; known && *at;) {
        size_t len = strcspn(at, ",");
        known = kor_redact_knows(at, len);
        at += len + (at[len] == ',');
    }
    return known;
}

static kor_status check(kor_client *c, const kor_zone *zone, int64_t now_ms, kor_error *err)
{
    if (!is_name(c->name))
        return kor_fail(err, KOR_E_ARG,
                        "'%.64s' is no name of a client: 1 to %d of a-z, 0-9, '-', '_' and '.'",
                        c->name, KOR_CLIENT_NAME - 1);
    const struct {
        const char *key, *text;
        bool (*good)(const char *text);
        const char *what;
    } texts[] = {{"since", c->since, is_text, "a text of UTF-8"},
                 {"scope", c->limit.scope, is_text, "a text of UTF-8"},
                 {"sources", c->limit.sources, is_list, "names with commas between them"},
                 {"kinds", c->limit.kinds, is_list, "names with commas between them"},
                 {"redact", c->limit.redacted, is_types,
                  "person, organisation, place, project, file, ticket, version, tool, money, "
                  "email, phone, link"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text && !texts[i].good(texts[i].text))
            return kor_fail(err, KOR_E_ARG, "%s: expected %s, %d bytes at most", texts[i].key,
                            texts[i].what, TEXT_BYTES);
    c->limit.from_ms = INT64_MIN;
    if (!c->since) return KOR_OK;
    kor_status status = read_since(c->since, zone, now_ms, &c->limit.from_ms, err);
    return status == KOR_OK ? KOR_OK : kor_fail_in(err, status, "since");
}

static bool copy(kor_arena *arena, const char **text)
{
    if (*text) *text = kor_arena_copy(arena, *text, strlen(*text));
    return *text != NULL;
}

kor_status kor_clients_add(kor_clients *c, const kor_client *client, const kor_zone *zone,
                           int64_t now_ms, kor_error *err)
{
    kor_client new = *client;
    KOR_TRY(check(&new, zone, now_ms, err));
    if (kor_clients_find(c, new.name))
        return kor_fail(err, KOR_E_ARG, "there is a client '%s' already", new.name);
    if (c->count == KOR_CLIENTS_MAX)
        return kor_fail(err, KOR_E_ARG, "more than %d clients", KOR_CLIENTS_MAX);
    if (!c->list) c->list = kor_arena_array(&c->arena, KOR_CLIENTS_MAX, sizeof *c->list);
    bool copied = copy(&c->arena, &new.name);
    const char **const texts[] = {&new.since, &new.limit.scope, &new.limit.sources,
                                  &new.limit.kinds, &new.limit.redacted};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i]) copied = copy(&c->arena, texts[i]) && copied;
    if (!c->list || !copied) return kor_fail_memory(err);
    c->list[c->count++] = new;
    return KOR_OK;
}

bool kor_clients_remove(kor_clients *c, const char *name)
{
    const kor_client *found = kor_clients_find(c, name);
    if (!found) return false;
    size_t at = (size_t)(found - c->list);
    memmove(c->list + at, c->list + at + 1, (c->count - at - 1) * sizeof *c->list);
    c->count--;
    return true;
}

const kor_client *kor_clients_find(const kor_clients *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->list[i].name, name) == 0) return &c->list[i];
    return NULL;
}

void kor_clients_free(kor_clients *c)
{
    kor_arena_free(&c->arena);
    *c = (kor_clients){0};
}

/* ---- The file ---- */

/* A file on its way into clients. */
typedef struct reader {
    kor_clients *out;
    kor_yaml_file *file;
    const kor_zone *zone;
    int64_t now_ms;
} reader;

static kor_status read_text(reader *r, const yaml_node_t *node, const char **out, kor_error *err)
{
    const char *text = kor_yaml_text(node);
    if (!text) return kor_yaml_wrong(r->file, node, err, "a single text must stand here");
    *out = kor_arena_copy(&r->out->arena, text, strlen(text));
    return *out ? KOR_OK : kor_fail_memory(err);
}

/* A list becomes a text with commas. An empty one would mean that nothing is seen, or all of it:
 * nobody knows, so that it is refused. */
static kor_status read_list(reader *r, const yaml_node_t *node, const char **out, kor_error *err)
{
    kor_str joined = {0};
    kor_status status = KOR_OK;
    if (node->type != YAML_SEQUENCE_NODE ||
        node->data.sequence.items.start == node->data.sequence.items.top)
        return kor_yaml_wrong(r->file, node, err, "a list must stand here: [NAME, ...]");
    for (const yaml_node_item_t *i = node->data.sequence.items.start;
         status == KOR_OK && i < node->data.sequence.items.top; i++) {
        const yaml_node_t *item = kor_yaml_node(r->file, *i);
        const char *text = kor_yaml_text(item);
        if (!text || !*text || strchr(text, ','))
            status = kor_yaml_wrong(r->file, item, err, "a name without a comma must stand here");
        else
            kor_str_printf(&joined, "%s%s", joined.len ? "," : "", text);
    }
    if (status == KOR_OK) *out = kor_arena_copy(&r->out->arena, joined.data, joined.len);
    kor_str_free(&joined);
    return status == KOR_OK && !*out ? kor_fail_memory(err) : status;
}

static kor_status read_switch(reader *r, const yaml_node_t *node, bool *out, kor_error *err)
{
    const char *text = kor_yaml_text(node);
    bool yes = text && (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0);
    bool no = text && (strcmp(text, "no") == 0 || strcmp(text, "false") == 0);
    *out = yes;
    return yes || no ? KOR_OK : kor_yaml_wrong(r->file, node, err, "yes or no must stand here");
}

static kor_status read_key(reader *r, kor_client *c, const yaml_node_t *key,
                           const yaml_node_t *value, kor_error *err)
{
    const char *name = kor_yaml_text(key);
    bool writes = true;
    if (!name) name = "";
    if (strcmp(name, "since") == 0) return read_text(r, value, &c->since, err);
    if (strcmp(name, "scope") == 0) return read_text(r, value, &c->limit.scope, err);
    if (strcmp(name, "sources") == 0) return read_list(r, value, &c->limit.sources, err);
    if (strcmp(name, "kinds") == 0) return read_list(r, value, &c->limit.kinds, err);
    if (strcmp(name, "redact") == 0) return read_list(r, value, &c->limit.redacted, err);
    if (strcmp(name, "write") != 0)
        return kor_yaml_wrong(r->file, key, err,
                              "unknown key '%.40s' (since, sources, kinds, scope, redact, write)",
                              name);
    KOR_TRY(read_switch(r, value, &writes, err));
    c->reads_only = !writes;
    return KOR_OK;
}

/* Of a key that is there twice one would be left out without a word. */
static kor_status check_twice(reader *r, const yaml_node_t *map, const yaml_node_pair_t *pair,
                              kor_error *err)
{
    const yaml_node_t *key = kor_yaml_node(r->file, pair->key);
    const char *name = kor_yaml_text(key);
    if (!name) return kor_yaml_wrong(r->file, key, err, "a name must stand here");
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < pair; p++)
        if (strcmp(kor_yaml_text(kor_yaml_node(r->file, p->key)), name) == 0)
            return kor_yaml_wrong(r->file, key, err, "'%.40s' is here twice", name);
    return KOR_OK;
}

static kor_status read_client(reader *r, const yaml_node_t *key, const yaml_node_t *map,
                              kor_error *err)
{
    kor_client c = {.name = kor_yaml_text(key)};
    kor_error why = {0};
    /* "cursor:" alone is a client without limits; anything else that is no mapping is a mistake. */
    bool bare = map->type == YAML_SCALAR_NODE && map->data.scalar.length == 0;
    if (!bare && map->type != YAML_MAPPING_NODE)
        return kor_yaml_wrong(r->file, map, err, "the limits of '%.64s' must follow", c.name);
    for (const yaml_node_pair_t *p = bare ? NULL : map->data.mapping.pairs.start;
         !bare && p < map->data.mapping.pairs.top; p++) {
        KOR_TRY(check_twice(r, map, p, err));
        KOR_TRY(
            read_key(r, &c, kor_yaml_node(r->file, p->key), kor_yaml_node(r->file, p->value), err));
    }
    kor_status status = kor_clients_add(r->out, &c, r->zone, r->now_ms, &why);
    if (status == KOR_E_ARG) return kor_yaml_wrong(r->file, key, err, "%s", why.msg);
    return status == KOR_OK ? KOR_OK : kor_fail(err, status, "%s", why.msg);
}

static kor_status read_clients(reader *r, const yaml_node_t *map, kor_error *err)
{
    if (map->type == YAML_SCALAR_NODE && map->data.scalar.length == 0) return KOR_OK;
    if (map->type != YAML_MAPPING_NODE)
        return kor_yaml_wrong(r->file, map, err, "a mapping of clients must follow");
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
         p++) {
        KOR_TRY(check_twice(r, map, p, err));
        KOR_TRY(
            read_client(r, kor_yaml_node(r->file, p->key), kor_yaml_node(r->file, p->value), err));
    }
    return KOR_OK;
}

static kor_status read_root(reader *r, kor_error *err)
{
    const yaml_node_t *root = kor_yaml_root(r->file);
    if (!root) return KOR_OK;
    if (root->type != YAML_MAPPING_NODE)
        return kor_yaml_wrong(r->file, root, err, "it must be a mapping with the key clients");
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
         p < root->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = kor_yaml_node(r->file, p->key);
        KOR_TRY(check_twice(r, root, p, err));
        if (strcmp(kor_yaml_text(key), "clients") != 0)
            return kor_yaml_wrong(r->file, key, err, "unknown key '%.40s' (clients)",
                                  kor_yaml_text(key));
        KOR_TRY(read_clients(r, kor_yaml_node(r->file, p->value), err));
    }
    return KOR_OK;
}

/* Whoever may change the file says what is seen. */
static kor_status check_owner(const char *path, kor_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0) return kor_fail(err, KOR_E_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode)) return kor_fail(err, KOR_E_INPUT, "%s: it is no file", path);
    if ((st.st_uid != geteuid() && st.st_uid != 0) || st.st_mode & 022)
        return kor_fail(err, KOR_E_INPUT, "%s: others may change it; 'chmod 600' mends that", path);
    return KOR_OK;
}

kor_status kor_clients_read(kor_clients *out, const char *home, const kor_zone *zone,
                            int64_t now_ms, kor_error *err)
{
    char path[4200];
    kor_yaml_file file;
    struct stat st;
    *out = (kor_clients){0};
    (void)snprintf(path, sizeof path, "%.4096s/" KOR_CLIENTS_FILE, home);
    /* A link that leads nowhere is a list that cannot be read, not an empty one. */
    if (lstat(path, &st) != 0 && errno == ENOENT) return KOR_OK;
    KOR_TRY(check_owner(path, err));
    KOR_TRY(kor_yaml_file_open(&file, path, err));
    reader r = {out, &file, zone, now_ms};
    kor_status status = read_root(&r, err);
    kor_yaml_file_close(&file);
    return status;
}

static void put_text(kor_str *out, const char *key, const char *text)
{
    if (!text) return;
    kor_str_printf(out, "    %s: ", key);
    kor_yaml_put(out, text, strlen(text));
    kor_str_putc(out, '\n');
}

static void put_list(kor_str *out, const char *key, const char *list)
{
    if (!list) return;
    kor_str_printf(out, "    %s: [", key);
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, ",");
        kor_yaml_put(out, at, len);
        at += len;
        if (*at) kor_str_puts(out, ", "), at++;
    }
    kor_str_puts(out, "]\n");
}

kor_status kor_clients_write(const kor_clients *c, const char *home, kor_error *err)
{
    char path[4200];
    kor_str text = {0};
    (void)snprintf(path, sizeof path, "%.4096s/" KOR_CLIENTS_FILE, home);
    kor_str_puts(&text, "# What assistants may see and do. See korora clients --help.\nclients:\n");
    for (size_t i = 0; i < c->count; i++) {
        const kor_client *one = &c->list[i];
        kor_str_puts(&text, "  ");
        kor_yaml_put(&text, one->name, strlen(one->name));
        kor_str_puts(&text, ":\n");
        put_text(&text, "since", one->since);
        put_list(&text, "sources", one->limit.sources);
        put_list(&text, "kinds", one->limit.kinds);
        put_text(&text, "scope", one->limit.scope);
        put_list(&text, "redact", one->limit.redacted);
        if (one->reads_only) kor_str_puts(&text, "    write: no\n");
    }
    kor_status status = kor_yaml_file_write(&text, path, err);
    kor_str_free(&text);
    return status;
}
