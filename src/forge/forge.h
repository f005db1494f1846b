/* SPDX-License-Identifier: Apache-2.0 */
/* The forge: from a task folder to a shipped model. The rows of all sources are mixed into one
 * file, a model learns from it, and it is measured on the gate set, which nothing was learnt from.
 * It takes the place of the model before it only when it passes the gates and is not worse. What it
 * was made from is in its file, so that the next forge knows whether there is anything to do. */
#ifndef KOR_FORGE_H
#define KOR_FORGE_H

#include "learn/train.h"

typedef enum kor_forge_end {
    KOR_FORGE_BEGUN,   /* trained, but not judged yet */
    KOR_FORGE_SHIPPED, /* the model is the one in the models folder */
    KOR_FORGE_HELD     /* it is not: reason says why */
} kor_forge_end;

/* What became of the rows of a source. */
typedef struct kor_forge_source {
    char name[100];
    size_t rows, bad, near, used; /* there; not readable; nearly in the gate set; learnt from */
    double without;               /* quality of a model that had not learnt from it; NAN: unknown */
} kor_forge_source;

/* How good it is on a set besides the gate set. */
typedef struct kor_forge_set {
    char name[100];
    size_t n;
    double quality, keep_recall; /* NAN: no label is to be kept */
} kor_forge_set;

enum { KOR_FORGE_SOURCES = 101 };

typedef struct kor_forge_result {
    char name[104], architecture[16], metric[24];
    kor_forge_end end;
    bool built;        /* trained now; else it was known already */
    char because[300]; /* why it was built, or was not */
    char reason[300];  /* why it was shipped, or was not */
    size_t rows, gate_rows, bytes;
    double quality,
        before; /* on the gate set, of this model and of the one it stands beside; NAN */
    double us;
    uint64_t against; /* hash of the file of the model before; 0: there was none */
    kor_forge_set set[KOR_GATE_SETS];
    size_t sets;
    double keep_recall; /* on the gate set; NAN */
    kor_forge_source source[KOR_FORGE_SOURCES];
    size_t sources;
} kor_forge_result;

typedef struct kor_forge_options {
    const char *tasks, *models,
        *work; /* folders; work keeps what a forge that was ended had done */
    /* The model that a task stands on, by the name it gives; *out stays NULL where there is none.
     * The forge closes it. */
    kor_status (*open_base)(void *arg, const char *name, kor_model **out, kor_error *err);
    void *base_arg;
    bool force;  /* build what is up to date too */
    bool ablate; /* train again without each source, to see what it adds */
    kor_remarks remarks;
    void (*progress)(void *arg, double fraction);
    void *progress_arg;
} kor_forge_options;

/* One forge at a time in a work folder. KOR_E_BUSY names the process that is at work. */
kor_status kor_forge_lock(const char *work, int *out, kor_error *err);
void kor_forge_unlock(int lock);

/* Forge one task. That the model was not shipped is no error: out->end and out->reason say it. */
kor_status kor_forge(kor_forge_result *out, const char *name, const kor_forge_options *options,
                     kor_error *err);

/* The folders in tasks that hold a task.yaml, by name, but the trunk first, on which others stand;
 * in arena. */
kor_status kor_forge_list(const char ***names, size_t *count, const char *tasks, kor_arena *arena,
                          kor_error *err);

/* Lay out a new task folder that can be forged at once. Nothing that exists is overwritten. */
kor_status kor_forge_new(const char *tasks, const char *name, kor_head_kind head, kor_error *err);

#endif
