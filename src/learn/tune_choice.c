/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/tune_choice.h"

#include "base/parallel.h"

#include <stdio.h>

/* Tokens that auto lets an encoder go through. */
enum { AUTO_TOKENS = 6000000, AUTO_SPAN_TOKENS = 1200000, BYTES_A_TOKEN = 4 };

/* Small sets are gone through more often, but not those of spans: on wnut17 and pii_presidio one of
 * the first epochs was the best of 8, while on the 13,000 rows of snips the last of 3 was. */
static size_t epochs_for(const kor_task *task, size_t rows)
{
    if (task->tune.epochs) return task->tune.epochs;
    if (rows < 8000) return task->head == KOR_HEAD_SPANS ? 4 : 8;
    return rows < 20000 ? 6 : 3;
}

bool kor_tune_is_short(const kor_task *task, size_t bytes, size_t rows)
{
    size_t most = task->head == KOR_HEAD_SPANS ? AUTO_SPAN_TOKENS : AUTO_TOKENS;
    return bytes / BYTES_A_TOKEN * epochs_for(task, rows) <= most;
}

kor_tune_recipe kor_tune_recipe_for(const kor_task *task, kor_architecture kind, size_t rows)
{
    kor_tune_recipe recipe = task->tune;
    recipe.seed = task->seed;
    recipe.threads = kor_cores();
    recipe.epochs = epochs_for(task, rows);
    if (kind == KOR_FULL) return recipe;
    recipe.rank = task->rank;
    recipe.rate *= KOR_LORA_RATE;
    return recipe;
}

bool kor_tune_is_worth(const kor_train_report *r, kor_architecture kind)
{
    if (r->task.architecture != KOR_AUTO) return r->task.architecture == kind;
    return r->tried[kind] > r->tried[r->made] + KOR_TASK_MARGIN;
}

bool kor_tune_lora_is_enough(const kor_train_report *r)
{
    return r->task.architecture == KOR_LORA ||
           r->tried[KOR_LORA] >= r->tried[KOR_FULL] - KOR_TASK_MARGIN;
}

void kor_tune_checkpoint(const kor_train_report *r, kor_architecture kind, bool measured,
                         char out[KOR_TUNE_PATH])
{
    (void)snprintf(out, KOR_TUNE_PATH, "%s.%s-%d", r->file, kor_architecture_name(kind),
                   measured ? 1 : 2);
}

void kor_tune_remove_checkpoints(const kor_train_report *r)
{
    char path[KOR_TUNE_PATH];
    for (int kind = KOR_LORA; kind <= KOR_FULL; kind++) {
        for (int measured = 0; measured < 2; measured++) {
            kor_tune_checkpoint(r, (kor_architecture)kind, measured, path);
            (void)remove(path);
        }
    }
}

void kor_tune_tell(kor_train_report *r, kor_architecture kind, const kor_tune_result *result,
                   const char *more)
{
    const kor_tune_recipe *t = &r->task.tune;
    char rank[32] = "";
    if (kind == KOR_LORA) (void)snprintf(rank, sizeof rank, "rank %zu, ", r->task.rank);
    (void)snprintf(r->layer, sizeof r->layer,
                   "%s%zu epochs, the best %zu, batch %zu, rate %g (top %g), decay %g, clip %g, "
                   "%swords left out %g",
                   rank, result->epochs, result->best, t->batch,
                   (double)(kind == KOR_LORA ? KOR_LORA_RATE * t->rate : t->rate),
                   (double)t->head_rate, (double)t->decay, (double)t->clip, more,
                   (double)t->word_dropout);
}
