/* SPDX-License-Identifier: Apache-2.0 */
/* What task.yaml says, as text, and how its parts are read: task.c, task_recipe.c and
 * task_sources.c alone include this. */
#ifndef KOR_TASK_READER_H
#define KOR_TASK_READER_H

#include "base/str.h"
#include "learn/task.h"

/* ---- What libcyaml reads: numbers as text, so that a message can say what is allowed ---- */

typedef struct kor_gates_yaml {
    char *accuracy, *macro_f1, *micro_f1, *span_f1, *p_at_1, *mrr, *ndcg, *spearman, *ece, *bytes,
        *keep_recall, *right_or_abstained;
} kor_gates_yaml;

typedef struct kor_recipe_yaml {
    char *words, *chars_from, *chars_to, *bytes, *dim, *epochs, *least, *rate, *chars_rate,
        *dropout, *class_weights, *distill, *distill_temperature, *tune_epochs, *tune_batch,
        *tune_rate, *tune_head_rate, *tune_depth, *tune_decay, *tune_clip, *tune_patience,
        *word_dropout, *smoothing, *rank, *swap, *rare_tokens, *fresh_pooler, *layout, *features,
        *recall_weight;
} kor_recipe_yaml;

typedef struct kor_source_yaml {
    char *file, *grammar, *package, *teacher, *sha512, *reader, *name, *licence, *text_column,
        *label_column, *label_map, *weight, *count, *corrupt, *part, *label, *snippets, *limit,
        *queries;
    kor_gates_yaml *gates;
    char **labels;
    uint32_t label_count;
} kor_source_yaml;

typedef struct kor_task_yaml {
    char *name, *head, *train, *val, *architecture, *seed, *licence, *out_of_scope, *val_share,
        *keep_accuracy, *ship, *teacher, *base, *gate, *hard, *hard_weight, *keep_label,
        *keep_recall, *rules;
    kor_source_yaml *data, *gate_sets;
    uint32_t data_count, gate_set_count;
    char **labels, **sources;
    uint32_t label_count, source_count;
    kor_gates_yaml *gates;
    kor_recipe_yaml *recipe;
} kor_task_yaml;

typedef struct kor_task_reader {
    kor_task *out;
    char path[4200];
    kor_str text;
    char said[200]; /* the first thing libcyaml said */
    unsigned long line;
    kor_error *err;
} kor_task_reader;

/* Read r->path; *out is NULL where it is empty. Free with kor_task_yaml_free, also on failure. */
kor_status kor_task_yaml_read(kor_task_reader *r, kor_task_yaml **out);
void kor_task_yaml_free(kor_task_yaml *yaml);

/* ---- Errors with their lines ---- */

/* The last line on which a key stands, of those where it is least indented (entries of data have
 * keys of the same names); 0 when there is none. */
unsigned long kor_task_line(const kor_task_reader *r, const char *key);

/* KOR_E_INPUT with the file and, but for 0, the line. */
kor_status kor_task_fail(kor_task_reader *r, unsigned long line, const char *what);

/* ---- Values; text may be NULL, and then there is none ---- */

/* A number between least and most, from text (NULL: *out is left alone). */
kor_status kor_task_number_at(kor_task_reader *r, unsigned long line, const char *key,
                              const char *text, double least, double most, bool whole, double *out);
kor_status kor_task_number(kor_task_reader *r, const char *key, const char *text, double least,
                           double most, bool whole, double *out);

/* Copies, of the task's arena. */
kor_status kor_task_text(kor_task_reader *r, const char **out, const char *text);
kor_status kor_task_list(kor_task_reader *r, const char ***out, size_t *count, char **list,
                         size_t n);

/* A file is named from the task's folder, or from that of the data sets. */
kor_status kor_task_path(kor_task_reader *r, unsigned long line, const char **out,
                         const char *name);

/* The number of a value among those known, which end with NULL. */
kor_status kor_task_choice(kor_task_reader *r, const char *key, const char *value,
                           const char *const *known, size_t *out);

/* ---- Parts ---- */

/* yaml NULL: no gate. The head and keep_label are read by then. */
kor_status kor_task_gates(kor_task_reader *r, const kor_gates_yaml *y, kor_gates *g);

/* yaml NULL: all is left as it is. The head is read by then. */
kor_status kor_task_recipe(kor_task_reader *r, const kor_recipe_yaml *y);

/* gate, hard, gate_sets and data. The head, labels and keep_label are read by then. */
kor_status kor_task_data(kor_task_reader *r, const kor_task_yaml *y);

/* A licence must be well formed; of data for a model that is to be shipped it must allow that. Data
 * are read by then. */
kor_status kor_task_licence(kor_task_reader *r, const char *ship_text);

#endif
