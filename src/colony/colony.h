/* SPDX-License-Identifier: Apache-2.0 */
/* The colony: many nano models, one pass over an event. Which runs when is said in colony.yaml
 * (colony/plan.h). The cheapest come first, and what they rule out is not run; what stands on the
 * same trunk shares one pass of it. A model that is missing, broken or slow is left out, with the
 * reason, and the others run all the same. */
#ifndef KOR_COLONY_H
#define KOR_COLONY_H

#include "base/str.h"
#include "colony/plan.h"
#include "korora.h"

/* The plan and its models: immutable, shared by threads. */
typedef struct kor_colony kor_colony;

/* How models are found: the file of a name into out. */
typedef kor_status kor_colony_find(void *arg, const char *model, char out[4096], kor_error *err);

/* Read the plans (see kor_plan_read) and open their models. trunk (may be NULL) outlives the colony
 * and serves those that were made on it; what stands on another one opens it itself. A model that
 * cannot be opened is not a failure: see kor_colony_member. KOR_E_INPUT when a plan is wrong, also
 * when a condition asks for a label that the model of its field does not have. */
kor_status kor_colony_open(kor_colony **out, const char *const *plans, size_t count,
                           const kor_model *trunk, kor_colony_find *find, void *arg,
                           kor_error *err);
void kor_colony_close(kor_colony *colony);

/* Tells two colonies apart: equal plans and equal models, equal numbers. */
uint64_t kor_colony_identity(const kor_colony *colony);

/* A step of the plan, in the order they run. */
typedef struct kor_colony_member {
    const kor_plan_step *step;
    const kor_model *model; /* NULL: it is not run, */
    const char *why;        /* for this reason */
    kor_model_info info;    /* of the model */
} kor_colony_member;

size_t kor_colony_count(const kor_colony *colony);
const kor_colony_member *kor_colony_get(const kor_colony *colony, size_t i);

/* ---- One event ---- */

/* What of an event is read; strings may be NULL, text is len bytes. */
typedef struct kor_colony_event {
    const char *source, *app, *title, *uri, *scope, *text;
    size_t len;
} kor_colony_event;

/* Where an annotation stands. */
typedef enum kor_place { KOR_PLACE_WHOLE, KOR_PLACE_TITLE, KOR_PLACE_TEXT } kor_place;

typedef struct kor_annotation {
    size_t member; /* who said so */
    size_t label_index;
    const char *label; /* of the model: kor_model_label of the index */
    const char *value; /* of a span: its text, in lower case and with single spaces, a link in its
                        * normal form; "" of what is about the whole */
    kor_place place;
    size_t start, end; /* bytes of the title or the text; 0, 0 of the whole */
    float score;       /* a probability */
} kor_annotation;

typedef enum kor_outcome {
    KOR_OUTCOME_NONE,      /* it ran, and found nothing */
    KOR_OUTCOME_FOUND,     /* it has annotations */
    KOR_OUTCOME_ABSTAINED, /* it ran, and was not sure */
    KOR_OUTCOME_RULED_OUT, /* its condition does not hold */
    KOR_OUTCOME_AWAY,      /* missing or broken */
    KOR_OUTCOME_RESTED,    /* too slow several times, so not asked any more */
    KOR_OUTCOME_FAILED,    /* it ran, and could not answer */
    KOR_OUTCOMES
} kor_outcome;

/* "none", "found", "abstained", "ruled out", "away", "rested", "failed". */
const char *kor_outcome_name(kor_outcome outcome);

typedef struct kor_colony_step {
    kor_outcome outcome;
    size_t first, count; /* its annotations */
    uint64_t ns;         /* wall time */
} kor_colony_step;

/* What one thread needs: see kor_ctx. */
typedef struct kor_colony_ctx kor_colony_ctx;

/* trunk: a context of the trunk the colony was opened with, which outlives this one and is used by
 * the same thread; NULL: it makes its own. Asked for the embedding of kor_reading_make's text next,
 * it has it already. */
kor_status kor_colony_ctx_new(kor_colony_ctx **out, const kor_colony *colony, kor_ctx *trunk,
                              kor_error *err);
void kor_colony_ctx_free(kor_colony_ctx *ctx);

enum {
    KOR_COLONY_EACH = 64,     /* annotations of a step at most, the first ones */
    KOR_COLONY_SLOW_MS = 100, /* a step that takes longer three times in a row is rested */
    KOR_COLONY_VALUE = 400    /* bytes of a value at most */
};

/* Run the steps on an event; or on a question: those `on: question`. What they say is in the
 * context, until it is used again. Never fails: an event is stored whatever its models do. */
void kor_colony_run(kor_colony_ctx *ctx, const kor_colony_event *event);
void kor_colony_ask(kor_colony_ctx *ctx, const char *question, size_t len);

const kor_annotation *kor_colony_annotations(const kor_colony_ctx *ctx, size_t *count);
const kor_colony_step *kor_colony_steps(const kor_colony_ctx *ctx); /* [kor_colony_count] */

/* The limit of a step in nanoseconds, in place of KOR_COLONY_SLOW_MS. */
void kor_colony_set_slow(kor_colony_ctx *ctx, uint64_t ns);

/* ---- The text that is read ---- */

/* A title belongs to what is meant, but not twice: "TITLE\nTEXT", or the text alone where it begins
 * with the title. */
typedef struct kor_reading {
    const char *text; /* the event's, or in room */
    size_t len;
    size_t title; /* bytes of the title before its line end; 0: there is none in it */
} kor_reading;

kor_status kor_reading_make(kor_reading *out, const char *title, const char *text, size_t len,
                            kor_str *room, kor_error *err);

#endif
