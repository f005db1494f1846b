/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "colony/colony.h"
#include "colony/guard.h"
#include "forge/grammar.h"
#include "gguf_maker.h"
#include "golden.h"
#include "labels_maker.h"
#include "learn/personal.h"
#include "learn/task.h"
#include "plain_encoder.h"
#include "scratch.h"
#include "text/unigram.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Every allocation of a run fails once: the first, then the second, until a run gets by. Each
 * failure must come back as KOR_E_MEMORY with nothing leaked. The program's own allocator counts
 * and fails; a sanitizer brings its own, which only counts, so that there the runs check for leaks
 * alone. */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static atomic_long taken, live;  /* allocations made; made and not freed */
static atomic_long fail_at = -1; /* how many succeed before the one that fails; below 0: all */
static atomic_bool failed;

#if SANITIZED

#include <sanitizer/allocator_interface.h>

static void took(const volatile void *p, size_t size)
{
    (void)size;
    if (!p) return;
    taken++;
    live++;
}

static void gave_back(const volatile void *p)
{
    if (p) live--;
}

static void set_up(void)
{
    assert_true(__sanitizer_install_malloc_and_free_hooks(took, gave_back) > 0);
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *p);
extern char __executable_start, etext; /* the linker's: where this program's code lies */

/* Only what this program calls, the library within it, may fail: qsort in libc, for one, does
 * without memory that it cannot get. Allocations of all are counted. */
static bool refuse(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    if (at < (uintptr_t)&__executable_start || at >= (uintptr_t)&etext || fail_at < 0) return false;
    if (fail_at-- > 0) return false;
    failed = true;
    return true;
}

static void *count(void *p)
{
    if (p) {
        taken++;
        live++;
    }
    return p;
}

#define EXPORTED __attribute__((visibility("default")))
#define CALLER __builtin_return_address(0)

EXPORTED void *malloc(size_t size)
{
    return refuse(CALLER) ? NULL : count(__libc_malloc(size));
}

EXPORTED void *calloc(size_t n, size_t size)
{
    return refuse(CALLER) ? NULL : count(__libc_calloc(n, size));
}

EXPORTED void *realloc(void *p, size_t size)
{
    if (refuse(CALLER)) return NULL;
    void *moved = __libc_realloc(p, size);
    if (moved) taken++;
    if (moved && !p) live++;
    return moved;
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size)
{
    return refuse(CALLER) ? NULL : count(__libc_memalign(alignment, size));
}

EXPORTED int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *p = refuse(CALLER) ? NULL : count(__libc_memalign(alignment, size));
    if (p) *out = p;
    return p ? 0 : 12; /* ENOMEM */
}

EXPORTED void free(void *p)
{
    if (p) live--;
    __libc_free(p);
}

static void set_up(void)
{
}

#endif

/* What a run reports: it may not assert, for that would allocate in the middle. */
typedef struct report {
    kor_status status; /* of the first call that failed */
    kor_error err;
    bool torn; /* a call failed and still gave something, or succeeded and gave nothing */
} report;

typedef void run_function(report *r, void *arg);

/* Returns how many runs failed. */
static long sweep(run_function *run, void *arg)
{
    for (long k = 0;; k++) {
        report r = {0};
        long before = live;
        failed = false;
        fail_at = SANITIZED ? -1 : k;
        run(&r, arg);
        fail_at = -1;
        if (live != before) fail_msg("allocation %ld failed: %ld leaked", k, live - before);
        if (r.torn) fail_msg("allocation %ld failed: an output is not what its status says", k);
        if (!failed) {
            assert_works(r.status, &r.err);
            return k;
        }
        if (r.status != KOR_E_MEMORY || r.err.code != KOR_E_MEMORY ||
            !strstr(r.err.msg, "out of memory")) {
            fail_msg("allocation %ld failed: %s, '%s'", k, kor_status_name(r.status), r.err.msg);
        }
    }
}

/* Every call of korora.h, as an application makes them. */
static void run_library(report *r, void *path)
{
    kor_model *model = path;
    kor_ctx *ctx = path;
    kor_model_info info;
    float v[GOLDEN_DIM];
    int32_t ids[8];
    size_t count;
    (void)kor_cpu();
    (void)kor_version();
    (void)kor_status_name(KOR_OK);
    r->status = kor_model_open(&model, path, &r->err);
    r->torn |= !model != (r->status != KOR_OK);
    if (r->status == KOR_OK) {
        kor_model_get_info(model, &info);
        r->status = kor_ctx_new(&ctx, model, &r->err);
        r->torn |= !ctx != (r->status != KOR_OK);
        if (r->status == KOR_OK)
            r->status = kor_tokenize(ctx, "p\xc3\xa2t\xc3\xa9", 6, ids, 8, &count, &r->err);
        if (r->status == KOR_OK) r->status = kor_embed(ctx, "abc", 3, v, GOLDEN_DIM, &r->err);
        if (ctx != path) kor_ctx_free(ctx);
    }
    kor_model_close(model);
}

static void test_malloc_sweep_library_survives_every_failure(void **state)
{
    (void)state;
    folder f = folder_new();
    char path[4096];
    for (int int8 = 0; int8 < 2; int8++) {
        (void)snprintf(path, sizeof path, "%s", in(&f, "tiny.gguf"));
        tiny_write(path, int8, &(tiny_change){0});
        long failures = sweep(run_library, path);
        assert_true(SANITIZED || failures >= 5); /* model, tables, ctx, its three buffers, ... */
    }
    (void)snprintf(path, sizeof path, "%s", trunk_path());
    long failures = sweep(run_library, path);
    assert_true(SANITIZED || failures >= 5);
    folder_remove(&f);
}

/* The calls for models with labels. */
static void run_labels(report *r, void *path)
{
    kor_model *model = path;
    kor_ctx *ctx = path;
    float p[MADE_LABELS];
    char name[64];
    r->status = kor_model_trunk(path, name, &r->err);
    if (r->status != KOR_OK) return;
    r->status = kor_model_open(&model, path, &r->err);
    r->torn |= !model != (r->status != KOR_OK);
    if (r->status == KOR_OK) {
        r->status = kor_ctx_new(&ctx, model, &r->err);
        r->torn |= !ctx != (r->status != KOR_OK);
        if (r->status == KOR_OK) r->status = kor_classify(ctx, "a b", 3, p, MADE_LABELS, &r->err);
        if (r->status == KOR_OK) r->torn |= !kor_model_label(model, 0);
        if (ctx != path) kor_ctx_free(ctx);
    }
    kor_model_close(model);
}

static void test_malloc_sweep_models_with_labels_survive_every_failure(void **state)
{
    (void)state;
    folder f = folder_new();
    char path[4096];
    const char *trunk = in(&f, "tiny.gguf");
    tiny_write(trunk, true, &(tiny_change){0});
    (void)snprintf(path, sizeof path, "%s", in(&f, "model.gguf"));
    for (int kind = 0; kind < 8; kind++) {
        labels_write(path, kind & 1, (made_kind)(kind / 2), trunk);
        long failures = sweep(run_labels, path);
        /* The model, tables, names of labels, ctx, scratch; with a trunk, all of its own too. */
        assert_true(SANITIZED || failures >= (kind >= 2 ? 12 : 5));
    }
    folder_remove(&f);
}

/* A personal model of the one at path, beside it. */
static void run_personal(report *r, void *path)
{
    static const int8_t right[MADE_LABELS] = {-1, 1, -1};
    static const kor_personal_row rows[] = {{.text = "c", .len = 1, .right = right},
                                            {.text = "a b", .len = 3},
                                            {.text = "b", .len = 1, .own = true}};
    char trunk[4096], out[4200];
    kor_model *model = NULL, *base = NULL;
    kor_personal_set set = {0};
    float delta[4096];
    const kor_personal_note note = {.quality = NAN};
    (void)snprintf(out, sizeof out, "%s.personal", (const char *)path);
    (void)snprintf(trunk, sizeof trunk, "%.*s/tiny.gguf", (int)(strrchr(path, '/') - (char *)path),
                   (char *)path);
    r->status = kor_model_open(&base, trunk, &r->err);
    if (r->status == KOR_OK) r->status = kor_model_open(&model, path, &r->err);
    if (r->status == KOR_OK)
        r->status = kor_personal_read(&set, path, model, base, rows, 3, &r->err);
    if (r->status == KOR_OK) {
        r->torn = kor_personal_size(&set) > sizeof delta / sizeof *delta;
        r->status = kor_personal_learn(delta, &set, NULL, 8, 1, &r->err);
    }
    if (r->status == KOR_OK)
        r->status = kor_personal_write(&set, delta, path, base, &note, out, &r->err);
    r->torn |= (access(out, F_OK) == 0) != (r->status == KOR_OK);
    (void)unlink(out);
    kor_personal_free(&set);
    kor_model_close(model);
    kor_model_close(base);
}

static void test_malloc_sweep_personal_survives_every_failure(void **state)
{
    (void)state;
    folder f = folder_new();
    char path[4096];
    const char *trunk = in(&f, "tiny.gguf");
    tiny_write(trunk, true, &(tiny_change){0});
    (void)snprintf(path, sizeof path, "%s", in(&f, "model.gguf"));
    for (int kind = 0; kind < 4; kind++) {
        labels_write(path, kind & 1, (made_kind)(kind / 2), trunk);
        long failures = sweep(run_personal, path);
        assert_true(SANITIZED ||
                    failures >= 20); /* the models, rows, answers, a lesson, the file */
    }
    folder_remove(&f);
}

static void run_task(report *r, void *path)
{
    kor_task task;
    r->status = kor_task_read(&task, path, &r->err);
    r->torn = !task.name != (r->status != KOR_OK);
    kor_task_free(&task);
}

static void test_malloc_sweep_task_survives_every_failure(void **state)
{
    (void)state;
    static const char text[] = "name: t\nhead: classify\ntrain: rows.jsonl\nval: val.jsonl\n"
                               "labels: [a, b, c]\nlicence: MIT AND own\nsources: [here, there]\n"
                               "teacher: t.gguf\nout_of_scope: c\ngates: {accuracy: 0.5}\n"
                               "recipe: {dim: 8, class_weights: balanced}\n";
    folder f = folder_new();
    char path[4096];
    put_file(in(&f, "task.yaml"), text, sizeof text - 1);
    (void)snprintf(path, sizeof path, "%s", f.path);
    long failures = sweep(run_task, path);
    assert_true(SANITIZED || failures >= 2); /* the file, the arena: libcyaml has its own */
    folder_remove(&f);
}

static kor_status find_nothing(void *arg, const char *model, char out[4096], kor_error *err)
{
    (void)arg, (void)out;
    return kor_fail(err, KOR_E_NOT_FOUND, "no model %s", model);
}

/* What is excluded is changed, a secret is cut out, and a colony without models reads the rest. */
static void run_colony(report *r, void *home)
{
    char plan[300], excluded[300];
    const char *const plans[] = {plan};
    static const char text[] = "key=%67hp_a8Xk2Qv7LmN4pRt9Yw3ZcB6dFh1JsK5gT0eU.";
    const char *out = NULL;
    size_t len;
    bool changed, cut = false;
    kor_guard guard = {0};
    kor_guard_ctx *ctx = NULL;
    kor_colony *colony = NULL;
    kor_colony_ctx *minds = NULL;
    (void)snprintf(plan, sizeof plan, "%.200s/colony.yaml", (const char *)home);
    (void)snprintf(excluded, sizeof excluded, "%.200s/exclude.yaml", (const char *)home);
    kor_exclusions *e = &guard.exclusions;
    r->status = kor_exclusions_read(e, excluded, &r->err);
    if (r->status == KOR_OK)
        r->status = kor_exclusions_add(e, KOR_EXCLUDE_APP, "new", &changed, &r->err);
    if (r->status == KOR_OK) kor_exclusions_remove(e, KOR_EXCLUDE_APP, "new");
    if (r->status == KOR_OK) r->status = kor_exclusions_write(e, excluded, &r->err);
    if (r->status == KOR_OK) r->status = kor_guard_ctx_new(&ctx, &guard, &r->err);
    if (r->status == KOR_OK) {
        r->status = kor_guard_cut(ctx, text, sizeof text - 1, &out, &len, &cut, NULL, &r->err);
        r->torn |= cut != (r->status == KOR_OK);
    }
    if (r->status == KOR_OK) {
        r->status = kor_colony_open(&colony, plans, 1, NULL, find_nothing, NULL, &r->err);
        r->torn |= !colony != (r->status != KOR_OK);
    }
    if (r->status == KOR_OK) r->status = kor_colony_ctx_new(&minds, colony, NULL, &r->err);
    if (r->status == KOR_OK) kor_colony_run(minds, &(kor_colony_event){.text = out, .len = len});
    kor_colony_ctx_free(minds);
    kor_colony_close(colony);
    kor_guard_ctx_free(ctx);
    kor_exclusions_free(e);
}

static void test_malloc_sweep_colony_survives_every_failure(void **state)
{
    (void)state;
    static const char plan[] =
        "steps:\n  - {model: a}\n  - {model: b, when: \"a in [x, 'y z']\"}\n",
                      excluded[] = "words: [one, two]\npaths: [~/private]\n";
    folder f = folder_new();
    put_file(in(&f, "colony.yaml"), plan, sizeof plan - 1);
    put_file(in(&f, "exclude.yaml"), excluded, sizeof excluded - 1);
    long failures = sweep(run_colony, f.path);
    assert_true(SANITIZED || failures >= 15);
    folder_remove(&f);
}

static void run_rows(report *r, void *path)
{
    kor_dataset data;
    kor_labels labels = {0};
    const kor_dataset_options o = {.tags = false};
    r->status = kor_dataset_read(&data, path, &labels, &o, &r->err);
    r->torn = !data.count != (r->status != KOR_OK);
    if (r->status == KOR_OK)
        r->status = kor_labels_sort(&labels, (kor_dataset *const[]){&data}, 1, &r->err);
    kor_dataset_free(&data);
    kor_labels_free(&labels);
}

static void test_malloc_sweep_rows_survive_every_failure(void **state)
{
    (void)state;
    folder f = folder_new();
    char path[4096];
    kor_str rows = {0};
    for (int i = 0; i < 2000; i++) { /* enough for lists and labels to grow */
        kor_str_printf(&rows, "{\"text\":\"text %d\",\"label\":\"%d\"%s}\n", i, i % 80,
                       i % 3 ? "" : ",\"soft\":{\"1\":0.5,\"0\":0.5}");
    }
    (void)snprintf(path, sizeof path, "%s", in(&f, "rows.jsonl"));
    put_file(path, rows.data, rows.len);
    kor_str_free(&rows);
    long failures = sweep(run_rows, path);
    assert_true(SANITIZED || failures >= 20);
    folder_remove(&f);
}

static kor_status drop_row(void *arg, const kor_grammar_row *row, kor_error *err)
{
    (void)arg;
    (void)row;
    (void)err;
    return KOR_OK;
}

static void run_grammar(report *r, void *path)
{
    kor_grammar *g;
    const kor_grammar_options o = {.seed = 1, .count = 1500, .corruption = {.share = 0.5}};
    r->status = kor_grammar_load(&g, path, NULL, &r->err);
    r->torn = !g != (r->status != KOR_OK);
    if (r->status == KOR_OK) r->status = kor_grammar_generate(g, &o, drop_row, NULL, &r->err);
    kor_grammar_free(g);
}

static void test_malloc_sweep_grammar_survives_every_failure(void **state)
{
    (void)state;
    folder f = folder_new();
    char path[4096];
    kor_str text = {0};
    kor_str_puts(&text,
                 "import ./words.chatito\n%[i]('k': 'v')\n    ~[w], @[s] ~[w?] ~[undefined?]\n"
                 "@[s]\n    one\n    2,000\n");
    put_file(in(&f, "g.chatito"), text.data, text.len);
    kor_str_clear(&text);
    kor_str_puts(&text, "~[w]\n");
    for (int i = 0; i < 200; i++) kor_str_printf(&text, "    word%d\n", i);
    for (int i = 0; i < 200; i++) kor_str_printf(&text, "~[w%d]\n    x\n", i);
    put_file(in(&f, "words.chatito"), text.data, text.len);
    kor_str_free(&text);
    (void)snprintf(path, sizeof path, "%s", in(&f, "g.chatito"));
    long failures = sweep(run_grammar, path);
    assert_true(SANITIZED || failures >= 20);
    folder_remove(&f);
}

static void run_vocabulary(report *r, void *arg)
{
    (void)arg;
    kor_piece pieces[TINY_PIECES];
    for (size_t i = 0; i < TINY_PIECES; i++)
        pieces[i] = (kor_piece){tiny_pieces[i], strlen(tiny_pieces[i]), -1};
    kor_unigram *u = arg;
    r->status = kor_unigram_new(&u, pieces, TINY_PIECES, 2, &r->err);
    r->torn = !u != (r->status != KOR_OK);
    kor_unigram_free(u);
}

static void test_malloc_sweep_tokenizer_survives_every_failure(void **state)
{
    (void)state;
    int something;
    long failures = sweep(run_vocabulary, &something);
    assert_true(SANITIZED || failures >= 4); /* keys, scores, the trie, the tokenizer */
}

/* A file that could not be written for want of memory is as it was. */
static void run_writer(report *r, void *path)
{
    kor_gguf_out o = {0};
    kor_gguf_add_string(&o, "s", "text");
    kor_gguf_add_tensor(&o, "t", KOR_TENSOR_F32, 1, (size_t[]){100}, (float[100]){0});
    r->status = kor_gguf_commit(&o, path, &r->err);
    kor_gguf_out_free(&o);
}

static void test_malloc_sweep_writer_survives_every_failure(void **state)
{
    (void)state;
    folder f = folder_new();
    char path[4096];
    (void)snprintf(path, sizeof path, "%s", in(&f, "a.gguf"));
    long failures = sweep(run_writer, path);
    assert_true(SANITIZED || failures >= 4);
    assert_int_equal(entries(&f), 1);
    folder_remove(&f);
}

static void test_malloc_sweep_hot_path_does_not_allocate(void **state)
{
    (void)state;
    folder dir = folder_new();
    plain_write_f32(in(&dir, "f32.gguf"), trunk_path());
    golden *all = golden_load();
    static char hostile[100000];
    memset(hostile, 'x', sizeof hostile);
    for (size_t i = 0; i + 1 < sizeof hostile; i += 2)
        memcpy(hostile + i, i % 4 ? "\xcc\x81" : "\xcc\xa3", 2);
    for (size_t m = 0; m < 2; m++) {
        kor_model *model = m ? NULL : open_trunk();
        if (m) assert_int_equal(kor_model_open(&model, in(&dir, "f32.gguf"), NULL), KOR_OK);
        kor_ctx *ctx;
        kor_error err;
        assert_works(kor_ctx_new(&ctx, model, &err), &err);
        float v[GOLDEN_DIM];
        int32_t ids[GOLDEN_IDS];
        size_t count;
        long before = taken;
        size_t wrong = 0;
        for (size_t i = 0; i < 100; i++) {
            const golden *g = &all[i % GOLDEN_TEXTS];
            wrong += kor_embed(ctx, g->text, g->len, v, GOLDEN_DIM, &err) != KOR_OK;
            wrong += kor_tokenize(ctx, g->text, g->len, ids, GOLDEN_IDS, &count, &err) != KOR_OK;
        }
        wrong += kor_embed(ctx, hostile, sizeof hostile, v, GOLDEN_DIM, &err) != KOR_OK;
        wrong += kor_embed(ctx, NULL, 0, v, GOLDEN_DIM, &err) != KOR_OK;
        wrong += kor_embed(ctx, "x", 1, v, 0, &err) != KOR_E_ARG;
        long made = taken - before;
        assert_int_equal(wrong, 0);
        assert_int_equal(made, 0);
        kor_ctx_free(ctx);
        kor_model_close(model);
    }
    golden_free(all);
    folder_remove(&dir);
}

/* The tests above would pass if nothing were counted. */
static void test_malloc_sweep_counts_and_fails_allocations(void **state)
{
    (void)state;
    long before = taken, alive = live;
    void *volatile a = malloc(10);
    void *volatile b = calloc(2, 10);
    void *volatile c = aligned_alloc(64, 64);
    assert_int_equal(taken, before + 3);
    assert_int_equal(live, alive + 3);
    free(a);
    free(b);
    free(c);
    assert_int_equal(live, alive);
    if (SANITIZED) return;
    fail_at = 1;
    a = malloc(10);
    b = malloc(10);
    c = malloc(10);
    fail_at = -1;
    assert_non_null(a);
    assert_null(b);
    assert_non_null(c);
    free(a);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malloc_sweep_counts_and_fails_allocations),
        cmocka_unit_test(test_malloc_sweep_library_survives_every_failure),
        cmocka_unit_test(test_malloc_sweep_models_with_labels_survive_every_failure),
        cmocka_unit_test(test_malloc_sweep_personal_survives_every_failure),
        cmocka_unit_test(test_malloc_sweep_task_survives_every_failure),
        cmocka_unit_test(test_malloc_sweep_colony_survives_every_failure),
        cmocka_unit_test(test_malloc_sweep_rows_survive_every_failure),
        cmocka_unit_test(test_malloc_sweep_grammar_survives_every_failure),
        cmocka_unit_test(test_malloc_sweep_tokenizer_survives_every_failure),
        cmocka_unit_test(test_malloc_sweep_writer_survives_every_failure),
        cmocka_unit_test(test_malloc_sweep_hot_path_does_not_allocate),
    };
    set_up();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
