/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gguf_maker.h"
#include "learn/train.h"
#include "model/bag.h"
#include "model/rulespans.h"
#include "scratch.h"

#include <math.h>

/* A task whose rows have links to repositories and videos, local ones, and names of files. */
static void write_task(const folder *f, const char *more)
{
    char rows[1 << 16], task[600];
    size_t n = 0;
    for (int i = 0; i < 48; i++) {
        n += (size_t)snprintf(
            rows + n, sizeof rows - n,
            "{\"text\":\"é clone https://github.com/a%d/b\",\"spans\":"
            "[[8,%d,\"repository\"]]}\n"
            "{\"text\":\"watch youtube.com/watch?v=%d now\",\"spans\":"
            "[[6,%d,\"video\"]]}\n"
            "{\"text\":\"open main%d.rs now\",\"spans\":[]}\n"
            "{\"text\":\"at http://localhost:%d/\",\"spans\":[[3,%d,\"local\"]]}\n",
            i % 7, 31, i + 10, 28, i, 3000 + i, 25);
    }
    put_file(in(f, "rows.jsonl"), rows, n);
    n = (size_t)snprintf(task, sizeof task,
                         "name: t\nhead: spans\nrules: links\ntrain: rows.jsonl\n%s", more);
    put_file(in(f, "task.yaml"), task, n);
}

static void train(const folder *f, kor_train_report *report)
{
    const kor_train_options options = {0};
    kor_error err;
    assert_works(kor_train(report, f->path, &options, &err), &err);
}

static void test_rule_spans_are_learnt_and_found(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_train_report r;
    kor_model *model;
    kor_ctx *ctx;
    kor_error err;
    kor_span s[8];
    size_t n;
    write_task(&f, "");
    train(&f, &r);
    assert_true(r.metrics.spans && r.quality > 0.95);
    assert_true(r.made == KOR_BAG && r.ruled > 0 && r.offered == r.wanted);
    kor_train_report_free(&r);
    assert_works(kor_model_open(&model, in(&f, "t.gguf"), &err), &err);
    kor_model_info info;
    kor_model_get_info(model, &info);
    assert_int_equal(info.labels, 3); /* none is not one of them */
    assert_string_equal(info.architecture, "bag");
    assert_string_equal(kor_model_label(model, 0), "local");
    assert_null(kor_model_label(model, 3));
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    static const char text[] =
        "é watch youtube.com/watch?v=99 now, not main7.rs. http://localhost:9/x";
    assert_works(kor_spans(ctx, text, KOR_NUL, s, 8, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_true(s[0].start == 9 && s[0].end == 31 && s[0].start_cp == 8 && s[0].end_cp == 30);
    assert_string_equal(kor_model_label(model, s[0].label), "video");
    assert_true(s[0].score > 0.5f && s[0].score <= 1);
    assert_string_equal(kor_model_label(model, s[1].label), "local");
    assert_true(s[1].score == 1 && s[1].end_cp == strlen(text) - 1);
    assert_works(kor_spans(ctx, text, KOR_NUL, s, 1, &n, &err), &err);
    assert_int_equal(n, 1); /* no more than there is room for */
    assert_works(kor_spans(ctx, "\xff\xfe http://[::1]/ \xff", KOR_NUL, s, 8, &n, &err), &err);
    assert_true(n == 1 && s[0].start == 3 && s[0].start_cp == 3);
    assert_works(kor_spans(ctx, NULL, 0, s, 8, &n, &err), &err);
    assert_int_equal(n, 0);
    float p[8];
    assert_int_equal(kor_classify(ctx, text, KOR_NUL, p, 8, &err), KOR_E_UNSUPPORTED);
    kor_ctx_free(ctx);
    kor_model_close(model);
    folder_remove(&f);
}

static void test_rule_spans_train_to_the_same_bytes(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_train_report r;
    unsigned char *one, *two;
    write_task(&f, "");
    train(&f, &r);
    kor_train_report_free(&r);
    size_t n = get_file(in(&f, "t.gguf"), &one);
    train(&f, &r);
    kor_train_report_free(&r);
    assert_int_equal(get_file(in(&f, "t.gguf"), &two), n);
    assert_memory_equal(one, two, n);
    free(one);
    free(two);
    folder_remove(&f);
}

/* Places that are always wanted, and such as are wanted one time in four: how far it leans says
 * what recall is worth. */
static void test_rule_spans_lean_towards_recall_when_asked(void **state)
{
    (void)state;
    folder f = folder_new();
    char rows[1 << 16];
    size_t n = 0, found[2];
    for (int i = 0; i < 400; i++) {
        bool wanted = i % 2 || i % 8 == 0;
        n += (size_t)snprintf(rows + n, sizeof rows - n,
                              "{\"text\":\"%s site%03d.io\",\"spans\":[%s]}\n",
                              i % 2 ? "good" : "poor", i, wanted ? "[5,15,\"other\"]" : "");
    }
    for (int k = 0; k < 2; k++) {
        kor_train_report r;
        write_task(&f, k ? "recipe: {recall_weight: 5}\n" : "recipe: {recall_weight: 0.2}\n");
        put_file(in(&f, "rows.jsonl"), rows, n);
        train(&f, &r);
        found[k] = r.metrics.classes[0].answered;
        kor_train_report_free(&r);
    }
    assert_true(found[1] > found[0]);
    folder_remove(&f);
}

static void test_rule_spans_tasks_that_are_wrong_are_told(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"name: t\nhead: spans\nrules: guesses\ntrain: rows.jsonl\n",
         ":3: unknown rules 'guesses'"},
        {"name: t\nhead: tags\nrules: links\ntrain: rows.jsonl\n", ":3: rules go with head spans"},
        {"name: t\nhead: spans\nrules: links\narchitecture: hybrid\ntrain: rows.jsonl\n",
         ":4: with rules the architecture is bag"},
        {"name: t\nhead: spans\ntrain: rows.jsonl\nrecipe:\n  recall_weight: 2\n",
         ":5: recall_weight goes with 'rules'"},
    };
    folder f = folder_new();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        kor_train_report r;
        kor_error err;
        const kor_train_options options = {0};
        write_task(&f, "");
        put_file(in(&f, "task.yaml"), wrong[i][0], strlen(wrong[i][0]));
        assert_int_equal(kor_train(&r, f.path, &options, &err), KOR_E_INPUT);
        if (!strstr(err.msg, wrong[i][1])) fail_msg("'%s'", err.msg);
    }
    kor_train_report r;
    kor_error err;
    const kor_train_options options = {0};
    static const char plain[] = "{\"text\":\"a b\",\"spans\":[[0,1,\"x\"]]}\n"
                                "{\"text\":\"a c\",\"spans\":[[0,1,\"x\"]]}\n";
    write_task(&f, "val_share: 0.5\n");
    put_file(in(&f, "rows.jsonl"), plain, sizeof plain - 1);
    assert_int_equal(kor_train(&r, f.path, &options, &err), KOR_E_INPUT);
    assert_non_null(strstr(err.msg, "rules 'links' offer nothing"));
    folder_remove(&f);
}

/* The file of a trained model with one thing changed. */
typedef struct change {
    const char *head, *architecture, *rules;
    uint32_t version;
    size_t labels;
    bool other_type; /* of korora.rules */
    kor_status status;
    const char *says;
} change;

static void test_rule_spans_files_that_deceive_are_refused(void **state)
{
    (void)state;
    static const change changes[] = {
        {.status = KOR_OK},
        {.rules = "guesses", .status = KOR_E_UNSUPPORTED, .says = "rules 'guesses'"},
        {.rules = "", .status = KOR_E_UNSUPPORTED, .says = "rules ''"},
        {.rules = "a name that is longer than that of any rules there are",
         .status = KOR_E_UNSUPPORTED,
         .says = "rules 'a name"},
        {.version = 99, .status = KOR_E_UNSUPPORTED, .says = "version 99"},
        {.other_type = true, .status = KOR_E_INPUT, .says = "korora.rules"},
        {.head = "classify", .status = KOR_E_INPUT, .says = "korora.threshold"},
        {.head = "rank", .status = KOR_E_UNSUPPORTED, .says = "rules go with"},
        {.architecture = "hybrid", .status = KOR_E_UNSUPPORTED, .says = "rules go with"},
        {.labels = 2, .status = KOR_E_INPUT, .says = "bag.output"},
        {.labels = 4, .status = KOR_E_INPUT, .says = "bag.output"},
    };
    static const char *const names[] = {"a", "b", "c", "d"};
    folder f = folder_new();
    kor_train_report r;
    kor_error err;
    write_task(&f, "");
    train(&f, &r);
    kor_train_report_free(&r);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const change *c = &changes[i];
        kor_map map;
        kor_gguf g;
        kor_gguf_out o = {0};
        kor_bytes labels[4];
        kor_model *model;
        assert_works(kor_map_open(&map, in(&f, "t.gguf"), &err), &err);
        assert_works(kor_gguf_parse(&g, map.data, map.size, &err), &err);
        size_t count = c->labels ? c->labels : 3;
        for (size_t k = 0; k < count; k++) labels[k] = (kor_bytes){names[k], 1};
        kor_gguf_add_string(&o, "general.architecture", "korora");
        kor_gguf_add_u32(&o, "korora.format", 1);
        kor_gguf_add_string(&o, "korora.head", c->head ? c->head : "spans");
        kor_gguf_add_string(&o, "korora.architecture", c->architecture ? c->architecture : "bag");
        kor_gguf_add_strings(&o, "korora.labels", labels, count);
        kor_gguf_add_f32(&o, "korora.temperature", 1);
        if (c->other_type)
            kor_gguf_add_u32(&o, "korora.rules", 1);
        else
            kor_gguf_add_string(&o, "korora.rules", c->rules ? c->rules : "links");
        kor_gguf_add_u32(&o, "korora.rules.version",
                         c->version ? c->version : kor_rules_links.version);
        static const char *const keys[] = {"korora.bag.ngrams", "korora.bag.words",
                                           "korora.bag.chars_from", "korora.bag.chars_to"};
        for (size_t k = 0; k < 4; k++) {
            uint32_t value;
            assert_works(kor_gguf_get_u32(&g, keys[k], &value, &err), &err);
            kor_gguf_add_u32(&o, keys[k], value);
        }
        for (size_t k = 0; k < g.tensor_count; k++) {
            const kor_tensor *t = &g.tensors[k];
            char name[64];
            (void)snprintf(name, sizeof name, "%.*s", (int)t->name.len, t->name.data);
            kor_gguf_add_tensor(&o, name, t->type, t->dims, t->shape, t->data);
        }
        assert_works(kor_gguf_commit(&o, in(&f, "changed.gguf"), &err), &err);
        kor_gguf_out_free(&o);
        kor_gguf_free(&g);
        kor_map_close(&map);
        kor_status status = kor_model_open(&model, in(&f, "changed.gguf"), &err);
        if (status != c->status) fail_msg("change %zu: status %d, %s", i, (int)status, err.msg);
        if (c->says && !strstr(err.msg, c->says)) fail_msg("change %zu: %s", i, err.msg);
        kor_model_close(model);
    }
    folder_remove(&f);
}

static void test_rule_spans_are_decided_by_the_largest_logit(void **state)
{
    (void)state;
    float score;
    static const float none[] = {1, 2, 3}, equal[] = {1, 3, 3}, some[] = {0, 4, 1};
    assert_int_equal(kor_rule_spans_decide(none, 2, 1, false, &score), 2);
    assert_int_equal(kor_rule_spans_decide(none, 2, 1, true, &score), 1);
    assert_true(fabsf(score - 1 / (1 + expf(-1))) < 1e-6f); /* none has no part in it */
    assert_int_equal(kor_rule_spans_decide(equal, 2, 1, false, NULL), 2);
    assert_int_equal(kor_rule_spans_decide(some, 2, 2, false, &score), 1);
    assert_true(fabsf(score - 1 / (1 + expf(-2) + expf(-1.5f))) < 1e-6f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_spans_are_learnt_and_found),
        cmocka_unit_test(test_rule_spans_train_to_the_same_bytes),
        cmocka_unit_test(test_rule_spans_lean_towards_recall_when_asked),
        cmocka_unit_test(test_rule_spans_tasks_that_are_wrong_are_told),
        cmocka_unit_test(test_rule_spans_files_that_deceive_are_refused),
        cmocka_unit_test(test_rule_spans_are_decided_by_the_largest_logit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
