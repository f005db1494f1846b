/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/span_tune.h"

#include "learn/encoder_train.h"
#include "learn/span_answer.h"
#include "model/encoder_write.h"
#include "model/lora.h"
#include "model/trunk.h"

#include <stdlib.h>
#include <string.h>

typedef struct trainer {
    const kor_span_task *task;
    kor_span_tuned *out;
    kor_net net;
    kor_adapters adapters;
    kor_span_windows windows;
    kor_span_top top;
    float *bag; /* [corpus->words][tags] */
} trainer;

static const float *copy_floats(const float *x, size_t n, kor_arena *arena)
{
    float *out = kor_arena_array(arena, n, sizeof *out);
    if (out) memcpy(out, x, n * sizeof *out);
    return out;
}

/* What has been learnt so far as an int8 model, in out. */
static kor_status make_int8(trainer *t, kor_error *err)
{
    kor_span_tuned *out = t->out;
    const kor_crf crf = kor_span_top_chain(&t->top);
    const kor_span_layer_weights weights = kor_span_top_weights(&t->top);
    size_t labels = crf.labels;
    kor_spans_trained_free(&out->trained);
    kor_arena_free(&out->arena);
    KOR_TRY(
        kor_tuned_to_int8(&out->encoder, t->task->trunk, &t->net, &t->adapters, &out->arena, err));
    kor_spans_trained *trained = &out->trained;
    trained->spans = t->task->start->spans;
    trained->features = t->task->start->features;
    trained->epochs = t->task->start->epochs;
    const float *chain = copy_floats(crf.start, t->top.transitions, &trained->arena);
    if (!chain) return kor_fail_memory(err);
    trained->spans.crf =
        (kor_crf){labels, chain, chain + labels + 1, chain + (labels + 1) * (t->top.tags + 1)};
    return kor_span_layer_pack(&trained->layer, &weights, &trained->arena, err);
}

static kor_status measure(void *arg, double *quality, kor_error *err)
{
    trainer *t = arg;
    KOR_TRY(make_int8(t, err));
    return t->task->quality(t->task->arg, t->out, quality, err);
}

static void progress(void *arg, double done, double loss)
{
    (void)loss;
    const trainer *t = arg;
    if (t->task->progress) t->task->progress(t->task->arg, done);
}

static kor_status train(trainer *t, kor_error *err)
{
    const kor_span_task *task = t->task;
    const kor_span_corpus *corpus = task->corpus;
    size_t bytes;
    KOR_TRY(kor_net_load(&t->net, kor_trunk_encoder(task->trunk), err));
    KOR_TRY(kor_span_windows_make(&t->windows, task->trunk, task->rows, corpus, err));
    if (!kor_mul(corpus->words, corpus->tags * sizeof *t->bag, &bytes)) return kor_fail_memory(err);
    t->bag = malloc(bytes + 1);
    if (!t->bag) return kor_fail_memory(err);
    KOR_TRY(kor_span_answer_bag(&task->start->spans, task->rows, corpus, t->bag, err));
    kor_span_top_recipe recipe = task->top;
    recipe.seed = task->recipe.seed;
    KOR_TRY(kor_span_top_make(&t->top, task->start, corpus, &t->windows, t->bag, task->recipe.batch,
                              &recipe, err));
    const kor_top top = {t->top.param, t->top.count, t->top.decaying, kor_span_top_pass, &t->top};
    const kor_tune_hooks hooks = {.arg = t,
                                  .progress = progress,
                                  .measure = task->quality ? measure : NULL,
                                  .checkpoint = task->checkpoint,
                                  .purpose = task->purpose};
    KOR_TRY(kor_tune(&t->net, &top, &t->windows.tokens, &task->recipe, &hooks, &t->adapters,
                     &t->out->result, err));
    return make_int8(t, err);
}

kor_status kor_span_tune(kor_span_tuned *out, const kor_span_task *task, kor_error *err)
{
    *out = (kor_span_tuned){0};
    trainer *t = calloc(1, sizeof *t);
    if (!t) return kor_fail_memory(err);
    t->task = task;
    t->out = out;
    kor_status status = train(t, err);
    kor_net_free(&t->net);
    kor_adapters_free(&t->adapters);
    kor_span_windows_free(&t->windows);
    kor_span_top_free(&t->top);
    free(t->bag);
    free(t);
    if (status != KOR_OK) kor_span_tuned_free(out);
    return status;
}

void kor_span_tuned_free(kor_span_tuned *tuned)
{
    kor_spans_trained_free(&tuned->trained);
    kor_arena_free(&tuned->arena);
    *tuned = (kor_span_tuned){0};
}

kor_status kor_span_tuned_weigh(kor_span_tuned *tuned, float weight, kor_error *err)
{
    kor_tagger *t = &tuned->trained.spans;
    float *scale = kor_arena_array(&tuned->trained.arena, t->tags, sizeof *scale);
    if (!scale) return kor_fail_memory(err);
    for (size_t k = 0; k < t->tags; k++) scale[k] = t->scale[k] * weight;
    t->scale = scale;
    return KOR_OK;
}

void kor_span_tuned_write(const kor_span_tuned *tuned, const kor_model *trunk, kor_gguf_out *out)
{
    bool adapted = tuned->encoder.layer[0].qkv.adapter != NULL;
    kor_gguf_add_string(out, "korora.architecture", adapted ? "lora" : "full");
    if (adapted) {
        kor_model_info info;
        kor_model_get_info(trunk, &info);
        kor_gguf_add_string(out, "korora.trunk", info.name);
        kor_gguf_add_u64(out, "korora.trunk_checksum", info.checksum);
        kor_lora_write(out, &tuned->encoder);
    } else {
        kor_encoder_write(out, &tuned->encoder, kor_trunk_file(trunk));
    }
    kor_spans_trained_write(&tuned->trained, out);
}
