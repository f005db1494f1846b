/* SPDX-License-Identifier: Apache-2.0 */
/* Where the memory and the models are. */
#include "cli/cli.h"

#include "base/file.h"
#include "learn/task.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *set(const char *name)
{
    const char *v = getenv(name);
    return v && *v ? v : NULL;
}

kor_status kor_home(char out[4096], const kor_args *a, kor_error *err)
{
    const char *home = a->home ? a->home : set("KORORA_HOME");
    int n;
    if (home) {
        if (!*home) return kor_fail(err, KOR_E_ARG, "--home is empty: name a folder");
        n = snprintf(out, 4096, "%s", home);
    } else if (set("XDG_DATA_HOME")) {
        n = snprintf(out, 4096, "%s/korora", set("XDG_DATA_HOME"));
    } else if (set("HOME")) {
        n = snprintf(out, 4096, "%s/.local/share/korora", set("HOME"));
    } else {
        return kor_fail(err, KOR_E_NOT_FOUND,
                        "no home directory: set HOME or KORORA_HOME, or pass --home DIR");
    }
    if (n < 0 || n >= 4096 - 64) return kor_fail(err, KOR_E_ARG, "%.80s...: path too long", out);
    return KOR_OK;
}

/* out[n], if no folder before it is the same; returns how many there are now. */
static size_t keep_new(char out[KOR_MODEL_FOLDERS][4096], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(out[i], out[n]) == 0) return n;
    }
    return n + 1;
}

/* The folder of the program; false where that is not known. */
static bool program_folder(char out[3072])
{
    ssize_t len = readlink("/proc/self/exe", out, 3072 - 1);
    if (len <= 0) return false;
    out[len] = 0;
    char *slash = strrchr(out, '/');
    if (slash) *slash = 0;
    return slash != NULL;
}

size_t kor_model_folders(char out[KOR_MODEL_FOLDERS][4096], const char *home)
{
    size_t n = 0;
    if (set("KORORA_MODELS")) (void)snprintf(out[n++], 4096, "%s", set("KORORA_MODELS"));
    if (home) {
        (void)snprintf(out[n], 4096, "%.4000s/models", home);
        n = keep_new(out, n);
    }
    char program[3072];
    if (!program_folder(program)) return n;
    static const char *const beside[] = {"models", "../models", "../share/korora/models"};
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        (void)snprintf(out[n], 4096, "%s/%s", program, beside[i]);
        n = keep_new(out, n);
    }
    return n;
}

void kor_tasks_folder(char out[4096])
{
    static const char *const beside[] = {"tasks", "../tasks", "../share/korora/tasks"};
    char program[3072];
    (void)snprintf(out, 4096, "tasks");
    if (access(out, R_OK) == 0 || !program_folder(program)) return;
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        char there[4096];
        (void)snprintf(there, sizeof there, "%s/%s", program, beside[i]);
        if (access(there, R_OK) != 0) continue;
        (void)snprintf(out, 4096, "%s", there);
        return;
    }
}

static bool is_path(const char *name)
{
    size_t len = strlen(name);
    return strchr(name, '/') || (len > 5 && strcmp(name + len - 5, ".gguf") == 0);
}

kor_status kor_model_find_shipped(char out[4096], const char *name, const char *home,
                                  kor_error *err)
{
    char folder[KOR_MODEL_FOLDERS][4096];
    size_t n = kor_model_folders(folder, home);
    for (size_t i = 0; i < n; i++) {
        if (snprintf(out, 4096, "%s/%s.gguf", folder[i], name) < 4096 && access(out, R_OK) == 0)
            return KOR_OK;
    }
    return kor_fail(err, KOR_E_NOT_FOUND, "no model '%.80s': 'korora models' lists those there are",
                    name);
}

bool kor_model_personal(char out[4096], const char *name, const char *home)
{
    static bool said;
    kor_loaded loaded;
    kor_error err;
    if (!home || snprintf(out, 4096, "%s/%s/%s.gguf", home, KOR_PERSONAL_FOLDER, name) >= 4096 ||
        access(out, F_OK) != 0)
        return false;
    if (kor_model_load(&loaded, out, home, &err) == KOR_OK) {
        kor_model_unload(&loaded);
        return true;
    }
    if (!said) kor_say(NULL, "%s; the shipped model answers instead", err.msg);
    said = true;
    return false;
}

kor_status kor_model_find(char out[4096], const char *name, const char *home, kor_error *err)
{
    size_t len = strlen(name);
    if (!is_path(name)) {
        if (kor_model_personal(out, name, home)) return KOR_OK;
        return kor_model_find_shipped(out, name, home, err);
    }
    if (len >= 4096) return kor_fail(err, KOR_E_ARG, "%.80s...: path too long", name);
    memcpy(out, name, len + 1);
    return KOR_OK;
}

kor_status kor_model_load(kor_loaded *out, const char *path, const char *home, kor_error *err)
{
    *out = (kor_loaded){0};
    char name[64], trunk[4096];
    KOR_TRY(kor_model_trunk(path, name, err));
    if (!*name) return kor_model_open(&out->model, path, err);
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    int n = snprintf(trunk, sizeof trunk, "%.*s%s.gguf", folder, path, name);
    if (n < 0 || (size_t)n >= sizeof trunk || access(trunk, R_OK) != 0) {
        kor_status status = kor_model_find(trunk, name, home, err);
        if (status != KOR_OK) return kor_fail_in(err, status, "%s: its trunk", path);
    }
    KOR_TRY(kor_model_open(&out->trunk, trunk, err));
    kor_status status = kor_model_open_on(&out->model, path, out->trunk, err);
    if (status != KOR_OK) kor_model_unload(out);
    return status;
}

void kor_model_unload(kor_loaded *loaded)
{
    kor_model_close(loaded->model);
    kor_model_close(loaded->trunk);
    *loaded = (kor_loaded){0};
}

kor_status kor_trunk_find(char out[4096], const char *home, kor_error *err)
{
    if (kor_model_find_shipped(out, KOR_TASK_BASE, home, NULL) == KOR_OK) return KOR_OK;
    /* Who forges the trunk anew has what it starts from. */
    if (kor_model_find_shipped(out, "base", home, NULL) == KOR_OK) return KOR_OK;
    return kor_model_find_shipped(out, KOR_TASK_BASE, home, err);
}

kor_status kor_base_open(kor_model **out, const char *name, const kor_args *a, kor_error *err)
{
    char home[4096], path[4096];
    const char *where = kor_home(home, a, NULL) == KOR_OK ? home : NULL;
    *out = NULL;
    kor_status status = strcmp(name, KOR_TASK_BASE) == 0 ? kor_trunk_find(path, where, err)
                                                         : kor_model_find(path, name, where, err);
    return status == KOR_OK ? kor_model_open(out, path, err) : KOR_OK;
}

kor_status kor_trunk_open(kor_model **out, const kor_args *a, kor_error *err)
{
    return kor_base_open(out, KOR_TASK_BASE, a, err);
}

kor_status kor_answer(kor_ctx *ctx, const kor_model_info *info, const char *text, size_t len,
                      float *out, kor_error *err)
{
    size_t size = kor_answer_size(info);
    if (kor_model_ranks(info)) return kor_rank(ctx, text, len, text, len, out, err);
    if (strcmp(info->head, "spans") == 0) {
        kor_span found[64];
        return kor_spans(ctx, text, len, found, sizeof found / sizeof *found, &size, err);
    }
    return info->labels ? kor_classify(ctx, text, len, out, size, err)
                        : kor_embed(ctx, text, len, out, size, err);
}

static kor_status read_times(kor_session *s, const kor_time_arg *times, kor_error *err)
{
    for (const kor_time_arg *t = times; t && t->option; t++) {
        if (!t->text) continue;
        kor_status status = kor_time_parse(t->text, s->zone, s->now_ms, t->ms, t->offset_min, err);
        if (status != KOR_OK) return kor_fail_in(err, status, "%s", t->option);
    }
    return KOR_OK;
}

static kor_status open_embedder(kor_session *s, const kor_command *command, kor_error *err)
{
    char path[4096];
    if (kor_trunk_find(path, s->home, err) == KOR_OK) {
        return kor_model_open(&s->embedder, path, err);
    }
    kor_say(command, "no trunk.gguf, so words are compared and not their meaning ('korora models' "
                     "says where it is looked for)");
    return KOR_OK;
}

bool kor_session_open(kor_session *s, const kor_args *a, kor_memory_mode mode, bool embed,
                      const kor_time_arg *times, int *code)
{
    *s = (kor_session){.now_ms = kor_now_ms()};
    kor_error err;
    kor_status status = kor_home(s->home, a, &err);
    if (status == KOR_OK) status = kor_zone_open(&s->zone, NULL, &err);
    if (status == KOR_OK) status = read_times(s, times, &err);
    if (status == KOR_OK && embed) status = open_embedder(s, a->command, &err);
    if (status == KOR_OK) status = kor_memory_open(&s->memory, s->home, mode, s->embedder, &err);
    if (status == KOR_OK) return true;
    *code = kor_report(a->command, &err);
    kor_session_close(s);
    return false;
}

void kor_session_close(kor_session *s)
{
    kor_memory_close(s->memory);
    kor_colony_close(s->colony);
    if (s->guard) kor_exclusions_free(&s->guard->exclusions);
    free(s->guard);
    kor_model_unload(&s->secrets);
    kor_model_close(s->embedder);
    kor_zone_close(s->zone);
    *s = (kor_session){0};
}
