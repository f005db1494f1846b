/* SPDX-License-Identifier: Apache-2.0 */
/* What a model and a context are, for the files that implement korora.h: model.c opens, context.c
 * makes room, answer.c asks. */
#ifndef KOR_MODEL_INNER_H
#define KOR_MODEL_INNER_H

#include "base/arena.h"
#include "base/file.h"
#include "model/bag.h"
#include "model/encoder.h"
#include "model/gguf.h"
#include "model/head.h"
#include "model/hybrid.h"
#include "model/rank.h"
#include "model/rulespans.h"
#include "model/spanlayer.h"
#include "text/unigram.h"

enum {
    KOR_RANK_QUERY =
        4096, /* bytes of a query that are remembered; a longer one is read each time */
    KOR_LAST_TEXT = 4 * KOR_TEXT_MAX /* of a text: a tokenizer reads no more */
};

struct kor_model {
    kor_map map;
    kor_gguf file;
    kor_head head;
    /* "encoder" and "full" have an encoder and a tokenizer of their own, "lora" has a view of its
     * trunk's encoder with the adapter; in others layers is 0. */
    kor_encoder encoder;
    kor_unigram *tokenizer;
    kor_bag bag;          /* architecture "bag": table is NULL in others */
    kor_hybrid hybrid;    /* "hybrid", "lora", "full": dim is 0 in others */
    kor_tagger tagger;    /* head "spans": tags is 0 in others */
    kor_span_layer layer; /* the same but in architecture "bag": dim is 0 in others */
    kor_rule_spans ruled; /* head "spans" of a bag with rules: rules is NULL in others */
    kor_ranker rank;      /* head "rank", of "bag" or "hybrid": inputs is 0 in others */
    const char *architecture;
    const kor_model *trunk; /* what "hybrid" and "lora" stand on */
    kor_model *own_trunk;   /* the same when this model has opened it */
    const kor_kernels *kernels;
    kor_arena strings;
    kor_model_info info;
};

/* The last query stays, as candidates come after each other. */
typedef struct kor_rank_memory {
    kor_rank_text query, text;
    float *features[2]; /* [2 dim] of a trunk each: embedding, state */
    void *room[2];      /* kor_rank_room */
    size_t kept;        /* bytes of the query that was read; SIZE_MAX: none that can be kept */
    char last[KOR_RANK_QUERY];
} kor_rank_memory;

/* The text that a trunk's context was asked about last, and what the trunk made of it, for the
 * contexts that stand on it. */
typedef struct kor_last_text {
    char *text;      /* [KOR_LAST_TEXT] */
    size_t len;      /* SIZE_MAX: none that can be kept */
    float *features; /* [2 dim]: embedding, state */
} kor_last_text;

struct kor_ctx {
    const kor_model *model;
    kor_last_text *last; /* once others stand on it */
    bool lent;           /* the trunk's context is another's to free, */
    bool guest;          /* and so is the room for an encoder's pass */
    int32_t *ids;        /* [max_tokens] */
    size_t tokens;       /* of the text that the encoder read last */
    void *lattice;       /* kor_unigram_scratch */
    void *scratch;       /* kor_encoder_scratch */
    int32_t *word_ids;   /* what kor_word_encoder needs besides */
    uint32_t *word_first;
    void *bag;      /* kor_bag_scratch */
    kor_ctx *trunk; /* of a hybrid without an encoder of its own */
    /* Of hybrids, [2 dim]: embedding, state; of spans [KOR_SPANS_WORDS][dim]; of a bag the logits.
     */
    float *features;
    void *hybrid;          /* kor_hybrid_scratch, or kor_span_layer_scratch */
    kor_rank_memory *rank; /* head "rank" */
    void *spans;           /* kor_spans_scratch, with */
    kor_spans_work work;
    kor_word_span *found; /* [KOR_SPANS_WORDS] */
};

/* Its own tokenizer, or that of the trunk; NULL where there is neither. */
static inline const kor_unigram *kor_model_tokenizer(const kor_model *m)
{
    return m->tokenizer || !m->trunk ? m->tokenizer : m->trunk->tokenizer;
}

#endif
