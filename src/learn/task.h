/* SPDX-License-Identifier: Apache-2.0 */
/* A task folder: task.yaml and the data it names. docs/training.md is the reference of its keys. */
#ifndef KOR_TASK_H
#define KOR_TASK_H

#include "learn/bag_train.h"
#include "learn/tuner.h"
#include "model/head.h"
#include "rules/rules.h"

#include <stdint.h>

/* What a model must reach on its validation rows to be shipped; NAN: not asked for. */
typedef struct kor_gates {
    double accuracy, macro_f1, micro_f1, p_at_1; /* at least */
    double mrr, ndcg, spearman;                  /* at least; of heads rank and embed */
    double ece, bytes;                           /* at most */
    double span_f1;                              /* at least */
    double keep_recall;                          /* at least; of keep_label */
    double right_or_abstained;                   /* at least; of classify */
} kor_gates;

/* What a model is made of, the smallest first. auto: the smallest that is within KOR_TASK_MARGIN of
 * the best. */
typedef enum kor_architecture {
    KOR_AUTO,
    KOR_BAG,    /* hashed n-grams */
    KOR_HYBRID, /* a layer on the base model as it is, and a bag */
    KOR_LORA,   /* the same on a base model with an adapter of low rank */
    KOR_FULL,   /* the same on a copy of the base model that has learnt too */
    KOR_ARCHITECTURES
} kor_architecture;

/* "auto", "bag", "hybrid", "lora", "full". */
const char *kor_architecture_name(kor_architecture architecture);

enum { KOR_GATE_SETS = 8 }; /* at most, besides gate */

#define KOR_TASK_MARGIN 0.005 /* of accuracy, or micro-F1 for tags and spans */

/* One place that rows come from: an entry of `data`, of which the forge makes rows. It is a package
 * where package is set, else a grammar, else a teacher, else a file. NULL: not given. */
typedef struct kor_task_source {
    const char *file;              /* a path; of a package: inside of it */
    const char *grammar, *teacher; /* paths */
    const char *package, *sha512, *reader;
    const char *part;           /* of a package of mails: "learn" or "gate" */
    const char *name, *licence; /* name is never NULL */
    const char *text_column, *label_column;
    const char *label_map; /* the path of a file that says what its labels are here */
    double weight;         /* how often each row is used; a share of them below 1 */
    size_t count;          /* rows that are to be made */
    double corrupt;        /* share of made rows that get a typing mistake */
    bool labelled;         /* every row gets labels, whatever it has itself */
    const char **labels;   /* [label_count]; of tags, 0 too */
    size_t label_count;
    size_t snippets; /* at most as many runs of lines are cut from a text; 0: it stays whole */
    size_t queries;  /* of embed: made up for each text of it; 0: rows are pairs or have labels */
    size_t limit;    /* at most as many rows of the same labels; 0: all */
    kor_gates gates; /* of a gate set */
    unsigned long line;
} kor_task_source;

/* The model that tasks stand on which do not name another. */
#define KOR_TASK_BASE "trunk"

typedef struct kor_task {
    const char *base;                                   /* the name of the encoder it stands on */
    const char *folder, *name, *licence, *out_of_scope; /* NULL where there is none */
    const char *train, *val;     /* paths; val may be NULL, and train where there is data */
    const kor_task_source *data; /* [data_count] what train is made of, instead of train */
    size_t data_count;
    const char *gate, *hard; /* paths of rows for the forge: never learnt from, always */
    double hard_weight;
    const kor_task_source *gate_sets; /* [gate_set_count] more to measure with, each by itself */
    size_t gate_set_count;
    const char *teacher; /* a model whose answers are learnt from too; or NULL */
    kor_head_kind head;
    kor_architecture architecture;
    const char **labels; /* [label_count] NULL: those of the rows */
    size_t label_count;
    const char **sources; /* where the data come from, for the card */
    size_t source_count;
    bool ship;              /* the licence was checked: the weights may be handed on */
    double val_share;       /* of the rows, where there is no val */
    double keep_accuracy;   /* share of the right answers that the abstain threshold must keep */
    const char *keep_label; /* what must not be lost; or NULL */
    double keep_recall;     /* share of its rows that must be answered so */
    uint64_t seed;
    kor_gates gates;
    kor_bag_recipe recipe;
    kor_tune_recipe tune; /* epochs 0: by the number of rows; rank, seed and threads are not set */
    size_t rank;          /* of adapters */
    float smoothing;
    double rare_tokens; /* of embed: a of the tokens' weights a / (a + share); 0: none */
    bool fresh_pooler;  /* of embed: the pooler starts from the components of the rows' states */
    double swap; /* of spans: copies a row with other texts in its spans; NAN: by their number */
    const kor_rules *rules; /* of spans: they say where one may be, and a bag what it is; or NULL */
    double recall_weight;   /* of spans by rules: how much more recall counts than precision */
    kor_arena arena;
} kor_task;

/* Are its rows pairs of texts: head rank or embed? */
static inline bool kor_task_is_paired(const kor_task *task)
{
    return task->head == KOR_HEAD_RANK || task->head == KOR_HEAD_EMBED;
}

/* Read FOLDER/task.yaml. "$KORORA_DATA/" at the front of a file's name stands for that folder. An
 * unknown key, a missing one or a bad value is KOR_E_INPUT with the file
 * and the line. Free with kor_task_free. */
kor_status kor_task_read(kor_task *out, const char *folder, kor_error *err);
void kor_task_free(kor_task *task);

#endif
