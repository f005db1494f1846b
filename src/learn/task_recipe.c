/* SPDX-License-Identifier: Apache-2.0 */
/* How a model is to learn. */
#include "learn/task_reader.h"

#include "model/lora.h"
#include "text/codegrams.h"

#include <math.h>

/* How the encoder is fine-tuned. */
static kor_status read_tuning(kor_task_reader *r, const kor_recipe_yaml *y)
{
    kor_tune_recipe *t = &r->out->tune;
    double epochs = (double)t->epochs, batch = (double)t->batch, rate = (double)t->rate,
           head_rate = (double)t->head_rate, depth = (double)t->depth_factor,
           decay = (double)t->decay, clip = (double)t->clip, patience = (double)t->patience,
           word_dropout = (double)t->word_dropout, smoothing = (double)r->out->smoothing,
           rank = (double)r->out->rank;
    KOR_TRY(kor_task_number(r, "tune_epochs", y->tune_epochs, 0, 1000, true, &epochs));
    KOR_TRY(kor_task_number(r, "tune_batch", y->tune_batch, 1, 4096, true, &batch));
    KOR_TRY(kor_task_number(r, "tune_rate", y->tune_rate, 0, 1e30, false, &rate));
    KOR_TRY(kor_task_number(r, "tune_head_rate", y->tune_head_rate, 0, 1e30, false, &head_rate));
    KOR_TRY(kor_task_number(r, "tune_depth", y->tune_depth, 0.01, 1, false, &depth));
    KOR_TRY(kor_task_number(r, "tune_decay", y->tune_decay, 0, 1, false, &decay));
    KOR_TRY(kor_task_number(r, "tune_clip", y->tune_clip, 0, 1e6, false, &clip));
    KOR_TRY(kor_task_number(r, "tune_patience", y->tune_patience, 0, 1000, true, &patience));
    KOR_TRY(kor_task_number(r, "word_dropout", y->word_dropout, 0, 0.9, false, &word_dropout));
    KOR_TRY(kor_task_number(r, "smoothing", y->smoothing, 0, 0.5, false, &smoothing));
    KOR_TRY(kor_task_number(r, "rank", y->rank, 1, KOR_LORA_RANK, true, &rank));
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

static kor_status read_teaching(kor_task_reader *r, const kor_recipe_yaml *y)
{
    static const char *const weights[] = {"none", "balanced", NULL};
    kor_teaching *t = &r->out->recipe.teaching;
    size_t balanced = 0;
    double distill = (double)t->distill, temperature = (double)t->temperature;
    if (y->class_weights)
        KOR_TRY(kor_task_choice(r, "class_weights", y->class_weights, weights, &balanced));
    KOR_TRY(kor_task_number(r, "distill", y->distill, 0, 1, false, &distill));
    KOR_TRY(kor_task_number(r, "distill_temperature", y->distill_temperature, 0.5, 20, false,
                            &temperature));
    *t = (kor_teaching){balanced == 1, (float)distill, (float)temperature};
    return KOR_OK;
}

kor_status kor_task_recipe(kor_task_reader *r, const kor_recipe_yaml *y)
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
    KOR_TRY(kor_task_number(r, "words", y->words, 1, KOR_NGRAMS_WORDS, true, &words));
    KOR_TRY(kor_task_number(r, "chars_to", y->chars_to, 0, KOR_NGRAMS_CHARS, true, &to));
    if (to == 0) from = 0;
    KOR_TRY(kor_task_number(r, "chars_from", y->chars_from, to > 0, to, true, &from));
    if (from > to) from = to;
    KOR_TRY(kor_task_number(r, "bytes", y->bytes, 1000, 1e9, true, &bytes));
    KOR_TRY(kor_task_number(r, "dim", y->dim, 0, KOR_BAG_DIM, true, &dim));
    if (fmod(dim, KOR_BAG_GROUP) != 0)
        return kor_task_fail(r, kor_task_line(r, "dim"), "dim: it must be a multiple of 8");
    KOR_TRY(kor_task_number(r, "epochs", y->epochs, 0, 10000, true, &epochs));
    KOR_TRY(kor_task_number(r, "least", y->least, 1, 1e6, true, &least));
    KOR_TRY(kor_task_number(r, "rate", y->rate, 1e-6, 1e30, false, &rate));
    KOR_TRY(kor_task_number(r, "chars_rate", y->chars_rate, 0, 1, false, &chars_rate));
    KOR_TRY(kor_task_number(r, "dropout", y->dropout, 0, 0.95, false, &dropout));
    if (y->layout) KOR_TRY(kor_task_choice(r, "layout", y->layout, answers, &layout));
    if (y->features) KOR_TRY(kor_task_choice(r, "features", y->features, families, &family));
    if (family && r->out->head != KOR_HEAD_CLASSIFY && r->out->head != KOR_HEAD_TAGS)
        return kor_task_fail(r, kor_task_line(r, "features"),
                             "features: code goes with classify and tags");
    if (family && layout)
        return kor_task_fail(r, kor_task_line(r, "layout"),
                             "layout does not go with features: code");
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
    KOR_TRY(kor_task_number(r, "swap", y->swap, 0, 100, false, &r->out->swap));
    KOR_TRY(kor_task_number(r, "recall_weight", y->recall_weight, 0.1, 100, false,
                            &r->out->recall_weight));
    if (y->recall_weight && !r->out->rules)
        return kor_task_fail(r, kor_task_line(r, "recall_weight"),
                             "recall_weight goes with 'rules' only");
    KOR_TRY(kor_task_number(r, "rare_tokens", y->rare_tokens, 0, 1, false, &r->out->rare_tokens));
    size_t fresh = 0;
    const char *alone = y->rare_tokens ? "rare_tokens" : y->fresh_pooler ? "fresh_pooler" : NULL;
    if (alone && r->out->head != KOR_HEAD_EMBED)
        return kor_task_fail(r, kor_task_line(r, alone),
                             "rare_tokens and fresh_pooler go with head embed only");
    if (y->layout && r->out->head != KOR_HEAD_CLASSIFY && r->out->head != KOR_HEAD_TAGS)
        return kor_task_fail(r, kor_task_line(r, "layout"),
                             "layout goes with heads classify and tags only");
    if (y->fresh_pooler)
        KOR_TRY(kor_task_choice(r, "fresh_pooler", y->fresh_pooler, answers, &fresh));
    r->out->fresh_pooler = fresh == 1;
    KOR_TRY(read_teaching(r, y));
    return read_tuning(r, y);
}
