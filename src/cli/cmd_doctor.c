/* SPDX-License-Identifier: Apache-2.0 */
/* Every part tested, with the reason when it is not well. */
#include "cli/cli.h"

#include "capture/capture.h"
#include "colony/colony.h"
#include "kernels/kernels.h"
#include "memory/activity.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct doctor {
    json_t *list; /* with --json */
    bool sick;
} doctor;

typedef enum verdict { WELL, NOTE, SICK } verdict;

static void say(doctor *d, verdict v, const char *part, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void say(doctor *d, verdict v, const char *part, const char *fmt, ...)
{
    static const char *const words[] = {"well", "note", "sick"};
    static const kor_style styles[] = {KOR_GREEN, KOR_YELLOW, KOR_RED};
    kor_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    kor_str_vprintf(&text, fmt, ap);
    va_end(ap);
    if (v == SICK) d->sick = true;
    if (d->list) {
        json_t *row = json_pack("{s:s,s:s}", "part", part, "state", words[v]);
        json_object_set_new(row, "says", kor_text_json(kor_str_text(&text), text.len));
        json_array_append_new(d->list, row);
    } else {
        kor_print(styles[v], "%-5s", words[v]);
        printf(" %-8s ", part);
        kor_print_line(KOR_PLAIN, kor_str_text(&text), text.len, 0);
        putchar('\n');
    }
    kor_str_free(&text);
}

/* The model must run, and say that like is nearer than unlike. */
static void check_model(doctor *d, const char *home, kor_model **out)
{
    char path[4096];
    kor_error err;
    kor_ctx *ctx = NULL;
    if (kor_trunk_find(path, home, &err) != KOR_OK) {
        say(d, NOTE, "model",
            "no trunk.gguf: recall compares words only ('korora models' says where it is looked "
            "for)");
        return;
    }
    float v[3][1024];
    static const char *const texts[3] = {"the database is slow", "our SQL queries take too long",
                                         "a recipe for bread"};
    kor_status status = kor_model_open(out, path, &err);
    kor_model_info info = {0};
    if (status == KOR_OK) {
        kor_model_get_info(*out, &info);
        status = kor_ctx_new(&ctx, *out, &err);
    }
    for (int i = 0; i < 3 && status == KOR_OK; i++)
        status = kor_embed(ctx, texts[i], KOR_NUL, v[i], 1024, &err);
    kor_ctx_free(ctx);
    if (status != KOR_OK) {
        say(d, SICK, "model", "%s", err.msg);
        return;
    }
    float like = 0, unlike = 0;
    for (size_t i = 0; i < info.dim; i++) {
        like += v[0][i] * v[1][i];
        unlike += v[0][i] * v[2][i];
    }
    if (!(like > unlike))
        say(d, SICK, "model", "%s: its answers make no sense; make it again", path);
    else
        say(d, WELL, "model", "%s (%s, %.1f MB)", path, info.weights,
            (double)info.file_bytes / 1e6);
}

static void check_memory(doctor *d, const char *home, const kor_model *embedder)
{
    kor_memory *memory;
    kor_memory_stats stats;
    kor_error err;
    kor_status status = kor_memory_open(&memory, home, KOR_MEMORY_READ, embedder, &err);
    if (status == KOR_E_NOT_FOUND) {
        say(d, NOTE, "memory", "%s", err.msg);
        return;
    }
    if (status != KOR_OK) {
        say(d, SICK, "memory", "%s", err.msg);
        return;
    }
    status = kor_memory_check(memory, &err);
    if (status == KOR_OK) status = kor_memory_get_stats(memory, &stats, &err);
    if (status != KOR_OK) {
        say(d, SICK, "memory", "%s", err.msg);
    } else {
        say(d, WELL, "memory", "%s, %s, %.1f MB, schema %d; index and vectors agree",
            kor_counted(stats.events, "event"), kor_counted(stats.vectors, "vector"),
            (double)stats.file_bytes / 1e6, stats.schema);
        if (embedder && stats.vectors < stats.events) {
            say(d, NOTE, "vectors", "%s without a vector of this model: only the words are found",
                kor_counted(stats.events - stats.vectors, "event"));
        }
    }
    kor_memory_close(memory);
}

/* What watchers sent is in a file of its own, without which nothing of theirs is taken or
 * forgotten. */
static void check_activity(doctor *d, const char *home)
{
    kor_memory *memory;
    kor_bucket *buckets;
    kor_error err;
    kor_arena arena = {0};
    char path[4096 + 16];
    size_t count = 0;
    bool there = true;
    (void)snprintf(path, sizeof path, "%s/" KOR_ACTIVITY_FILE, home);
    if (access(path, F_OK) != 0 || access(path, W_OK) != 0) return;
    /* A memory that cannot be opened was spoken of before. */
    if (kor_memory_open(&memory, home, KOR_MEMORY_WRITE, NULL, &err) != KOR_OK) return;
    kor_status status = kor_activity_open_existing(memory, &there, &err);
    if (status == KOR_OK) status = kor_bucket_list(memory, &arena, &buckets, &count, &err);
    if (status != KOR_OK)
        say(d, SICK, "activity", "%s", err.msg);
    else
        say(d, WELL, "activity", "%s of watchers", kor_counted((int64_t)count, "bucket"));
    kor_memory_close(memory);
    kor_arena_free(&arena);
}

/* The guard must cut a made-up secret, and leave a plain text alone. */
static void check_guard(doctor *d, kor_session *s)
{
    static const char secret[] = "Authorization: Bearer ghp_"
                                 "a8Xk2Qv7LmN4pRt9Yw3ZcB6dFh1JsK5gT0eU";
    const char *out;
    char path[4096];
    size_t len;
    bool cut = false, spared = false;
    kor_error err;
    kor_guard_ctx *ctx = NULL;
    kor_status status = kor_guard_load(s, &err);
    if (status == KOR_OK) status = kor_guard_ctx_new(&ctx, s->guard, &err);
    if (status == KOR_OK)
        status = kor_guard_cut(ctx, secret, sizeof secret - 1, &out, &len, &cut, NULL, &err);
    if (status == KOR_OK)
        status = kor_guard_cut(ctx, "a plain note", 12, &out, &len, &spared, NULL, &err);
    kor_guard_ctx_free(ctx);
    size_t excluded = 0;
    for (int k = 0; status == KOR_OK && k < KOR_EXCLUSIONS; k++)
        excluded += s->guard->exclusions.count[k];
    if (status != KOR_OK)
        say(d, SICK, "guard", "%s", err.msg);
    else if (!cut || spared)
        say(d, SICK, "guard", "it does not tell a secret from a note");
    else if (!s->guard->secrets && kor_model_find(path, "secrets", s->home, NULL) == KOR_OK)
        say(d, SICK, "guard", "secrets are cut out by rules alone: %s is broken", path);
    else
        say(d, s->guard->secrets ? WELL : NOTE, "guard", "secrets are cut out by %s; %s excluded",
            s->guard->secrets ? "rules and a model" : "rules alone: no secrets.gguf",
            kor_counted((int64_t)excluded, "thing"));
}

/* Each model of the colony on a text, with its time; who is away, and why. */
static void check_colony(doctor *d, kor_session *s)
{
    static const char text[] =
        "Met Anna Ruiz about the parser on Monday. We go with version 2.1 and "
        "I'll send the notes, see https://example.org/notes";
    kor_error err;
    kor_colony_ctx *ctx = NULL;
    kor_status status = kor_colony_load(&s->colony, s, &err);
    if (status == KOR_E_NOT_FOUND) {
        say(d, NOTE, "colony", "%s", err.msg);
        return;
    }
    if (status == KOR_OK) status = kor_colony_ctx_new(&ctx, s->colony, NULL, &err);
    if (status != KOR_OK) {
        say(d, SICK, "colony", "%s", err.msg);
        return;
    }
    const kor_colony_event event = {.text = text, .len = sizeof text - 1};
    double start = kor_seconds();
    size_t present = 0, count = kor_colony_count(s->colony);
    kor_colony_run(ctx, &event);
    double ms = (kor_seconds() - start) * 1e3;
    for (size_t i = 0; i < count; i++) present += kor_colony_get(s->colony, i)->model != NULL;
    say(d, present == count ? WELL : NOTE, "colony", "%zu of %zu models read an event, in %.1f ms",
        present, count, ms);
    for (size_t i = 0; i < count; i++) {
        const kor_colony_member *m = kor_colony_get(s->colony, i);
        if (m->why) say(d, SICK, "colony", "%s: %s", m->step->model, m->why);
    }
    kor_colony_ctx_free(ctx);
}

static void check_privacy(doctor *d, const char *home)
{
    char path[4096 + 16];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/memory.db", home);
    if (stat(path, &st) != 0) return;
    if (st.st_mode & 077) {
        say(d, SICK, "private", "%s can be read by others (mode %03o): chmod 600 it", path,
            st.st_mode & 0777u);
    } else {
        say(d, WELL, "private", "the memory is yours alone (mode %03o)", st.st_mode & 0777u);
    }
}

static void check_time(doctor *d)
{
    kor_zone *zone;
    kor_error err;
    if (kor_zone_open(&zone, NULL, &err) != KOR_OK) {
        say(d, SICK, "time", "%s", err.msg);
        return;
    }
    char now[KOR_TIME_SIZE];
    kor_time_format(now, kor_now_ms(), zone);
    say(d, WELL, "time", "%s, zone %s", now, kor_zone_name(zone));
    kor_zone_close(zone);
}

static int run(int argc, char **argv)
{
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_doctor, NULL, 0, 0, argc, argv, &code)) return code;
    doctor d = {.list = a.json ? json_array() : NULL};
    char home[4096];
    kor_error err;
    kor_model *model = NULL;
    const kor_kernels *all[KOR_KERNELS_MAX];
    size_t paths = kor_kernels_all(all);
    say(&d, WELL, "kernels", "%s, the %s of %zu that this CPU runs", kor_cpu(),
        strcmp(kor_cpu(), all[paths - 1]->name) == 0 ? "best" : "chosen one", paths);
    check_time(&d);
    if (kor_home(home, &a, &err) != KOR_OK) {
        say(&d, SICK, "home", "%s", err.msg);
    } else {
        check_model(&d, home, &model);
        check_memory(&d, home, model);
        check_activity(&d, home);
        check_privacy(&d, home);
        kor_session s = {.embedder = model};
        memcpy(s.home, home, sizeof home);
        check_guard(&d, &s);
        check_colony(&d, &s);
        kor_session_close(&s);
    }
    if (d.list) kor_print_json(d.list);
    return d.sick ? EXIT_NO : EXIT_DONE;
}

const kor_command kor_command_doctor = {
    .name = "doctor",
    .summary = "test every part, and say what is not well",
    .usage = "",
    .details = "Exit code 1 when something is sick.\n",
    .run = run,
};
