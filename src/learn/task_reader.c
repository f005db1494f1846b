/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/task_reader.h"

#include "base/file.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TASK_MAX = 1 << 20, LIST_MAX = KOR_LABELS_MAX };

/* ---- The schema ---- */

#define TEXT(owner, key, flags)                                                                    \
    CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | (flags), owner, key, 1, 4000)

static const cyaml_schema_value_t text_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, KOR_LABEL_BYTES)};

static const cyaml_schema_field_t gates_schema[] = {
    TEXT(kor_gates_yaml, accuracy, CYAML_FLAG_OPTIONAL),
    TEXT(kor_gates_yaml, macro_f1, CYAML_FLAG_OPTIONAL),
    TEXT(kor_gates_yaml, micro_f1, CYAML_FLAG_OPTIONAL),
    TEXT(kor_gates_yaml, p_at_1, CYAML_FLAG_OPTIONAL),
    TEXT(kor_gates_yaml, mrr, CYAML_FLAG_OPTIONAL),
    TEXT(kor_gates_yaml, ndcg, CYAML_FLAG_OPTIONAL),
    TEXT(kor_gates_yaml, spearman, CYAML_FLAG_OPTIONAL),
    TEXT(kor_gates_yaml, ece, CYAML_FLAG_OPTIONAL),
    TEXT(kor_gates_yaml, bytes, CYAML_FLAG_OPTIONAL),
    TEXT(kor_gates_yaml, span_f1, CYAML_FLAG_OPTIONAL),
    TEXT(kor_gates_yaml, keep_recall, CYAML_FLAG_OPTIONAL),
    TEXT(kor_gates_yaml, right_or_abstained, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_END};

static const cyaml_schema_field_t recipe_schema[] = {
    TEXT(kor_recipe_yaml, words, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, chars_from, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, chars_to, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, bytes, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, dim, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, epochs, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, least, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, rate, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, chars_rate, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, dropout, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, tune_epochs, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, tune_batch, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, tune_rate, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, tune_head_rate, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, tune_depth, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, tune_decay, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, tune_clip, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, tune_patience, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, word_dropout, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, smoothing, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, rank, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, swap, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, recall_weight, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, rare_tokens, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, fresh_pooler, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, layout, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, features, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, class_weights, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, distill, CYAML_FLAG_OPTIONAL),
    TEXT(kor_recipe_yaml, distill_temperature, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_END};

static const cyaml_schema_field_t source_fields[] = {
    TEXT(kor_source_yaml, file, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, grammar, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, package, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, teacher, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, sha512, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, reader, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, name, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, licence, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, text_column, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, label_column, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, label_map, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, weight, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, count, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, corrupt, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, snippets, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, limit, CYAML_FLAG_OPTIONAL),
    TEXT(kor_source_yaml, queries, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_STRING_PTR("label", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, kor_source_yaml,
                           label, 0, KOR_LABEL_BYTES),
    CYAML_FIELD_SEQUENCE_COUNT("labels", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, kor_source_yaml,
                               labels, label_count, &text_schema, 1, LIST_MAX),
    TEXT(kor_source_yaml, part, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_MAPPING_PTR("gates", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, kor_source_yaml,
                            gates, gates_schema),
    CYAML_FIELD_END};

static const cyaml_schema_value_t source_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, kor_source_yaml, source_fields)};

static const cyaml_schema_field_t task_schema[] = {
    TEXT(kor_task_yaml, name, 0),
    TEXT(kor_task_yaml, head, 0),
    TEXT(kor_task_yaml, train, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, gate, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, hard, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, hard_weight, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_SEQUENCE_COUNT("data", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, kor_task_yaml,
                               data, data_count, &source_schema, 1, 100),
    CYAML_FIELD_SEQUENCE_COUNT("gate_sets", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, kor_task_yaml,
                               gate_sets, gate_set_count, &source_schema, 1, KOR_GATE_SETS),
    TEXT(kor_task_yaml, keep_label, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, keep_recall, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, val, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, architecture, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, seed, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, licence, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, out_of_scope, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, val_share, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, keep_accuracy, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, ship, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, teacher, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, base, CYAML_FLAG_OPTIONAL),
    TEXT(kor_task_yaml, rules, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_SEQUENCE_COUNT("labels", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, kor_task_yaml,
                               labels, label_count, &text_schema, 2, LIST_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("sources", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, kor_task_yaml,
                               sources, source_count, &text_schema, 0, 100),
    CYAML_FIELD_MAPPING_PTR("gates", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, kor_task_yaml, gates,
                            gates_schema),
    CYAML_FIELD_MAPPING_PTR("recipe", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, kor_task_yaml,
                            recipe, recipe_schema),
    CYAML_FIELD_END};

static const cyaml_schema_value_t root_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, kor_task_yaml, task_schema)};

/* ---- Errors with their lines ---- */

/* The last line on which a key stands, of those where it is least indented (entries of data have
 * keys of the same names); 0 when there is none. libcyaml counts keys it does not know as being on
 * the line before them. */
unsigned long kor_task_line(const kor_task_reader *r, const char *key)
{
    unsigned long line = 1, found = 0;
    size_t len = strlen(key), least = SIZE_MAX;
    for (const char *s = kor_str_text(&r->text); *s; line++) {
        const char *word = s + strspn(s, " \t\"'{,-");
        if (strncmp(word, key, len) == 0 && word[len] && strchr(":\"' ", word[len]) &&
            (size_t)(word - s) <= least) {
            least = (size_t)(word - s);
            found = line;
        }
        s += strcspn(s, "\n");
        if (*s) s++;
    }
    return found;
}

static void listen(cyaml_log_t level, void *arg, const char *fmt, va_list ap)
{
    (void)level;
    kor_task_reader *r = arg;
    char line[200];
    (void)vsnprintf(line, sizeof line, fmt, ap);
    line[strcspn(line, "\n")] = 0;
    const char *what = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
    const char *at = strstr(line, "(line: ");
    if (at && !r->line) r->line = strtoul(at + 7, NULL, 10);
    if (!*r->said) (void)snprintf(r->said, sizeof r->said, "%s", what);
}

kor_status kor_task_fail(kor_task_reader *r, unsigned long line, const char *what)
{
    if (!line) return kor_fail(r->err, KOR_E_INPUT, "%s: %s", r->path, what);
    return kor_fail(r->err, KOR_E_INPUT, "%s:%lu: %s", r->path, line, what);
}

/* What libcyaml said, in our words where it is one of the common cases. */
static kor_status fail_yaml(kor_task_reader *r, cyaml_err_t status)
{
    static const char unknown[] = "Unexpected key: ",
                      missing[] = "Missing required mapping field: ",
                      twice[] = "Mapping field already seen: ";
    char what[256];
    if (status == CYAML_ERR_OOM) return kor_fail_memory(r->err);
    if (strncmp(r->said, unknown, sizeof unknown - 1) == 0) {
        const char *key = r->said + sizeof unknown - 1;
        (void)snprintf(what, sizeof what, "unknown key '%s'", key);
        return kor_task_fail(r, kor_task_line(r, key), what);
    }
    if (strncmp(r->said, missing, sizeof missing - 1) == 0) {
        (void)snprintf(what, sizeof what, "key '%s' is missing", r->said + sizeof missing - 1);
        return kor_task_fail(r, 0, what);
    }
    if (strncmp(r->said, twice, sizeof twice - 1) == 0) {
        const char *key = r->said + sizeof twice - 1;
        (void)snprintf(what, sizeof what, "key '%s' is given twice", key);
        return kor_task_fail(r, kor_task_line(r, key), what);
    }
    return kor_task_fail(r, r->line, *r->said ? r->said : cyaml_strerror(status));
}

/* ---- Values ---- */

/* A number between least and most, from text (NULL: *out is left alone). */
kor_status kor_task_number_at(kor_task_reader *r, unsigned long line, const char *key,
                              const char *text, double least, double most, bool whole, double *out)
{
    if (!text) return KOR_OK;
    char *end, what[256];
    errno = 0;
    double x = strtod(text, &end);
    if (*end || errno || !isfinite(x) || x < least || x > most || (whole && x != floor(x))) {
        (void)snprintf(what, sizeof what, "%s '%.60s': it must be a %snumber from %.16g to %.16g",
                       key, text, whole ? "whole " : "", least, most);
        return kor_task_fail(r, line, what);
    }
    *out = x;
    return KOR_OK;
}

kor_status kor_task_number(kor_task_reader *r, const char *key, const char *text, double least,
                           double most, bool whole, double *out)
{
    return kor_task_number_at(r, text ? kor_task_line(r, key) : 0, key, text, least, most, whole,
                              out);
}

kor_status kor_task_text(kor_task_reader *r, const char **out, const char *text)
{
    *out = text ? kor_arena_copy(&r->out->arena, text, strlen(text)) : NULL;
    return text && !*out ? kor_fail_memory(r->err) : KOR_OK;
}

kor_status kor_task_list(kor_task_reader *r, const char ***out, size_t *count, char **list,
                         size_t n)
{
    *count = n;
    *out = n ? kor_arena_array(&r->out->arena, n, sizeof **out) : NULL;
    if (n && !*out) return kor_fail_memory(r->err);
    for (size_t i = 0; i < n; i++) KOR_TRY(kor_task_text(r, &(*out)[i], list[i]));
    return KOR_OK;
}

/* A file is named from the task's folder, or from that of the data sets. */
kor_status kor_task_path(kor_task_reader *r, unsigned long line, const char **out, const char *name)
{
    static const char variable[] = "$KORORA_DATA/";
    char path[8400];
    *out = NULL;
    if (!name) return KOR_OK;
    if (strncmp(name, variable, sizeof variable - 1) == 0) {
        const char *data = getenv("KORORA_DATA");
        struct stat st;
        if (!data || !*data || stat(data, &st) != 0 || !S_ISDIR(st.st_mode) ||
            strlen(data) > 4000) {
            (void)snprintf(path, sizeof path,
                           "'%.100s': KORORA_DATA %s; set it to the folder of the data sets", name,
                           data && *data ? "is no folder" : "is not set");
            return kor_task_fail(r, line, path);
        }
        (void)snprintf(path, sizeof path, "%s/%s", data, name + sizeof variable - 1);
        return kor_task_text(r, out, path);
    }
    (void)snprintf(path, sizeof path, "%s%s%s", *name == '/' ? "" : r->out->folder,
                   *name == '/' ? "" : "/", name);
    return kor_task_text(r, out, path);
}

kor_status kor_task_choice(kor_task_reader *r, const char *key, const char *value,
                           const char *const *known, size_t *out)
{
    char list[160] = "", what[300];
    for (*out = 0; known[*out]; ++*out) {
        if (strcmp(known[*out], value) == 0) return KOR_OK;
        size_t n = strlen(list);
        (void)snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", known[*out]);
    }
    (void)snprintf(what, sizeof what, "unknown %s '%.60s' (%s)", key, value, list);
    return kor_task_fail(r, kor_task_line(r, key), what);
}

/* ---- The file ---- */

static cyaml_config_t config_of(kor_task_reader *r)
{
    return (cyaml_config_t){.log_fn = r ? listen : NULL,
                            .log_ctx = r,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_WARNING,
                            .flags = CYAML_CFG_NO_ALIAS};
}

kor_status kor_task_yaml_read(kor_task_reader *r, kor_task_yaml **out)
{
    const cyaml_config_t config = config_of(r);
    *out = NULL;
    KOR_TRY(kor_file_read(&r->text, r->path, TASK_MAX, r->err));
    cyaml_err_t e = cyaml_load_data((const uint8_t *)kor_str_text(&r->text), r->text.len, &config,
                                    &root_schema, (cyaml_data_t **)out, NULL);
    return e == CYAML_OK ? KOR_OK : fail_yaml(r, e);
}

void kor_task_yaml_free(kor_task_yaml *yaml)
{
    const cyaml_config_t config = config_of(NULL);
    (void)cyaml_free(&config, &root_schema, yaml, 0);
}
