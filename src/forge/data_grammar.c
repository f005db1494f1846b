/* SPDX-License-Identifier: Apache-2.0 */
/* Rows from a grammar of example sentences. */
#include "forge/data_source.h"
#include "forge/grammar.h"
#include "forge/label_map.h"

#include <stdlib.h>
#include <string.h>

/* The grammar and all that it imports. */
static kor_status list(kor_made_from *out, const kor_data_request *q, kor_error *err)
{
    kor_grammar *g;
    KOR_TRY(kor_grammar_load(&g, q->source->grammar, q->task->folder, err));
    char *folder = realpath(q->task->folder, NULL); /* as the grammar names its files */
    kor_status status = folder ? KOR_OK : kor_fail_memory(err);
    for (size_t i = 0; status == KOR_OK && i < kor_grammar_files(g); i++)
        status = kor_made_from_file(out, kor_grammar_file(g, i), folder, err);
    free(folder);
    kor_grammar_free(g);
    return status;
}

typedef struct taker {
    kor_made_rows *out;
    const kor_data_request *q;
    kor_str line;
    size_t number;
} taker;

/* Of tags: an intent's name is the list of its labels. */
static kor_status take_tags(taker *t, const kor_grammar_row *row, kor_error *err)
{
    json_t *o = json_object();
    (void)json_object_set_new(o, "text", json_stringn(row->text, row->len));
    (void)json_object_set_new(o, "labels", kor_label_list(row->label));
    char *json = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    if (!json) return kor_fail_memory(err);
    kor_status status = kor_made_rows_check(t->out, json, strlen(json), t->number, t->q->task,
                                            t->q->source->grammar, t->q->remarks, err);
    free(json);
    return status;
}

static kor_status take(void *arg, const kor_grammar_row *row, kor_error *err)
{
    taker *t = arg;
    t->number++;
    if (row->testing) return KOR_OK; /* the gate set is for that */
    if (t->q->task->head == KOR_HEAD_TAGS) return take_tags(t, row, err);
    kor_str_clear(&t->line);
    kor_grammar_row_json(&t->line, row);
    if (t->line.failed) return kor_fail_memory(err);
    return kor_made_rows_check(t->out, t->line.data, t->line.len, t->number, t->q->task,
                               t->q->source->grammar, t->q->remarks, err);
}

static kor_status load(kor_made_rows *out, const kor_data_request *q, kor_error *err)
{
    kor_grammar *g;
    const kor_grammar_options options = {.seed = q->seed,
                                         .count = q->source->count,
                                         .balanced = true,
                                         .corruption = {.share = q->source->corrupt},
                                         .remarks = *q->remarks};
    taker t = {.out = out, .q = q};
    if (q->task->head == KOR_HEAD_RANK) {
        return kor_fail(err, KOR_E_INPUT, "%s: a grammar makes no rows for head %s",
                        q->source->grammar, kor_head_name(q->task->head));
    }
    KOR_TRY(kor_grammar_load(&g, q->source->grammar, q->task->folder, err));
    kor_status status = kor_grammar_generate(g, &options, take, &t, err);
    kor_str_free(&t.line);
    kor_grammar_free(g);
    return status;
}

const kor_data_kind kor_data_grammar = {"grammar", true, list, load};
