/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: the plan, the models it names, and whether they go together. */
#include "base/hash.h"
#include "colony/colony_inner.h"

#include <stdlib.h>
#include <string.h>

/* ---- Members ---- */

/* What a step costs, roughly, in multiply-adds on a text of some length: the order needs no more.
 * Models that share the trunk's pass come after bags, those with a pass of their own at the end. */
static double cost_of(const kor_colony_member *m)
{
    static const char *const kinds[] = {"bag", "hybrid", "lora", "full"};
    if (!m->model) return 0;
    double cost = 0;
    for (size_t i = 0; i < 4; i++)
        if (strcmp(m->info.architecture, kinds[i]) == 0) cost = (double)i;
    bool apart = strcmp(m->info.head, "spans") == 0 || m->step->on == KOR_ON_SENTENCES;
    return cost > 0 && apart ? cost + 4 : cost;
}

static kor_status check_head(const kor_colony_member *m, kor_error *err)
{
    static const char *const heads[] = {"classify", "tags", "spans"};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(m->info.head, heads[i]) == 0) return KOR_OK;
    return kor_fail(err, KOR_E_UNSUPPORTED,
                    "head '%s' fills no field (classify, tags and spans do)", m->info.head);
}

/* A model that stands on the shared trunk is opened on it; on another one, with its own. */
static kor_status open_model(kor_model **out, const char *path, const kor_model *trunk,
                             kor_error *err)
{
    char name[64];
    kor_model_info info = {0};
    KOR_TRY(kor_model_trunk(path, name, err));
    if (trunk) kor_model_get_info(trunk, &info);
    bool shared = *name && trunk && strcmp(name, info.name) == 0;
    return kor_model_open_on(out, path, shared ? trunk : NULL, err);
}

static void open_member(kor_colony *c, size_t i, kor_colony_find *find, void *arg)
{
    kor_colony_member *m = &c->members[i];
    char path[4096];
    kor_model *model = NULL;
    kor_error err = {0};
    m->step = &c->plan.steps[i];
    kor_status status = find(arg, m->step->model, path, &err);
    if (status == KOR_OK) status = open_model(&model, path, c->trunk, &err);
    if (status == KOR_OK) {
        kor_model_get_info(model, &m->info);
        status = check_head(m, &err);
        if (status != KOR_OK) kor_fail_in(&err, status, "%s", path);
    }
    if (status == KOR_OK) {
        m->model = model;
        return;
    }
    kor_model_close(model);
    m->info = (kor_model_info){0};
    memcpy(c->why[i], err.msg, sizeof c->why[i]);
    m->why = c->why[i];
}

/* ---- Conditions ---- */

typedef struct checker {
    const kor_colony *colony; /* members still in the order of the plan */
    const kor_plan_step *step;
} checker;

static kor_status check_label(void *arg, size_t field, const char *value, kor_error *err)
{
    const checker *c = arg;
    if (field < KOR_FIELDS_OWN || !value) return KOR_OK;
    const kor_colony_member *m = &c->colony->members[field - KOR_FIELDS_OWN];
    if (!m->model || strcmp(m->info.head, "spans") == 0) return KOR_OK;
    for (size_t i = 0; i < m->info.labels; i++)
        if (strcmp(kor_model_label(m->model, i), value) == 0) return KOR_OK;
    return kor_plan_fail(c->step, err, "when: model %s has no label '%.60s'", m->step->model,
                         value);
}

static kor_status check_labels(const kor_colony *c, kor_error *err)
{
    for (size_t i = 0; i < c->plan.count; i++) {
        checker k = {c, &c->plan.steps[i]};
        if (k.step->when) KOR_TRY(kor_condition_each(k.step->when, check_label, &k, err));
    }
    return KOR_OK;
}

/* ---- All of it ---- */

static kor_status put_in_order(kor_colony *c, kor_error *err)
{
    double cost[KOR_PLAN_STEPS];
    kor_colony_member members[KOR_PLAN_STEPS];
    for (size_t i = 0; i < c->plan.count; i++) cost[i] = cost_of(&c->members[i]);
    KOR_TRY(kor_plan_order(&c->plan, cost, c->order, err));
    memcpy(members, c->members, sizeof members);
    for (size_t i = 0; i < c->plan.count; i++) {
        c->members[i] = members[c->order[i]];
        c->place[c->order[i]] = i;
    }
    return KOR_OK;
}

static uint64_t hash_text(const char *text, uint64_t seed)
{
    return kor_hash64(text ? text : "", text ? strlen(text) : 0, seed);
}

static uint64_t identify(const kor_colony *c)
{
    uint64_t h = 1;
    for (size_t i = 0; i < c->plan.count; i++) {
        const kor_colony_member *m = &c->members[i];
        h = hash_text(m->step->fills, hash_text(m->step->model, h));
        h = hash_text(m->step->when_text, h);
        const uint64_t numbers[] = {m->info.checksum, (uint64_t)m->step->on, m->step->reads,
                                    (uint64_t)(m->step->least * 1e6),
                                    (uint64_t)(m->step->glance * 1e6)};
        h = kor_hash64(numbers, sizeof numbers, h);
    }
    return h;
}

kor_status kor_colony_open(kor_colony **out, const char *const *plans, size_t count,
                           const kor_model *trunk, kor_colony_find *find, void *arg, kor_error *err)
{
    *out = NULL;
    kor_colony *c = calloc(1, sizeof *c);
    if (!c) return kor_fail_memory(err);
    c->trunk = trunk;
    kor_status status = kor_plan_read(&c->plan, plans, count, err);
    for (size_t i = 0; status == KOR_OK && i < c->plan.count; i++) open_member(c, i, find, arg);
    if (status == KOR_OK) status = check_labels(c, err);
    if (status == KOR_OK) status = put_in_order(c, err);
    if (status != KOR_OK) {
        kor_colony_close(c);
        return status;
    }
    c->identity = identify(c);
    *out = c;
    return KOR_OK;
}

void kor_colony_close(kor_colony *colony)
{
    if (!colony) return;
    for (size_t i = 0; i < KOR_PLAN_STEPS; i++)
        kor_model_close((kor_model *)colony->members[i].model);
    kor_plan_free(&colony->plan);
    free(colony);
}

uint64_t kor_colony_identity(const kor_colony *colony)
{
    return colony->identity;
}

size_t kor_colony_count(const kor_colony *colony)
{
    return colony->plan.count;
}

const kor_colony_member *kor_colony_get(const kor_colony *colony, size_t i)
{
    return &colony->members[i];
}
