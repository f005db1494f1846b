/* SPDX-License-Identifier: Apache-2.0 */
#include "colony/plan.h"

#include "base/str.h"
#include "colony/yaml_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 63, READS_MAX = 1 << 20 };

static const char *const own_fields[KOR_FIELDS_OWN] = {"source", "app",    "title", "uri",
                                                       "scope",  "length", "lines"};

kor_status kor_plan_fail(const kor_plan_step *step, kor_error *err, const char *fmt, ...)
{
    char what[240];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return kor_fail(err, KOR_E_INPUT, "%s:%zu: %s", step->path, step->line, what);
}

/* ---- YAML ---- */

typedef struct reader {
    kor_plan *plan;
    const char *path; /* the arena's */
    kor_yaml_file file;
    kor_error *err;
} reader;

static kor_status copy(const reader *r, const char *s, const char **out)
{
    *out = kor_arena_copy(&r->plan->arena, s, strlen(s));
    return *out ? KOR_OK : kor_fail_memory(r->err);
}

static kor_status read_name(const reader *r, const yaml_node_t *node, const char *s,
                            const char **out)
{
    size_t len = strlen(s);
    bool fit = len > 0 && len <= NAME_MAX_BYTES && s[0] != '.' && s[0] != '-';
    for (size_t i = 0; fit && i < len; i++)
        fit = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') ||
              (s[i] >= '0' && s[i] <= '9') || s[i] == '-' || s[i] == '_' || s[i] == '.';
    if (fit) return copy(r, s, out);
    return kor_yaml_wrong(&r->file, node, r->err,
                          "'%.40s': a name has letters, digits, '-', '_' and '.', at most %d", s,
                          NAME_MAX_BYTES);
}

static kor_status read_number(const reader *r, const yaml_node_t *node, const char *s, double least,
                              double most, double *out)
{
    char *end;
    errno = 0;
    *out = strtod(s, &end);
    if (end != s && !*end && !errno && *out >= least && *out <= most) return KOR_OK;
    return kor_yaml_wrong(&r->file, node, r->err, "'%.40s' must be a number from %g to %g", s,
                          least, most);
}

static kor_status read_on(const reader *r, const yaml_node_t *node, const char *s, kor_plan_on *out)
{
    static const char *const names[] = {"text", "sentences", "question"};
    for (int i = 0; i < 3; i++) {
        *out = (kor_plan_on)i;
        if (strcmp(s, names[i]) == 0) return KOR_OK;
    }
    return kor_yaml_wrong(&r->file, node, r->err, "'on: %.40s' (text, sentences or question)", s);
}

static kor_status read_key(const reader *r, kor_plan_step *step, bool *off, const yaml_node_t *key,
                           const yaml_node_t *node)
{
    const char *name = kor_yaml_text(key), *s = kor_yaml_text(node);
    double number;
    if (!name || !s)
        return kor_yaml_wrong(&r->file, key, r->err,
                              "a step is a mapping of keys to single values");
    if (strcmp(name, "model") == 0) return read_name(r, node, s, &step->model);
    if (strcmp(name, "fills") == 0) return read_name(r, node, s, &step->fills);
    if (strcmp(name, "when") == 0) return copy(r, s, &step->when_text);
    if (strcmp(name, "on") == 0) return read_on(r, node, s, &step->on);
    if (strcmp(name, "least") == 0) return read_number(r, node, s, 0, 1, &step->least);
    if (strcmp(name, "glance") == 0) return read_number(r, node, s, 0, 1, &step->glance);
    if (strcmp(name, "reads") == 0) {
        KOR_TRY(read_number(r, node, s, 1, READS_MAX, &number));
        step->reads = (size_t)number;
        return KOR_OK;
    }
    if (strcmp(name, "off") == 0) {
        *off = strcmp(s, "yes") == 0 || strcmp(s, "true") == 0;
        if (*off || strcmp(s, "no") == 0 || strcmp(s, "false") == 0) return KOR_OK;
        return kor_yaml_wrong(&r->file, node, r->err, "'off' is yes or no");
    }
    return kor_yaml_wrong(&r->file, key, r->err,
                          "unknown key '%.40s' (model, fills, on, when, least, glance, reads, off)",
                          name);
}

/* A step that is off, or that takes the place of one with the same model. */
static kor_status put_step(const reader *r, const yaml_node_t *node, const kor_plan_step *step,
                           bool off)
{
    kor_plan *p = r->plan;
    size_t i = 0;
    while (i < p->count && strcmp(p->steps[i].model, step->model) != 0) i++;
    if (i < p->count && p->steps[i].path == r->path)
        return kor_yaml_wrong(&r->file, node, r->err, "model %s has a step already, in line %zu",
                              step->model, p->steps[i].line);
    if (off) {
        if (i == p->count) return KOR_OK;
        memmove(p->steps + i, p->steps + i + 1, (p->count - i - 1) * sizeof *p->steps);
        p->count--;
        return KOR_OK;
    }
    if (i == KOR_PLAN_STEPS)
        return kor_yaml_wrong(&r->file, node, r->err, "more than %d steps", KOR_PLAN_STEPS);
    p->steps[i] = *step;
    if (i == p->count) p->count++;
    return KOR_OK;
}

static kor_status read_step(reader *r, const yaml_node_t *node)
{
    kor_plan_step step = {
        .path = r->path, .line = node->start_mark.line + 1, .reads = KOR_PLAN_READS};
    bool off = false;
    if (node->type != YAML_MAPPING_NODE)
        return kor_yaml_wrong(&r->file, node, r->err, "a step is a mapping: {model: NAME}");
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
         p < node->data.mapping.pairs.top; p++)
        KOR_TRY(read_key(r, &step, &off, kor_yaml_node(&r->file, p->key),
                         kor_yaml_node(&r->file, p->value)));
    if (!step.model) return kor_yaml_wrong(&r->file, node, r->err, "a step needs a model");
    if (!step.fills) step.fills = step.model;
    return put_step(r, node, &step, off);
}

static kor_status read_steps(reader *r, const yaml_node_t *list)
{
    if (list->type == YAML_SCALAR_NODE && list->data.scalar.length == 0) return KOR_OK;
    if (list->type != YAML_SEQUENCE_NODE)
        return kor_yaml_wrong(&r->file, list, r->err, "'steps' is a list");
    for (const yaml_node_item_t *i = list->data.sequence.items.start;
         i < list->data.sequence.items.top; i++)
        KOR_TRY(read_step(r, kor_yaml_node(&r->file, *i)));
    return KOR_OK;
}

static kor_status read_root(reader *r)
{
    const yaml_node_t *root = kor_yaml_root(&r->file);
    if (!root) return KOR_OK;
    if (root->type != YAML_MAPPING_NODE)
        return kor_yaml_wrong(&r->file, root, r->err, "it must be a mapping with 'steps:'");
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
         p < root->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = kor_yaml_node(&r->file, p->key);
        const char *name = kor_yaml_text(key);
        if (!name || strcmp(name, "steps") != 0)
            return kor_yaml_wrong(&r->file, key, r->err, "unknown key '%.40s' (steps)",
                                  name ? name : "");
        KOR_TRY(read_steps(r, kor_yaml_node(&r->file, p->value)));
    }
    return KOR_OK;
}

static kor_status read_file(kor_plan *plan, const char *path, kor_error *err)
{
    reader r = {.plan = plan, .path = kor_arena_copy(&plan->arena, path, strlen(path)), .err = err};
    if (!r.path) return kor_fail_memory(err);
    KOR_TRY(kor_yaml_file_open(&r.file, r.path, err));
    kor_status status = read_root(&r);
    kor_yaml_file_close(&r.file);
    return status;
}

/* ---- Fields ---- */

static kor_field_kind find_field(const void *arg, const char *name, size_t *field)
{
    const kor_plan *p = arg;
    for (size_t i = 0; i < KOR_FIELDS_OWN; i++) {
        *field = i;
        if (strcmp(name, own_fields[i]) == 0)
            return i == KOR_FIELD_LENGTH || i == KOR_FIELD_LINES ? KOR_FIELD_NUMBER
                                                                 : KOR_FIELD_TEXT;
    }
    for (size_t i = 0; i < p->count; i++) {
        *field = KOR_FIELDS_OWN + i;
        if (strcmp(name, p->steps[i].fills) == 0) return KOR_FIELD_TEXT;
    }
    return KOR_FIELD_NONE;
}

static kor_status check_fields(const kor_plan *p, kor_error *err)
{
    for (size_t i = 0; i < p->count; i++) {
        const kor_plan_step *s = &p->steps[i];
        for (size_t k = 0; k < KOR_FIELDS_OWN; k++)
            if (strcmp(s->fills, own_fields[k]) == 0)
                return kor_plan_fail(s, err, "'%s' is a field that an event brings along",
                                     s->fills);
        for (size_t k = 0; k < i; k++)
            if (strcmp(s->fills, p->steps[k].fills) == 0)
                return kor_plan_fail(s, err, "field '%s' is filled already, by %s (%s:%zu)",
                                     s->fills, p->steps[k].model, p->steps[k].path,
                                     p->steps[k].line);
    }
    return KOR_OK;
}

static kor_status read_conditions(kor_plan *p, kor_error *err)
{
    const kor_fields fields = {.find = find_field, .arg = p};
    for (size_t i = 0; i < p->count; i++) {
        kor_plan_step *s = &p->steps[i];
        kor_error why;
        if (!s->when_text) continue;
        kor_status status = kor_condition_read(&s->when, s->when_text, &fields, &p->arena, &why);
        if (status == KOR_E_MEMORY) return kor_fail_memory(err);
        if (status != KOR_OK) return kor_plan_fail(s, err, "when: %s", why.msg);
    }
    return KOR_OK;
}

/* ---- The order ---- */

typedef struct waiting {
    const kor_plan *plan;
    const bool *done; /* [plan->count] */
    size_t on;        /* the first step that is waited for; SIZE_MAX: none */
} waiting;

static kor_status look(void *arg, size_t field, const char *value, kor_error *err)
{
    waiting *w = arg;
    (void)value, (void)err;
    if (field >= KOR_FIELDS_OWN && !w->done[field - KOR_FIELDS_OWN] && w->on == SIZE_MAX)
        w->on = field - KOR_FIELDS_OWN;
    return KOR_OK;
}

static size_t waits_on(const kor_plan *p, const bool *done, size_t step)
{
    waiting w = {p, done, SIZE_MAX};
    if (p->steps[step].when) (void)kor_condition_each(p->steps[step].when, look, &w, NULL);
    return w.on;
}

/* Name a ring of steps: from any that waits, on and on to what it waits for. */
static kor_status fail_ring(const kor_plan *p, const bool *done, kor_error *err)
{
    size_t at = 0;
    while (done[at]) at++;
    for (size_t i = 0; i < p->count; i++) at = waits_on(p, done, at); /* into the ring */
    kor_str names = {0};
    kor_str_puts(&names, p->steps[at].fills);
    for (size_t k = waits_on(p, done, at); k != at; k = waits_on(p, done, k))
        kor_str_printf(&names, " on %s", p->steps[k].fills);
    kor_str_printf(&names, " on %s", p->steps[at].fills);
    kor_status status =
        kor_plan_fail(&p->steps[at], err, "a cycle of conditions: %.180s", kor_str_text(&names));
    kor_str_free(&names);
    return status;
}

kor_status kor_plan_order(const kor_plan *p, const double *cost, size_t *out, kor_error *err)
{
    bool done[KOR_PLAN_STEPS] = {false};
    for (size_t n = 0; n < p->count; n++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < p->count; i++) {
            if (done[i] || waits_on(p, done, i) != SIZE_MAX) continue;
            if (best == SIZE_MAX || cost[i] < cost[best]) best = i;
        }
        if (best == SIZE_MAX) return fail_ring(p, done, err);
        done[best] = true;
        out[n] = best;
    }
    return KOR_OK;
}

kor_status kor_plan_read(kor_plan *out, const char *const *paths, size_t count, kor_error *err)
{
    static const double equal[KOR_PLAN_STEPS];
    size_t order[KOR_PLAN_STEPS];
    *out = (kor_plan){0};
    for (size_t i = 0; i < count; i++) KOR_TRY(read_file(out, paths[i], err));
    KOR_TRY(check_fields(out, err));
    KOR_TRY(read_conditions(out, err));
    return kor_plan_order(out, equal, order, err);
}

void kor_plan_free(kor_plan *plan)
{
    kor_arena_free(&plan->arena);
    *plan = (kor_plan){0};
}
