/* SPDX-License-Identifier: Apache-2.0 */
/* korora run colony: the whole chain over one text or each line of a file. Nothing is stored. */
#include "cli/cli.h"

#include "capture/lines.h"

#include <math.h>
#include <string.h>

typedef struct chain {
    const kor_command *command;
    kor_session s;
    kor_guard_ctx *guard;
    kor_colony_ctx *colony;
    kor_guard_counts counts;
    const char *text; /* after the guard */
    size_t len;
    double us; /* of guard and colony */
    bool jsonl;
    kor_error err;
} chain;

/* The guard, then the colony, as for an event that is stored. */
static kor_status read_text(chain *c, const char *text, size_t len)
{
    bool cut;
    double start = kor_seconds();
    c->counts = (kor_guard_counts){0};
    KOR_TRY(kor_guard_cut(c->guard, text, len, &c->text, &c->len, &cut, &c->counts, &c->err));
    kor_colony_run(c->colony, &(kor_colony_event){.text = c->text, .len = c->len});
    c->us = (kor_seconds() - start) * 1e6;
    return KOR_OK;
}

/* ---- For programs ---- */

static json_t *annotation_json(const chain *c, const kor_annotation *a)
{
    const kor_colony_member *m = kor_colony_get(c->s.colony, a->member);
    json_t *o = json_pack("{s:s,s:o,s:f}", "field", m->step->fills, "label",
                          kor_text_json(a->label, strlen(a->label)), "score",
                          round((double)a->score * 1e4) / 1e4);
    if (a->place == KOR_PLACE_WHOLE) return o;
    json_object_set_new(o, "text", kor_text_json(c->text + a->start, a->end - a->start));
    json_object_set_new(o, "value", kor_text_json(a->value, strlen(a->value)));
    json_object_set_new(o, "start", json_integer((json_int_t)kor_code_points(c->text, a->start)));
    json_object_set_new(o, "end", json_integer((json_int_t)kor_code_points(c->text, a->end)));
    return o;
}

static json_t *chain_json(const chain *c)
{
    size_t count;
    const kor_annotation *list = kor_colony_annotations(c->colony, &count);
    const kor_colony_step *steps = kor_colony_steps(c->colony);
    json_t *annotations = json_array(), *ran = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(annotations, annotation_json(c, &list[i]));
    for (size_t i = 0; i < kor_colony_count(c->s.colony); i++) {
        const kor_colony_member *m = kor_colony_get(c->s.colony, i);
        json_t *o = json_pack("{s:s,s:s,s:s,s:f}", "model", m->step->model, "fills", m->step->fills,
                              "outcome", kor_outcome_name(steps[i].outcome), "us",
                              round((double)steps[i].ns / 100) / 10);
        if (m->why) json_object_set_new(o, "why", kor_text_json(m->why, strlen(m->why)));
        json_array_append_new(ran, o);
    }
    json_t *o = json_pack("{s:o,s:o,s:o,s:f}", "text", kor_text_json(c->text, c->len),
                          "annotations", annotations, "steps", ran, "us", round(c->us * 10) / 10);
    json_object_update_new(o, kor_guarded_json(&c->counts));
    return o;
}

/* ---- For people ---- */

static void print_step(const chain *c, size_t i)
{
    const kor_colony_member *m = kor_colony_get(c->s.colony, i);
    const kor_colony_step *s = &kor_colony_steps(c->colony)[i];
    size_t count;
    const kor_annotation *list = kor_colony_annotations(c->colony, &count);
    kor_print_cell(s->count ? KOR_YELLOW : KOR_DIM, m->step->fills, 10);
    if (s->ns)
        kor_print(KOR_DIM, "%7.0f us  ", (double)s->ns / 1e3);
    else
        printf("%12s", "");
    for (size_t k = s->first; k < s->first + s->count; k++) {
        const kor_annotation *a = &list[k];
        if (k > s->first && a->place != KOR_PLACE_WHOLE) printf("\n%24s", "");
        if (k > s->first && a->place == KOR_PLACE_WHOLE) printf(", ");
        if (a->place != KOR_PLACE_WHOLE) {
            kor_print_line(KOR_GREEN, c->text + a->start, a->end - a->start, 60);
            printf("  ");
        }
        kor_print_line(KOR_BOLD, a->label, strlen(a->label), 0);
        kor_print(KOR_DIM, " %.0f %%", 100 * (double)a->score);
    }
    if (!s->count) kor_print(KOR_DIM, "%s", kor_outcome_name(s->outcome));
    if (m->why) {
        printf(": ");
        kor_print_line(KOR_DIM, m->why, strlen(m->why), 0);
    }
    putchar('\n');
}

static void print_chain(const chain *c)
{
    kor_print_block(c->text, c->len, 0);
    putchar('\n');
    for (size_t i = 0; i < kor_colony_count(c->s.colony); i++)
        if (kor_colony_get(c->s.colony, i)->step->on != KOR_ON_QUESTION) print_step(c, i);
    printf("%.2f ms", c->us / 1e3);
    kor_print_guarded(&c->counts);
    putchar('\n');
}

/* ---- Lines ---- */

static void print_error(const char *where, const char *why)
{
    kor_str message = {0};
    kor_str_printf(&message, "%s: %s", where, why);
    kor_print_json(json_pack("{s:o}", "error", kor_text_json(kor_str_text(&message), message.len)));
    kor_str_free(&message);
}

static void on_skip(void *arg, const char *where, const char *why)
{
    (void)arg;
    print_error(where, why);
}

static void on_progress(void *arg, double fraction)
{
    (void)arg, (void)fraction;
}

static kor_status run_line(chain *c, const char *where, const char *line, size_t len)
{
    json_t *row = NULL;
    if (c->jsonl) {
        json_error_t e;
        row = json_loadb(line, len, JSON_ALLOW_NUL, &e);
        const json_t *text = json_object_get(row, "text");
        if (!json_is_string(text)) {
            print_error(where, row ? "no \"text\" that is a string" : e.text);
            json_decref(row);
            return KOR_OK;
        }
        line = json_string_value(text);
        len = json_string_length(text);
    }
    kor_status status = read_text(c, line, len);
    if (status == KOR_OK) kor_print_json(chain_json(c));
    json_decref(row);
    return status;
}

static int run_file(chain *c, const char *path)
{
    kor_lines lines;
    const kor_sink sink = {.skip = on_skip, .progress = on_progress};
    if (kor_lines_open(&lines, path, &sink, &c->err) != KOR_OK)
        return kor_report(c->command, &c->err);
    char *line, where[4200];
    size_t len;
    kor_status status;
    while ((status = kor_lines_next(&lines, &line, &len, &c->err)) == KOR_OK && line) {
        (void)snprintf(where, sizeof where, "%.4096s:%zu", lines.name, lines.number);
        status = run_line(c, where, line, len);
        if (status != KOR_OK || ferror(stdout)) break;
    }
    kor_lines_close(&lines);
    return status == KOR_OK ? EXIT_DONE : kor_report(c->command, &c->err);
}

/* ---- All of it ---- */

static kor_status open_chain(chain *c, const kor_args *a)
{
    char path[4096];
    kor_session *s = &c->s;
    KOR_TRY(kor_home(s->home, a, &c->err));
    if (kor_trunk_find(path, s->home, NULL) == KOR_OK)
        KOR_TRY(kor_model_open(&s->embedder, path, &c->err));
    KOR_TRY(kor_guard_load(s, &c->err));
    KOR_TRY(kor_colony_load(&s->colony, s, &c->err));
    KOR_TRY(kor_guard_ctx_new(&c->guard, s->guard, &c->err));
    return kor_colony_ctx_new(&c->colony, s->colony, NULL, &c->err);
}

int kor_run_colony(const kor_args *a, const char *text, bool jsonl)
{
    chain c = {.command = a->command, .jsonl = jsonl};
    int code = EXIT_DONE;
    kor_status status = open_chain(&c, a);
    if (status == KOR_OK && text) status = read_text(&c, text, strlen(text));
    if (status != KOR_OK) {
        code = kor_report(a->command, &c.err);
    } else if (text && a->json) {
        kor_print_json(chain_json(&c));
    } else if (text) {
        print_chain(&c);
    } else if (a->words == 1) {
        code = run_file(&c, "-");
    } else {
        for (size_t i = 1; i < a->words && code == EXIT_DONE; i++) code = run_file(&c, a->word[i]);
    }
    kor_colony_ctx_free(c.colony);
    kor_guard_ctx_free(c.guard);
    kor_session_close(&c.s);
    return code;
}
