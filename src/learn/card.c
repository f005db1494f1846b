/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/card.h"

#include "base/file.h"
#include "learn/diagram.h"
#include "learn/pair_card.h"
#include "learn/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { RECIPE_BYTES = 400 };

static void recipe_line(char out[RECIPE_BYTES], const kor_train_report *r)
{
    const kor_bag_recipe *b = &r->task.recipe;
    char taught[100] = "", kind[60];
    if (*r->recipe) {
        (void)snprintf(out, RECIPE_BYTES, "%s", r->recipe);
        return;
    }
    if (r->metrics.spans && !r->task.rules) {
        (void)snprintf(out, RECIPE_BYTES,
                       "%zu of %zu features, %zu epochs, rate %g, dropout %g, blind %g, swap %g",
                       r->kept, r->features, r->epochs, (double)b->rate, (double)b->dropout,
                       (double)r->blind, r->task.swap);
        return;
    }
    if (r->soft_rows && b->teaching.distill > 0) {
        (void)snprintf(taught, sizeof taught, ", distill %g, distill_temperature %g",
                       (double)b->teaching.distill, (double)b->teaching.temperature);
    }
    if (b->shape.code)
        (void)snprintf(kind, sizeof kind, "features of code");
    else
        (void)snprintf(kind, sizeof kind, "words 1-%u, characters %u-%u%s", b->shape.words,
                       b->shape.chars_from, b->shape.chars_to, b->shape.layout ? ", layout" : "");
    (void)snprintf(out, RECIPE_BYTES,
                   "%s, %zu of %zu features, dim %zu, %zu epochs, rate %g, "
                   "chars_rate %g, dropout %g%s%s",
                   kind, r->kept, r->features, r->dim, r->epochs, (double)b->rate,
                   (double)b->chars_rate, (double)b->dropout,
                   b->teaching.balanced ? ", class_weights balanced" : "", taught);
}

static void add_figures(kor_gguf_out *out, const kor_train_report *r)
{
    char text[RECIPE_BYTES];
    const kor_metrics *m = &r->metrics;
    const char *metric = m->spans ? "span_f1" : m->tags ? "micro_f1" : "accuracy";
    kor_gguf_add_string(out, "korora.metric", r->metric ? r->metric : metric);
    kor_gguf_add_f32(out, "korora.quality", (float)r->quality);
    if (r->metric) {
        kor_pair_card_add(out, &r->pairs);
    } else {
        kor_gguf_add_f32(out, "korora.card.macro_f1", (float)r->metrics.macro_f1);
        kor_gguf_add_f32(out, "korora.card.p_at_1", (float)r->metrics.p_at_1);
        kor_gguf_add_f32(out, "korora.card.ece", (float)r->metrics.ece);
        kor_gguf_add_u32(out, "korora.card.measured_on", (uint32_t)r->metrics.n);
    }
    kor_gguf_add_u32(out, "korora.card.rows", (uint32_t)r->rows);
    (void)snprintf(text, sizeof text, "%016" PRIx64, r->train_hash);
    kor_gguf_add_string(out, "korora.card.train_hash", text);
    if (!r->split) {
        (void)snprintf(text, sizeof text, "%016" PRIx64, r->val_hash);
        kor_gguf_add_string(out, "korora.card.val_hash", text);
    }
    (void)snprintf(text, sizeof text, "%" PRIu64, r->task.seed);
    kor_gguf_add_string(out, "korora.card.seed", text);
    if (r->teacher) {
        (void)snprintf(text, sizeof text, "%016" PRIx64, r->teacher);
        kor_gguf_add_string(out, "korora.card.teacher", text);
    }
    recipe_line(text, r);
    kor_gguf_add_string(out, "korora.card.recipe", text);
    if (*r->layer) kor_gguf_add_string(out, "korora.card.layer", r->layer);
    kor_gguf_add_string(out, "korora.card.ship", r->task.ship ? "yes" : "no");
    if (r->task.out_of_scope) kor_gguf_add_string(out, "korora.out_of_scope", r->task.out_of_scope);
}

/* ---- Markdown ---- */

static void put_row(kor_str *s, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void put_row(kor_str *s, const char *name, const char *fmt, ...)
{
    char value[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    kor_str_printf(s, "| %s | %s |\n", name, value);
}

/* Which architectures were tried, when there was a choice. */
static void put_tried(kor_str *s, const kor_train_report *r)
{
    size_t n = 0;
    for (size_t i = 0; i < KOR_ARCHITECTURES; i++) n += isnan(r->tried[i]) ? 0 : 1;
    if (n < 2) return;
    kor_str_puts(s, "| tried |");
    for (size_t i = 0; i < KOR_ARCHITECTURES; i++) {
        if (!isnan(r->tried[i]))
            kor_str_printf(s, " %s %.4f,", kor_architecture_name((kor_architecture)i), r->tried[i]);
    }
    kor_str_puts(s, r->metrics.spans ? " |\n" : " before thresholds |\n");
}

static void put_head(kor_str *s, const kor_train_report *r)
{
    const kor_task *t = &r->task;
    char recipe[RECIPE_BYTES];
    recipe_line(recipe, r);
    kor_str_puts(s, "# ");
    kor_markdown_text(s, t->name);
    kor_str_printf(s, "\n\nA Korora model: head %s, architecture %s", kor_head_name(t->head),
                   kor_architecture_name(r->made));
    if (r->labels.count) kor_str_printf(s, ", %zu labels, int8", r->labels.count);
    kor_str_puts(s, ".\n\n");
    kor_str_puts(s, "| | |\n| --- | --- |\n| licence of the data | ");
    kor_markdown_text(s, t->licence ? t->licence : "not stated");
    kor_str_puts(s, " |\n");
    for (size_t i = 0; i < t->source_count; i++) {
        kor_str_puts(s, "| source | ");
        kor_markdown_text(s, t->sources[i]);
        kor_str_puts(s, " |\n");
    }
    put_row(s, "may be shipped", "%s",
            t->ship ? "yes: the licence of the data allows it"
                    : "not checked: train with ship: yes");
    put_row(s, "learnt from", "%zu rows, hash %016" PRIx64, r->rows, r->train_hash);
    if (r->split) {
        put_row(s, "measured on",
                r->apart
                    ? "%zu other rows, split off by seed"
                    : "%zu of these rows, split off by seed; the figures are of a model that had "
                      "not seen them, the one in the file has learnt from all",
                r->val_rows);
    } else {
        put_row(s, "measured on", "%zu rows apart, hash %016" PRIx64, r->val_rows, r->val_hash);
    }
    if (r->teacher)
        put_row(s, "teacher", "a model with checksum %016" PRIx64, r->teacher);
    else if (r->soft_rows)
        put_row(s, "teacher", "unknown: %zu rows came with soft labels", r->soft_rows);
    put_row(s, "seed", "%" PRIu64, t->seed);
    put_row(s, "recipe", "%s", recipe);
    if (*r->layer) put_row(s, "the layer's recipe", "%s", r->layer);
    if (r->made > KOR_BAG && !r->metric && !r->metrics.spans)
        put_row(s, "bag's weight", "%.2f", (double)r->bag_weight);
    if (r->task.rules) {
        put_row(s, "rules",
                "%s, version %u: they say where spans may be; of %zu places in the rows to measure "
                "with they decide %zu alone, the model the others; of %zu spans they offer %zu",
                r->task.rules->name, r->task.rules->version, r->candidates, r->ruled, r->wanted,
                r->offered);
    }
    put_tried(s, r);
}

static void put_figures(kor_str *s, const kor_train_report *r, kor_table *table)
{
    const kor_metrics *m = &r->metrics;
    kor_str_puts(s, "\n## How good\n\n");
    kor_report_figures(table, m);
    kor_table_markdown(s, table);
    put_row(s, "temperature", "%.3f", (double)r->temperature);
    if (m->spans) {
        if (r->task.rules && r->task.recall_weight != 1)
            put_row(s, "lean towards spans",
                    "%.2f, where F on these rows is best if recall weighs %g times precision",
                    (double)r->lean, r->task.recall_weight);
        else
            put_row(s, "lean towards spans", "%.*f, where F1 on these rows is best",
                    r->task.rules ? 2 : 1, (double)r->lean);
        return;
    }
    if (m->tags) put_row(s, "temperature of logits over 0", "%.3f", (double)r->temperature_over);
    if (!m->tags) put_row(s, "abstains below", "%.3f", (double)r->threshold);
    if (r->task.keep_label)
        put_row(s, "kept from being lost", "%s: its logit is raised by %.3f", r->task.keep_label,
                (double)r->keep_offset);
    put_row(s, "cost of int8", "%+.2f points", 100 * (r->quality - r->quality_f32));
}

/* A heading and a table, when there is something in it. */
static void put_table(kor_str *s, const char *heading, const kor_table *table)
{
    if (!table->rows) return;
    kor_str_printf(s, "\n## %s\n\n", heading);
    kor_table_markdown(s, table);
}

static kor_status put_labels(kor_str *s, const kor_train_report *r, kor_table *table,
                             kor_error *err)
{
    const kor_metrics *m = &r->metrics;
    KOR_TRY(kor_report_classes(table, m, r->labels.name, err));
    put_table(s, "Labels, the weakest first", table);
    size_t silent = 0;
    for (size_t l = 0; l < m->labels; l++) silent += m->classes[l].support == 0;
    if (silent) kor_str_printf(s, "\nLabels without a row to measure with: %zu.\n", silent);
    KOR_TRY(kor_report_confusions(table, m, r->labels.name, err));
    put_table(s, "Taken for another", table);
    return KOR_OK;
}

/* What is in the way of the architecture, whatever the rows. */
static const char *weakness_of(kor_architecture made)
{
    switch (made) {
    case KOR_HYBRID:
        return "- The base model has not learnt from these rows: what it does not tell apart, only "
               "words can.";
    case KOR_LORA:
        return "- What the base model learnt from these rows is a small change of it: with few "
               "rows it may know them by heart.";
    case KOR_FULL:
        return "- All of the base model has learnt from these rows: with few of them it may know "
               "them by heart, and on texts unlike them it may be worse than it was.";
    default:
        return "- It knows words and their parts, not their order beyond neighbours: negation and "
               "irony escape it, and so does what is said in words that no row had.";
    }
}

/* How much of a text it reads. Spans are looked for everywhere. */
static const char *reach_of(const kor_train_report *r)
{
    if (r->made == KOR_BAG || r->metrics.spans) return "";
    return r->made == KOR_HYBRID ? " It reads the first 128 tokens of a text, the bag all of it."
                                 : " It reads the first 128 tokens of a text.";
}

/* What it means for where it runs. */
static const char *place_of(kor_architecture made)
{
    if (made == KOR_BAG) return "";
    return made == KOR_FULL
               ? "- It shares no weights with other models, so each such model takes memory of "
                 "its own.\n"
               : "- It answers only beside the very base model that it was made on.\n";
}

static void put_weaknesses(kor_str *s, const kor_train_report *r)
{
    kor_str_printf(s, "\n## Known weaknesses\n\n%s%s\n%s", weakness_of(r->made), reach_of(r),
                   place_of(r->made));
    if (r->rare) kor_str_printf(s, "- Labels with one row or none to learn from: %zu.\n", r->rare);
    if (r->contradictions)
        kor_str_printf(s, "- Rows that contradict others of the same text: %zu.\n",
                       r->contradictions);
    if (r->shared) {
        kor_str_printf(
            s,
            "- Texts to measure with that are among those to learn from: %zu. The figures "
            "flatter.\n",
            r->shared);
    }
    if (r->bad_rows) kor_str_printf(s, "- Rows that could not be read: %zu.\n", r->bad_rows);
    if (r->task.rules) {
        kor_str_puts(s, "- What the rules do not offer is not found, and spans begin and end where "
                        "the rules say.\n");
    } else if (r->metrics.spans) {
        kor_str_puts(s, "- Spans begin and end with words (letters or digits in a row, or one "
                        "other character) and do not lie in each other.\n");
    }
    if (!r->metrics.outside && !r->metrics.tags && !r->metrics.spans) {
        kor_str_puts(s, "- There were no texts out of scope to measure with: the threshold only "
                        "leaves out what is least certain.\n");
    }
}

/* What differs from run to run, or is only known once the model's file is there. */
static void put_making(kor_str *s, const kor_train_report *r)
{
    bool stands = r->made == KOR_HYBRID || (r->made == KOR_LORA && !r->metric);
    kor_str_puts(s, "\n## Made\n\n| | |\n| --- | --- |\n");
    put_row(s, "size", "%zu bytes", r->bytes);
    if (stands)
        put_row(s, "the base model's size", "%zu bytes, shared by all on it", r->trunk_bytes);
    if (r->judged.metric) {
        put_row(s, "on the gate set", "%s %.4f, %zu rows that nothing was learnt from",
                r->judged.metric, r->judged.quality, r->judged.n);
    }
    if (!isnan(r->keep_recall) && r->task.keep_label)
        put_row(s, "kept of it on the gate set", "%.4f", r->keep_recall);
    for (size_t i = 0; i < r->sets; i++) {
        const kor_gate_set *set = &r->set[i];
        char name[120], kept[40] = "";
        (void)snprintf(name, sizeof name, "on %.100s", set->name);
        if (!isnan(set->keep_recall))
            (void)snprintf(kept, sizeof kept, ", kept %.4f", set->keep_recall);
        put_row(s, name, "%.4f%s, %zu rows that nothing was learnt from", set->quality, kept,
                set->n);
    }
    put_row(s, "time of an answer", "%.1f us, one thread", r->us_per_item);
    put_row(s, "trained in", "%.1f s, %zu %s", r->seconds, r->threads,
            r->threads == 1 ? "thread" : "threads at most");
    put_row(s, "on", "kernels %s, korora %s", kor_cpu(), kor_version());
    for (size_t i = 0; i < r->gates; i++) {
        const kor_gate *g = &r->gate[i];
        char name[180];
        (void)snprintf(name, sizeof name, "gate: %.160s", g->name);
        put_row(s, name, "%s %.6g: %s", g->at_most ? "at most" : "at least", g->wanted,
                g->passed ? "passed" : "failed");
    }
}

/* A link to a file beside the card, of which only its name counts. */
static void put_picture(kor_str *s, const char *path)
{
    const char *name = strrchr(path, '/');
    kor_str_puts(s, "\n![How often it is right against what it says](");
    for (name = name ? name + 1 : path; *name; name++) {
        bool plain = (*name >= '0' && *name <= '9') || (*name >= 'A' && *name <= 'Z') ||
                     (*name >= 'a' && *name <= 'z') || strchr("-._~", *name);
        kor_str_printf(s, plain ? "%c" : "%%%02X", (unsigned char)*name);
    }
    kor_str_puts(s, ")\n");
}

/* alone: as a file beside the model and the picture, with all that is known; else the part that is
 * the same whenever and wherever the model is made. */
static kor_status render(kor_str *s, const kor_train_report *r, bool alone, kor_error *err)
{
    kor_table table = {0};
    put_head(s, r);
    if (r->metric) {
        kor_pair_card(s, r);
        if (alone) put_making(s, r);
        return s->failed ? kor_fail_memory(err) : KOR_OK;
    }
    put_figures(s, r, &table);
    kor_status status = put_labels(s, r, &table, err);
    kor_report_calibration(&table, &r->metrics);
    put_table(s, "Calibration", &table);
    if (alone && table.rows) put_picture(s, r->diagram);
    kor_table_free(&table);
    put_weaknesses(s, r);
    if (alone) put_making(s, r);
    return status == KOR_OK && s->failed ? kor_fail_memory(err) : status;
}

/* ---- Files ---- */

static kor_status write_whole(const char *path, const kor_str *s, kor_error *err)
{
    kor_writer w;
    KOR_TRY(kor_writer_open(&w, path, err));
    kor_status status = kor_writer_add(&w, kor_str_text(s), s->len, err);
    if (status == KOR_OK) status = kor_writer_commit(&w, err);
    if (status != KOR_OK) kor_writer_abandon(&w);
    return status;
}

kor_status kor_card_write(const kor_train_report *r, kor_error *err)
{
    kor_str s = {0};
    kor_status status = KOR_OK;
    if (r->metrics.n) {
        kor_diagram_reliability(&s, &r->metrics, r->task.name);
        status = s.failed ? kor_fail_memory(err) : write_whole(r->diagram, &s, err);
        kor_str_clear(&s);
    }
    if (status == KOR_OK) status = render(&s, r, true, err);
    if (status == KOR_OK) status = write_whole(r->card, &s, err);
    kor_str_free(&s);
    return status;
}

kor_status kor_card_add(kor_gguf_out *out, const kor_train_report *r, kor_error *err)
{
    kor_str s = {0};
    add_figures(out, r);
    kor_status status = render(&s, r, false, err);
    if (status == KOR_OK) kor_gguf_add_string(out, "korora.card", kor_str_text(&s));
    kor_str_free(&s);
    return status;
}
