/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/task.h"

#include "base/file.h"
#include "learn/licences.h"
#include "learn/spans_train.h"
#include "model/lora.h"
#include "text/codegrams.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TASK_MAX = 1 << 20, LIST_MAX = KOR_LABELS_MAX };

/* ---- What libcyaml reads: numbers as text, so that a message can say what is allowed ---- */

typedef struct gates_yaml {
    char *accuracy, *macro_f1, *micro_f1, *span_f1, *p_at_1, *mrr, *ndcg, *spearman, *ece, *bytes,
        *keep_recall;
} gates_yaml;

typedef struct recipe_yaml {
    char *words, *chars_from, *chars_to, *bytes, *dim, *epochs, *least, *rate, *chars_rate,
        *dropout, *class_weights, *distill, *distill_temperature, *tune_epochs, *tune_batch,
        *tune_rate, *tune_head_rate, *tune_depth, *tune_decay, *tune_clip, *tune_patience,
        *word_dropout, *smoothing, *rank, *swap, *rare_tokens, *fresh_pooler, *layout, *features;
} recipe_yaml;

typedef struct source_yaml {
    char *file, *grammar, *package, *teacher, *sha512, *reader, *name, *licence, *text_column,
        *label_column, *label_map, *weight, *count, *corrupt, *part, *label, *snippets, *limit,
        *queries;
    gates_yaml *gates;
    char **labels;
    uint32_t label_count;
} source_yaml;

typedef struct task_yaml {
    char *name, *head, *train, *val, *architecture, *seed, *licence, *out_of_scope, *val_share,
        *keep_accuracy, *ship, *teacher, *base, *gate, *hard, *hard_weight, *keep_label,
        *keep_recall;
    source_yaml *data, *gate_sets;
    uint32_t data_count, gate_set_count;
    char **labels, **sources;
    uint32_t label_count, source_count;
    gates_yaml *gates;
    recipe_yaml *recipe;
} task_yaml;

#define TEXT(owner, key, flags)                                                                    \
    CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | (flags), owner, key, 1, 4000)

static const cyaml_schema_value_t text_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, KOR_LABEL_BYTES)};

static const cyaml_schema_field_t gates_schema[] = {
    TEXT(gates_yaml, accuracy, CYAML_FLAG_OPTIONAL),
    TEXT(gates_yaml, macro_f1, CYAML_FLAG_OPTIONAL),
    TEXT(gates_yaml, micro_f1, CYAML_FLAG_OPTIONAL),
    TEXT(gates_yaml, p_at_1, CYAML_FLAG_OPTIONAL),
    TEXT(gates_yaml, mrr, CYAML_FLAG_OPTIONAL),
    TEXT(gates_yaml, ndcg, CYAML_FLAG_OPTIONAL),
    TEXT(gates_yaml, spearman, CYAML_FLAG_OPTIONAL),
    TEXT(gates_yaml, ece, CYAML_FLAG_OPTIONAL),
    TEXT(gates_yaml, bytes, CYAML_FLAG_OPTIONAL),
    TEXT(gates_yaml, span_f1, CYAML_FLAG_OPTIONAL),
    TEXT(gates_yaml, keep_recall, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_END};

static const cyaml_schema_field_t recipe_schema[] = {
    TEXT(recipe_yaml, words, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, chars_from, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, chars_to, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, bytes, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, dim, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, epochs, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, least, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, rate, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, chars_rate, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, dropout, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, tune_epochs, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, tune_batch, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, tune_rate, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, tune_head_rate, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, tune_depth, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, tune_decay, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, tune_clip, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, tune_patience, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, word_dropout, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, smoothing, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, rank, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, swap, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, rare_tokens, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, fresh_pooler, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, layout, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, features, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, class_weights, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, distill, CYAML_FLAG_OPTIONAL),
    TEXT(recipe_yaml, distill_temperature, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_END};

static const cyaml_schema_field_t source_fields[] = {
    TEXT(source_yaml, file, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, grammar, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, package, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, teacher, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, sha512, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, reader, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, name, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, licence, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, text_column, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, label_column, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, label_map, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, weight, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, count, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, corrupt, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, snippets, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, limit, CYAML_FLAG_OPTIONAL),
    TEXT(source_yaml, queries, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_STRING_PTR("label", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, source_yaml, label, 0,
                           KOR_LABEL_BYTES),
    CYAML_FIELD_SEQUENCE_COUNT("labels", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, source_yaml,
                               labels, label_count, &text_schema, 1, LIST_MAX),
    TEXT(source_yaml, part, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_MAPPING_PTR("gates", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, source_yaml, gates,
                            gates_schema),
    CYAML_FIELD_END};

static const cyaml_schema_value_t source_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, source_yaml, source_fields)};

static const cyaml_schema_field_t task_schema[] = {
    TEXT(task_yaml, name, 0),
    TEXT(task_yaml, head, 0),
    TEXT(task_yaml, train, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, gate, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, hard, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, hard_weight, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_SEQUENCE_COUNT("data", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, task_yaml, data,
                               data_count, &source_schema, 1, 100),
    CYAML_FIELD_SEQUENCE_COUNT("gate_sets", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, task_yaml,
                               gate_sets, gate_set_count, &source_schema, 1, KOR_GATE_SETS),
    TEXT(task_yaml, keep_label, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, keep_recall, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, val, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, architecture, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, seed, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, licence, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, out_of_scope, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, val_share, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, keep_accuracy, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, ship, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, teacher, CYAML_FLAG_OPTIONAL),
    TEXT(task_yaml, base, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_SEQUENCE_COUNT("labels", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, task_yaml,
                               labels, label_count, &text_schema, 2, LIST_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("sources", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, task_yaml,
                               sources, source_count, &text_schema, 0, 100),
    CYAML_FIELD_MAPPING_PTR("gates", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, task_yaml, gates,
                            gates_schema),
    CYAML_FIELD_MAPPING_PTR("recipe", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, task_yaml, recipe,
                            recipe_schema),
    CYAML_FIELD_END};

static const cyaml_schema_value_t root_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, task_yaml, task_schema)};

/* ---- Errors with their lines ---- */

typedef struct reader {
    kor_task *out;
    char path[4200];
    kor_str text;
    char said[200]; /* the first thing libcyaml said */
    unsigned long line;
    kor_error *err;
} reader;

/* The last line on which a key stands, of those where it is least indented (entries of data have
 * keys of the same names); 0 when there is none. libcyaml counts keys it does not know as being on
 * the line before them. */
static unsigned long line_of(const reader *r, const char *key)
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
    reader *r = arg;
    char line[200];
    (void)vsnprintf(line, sizeof line, fmt, ap);
    line[strcspn(line, "\n")] = 0;
    const char *what = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
    const char *at = strstr(line, "(line: ");
    if (at && !r->line) r->line = strtoul(at + 7, NULL, 10);
    if (!*r->said) (void)snprintf(r->said, sizeof r->said, "%s", what);
}

static kor_status fail_at(reader *r, unsigned long line, const char *what)
{
    if (!line) return kor_fail(r->err, KOR_E_INPUT, "%s: %s", r->path, what);
    return kor_fail(r->err, KOR_E_INPUT, "%s:%lu: %s", r->path, line, what);
}

/* What libcyaml said, in our words where it is one of the common cases. */
static kor_status fail_yaml(reader *r, cyaml_err_t status)
{
    static const char unknown[] = "Unexpected key: ",
                      missing[] = "Missing required mapping field: ",
                      twice[] = "Mapping field already seen: ";
    char what[256];
    if (status == CYAML_ERR_OOM) return kor_fail_memory(r->err);
    if (strncmp(r->said, unknown, sizeof unknown - 1) == 0) {
        const char *key = r->said + sizeof unknown - 1;
        (void)snprintf(what, sizeof what, "unknown key '%s'", key);
        return fail_at(r, line_of(r, key), what);
    }
    if (strncmp(r->said, missing, sizeof missing - 1) == 0) {
        (void)snprintf(what, sizeof what, "key '%s' is missing", r->said + sizeof missing - 1);
        return fail_at(r, 0, what);
    }
    if (strncmp(r->said, twice, sizeof twice - 1) == 0) {
        const char *key = r->said + sizeof twice - 1;
        (void)snprintf(what, sizeof what, "key '%s' is given twice", key);
        return fail_at(r, line_of(r, key), what);
    }
    return fail_at(r, r->line, *r->said ? r->said : cyaml_strerror(status));
}

/* A number between least and most, from text (NULL: *out is left alone). */
static kor_status number_at(reader *r, unsigned long line, const char *key, const char *text,
                            double least, double most, bool whole, double *out)
{
    if (!text) return KOR_OK;
    char *end, what[256];
    errno = 0;
    double x = strtod(text, &end);
    if (*end || errno || !isfinite(x) || x < least || x > most || (whole && x != floor(x))) {
        (void)snprintf(what, sizeof what, "%s '%.60s': it must be a %snumber from %.16g to %.16g",
                       key, text, whole ? "whole " : "", least, most);
        return fail_at(r, line, what);
    }
    *out = x;
    return KOR_OK;
}

static kor_status number(reader *r, const char *key, const char *text, double least, double most,
                         bool whole, double *out)
{
    return number_at(r, text ? line_of(r, key) : 0, key, text, least, most, whole, out);
}

/* ---- From text to a task ---- */

static kor_status copy_text(reader *r, const char **out, const char *text)
{
    *out = text ? kor_arena_copy(&r->out->arena, text, strlen(text)) : NULL;
    return text && !*out ? kor_fail_memory(r->err) : KOR_OK;
}

static kor_status copy_list(reader *r, const char ***out, size_t *count, char **list, size_t n)
{
    *count = n;
    *out = n ? kor_arena_array(&r->out->arena, n, sizeof **out) : NULL;
    if (n && !*out) return kor_fail_memory(r->err);
    for (size_t i = 0; i < n; i++) KOR_TRY(copy_text(r, &(*out)[i], list[i]));
    return KOR_OK;
}

/* A file is named from the task's folder, or from that of the data sets. */
static kor_status copy_path(reader *r, unsigned long line, const char **out, const char *name)
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
            return fail_at(r, line, path);
        }
        (void)snprintf(path, sizeof path, "%s/%s", data, name + sizeof variable - 1);
        return copy_text(r, out, path);
    }
    (void)snprintf(path, sizeof path, "%s%s%s", *name == '/' ? "" : r->out->folder,
                   *name == '/' ? "" : "/", name);
    return copy_text(r, out, path);
}

static kor_status one_of(reader *r, const char *key, const char *value, const char *const *known,
                         size_t *out)
{
    char list[160] = "", what[300];
    for (*out = 0; known[*out]; ++*out) {
        if (strcmp(known[*out], value) == 0) return KOR_OK;
        size_t n = strlen(list);
        (void)snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", known[*out]);
    }
    (void)snprintf(what, sizeof what, "unknown %s '%.60s' (%s)", key, value, list);
    return fail_at(r, line_of(r, key), what);
}

/* A gate that the head has no figure for could never pass. */
static kor_status check_gates(reader *r, const gates_yaml *y)
{
    bool paired = kor_task_is_paired(r->out);
    const struct {
        const char *key, *value;
        bool paired;
    } gates[] = {{"span_f1", y->span_f1, false},
                 {"macro_f1", y->macro_f1, false},
                 {"micro_f1", y->micro_f1, false},
                 {"p_at_1", y->p_at_1, false},
                 {"mrr", y->mrr, true},
                 {"ndcg", y->ndcg, true},
                 {"spearman", y->spearman, true},
                 {"keep_recall", y->keep_recall, false}};
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++) {
        char what[100];
        bool keeps = i + 1 == sizeof gates / sizeof *gates;
        if (gates[i].value && keeps && !r->out->keep_label)
            return fail_at(r, line_of(r, gates[i].key), "gate keep_recall needs 'keep_label'");
        if (!gates[i].value || gates[i].paired == paired) continue;
        (void)snprintf(what, sizeof what, "gate %s does not go with head %s", gates[i].key,
                       kor_head_name(r->out->head));
        return fail_at(r, line_of(r, gates[i].key), what);
    }
    return KOR_OK;
}

/* Models that rank stay small; an embedding is of the whole encoder. */
static kor_status check_architecture(reader *r)
{
    const kor_task *t = r->out;
    bool tuned = t->architecture == KOR_LORA || t->architecture == KOR_FULL;
    char what[120];
    if (!kor_task_is_paired(t) || t->architecture == KOR_AUTO ||
        tuned == (t->head == KOR_HEAD_EMBED))
        return KOR_OK;
    (void)snprintf(what, sizeof what, "architecture '%s' does not go with head %s (%s)",
                   kor_architecture_name(t->architecture), kor_head_name(t->head),
                   t->head == KOR_HEAD_EMBED ? "auto, lora, full" : "auto, bag, hybrid");
    return fail_at(r, line_of(r, "architecture"), what);
}

static kor_status read_gates(reader *r, const gates_yaml *y, kor_gates *g)
{
    *g = (kor_gates){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (!y) return KOR_OK;
    KOR_TRY(check_gates(r, y));
    KOR_TRY(number(r, "accuracy", y->accuracy, 0, 1, false, &g->accuracy));
    KOR_TRY(number(r, "macro_f1", y->macro_f1, 0, 1, false, &g->macro_f1));
    KOR_TRY(number(r, "micro_f1", y->micro_f1, 0, 1, false, &g->micro_f1));
    KOR_TRY(number(r, "p_at_1", y->p_at_1, 0, 1, false, &g->p_at_1));
    KOR_TRY(number(r, "mrr", y->mrr, 0, 1, false, &g->mrr));
    KOR_TRY(number(r, "ndcg", y->ndcg, 0, 1, false, &g->ndcg));
    KOR_TRY(number(r, "spearman", y->spearman, -1, 1, false, &g->spearman));
    KOR_TRY(number(r, "span_f1", y->span_f1, 0, 1, false, &g->span_f1));
    KOR_TRY(number(r, "ece", y->ece, 0, 1, false, &g->ece));
    KOR_TRY(number(r, "keep_recall", y->keep_recall, 0, 1, false, &g->keep_recall));
    return number(r, "bytes", y->bytes, 1, 1e12, true, &g->bytes);
}

/* How the encoder is fine-tuned. */
static kor_status read_tuning(reader *r, const recipe_yaml *y)
{
    kor_tune_recipe *t = &r->out->tune;
    double epochs = (double)t->epochs, batch = (double)t->batch, rate = (double)t->rate,
           head_rate = (double)t->head_rate, depth = (double)t->depth_factor,
           decay = (double)t->decay, clip = (double)t->clip, patience = (double)t->patience,
           word_dropout = (double)t->word_dropout, smoothing = (double)r->out->smoothing,
           rank = (double)r->out->rank;
    KOR_TRY(number(r, "tune_epochs", y->tune_epochs, 0, 1000, true, &epochs));
    KOR_TRY(number(r, "tune_batch", y->tune_batch, 1, 4096, true, &batch));
    KOR_TRY(number(r, "tune_rate", y->tune_rate, 0, 1e30, false, &rate));
    KOR_TRY(number(r, "tune_head_rate", y->tune_head_rate, 0, 1e30, false, &head_rate));
    KOR_TRY(number(r, "tune_depth", y->tune_depth, 0.01, 1, false, &depth));
    KOR_TRY(number(r, "tune_decay", y->tune_decay, 0, 1, false, &decay));
    KOR_TRY(number(r, "tune_clip", y->tune_clip, 0, 1e6, false, &clip));
    KOR_TRY(number(r, "tune_patience", y->tune_patience, 0, 1000, true, &patience));
    KOR_TRY(number(r, "word_dropout", y->word_dropout, 0, 0.9, false, &word_dropout));
    KOR_TRY(number(r, "smoothing", y->smoothing, 0, 0.5, false, &smoothing));
    KOR_TRY(number(r, "rank", y->rank, 1, KOR_LORA_RANK, true, &rank));
    *t = (kor_tune_recipe){.epochs = (size_t)epochs,
                           .batch = (size_t)batch,
                           .rate = (float)rate,
                           .head_rate = (float)head_rate,
                           .depth_factor = (float)depth,
                           .decay = (float)decay,
                           .clip = (float)clip,
                           .word_dropout = (float)word_dropout,
                           .patience = (size_t)patience};
    r->out->smoothing = (float)smoothing;
    r->out->rank = (size_t)rank;
    return KOR_OK;
}

static kor_status read_teaching(reader *r, const recipe_yaml *y)
{
    static const char *const weights[] = {"none", "balanced", NULL};
    kor_teaching *t = &r->out->recipe.teaching;
    size_t balanced = 0;
    double distill = (double)t->distill, temperature = (double)t->temperature;
    if (y->class_weights) KOR_TRY(one_of(r, "class_weights", y->class_weights, weights, &balanced));
    KOR_TRY(number(r, "distill", y->distill, 0, 1, false, &distill));
    KOR_TRY(number(r, "distill_temperature", y->distill_temperature, 0.5, 20, false, &temperature));
    *t = (kor_teaching){balanced == 1, (float)distill, (float)temperature};
    return KOR_OK;
}

static kor_status read_recipe(reader *r, const recipe_yaml *y)
{
    static const char *const answers[] = {"no", "yes", NULL};
    static const char *const families[] = {"words", "code", NULL};
    kor_bag_recipe *b = &r->out->recipe;
    size_t layout = 0, family = 0;
    if (!y) return KOR_OK;
    double words = b->shape.words, from = b->shape.chars_from, to = b->shape.chars_to,
           bytes = (double)b->bytes, dim = (double)b->dim, epochs = (double)b->epochs,
           least = (double)b->least, rate = (double)b->rate, chars_rate = (double)b->chars_rate,
           dropout = (double)b->dropout;
    KOR_TRY(number(r, "words", y->words, 1, KOR_NGRAMS_WORDS, true, &words));
    KOR_TRY(number(r, "chars_to", y->chars_to, 0, KOR_NGRAMS_CHARS, true, &to));
    if (to == 0) from = 0;
    KOR_TRY(number(r, "chars_from", y->chars_from, to > 0, to, true, &from));
    if (from > to) from = to;
    KOR_TRY(number(r, "bytes", y->bytes, 1000, 1e9, true, &bytes));
    KOR_TRY(number(r, "dim", y->dim, 0, KOR_BAG_DIM, true, &dim));
    if (fmod(dim, KOR_BAG_GROUP) != 0)
        return fail_at(r, line_of(r, "dim"), "dim: it must be a multiple of 8");
    KOR_TRY(number(r, "epochs", y->epochs, 0, 10000, true, &epochs));
    KOR_TRY(number(r, "least", y->least, 1, 1e6, true, &least));
    KOR_TRY(number(r, "rate", y->rate, 1e-6, 1e30, false, &rate));
    KOR_TRY(number(r, "chars_rate", y->chars_rate, 0, 1, false, &chars_rate));
    KOR_TRY(number(r, "dropout", y->dropout, 0, 0.95, false, &dropout));
    if (y->layout) KOR_TRY(one_of(r, "layout", y->layout, answers, &layout));
    if (y->features) KOR_TRY(one_of(r, "features", y->features, families, &family));
    if (family && r->out->head != KOR_HEAD_CLASSIFY && r->out->head != KOR_HEAD_TAGS)
        return fail_at(r, line_of(r, "features"), "features: code goes with classify and tags");
    if (family && layout)
        return fail_at(r, line_of(r, "layout"), "layout does not go with features: code");
    b->shape = (kor_ngrams){.words = (uint32_t)words,
                            .chars_from = (uint32_t)from,
                            .chars_to = (uint32_t)to,
                            .layout = (uint32_t)layout,
                            .code = family == 1 ? KOR_CODEGRAMS_VERSION : 0};
    b->bytes = (size_t)bytes;
    b->dim = (size_t)dim;
    b->epochs = (size_t)epochs;
    b->least = (size_t)least;
    b->rate = (float)rate;
    b->chars_rate = (float)chars_rate;
    b->dropout = (float)dropout;
    KOR_TRY(number(r, "swap", y->swap, 0, 100, false, &r->out->swap));
    KOR_TRY(number(r, "rare_tokens", y->rare_tokens, 0, 1, false, &r->out->rare_tokens));
    size_t fresh = 0;
    const char *alone = y->rare_tokens ? "rare_tokens" : y->fresh_pooler ? "fresh_pooler" : NULL;
    if (alone && r->out->head != KOR_HEAD_EMBED)
        return fail_at(r, line_of(r, alone),
                       "rare_tokens and fresh_pooler go with head embed only");
    if (y->layout && r->out->head != KOR_HEAD_CLASSIFY && r->out->head != KOR_HEAD_TAGS)
        return fail_at(r, line_of(r, "layout"), "layout goes with heads classify and tags only");
    if (y->fresh_pooler) KOR_TRY(one_of(r, "fresh_pooler", y->fresh_pooler, answers, &fresh));
    r->out->fresh_pooler = fresh == 1;
    KOR_TRY(read_teaching(r, y));
    return read_tuning(r, y);
}

/* The line of the entry of a list with that number: entries begin with a dash, as far in as that of
 * the first. Lists inside of them stand further in. */
static unsigned long line_of_source(const reader *r, const char *list, size_t number)
{
    unsigned long line = 1, start = line_of(r, list);
    size_t indent = SIZE_MAX;
    for (const char *s = kor_str_text(&r->text); *s; line++) {
        size_t in = strspn(s, " \t");
        if (line > start && s[in] == '-') {
            if (indent == SIZE_MAX) indent = in;
            if (in == indent && number-- == 0) return line;
        }
        s += strcspn(s, "\n");
        if (*s) s++;
    }
    return start;
}

/* What goes with what. */
static kor_status check_source(reader *r, const source_yaml *y, unsigned long line)
{
    bool mail = y->reader && strcmp(y->reader, "mail") == 0;
    const struct {
        const char *key, *value;
        bool fits;
    } parts[] = {
        {"sha512", y->sha512, y->package},
        {"reader", y->reader, y->package},
        {"part", y->part, y->package},
        {"count", y->count, y->grammar || y->teacher},
        {"corrupt", y->corrupt, y->grammar},
        {"text_column", y->text_column, y->file && !mail},
        {"label_column", y->label_column, y->file && !mail && !y->label && !y->label_count},
        {"label", y->label, y->file && !mail}, /* their folders say */
        {"labels", y->label_count ? "" : NULL, y->file && !mail},
        {"label_map", y->label_map, y->file && !y->package && !y->label && !y->label_count},
    };
    char what[160];
    int kinds = !!y->grammar + !!y->teacher + (y->package ? 1 : !!y->file);
    if (kinds != 1 || (y->package && !y->file))
        return fail_at(r, line,
                       y->package ? "a package needs 'file': the path inside of it"
                                  : "an entry of data needs one of file, grammar, "
                                    "package and teacher");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].value || parts[i].fits) continue;
        (void)snprintf(what, sizeof what, "'%s' does not go with this kind of source",
                       parts[i].key);
        return fail_at(r, line, what);
    }
    if (y->package && !y->sha512)
        return fail_at(r, line, "a package needs 'sha512', so that it stays the same");
    if (y->sha512 && (strlen(y->sha512) != 128 || strspn(y->sha512, "0123456789abcdef") != 128))
        return fail_at(r, line, "sha512: it must be 128 hexadecimal digits, in lower case");
    if (y->package &&
        (*y->package == '-' || !strrchr(y->package + 1, '@') || strpbrk(y->package, " \t:\\'\"")))
        return fail_at(r, line, "package: it must be NAME@VERSION");
    if (mail && (r->out->head != KOR_HEAD_CLASSIFY || !r->out->label_count))
        return fail_at(r, line, "reader mail goes with head classify and a list of labels");
    if (y->part && (!mail || (strcmp(y->part, "learn") != 0 && strcmp(y->part, "gate") != 0)))
        return fail_at(r, line, "part: it must be learn or gate, of a package with reader mail");
    return KOR_OK;
}

/* What is asked of rows that have a text and labels. */
static kor_status read_cutting(reader *r, const source_yaml *y, kor_task_source *s)
{
    const kor_task *t = r->out;
    double snippets = 0, limit = 0, queries = 0;
    bool tags = t->head == KOR_HEAD_TAGS, given = y->label || y->label_count;
    bool labels = tags || t->head == KOR_HEAD_CLASSIFY;
    if ((given || y->snippets) && !labels)
        return fail_at(r, s->line, "label and snippets go with heads classify and tags only");
    if (y->limit && !labels && t->head != KOR_HEAD_EMBED)
        return fail_at(r, s->line, "limit goes with heads classify, tags and embed only");
    if (y->queries && t->head != KOR_HEAD_EMBED)
        return fail_at(r, s->line, "queries goes with head embed only");
    if (y->label && y->label_count)
        return fail_at(r, s->line, "'label' and 'labels' exclude each other");
    if (!tags && y->label_count)
        return fail_at(r, s->line, "'labels' goes with head tags only; 'label' with classify");
    if (!tags && y->label && !*y->label) return fail_at(r, s->line, "label: it must not be empty");
    KOR_TRY(number_at(r, s->line, "snippets", y->snippets, 1, 10000, true, &snippets));
    KOR_TRY(number_at(r, s->line, "limit", y->limit, 1, 1e9, true, &limit));
    KOR_TRY(number_at(r, s->line, "queries", y->queries, 1, 100, true, &queries));
    s->queries = (size_t)queries;
    s->snippets = (size_t)snippets;
    s->limit = (size_t)limit;
    s->labelled = given;
    if (y->label && *y->label) {
        char *one = y->label;
        return copy_list(r, &s->labels, &s->label_count, &one, 1);
    }
    return copy_list(r, &s->labels, &s->label_count, y->labels, y->label_count);
}

static kor_status read_source(reader *r, const source_yaml *y, kor_task_source *s)
{
    char why[KOR_LICENCE_WHY], what[300];
    double count = 1000;
    s->weight = 1;
    KOR_TRY(check_source(r, y, s->line));
    KOR_TRY(number_at(r, s->line, "weight", y->weight, 0, 1000, false, &s->weight));
    KOR_TRY(number_at(r, s->line, "count", y->count, 1, 1e7, true, &count));
    KOR_TRY(number_at(r, s->line, "corrupt", y->corrupt, 0, 1, false, &s->corrupt));
    s->count = (size_t)count;
    if (y->licence && kor_licence_check(y->licence, why) == KOR_LICENCE_MALFORMED) {
        (void)snprintf(what, sizeof what, "licence '%.60s' is not an SPDX expression: %.80s",
                       y->licence, why);
        return fail_at(r, s->line, what);
    }
    if (y->package)
        KOR_TRY(copy_text(r, &s->file, y->file));
    else
        KOR_TRY(copy_path(r, s->line, &s->file, y->file));
    KOR_TRY(copy_path(r, s->line, &s->grammar, y->grammar));
    KOR_TRY(copy_path(r, s->line, &s->teacher, y->teacher));
    KOR_TRY(copy_path(r, s->line, &s->label_map, y->label_map));
    KOR_TRY(copy_text(r, &s->package, y->package));
    KOR_TRY(copy_text(r, &s->sha512, y->sha512));
    KOR_TRY(copy_text(r, &s->reader, y->reader));
    KOR_TRY(copy_text(r, &s->part, y->part));
    KOR_TRY(copy_text(r, &s->licence, y->licence));
    KOR_TRY(copy_text(r, &s->text_column, y->text_column));
    KOR_TRY(copy_text(r, &s->label_column, y->label_column));
    KOR_TRY(read_cutting(r, y, s));
    const char *name = y->name      ? y->name
                       : y->package ? y->package
                       : y->grammar ? y->grammar
                       : y->teacher ? y->teacher
                                    : y->file;
    return copy_text(r, &s->name, name);
}

/* What the model is measured with besides `gate`. */
static kor_status read_gate_sets(reader *r, const task_yaml *y)
{
    kor_task *t = r->out;
    if (!y->gate_set_count) return KOR_OK;
    kor_task_source *sets = kor_arena_array(&t->arena, y->gate_set_count, sizeof *sets);
    if (!sets) return kor_fail_memory(r->err);
    t->gate_sets = sets;
    t->gate_set_count = y->gate_set_count;
    for (size_t i = 0; i < t->gate_set_count; i++) {
        const source_yaml *from = &y->gate_sets[i];
        sets[i].line = line_of_source(r, "gate_sets", i);
        if (from->grammar || from->teacher)
            return fail_at(r, sets[i].line, "a gate set is a file or a package");
        if (from->weight) return fail_at(r, sets[i].line, "'weight' does not go with a gate set");
        KOR_TRY(read_source(r, from, &sets[i]));
        KOR_TRY(read_gates(r, from->gates, &sets[i].gates));
    }
    return KOR_OK;
}

static kor_status read_data(reader *r, const task_yaml *y)
{
    kor_task *t = r->out;
    t->hard_weight = 1;
    if (y->train && y->data_count)
        return fail_at(r, line_of(r, "data"), "'train' and 'data' exclude each other");
    if (y->hard_weight && !y->hard)
        return fail_at(r, line_of(r, "hard_weight"), "hard_weight needs 'hard'");
    KOR_TRY(number(r, "hard_weight", y->hard_weight, 0.01, 1000, false, &t->hard_weight));
    KOR_TRY(copy_path(r, line_of(r, "gate"), &t->gate, y->gate));
    KOR_TRY(copy_path(r, line_of(r, "hard"), &t->hard, y->hard));
    KOR_TRY(read_gate_sets(r, y));
    if (!y->data_count) return KOR_OK;
    kor_task_source *data = kor_arena_array(&t->arena, y->data_count, sizeof *data);
    if (!data) return kor_fail_memory(r->err);
    t->data = data;
    t->data_count = y->data_count;
    for (size_t i = 0; i < t->data_count; i++) {
        data[i].line = line_of_source(r, "data", i);
        if (y->data[i].gates)
            return fail_at(r, data[i].line, "'gates' goes with an entry of gate_sets");
        KOR_TRY(read_source(r, &y->data[i], &data[i]));
    }
    return KOR_OK;
}

/* Where the task says nothing of them, licence and sources are those of its data. */
static kor_status join_sources(reader *r)
{
    kor_task *t = r->out;
    char why[KOR_LICENCE_WHY], what[300];
    if (!t->data_count) return KOR_OK;
    kor_str all = {0};
    const char **names = kor_arena_array(&t->arena, t->data_count, sizeof *names);
    if (!names) return kor_fail_memory(r->err);
    for (size_t i = 0; i < t->data_count; i++) {
        const kor_task_source *s = &t->data[i];
        bool known = !s->licence;
        for (size_t j = 0; j < i && !known; j++)
            known = t->data[j].licence && strcmp(t->data[j].licence, s->licence) == 0;
        names[i] = s->name;
        if (t->ship && s->licence && kor_licence_check(s->licence, why) != KOR_LICENCE_SHIPS) {
            (void)snprintf(what, sizeof what, "its licence does not allow shipping: %s", why);
            kor_str_free(&all);
            return fail_at(r, s->line, what);
        }
        if (!s->licence && !t->licence && t->ship) {
            kor_str_free(&all);
            return fail_at(r, s->line, "ship: yes needs 'licence': an SPDX id of that of the data");
        }
        if (!known)
            kor_str_printf(&all, strstr(s->licence, " OR ") ? "%s(%s)" : "%s%s",
                           all.len ? " AND " : "", s->licence);
    }
    if (!t->sources) {
        t->sources = names;
        t->source_count = t->data_count;
    }
    kor_status status = all.failed ? kor_fail_memory(r->err) : KOR_OK;
    if (status == KOR_OK && !t->licence && all.len)
        status = copy_text(r, &t->licence, kor_str_text(&all));
    kor_str_free(&all);
    return status;
}

/* A licence must be well formed; of data for a model that is to be shipped it must allow that. */
static kor_status read_licence(reader *r, const char *ship_text)
{
    static const char *const answers[] = {"no", "yes", NULL};
    char why[KOR_LICENCE_WHY], what[400];
    size_t ship;
    const kor_task *t = r->out;
    KOR_TRY(one_of(r, "ship", ship_text ? ship_text : "no", answers, &ship));
    r->out->ship = ship == 1;
    KOR_TRY(join_sources(r));
    if (r->out->ship && (!t->licence || !t->source_count)) {
        (void)snprintf(
            what, sizeof what, "ship: yes needs '%s': %s", t->licence ? "sources" : "licence",
            t->licence ? "a list of where the data come from" : "an SPDX id of that of the data");
        return fail_at(r, line_of(r, "ship"), what);
    }
    if (!t->licence) return KOR_OK;
    kor_licence_use use = kor_licence_check(t->licence, why);
    if (use == KOR_LICENCE_MALFORMED) {
        (void)snprintf(what, sizeof what,
                       "licence '%.60s' is not an SPDX expression, such as CC-BY-4.0 or "
                       "'MIT AND own': %.80s",
                       t->licence, why);
        return fail_at(r, line_of(r, "licence"), what);
    }
    if (!r->out->ship || use == KOR_LICENCE_SHIPS) return KOR_OK;
    (void)snprintf(what, sizeof what,
                   "licence '%.60s' does not allow shipping: %s; leave out 'ship' to train for "
                   "yourself",
                   t->licence,
                   strncmp(why, t->licence, strlen(t->licence)) == 0 ? why + strlen(t->licence) + 2
                                                                     : why);
    return fail_at(r, line_of(r, "licence"), what);
}

static const char *const architectures[] = {"auto", "bag", "hybrid", "lora", "full", NULL};

const char *kor_architecture_name(kor_architecture architecture)
{
    return architectures[architecture];
}

/* The label that must not be lost, and how much of it may be. */
static kor_status read_keep(reader *r, const task_yaml *y)
{
    kor_task *t = r->out;
    bool known = !y->label_count;
    KOR_TRY(copy_text(r, &t->keep_label, y->keep_label));
    t->keep_recall = 0.995;
    if (y->keep_recall && !y->keep_label)
        return fail_at(r, line_of(r, "keep_recall"), "keep_recall needs 'keep_label'");
    KOR_TRY(number(r, "keep_recall", y->keep_recall, 0, 1, false, &t->keep_recall));
    if (!t->keep_label) return KOR_OK;
    if (t->head != KOR_HEAD_CLASSIFY)
        return fail_at(r, line_of(r, "keep_label"), "keep_label goes with head classify only");
    for (size_t i = 0; i < y->label_count; i++) known |= strcmp(y->labels[i], t->keep_label) == 0;
    return known ? KOR_OK
                 : fail_at(r, line_of(r, "keep_label"), "keep_label: it is not one of the labels");
}

static kor_status fill(reader *r, const task_yaml *y)
{
    static const char *const heads[] = {"classify", "tags", "spans", "embed", "rank", NULL};
    static const kor_head_kind kinds[] = {KOR_HEAD_CLASSIFY, KOR_HEAD_TAGS, KOR_HEAD_SPANS,
                                          KOR_HEAD_EMBED, KOR_HEAD_RANK};
    kor_task *t = r->out;
    size_t head, architecture;
    KOR_TRY(one_of(r, "head", y->head, heads, &head));
    KOR_TRY(one_of(r, "architecture", y->architecture ? y->architecture : "auto", architectures,
                   &architecture));
    t->architecture = (kor_architecture)architecture;
    t->head = kinds[head];
    KOR_TRY(check_architecture(r));
    if (strchr(y->name, '/') || *y->name == '.' || strlen(y->name) > 100)
        return fail_at(r, line_of(r, "name"), "name: it must be able to name a file");
    KOR_TRY(copy_text(r, &t->name, y->name));
    KOR_TRY(copy_text(r, &t->base, y->base ? y->base : KOR_TASK_BASE));
    KOR_TRY(copy_text(r, &t->out_of_scope, y->out_of_scope));
    KOR_TRY(copy_path(r, line_of(r, "train"), &t->train, y->train));
    KOR_TRY(copy_path(r, line_of(r, "val"), &t->val, y->val));
    KOR_TRY(copy_path(r, line_of(r, "teacher"), &t->teacher, y->teacher));
    KOR_TRY(copy_list(r, &t->labels, &t->label_count, y->labels, y->label_count));
    KOR_TRY(copy_list(r, &t->sources, &t->source_count, y->sources, y->source_count));
    KOR_TRY(copy_text(r, &t->licence, y->licence));
    KOR_TRY(read_keep(r, y));
    KOR_TRY(read_data(r, y));
    KOR_TRY(read_licence(r, y->ship));
    if (t->out_of_scope && t->head != KOR_HEAD_CLASSIFY)
        return fail_at(r, line_of(r, "out_of_scope"), "out_of_scope goes with head classify only");
    double seed = 1;
    t->val_share = 0.1;
    t->keep_accuracy = t->out_of_scope ? 0.95 : 0.99;
    t->recipe = kor_bag_default;
    t->tune = (kor_tune_recipe){.batch = 64,
                                .rate = 4e-4f,
                                .head_rate = 1e-3f,
                                .depth_factor = 1,
                                .decay = 0.01f,
                                .clip = 1,
                                .patience = 3};
    if (t->head == KOR_HEAD_EMBED) t->tune.rate = 2e-4f;
    t->rank = 8;
    t->smoothing = 0.1f;
    t->swap = NAN;
    if (t->head == KOR_HEAD_SPANS) t->recipe.dropout = kor_spans_default.dropout;
    KOR_TRY(number(r, "seed", y->seed, 0, 9007199254740991.0, true, &seed));
    KOR_TRY(number(r, "val_share", y->val_share, 0.01, 0.5, false, &t->val_share));
    KOR_TRY(number(r, "keep_accuracy", y->keep_accuracy, 0, 1, false, &t->keep_accuracy));
    t->seed = (uint64_t)seed;
    KOR_TRY(read_gates(r, y->gates, &t->gates));
    return read_recipe(r, y->recipe);
}

kor_status kor_task_read(kor_task *out, const char *folder, kor_error *err)
{
    *out = (kor_task){0};
    reader r = {.out = out, .err = err};
    int n = snprintf(r.path, sizeof r.path, "%s/task.yaml", folder);
    if (n < 0 || n > 4096) return kor_fail(err, KOR_E_ARG, "%.80s...: path too long", folder);
    kor_status status = kor_file_read(&r.text, r.path, TASK_MAX, err);
    if (status == KOR_OK) status = copy_text(&r, &out->folder, folder);
    if (status == KOR_OK) {
        const cyaml_config_t config = {.log_fn = listen,
                                       .log_ctx = &r,
                                       .mem_fn = cyaml_mem,
                                       .log_level = CYAML_LOG_WARNING,
                                       .flags = CYAML_CFG_NO_ALIAS};
        task_yaml *y = NULL;
        cyaml_err_t e = cyaml_load_data((const uint8_t *)kor_str_text(&r.text), r.text.len, &config,
                                        &root_schema, (cyaml_data_t **)&y, NULL);
        if (e != CYAML_OK)
            status = fail_yaml(&r, e);
        else
            status =
                y ? fill(&r, y) : fail_at(&r, 0, "it is empty: name, head and train are needed");
        (void)cyaml_free(&config, &root_schema, y, 0);
    }
    kor_str_free(&r.text);
    if (status != KOR_OK) kor_task_free(out);
    return status;
}

void kor_task_free(kor_task *task)
{
    kor_arena_free(&task->arena);
    *task = (kor_task){0};
}
