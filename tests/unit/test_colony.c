/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "colony/colony.h"
#include "gguf_maker.h"
#include "labels_maker.h"
#include "scratch.h"

/* Models of three labels, "first", "second" and "third", which stand for "a ab", "b bc cc" and
 * "c". */
typedef struct den {
    folder f;
    kor_model *trunk;
    kor_colony *colony;
    kor_error err;
} den;

static kor_status find(void *arg, const char *model, char out[4096], kor_error *err)
{
    den *d = arg;
    char name[128];
    (void)snprintf(name, sizeof name, "%s.gguf", model);
    (void)snprintf(out, 4096, "%s", in(&d->f, name));
    if (access(out, R_OK) == 0) return KOR_OK;
    return kor_fail(err, KOR_E_NOT_FOUND, "no model '%s'", model);
}

static void make(den *d)
{
    *d = (den){.f = folder_new()};
    const char *trunk = in(&d->f, "tiny.gguf");
    tiny_write(trunk, true, &(tiny_change){0});
    assert_works(kor_model_open(&d->trunk, trunk, &d->err), &d->err);
    labels_write(in(&d->f, "bag.gguf"), false, MADE_BAG, NULL);
    labels_write(in(&d->f, "hybrid.gguf"), false, MADE_HYBRID, trunk);
    labels_write(in(&d->f, "tags.gguf"), true, MADE_LORA, trunk);
    labels_write(in(&d->f, "full.gguf"), false, MADE_FULL, trunk);
    FILE *broken = fopen(in(&d->f, "broken.gguf"), "w");
    assert_non_null(broken);
    assert_int_equal(fclose(broken), 0);
}

static kor_status open_plan(den *d, const char *text)
{
    const char *const path = in(&d->f, "colony.yaml");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    kor_colony_close(d->colony);
    return kor_colony_open(&d->colony, &path, 1, d->trunk, find, d, &d->err);
}

static void unmake(den *d)
{
    kor_colony_close(d->colony);
    kor_model_close(d->trunk);
    folder_remove(&d->f);
}

static size_t place_of(const den *d, const char *model)
{
    for (size_t i = 0; i < kor_colony_count(d->colony); i++)
        if (strcmp(kor_colony_get(d->colony, i)->step->model, model) == 0) return i;
    fail_msg("no step of %s", model);
    return 0;
}

static const kor_colony_step *step_of(const den *d, const kor_colony_ctx *c, const char *model)
{
    return &kor_colony_steps(c)[place_of(d, model)];
}

static kor_colony_event event_of(const char *text)
{
    return (kor_colony_event){.source = "note", .text = text, .len = strlen(text)};
}

static void test_colony_answers_as_its_models_do(void **state)
{
    (void)state;
    den d;
    kor_colony_ctx *c;
    make(&d);
    assert_works(open_plan(&d, "steps:\n  - {model: full}\n  - {model: tags}\n  - {model: hybrid}\n"
                               "  - {model: bag}\n"),
                 &d.err);
    /* The cheap ones first. */
    static const char *const order[] = {"bag", "hybrid", "tags", "full"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(kor_colony_get(d.colony, i)->step->model, order[i]);
    assert_works(kor_colony_ctx_new(&c, d.colony, NULL, &d.err), &d.err);
    static const char *const texts[] = {"a ab", "b bc cc", "c", "", "zzz", "a ab c\nb"};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        const kor_colony_event e = event_of(texts[t]);
        size_t count;
        kor_colony_run(c, &e);
        const kor_annotation *list = kor_colony_annotations(c, &count);
        for (size_t i = 0; i < 4; i++) {
            const kor_colony_step *s = &kor_colony_steps(c)[i];
            const kor_model *m = kor_colony_get(d.colony, i)->model;
            float p[MADE_LABELS];
            kor_ctx *ctx;
            size_t best = 0, held = 0;
            assert_works(kor_ctx_new(&ctx, m, &d.err), &d.err);
            assert_works(kor_classify(ctx, texts[t], KOR_NUL, p, MADE_LABELS, &d.err), &d.err);
            kor_ctx_free(ctx);
            for (size_t l = 0; l < MADE_LABELS; l++) {
                best = p[l] > p[best] ? l : best;
                held += p[l] >= kor_model_threshold(m, l);
            }
            if (i == 2) {
                assert_int_equal(s->count, held);
                continue;
            }
            bool sure = p[best] >= kor_model_threshold(m, 0);
            assert_int_equal(s->outcome, sure ? KOR_OUTCOME_FOUND : KOR_OUTCOME_ABSTAINED);
            assert_int_equal(s->count, sure);
            if (!sure) continue;
            assert_int_equal(list[s->first].member, i);
            assert_string_equal(list[s->first].label, kor_model_label(m, best));
            assert_true(list[s->first].score == p[best]);
        }
    }
    kor_colony_ctx_free(c);
    unmake(&d);
}

static void test_colony_runs_what_conditions_allow(void **state)
{
    (void)state;
    den d;
    kor_colony_ctx *c;
    make(&d);
    assert_works(open_plan(&d, "steps:\n"
                               "  - {model: hybrid, fills: mood, when: kind == first}\n"
                               "  - {model: tags, when: mood == first and source != shell}\n"
                               "  - {model: bag, fills: kind}\n"
                               "  - {model: full, on: question}\n"),
                 &d.err);
    assert_works(kor_colony_ctx_new(&c, d.colony, NULL, &d.err), &d.err);
    kor_colony_event e = event_of("a ab");
    kor_colony_run(c, &e);
    assert_int_equal(step_of(&d, c, "hybrid")->outcome, KOR_OUTCOME_FOUND);
    assert_true(step_of(&d, c, "tags")->ns > 0);
    assert_int_equal(step_of(&d, c, "full")->outcome, KOR_OUTCOME_RULED_OUT);
    e.source = "shell";
    kor_colony_run(c, &e);
    assert_int_equal(step_of(&d, c, "tags")->outcome, KOR_OUTCOME_RULED_OUT);
    e = event_of("c");
    kor_colony_run(c, &e);
    assert_int_equal(step_of(&d, c, "bag")->outcome, KOR_OUTCOME_FOUND);
    assert_int_equal(step_of(&d, c, "hybrid")->outcome, KOR_OUTCOME_RULED_OUT);
    assert_int_equal(step_of(&d, c, "hybrid")->ns, 0);
    assert_int_equal(step_of(&d, c, "tags")->outcome, KOR_OUTCOME_RULED_OUT);
    kor_colony_ask(c, "c", 1);
    assert_int_equal(step_of(&d, c, "full")->outcome, KOR_OUTCOME_FOUND);
    assert_int_equal(step_of(&d, c, "bag")->outcome, KOR_OUTCOME_RULED_OUT);
    kor_colony_ctx_free(c);
    /* A label that the model does not have. */
    assert_int_equal(
        open_plan(&d, "steps:\n  - {model: bag}\n  - {model: tags, when: bag == fist}\n"),
        KOR_E_INPUT);
    assert_non_null(strstr(d.err.msg, "colony.yaml:3: when: model bag has no label 'fist'"));
    unmake(&d);
}

static void test_colony_does_without_missing_broken_and_slow_models(void **state)
{
    (void)state;
    den d;
    kor_colony_ctx *c;
    make(&d);
    assert_works(open_plan(&d, "steps:\n"
                               "  - {model: gone}\n"
                               "  - {model: broken}\n"
                               "  - {model: tiny}\n"
                               "  - {model: bag, when: gone != x}\n"
                               "  - {model: tags, when: gone}\n"),
                 &d.err);
    static const char *const why[][2] = {
        {"gone", "no model 'gone'"}, {"broken", "broken.gguf"}, {"tiny", "fills no field"}};
    for (size_t i = 0; i < 3; i++) {
        const kor_colony_member *m = kor_colony_get(d.colony, place_of(&d, why[i][0]));
        assert_null(m->model);
        if (!strstr(m->why, why[i][1])) fail_msg("%s", m->why);
    }
    assert_works(kor_colony_ctx_new(&c, d.colony, NULL, &d.err), &d.err);
    const kor_colony_event e = event_of("a ab");
    for (int i = 0; i < 2; i++) {
        kor_colony_run(c, &e);
        assert_int_equal(step_of(&d, c, "gone")->outcome, KOR_OUTCOME_AWAY);
        assert_int_equal(step_of(&d, c, "tags")->outcome, KOR_OUTCOME_RULED_OUT);
        assert_int_equal(step_of(&d, c, "bag")->outcome, KOR_OUTCOME_FOUND);
    }
    kor_colony_set_slow(c, 0);
    for (int i = 0; i < 3; i++) {
        kor_colony_run(c, &e);
        assert_int_equal(step_of(&d, c, "bag")->outcome, KOR_OUTCOME_FOUND);
    }
    kor_colony_run(c, &e);
    assert_int_equal(step_of(&d, c, "bag")->outcome, KOR_OUTCOME_RESTED);
    kor_colony_ctx_free(c);
    unmake(&d);
}

static void test_colony_reads_sentences_and_names_their_places(void **state)
{
    (void)state;
    den d;
    kor_colony_ctx *c;
    size_t count;
    make(&d);
    assert_works(open_plan(&d, "steps:\n  - {model: bag, on: sentences}\n"), &d.err);
    assert_works(kor_colony_ctx_new(&c, d.colony, NULL, &d.err), &d.err);
    kor_colony_event e = event_of("A ab. B bc cc. a  ab.\n\nc");
    e.title = "c";
    kor_colony_run(c, &e);
    const kor_annotation *list = kor_colony_annotations(c, &count);
    /* "a  ab." is the same as "A ab."; "c" of the text the same as that of the title. */
    assert_int_equal(count, 3);
    static const struct {
        kor_place place;
        size_t start, end;
        const char *label, *value;
    } want[] = {{KOR_PLACE_TITLE, 0, 1, "third", "c"},
                {KOR_PLACE_TEXT, 0, 5, "first", "a ab."},
                {KOR_PLACE_TEXT, 6, 14, "second", "b bc cc."}};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(list[i].place, want[i].place);
        assert_int_equal(list[i].start, want[i].start);
        assert_int_equal(list[i].end, want[i].end);
        assert_string_equal(list[i].label, want[i].label);
        assert_string_equal(list[i].value, want[i].value);
    }
    kor_colony_ctx_free(c);
    unmake(&d);
}

static void test_colony_takes_any_text(void **state)
{
    (void)state;
    den d;
    kor_colony_ctx *c;
    size_t count;
    make(&d);
    assert_works(open_plan(&d, "steps:\n  - {model: bag, on: sentences, reads: 1048576}\n"
                               "  - {model: hybrid, reads: 1048576}\n  - {model: tags}\n"),
                 &d.err);
    assert_works(kor_colony_ctx_new(&c, d.colony, NULL, &d.err), &d.err);
    enum { HUGE_TEXT = 10 << 20 };
    char *huge = malloc(HUGE_TEXT);
    assert_non_null(huge);
    static const char *const fills[] = {"a", "a. ", "\xff", "\xf0\x9f\x90\xa7", "\n", "\xd7\x90 "};
    for (size_t k = 0; k < sizeof fills / sizeof *fills; k++) {
        size_t n = strlen(fills[k]);
        for (size_t i = 0; i < HUGE_TEXT; i++) huge[i] = fills[k][i % n];
        const kor_colony_event e = {.title = "a title", .text = huge, .len = HUGE_TEXT};
        kor_colony_run(c, &e);
        (void)kor_colony_annotations(c, &count);
        assert_true(count <= 3 * KOR_COLONY_EACH);
    }
    for (size_t i = 0; i < HUGE_TEXT; i++) huge[i] = (char)(i * 2654435761u >> 13);
    kor_colony_run(c, &(kor_colony_event){.text = huge, .len = HUGE_TEXT});
    kor_colony_run(c, &(kor_colony_event){0});
    free(huge);
    kor_colony_ctx_free(c);
    unmake(&d);
}

static void test_colony_identity_is_of_plan_and_models(void **state)
{
    (void)state;
    den d;
    make(&d);
    static const char *const plans[] = {
        "steps:\n  - {model: bag}\n", "steps:\n  - {model: bag, least: 0.5}\n",
        "steps:\n  - {model: bag, when: source == git}\n",
        "steps:\n  - {model: hybrid, fills: bag}\n", "steps:\n  - {model: bag, fills: x}\n"};
    uint64_t seen[6];
    for (size_t i = 0; i < 5; i++) {
        assert_works(open_plan(&d, plans[i]), &d.err);
        seen[i] = kor_colony_identity(d.colony);
        for (size_t k = 0; k < i; k++) assert_true(seen[i] != seen[k]);
    }
    assert_works(open_plan(&d, plans[0]), &d.err);
    assert_true(kor_colony_identity(d.colony) == seen[0]);
    /* Another model of the same name. */
    labels_write(in(&d.f, "bag.gguf"), true, MADE_BAG, NULL);
    assert_works(open_plan(&d, plans[0]), &d.err);
    assert_true(kor_colony_identity(d.colony) != seen[0]);
    unmake(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_colony_answers_as_its_models_do),
        cmocka_unit_test(test_colony_runs_what_conditions_allow),
        cmocka_unit_test(test_colony_does_without_missing_broken_and_slow_models),
        cmocka_unit_test(test_colony_reads_sentences_and_names_their_places),
        cmocka_unit_test(test_colony_takes_any_text),
        cmocka_unit_test(test_colony_identity_is_of_plan_and_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
