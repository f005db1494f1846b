/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/task.h"

#include "learn/spans_train.h"
#include "learn/task_reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const architectures[] = {"auto", "bag", "hybrid", "lora", "full", NULL};

const char *kor_architecture_name(kor_architecture architecture)
{
    return architectures[architecture];
}

/* A gate that the head has no figure for could never pass. */
static kor_status check_gates(kor_task_reader *r, const kor_gates_yaml *y)
{
    bool paired = kor_task_is_paired(r->out), classify = r->out->head == KOR_HEAD_CLASSIFY;
    const struct {
        const char *key, *value;
        bool goes;
    } gates[] = {{"span_f1", y->span_f1, !paired},
                 {"macro_f1", y->macro_f1, !paired},
                 {"micro_f1", y->micro_f1, !paired},
                 {"p_at_1", y->p_at_1, !paired},
                 {"mrr", y->mrr, paired},
                 {"ndcg", y->ndcg, paired},
                 {"spearman", y->spearman, paired},
                 {"right_or_abstained", y->right_or_abstained, classify},
                 {"keep_recall", y->keep_recall, !paired}};
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++) {
        char what[100];
        bool keeps = i + 1 == sizeof gates / sizeof *gates;
        if (gates[i].value && keeps && !r->out->keep_label)
            return kor_task_fail(r, kor_task_line(r, gates[i].key),
                                 "gate keep_recall needs 'keep_label'");
        if (!gates[i].value || gates[i].goes) continue;
        (void)snprintf(what, sizeof what, "gate %s does not go with head %s", gates[i].key,
                       kor_head_name(r->out->head));
        return kor_task_fail(r, kor_task_line(r, gates[i].key), what);
    }
    return KOR_OK;
}

kor_status kor_task_gates(kor_task_reader *r, const kor_gates_yaml *y, kor_gates *g)
{
    *g = (kor_gates){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (!y) return KOR_OK;
    KOR_TRY(check_gates(r, y));
    KOR_TRY(kor_task_number(r, "accuracy", y->accuracy, 0, 1, false, &g->accuracy));
    KOR_TRY(kor_task_number(r, "macro_f1", y->macro_f1, 0, 1, false, &g->macro_f1));
    KOR_TRY(kor_task_number(r, "micro_f1", y->micro_f1, 0, 1, false, &g->micro_f1));
    KOR_TRY(kor_task_number(r, "p_at_1", y->p_at_1, 0, 1, false, &g->p_at_1));
    KOR_TRY(kor_task_number(r, "mrr", y->mrr, 0, 1, false, &g->mrr));
    KOR_TRY(kor_task_number(r, "ndcg", y->ndcg, 0, 1, false, &g->ndcg));
    KOR_TRY(kor_task_number(r, "spearman", y->spearman, -1, 1, false, &g->spearman));
    KOR_TRY(kor_task_number(r, "span_f1", y->span_f1, 0, 1, false, &g->span_f1));
    KOR_TRY(kor_task_number(r, "ece", y->ece, 0, 1, false, &g->ece));
    KOR_TRY(kor_task_number(r, "keep_recall", y->keep_recall, 0, 1, false, &g->keep_recall));
    KOR_TRY(kor_task_number(r, "right_or_abstained", y->right_or_abstained, 0, 1, false,
                            &g->right_or_abstained));
    return kor_task_number(r, "bytes", y->bytes, 1, 1e12, true, &g->bytes);
}

/* Models that rank stay small; an embedding is of the whole encoder. */
static kor_status check_architecture(kor_task_reader *r)
{
    const kor_task *t = r->out;
    bool tuned = t->architecture == KOR_LORA || t->architecture == KOR_FULL;
    char what[120];
    if (!kor_task_is_paired(t) || t->architecture == KOR_AUTO ||
        tuned == (t->head == KOR_HEAD_EMBED))
        return KOR_OK;
    (void)snprintf(what, sizeof what, "architecture '%s' does not go with head %s (%s)",
                   kor_architecture_name(t->architecture), kor_head_name(t->head),
                   t->head == KOR_HEAD_EMBED ? "auto, lora, full" : "auto, bag, hybrid");
    return kor_task_fail(r, kor_task_line(r, "architecture"), what);
}

/* The label that must not be lost, and how much of it may be. */
static kor_status read_keep(kor_task_reader *r, const kor_task_yaml *y)
{
    kor_task *t = r->out;
    bool known = !y->label_count;
    KOR_TRY(kor_task_text(r, &t->keep_label, y->keep_label));
    t->keep_recall = 0.995;
    if (y->keep_recall && !y->keep_label)
        return kor_task_fail(r, kor_task_line(r, "keep_recall"), "keep_recall needs 'keep_label'");
    KOR_TRY(kor_task_number(r, "keep_recall", y->keep_recall, 0, 1, false, &t->keep_recall));
    if (!t->keep_label) return KOR_OK;
    if (t->head != KOR_HEAD_CLASSIFY)
        return kor_task_fail(r, kor_task_line(r, "keep_label"),
                             "keep_label goes with head classify only");
    for (size_t i = 0; i < y->label_count; i++) known |= strcmp(y->labels[i], t->keep_label) == 0;
    return known ? KOR_OK
                 : kor_task_fail(r, kor_task_line(r, "keep_label"),
                                 "keep_label: it is not one of the labels");
}

/* What says where spans may be, and then only a bag what they are. */
static kor_status read_rules(kor_task_reader *r, const char *name)
{
    kor_task *t = r->out;
    char what[120];
    if (!name) return KOR_OK;
    t->rules = kor_rules_find(name);
    if (!t->rules) {
        (void)snprintf(what, sizeof what, "unknown rules '%.60s' (links, secrets)", name);
        return kor_task_fail(r, kor_task_line(r, "rules"), what);
    }
    if (t->head != KOR_HEAD_SPANS)
        return kor_task_fail(r, kor_task_line(r, "rules"), "rules go with head spans only");
    if (t->architecture > KOR_BAG)
        return kor_task_fail(r, kor_task_line(r, "architecture"),
                             "with rules the architecture is bag");
    t->architecture = KOR_BAG;
    return KOR_OK;
}

static kor_status fill(kor_task_reader *r, const kor_task_yaml *y)
{
    static const char *const heads[] = {"classify", "tags", "spans", "embed", "rank", NULL};
    static const kor_head_kind kinds[] = {KOR_HEAD_CLASSIFY, KOR_HEAD_TAGS, KOR_HEAD_SPANS,
                                          KOR_HEAD_EMBED, KOR_HEAD_RANK};
    kor_task *t = r->out;
    size_t head, architecture;
    KOR_TRY(kor_task_choice(r, "head", y->head, heads, &head));
    KOR_TRY(kor_task_choice(r, "architecture", y->architecture ? y->architecture : "auto",
                            architectures, &architecture));
    t->architecture = (kor_architecture)architecture;
    t->head = kinds[head];
    KOR_TRY(check_architecture(r));
    KOR_TRY(read_rules(r, y->rules));
    if (strchr(y->name, '/') || *y->name == '.' || strlen(y->name) > 100)
        return kor_task_fail(r, kor_task_line(r, "name"), "name: it must be able to name a file");
    KOR_TRY(kor_task_text(r, &t->name, y->name));
    KOR_TRY(kor_task_text(r, &t->base, y->base ? y->base : KOR_TASK_BASE));
    KOR_TRY(kor_task_text(r, &t->out_of_scope, y->out_of_scope));
    KOR_TRY(kor_task_path(r, kor_task_line(r, "train"), &t->train, y->train));
    KOR_TRY(kor_task_path(r, kor_task_line(r, "val"), &t->val, y->val));
    KOR_TRY(kor_task_path(r, kor_task_line(r, "teacher"), &t->teacher, y->teacher));
    KOR_TRY(kor_task_list(r, &t->labels, &t->label_count, y->labels, y->label_count));
    KOR_TRY(kor_task_list(r, &t->sources, &t->source_count, y->sources, y->source_count));
    KOR_TRY(kor_task_text(r, &t->licence, y->licence));
    KOR_TRY(read_keep(r, y));
    KOR_TRY(kor_task_data(r, y));
    KOR_TRY(kor_task_licence(r, y->ship));
    if (t->out_of_scope && t->head != KOR_HEAD_CLASSIFY)
        return kor_task_fail(r, kor_task_line(r, "out_of_scope"),
                             "out_of_scope goes with head classify only");
    double seed = 1;
    t->val_share = 0.1;
    t->keep_accuracy = t->out_of_scope ? 0.95 : 0.99;
    t->recipe = kor_bag_default;
    t->tune = (kor_tune_recipe){.batch = 64,
                                .rate = 4e-4f,
                                .head_rate = 1e-3f,
                                .depth_factor = 1,
                                .decay = 0.01f,
                                .clip = 1,
                                .patience = 3};
    if (t->head == KOR_HEAD_EMBED) t->tune.rate = 2e-4f;
    t->rank = 8;
    t->smoothing = 0.1f;
    t->swap = NAN;
    t->recall_weight = 1;
    if (t->head == KOR_HEAD_SPANS && !t->rules) t->recipe.dropout = kor_spans_default.dropout;
    KOR_TRY(kor_task_number(r, "seed", y->seed, 0, 9007199254740991.0, true, &seed));
    KOR_TRY(kor_task_number(r, "val_share", y->val_share, 0.01, 0.5, false, &t->val_share));
    KOR_TRY(kor_task_number(r, "keep_accuracy", y->keep_accuracy, 0, 1, false, &t->keep_accuracy));
    t->seed = (uint64_t)seed;
    KOR_TRY(kor_task_gates(r, y->gates, &t->gates));
    return kor_task_recipe(r, y->recipe);
}

kor_status kor_task_read(kor_task *out, const char *folder, kor_error *err)
{
    *out = (kor_task){0};
    kor_task_reader r = {.out = out, .err = err};
    kor_task_yaml *y = NULL;
    int n = snprintf(r.path, sizeof r.path, "%s/task.yaml", folder);
    if (n < 0 || n > 4096) return kor_fail(err, KOR_E_ARG, "%.80s...: path too long", folder);
    kor_status status = kor_task_text(&r, &out->folder, folder);
    if (status == KOR_OK) status = kor_task_yaml_read(&r, &y);
    if (status == KOR_OK)
        status =
            y ? fill(&r, y) : kor_task_fail(&r, 0, "it is empty: name, head and train are needed");
    kor_task_yaml_free(y);
    kor_str_free(&r.text);
    if (status != KOR_OK) kor_task_free(out);
    return status;
}

void kor_task_free(kor_task *task)
{
    kor_arena_free(&task->arena);
    *task = (kor_task){0};
}
