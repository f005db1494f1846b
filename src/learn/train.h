/* SPDX-License-Identifier: Apache-2.0 */
/* From a task folder to a model file with its card. */
#ifndef KOR_TRAIN_H
#define KOR_TRAIN_H

#include "learn/measured.h"
#include "learn/task.h"

enum { KOR_GATES = 12, KOR_GATES_MAX = KOR_GATES * (1 + KOR_GATE_SETS) };

typedef struct kor_gate {
    const char *name;
    double wanted, got;
    bool at_most, passed;
} kor_gate;

/* Hold what is wanted of a task's model against what was measured: how many gates there are. labels
 * are those that the classes of m are numbered by; bytes: of the file. */
size_t kor_gates_hold(kor_gate out[KOR_GATES], const kor_task *task, const kor_gates *wanted,
                      const kor_metrics *m, const kor_pair_metrics *pairs,
                      const char *const *labels, size_t count, double bytes);

/* A set that the finished model is measured on besides the gate set. */
typedef struct kor_gate_set {
    const char *name;
    double quality, keep_recall; /* NAN: there is none */
    size_t n;
} kor_gate_set;

typedef struct kor_train_options {
    const char *out;   /* the model's file; NULL: FOLDER/NAME.gguf */
    const char *train; /* rows instead of the task's; or NULL */
    const char *gate;  /* rows that the finished model is measured on, and judged by; or NULL */
    const char *const *sets; /* files of the task's gate_sets, as many; NULL: not measured */
    const char *made_from;   /* goes into the file as "korora.made_from"; or NULL */
    const uint64_t *seed;    /* instead of the task's; or NULL */
    kor_remarks remarks;     /* about rows */
    const kor_model *trunk;  /* an open encoder for hybrids; NULL: there is none */
    void (*progress)(void *arg, double fraction);
    void *progress_arg;
} kor_train_options;

typedef struct kor_train_report {
    kor_task task;
    kor_labels labels;
    char file[4096], card[4096], diagram[4096]; /* NAME.gguf, .md, .svg */
    size_t rows, val_rows, bad_rows, rare, contradictions, shared;
    bool apart; /* with split: it has not; the model in the file is the one that was measured */
    bool split; /* the validation rows were split off; the model has learnt from all rows since */
    kor_architecture made;           /* what the model in the file is */
    double tried[KOR_ARCHITECTURES]; /* quality of each on the validation rows; NAN: not tried */
    float bag_weight;                /* of the bag's logits in a hybrid */
    size_t features, kept, dim, epochs, bytes;
    float temperature, temperature_over, threshold, keep_offset;
    char layer[200];          /* how what is not the bag learnt; "": there is no more */
    size_t soft_rows;         /* of those to learn from, that have soft labels */
    uint64_t teacher;         /* checksum of the model that gave them; 0: they came with the rows */
    size_t threads;           /* that learnt at the same time, at most */
    size_t trunk_bytes;       /* of the base model's file; 0 when there is none */
    float lean, blind;        /* spans: taken off O, so that F1 is best; and of the recipe */
    size_t wanted, offered;   /* spans by rules: of the validation rows; those the rules offer, */
    size_t candidates, ruled; /* all that they offer; of these what they decide alone */
    double seconds, us_per_item;
    double quality;         /* accuracy of classify, micro-F1 of tags and spans, */
    double quality_f32;     /* and before the weights were made int8 */
    kor_metrics metrics;    /* on the validation rows */
    kor_pair_metrics pairs; /* the same of heads rank and embed */
    const char *metric;     /* what their quality is; NULL of other heads */
    double before;          /* embed: quality of the model that it comes from */
    size_t made_up;         /* pairs to measure with that are no rows: wrong candidates at random */
    char recipe[256];       /* how they learnt, for the card */
    kor_measured judged;    /* on the rows of options->gate; its metric is NULL without them */
    double keep_recall;     /* on the rows of options->gate, of the label to keep; NAN */
    kor_gate_set set[KOR_GATE_SETS];
    size_t sets;
    kor_gate gate[KOR_GATES_MAX];
    size_t gates;
    bool passed;
    uint64_t train_hash, val_hash; /* kor_hash64 of the files; val_hash 0 when split */
} kor_train_report;

/* Train the task of a folder and write the model and its card, each whole or not at all. A failed
 * gate is no error: out->passed says it. Free with kor_train_report_free. */
kor_status kor_train(kor_train_report *out, const char *folder, const kor_train_options *options,
                     kor_error *err);
void kor_train_report_free(kor_train_report *report);

#endif
