/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/file.h"
#include "model/gguf.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CALLS = 60, FIGURE_MAX = 1 << 20 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median milliseconds of one answer for a sentence of 16 tokens; less than 0 when it cannot run. */
static double measure(const kor_model *model, const kor_model_info *info)
{
    static const char sentence[] =
        "where are the notes about the new parser and its error recovery";
    kor_ctx *ctx;
    if (kor_ctx_new(&ctx, model, NULL) != KOR_OK) return -1;
    double ms[CALLS], median = -1;
    size_t size = kor_answer_size(info);
    float *out = malloc(size * sizeof *out);
    for (size_t i = 0; out && i < CALLS; i++) {
        double start = kor_seconds();
        if (kor_answer(ctx, info, sentence, KOR_NUL, out, NULL) != KOR_OK) break;
        ms[i] = (kor_seconds() - start) * 1e3;
        if (i + 1 == CALLS) {
            qsort(ms, CALLS, sizeof *ms, by_value);
            median = ms[CALLS / 2];
        }
    }
    free(out);
    kor_ctx_free(ctx);
    return median;
}

/* The name of a model from that of its file; false when it is none. */
static bool model_name(char out[256], const char *file)
{
    size_t n = strlen(file);
    bool is_model = n > 5 && n < 256 && strcmp(file + n - 5, ".gguf") == 0;
    if (is_model) (void)snprintf(out, 256, "%.*s", (int)(n - 5), file);
    return is_model;
}

/* The model that one in the user's folder of personal ones stands before; NULL: it is none, or the
 * only one of its name. */
static const char *replaced(char out[4096], const char *name, const char *path, const char *home)
{
    char folder[4200];
    int n = home ? snprintf(folder, sizeof folder, "%s/%s/", home, KOR_PERSONAL_FOLDER) : 0;
    if (!n || strncmp(path, folder, (size_t)n) != 0) return NULL;
    return kor_model_find_shipped(out, name, home, NULL) == KOR_OK ? out : "";
}

/* A number of a model's file; 0 when there is none. */
static uint64_t read_number(const char *path, const char *key)
{
    kor_map map;
    kor_gguf g;
    uint64_t n = 0;
    if (kor_map_open(&map, path, NULL) != KOR_OK) return 0;
    if (kor_gguf_parse(&g, map.data, map.size, NULL) == KOR_OK) {
        (void)kor_gguf_get_u64(&g, key, &n, NULL);
        kor_gguf_free(&g);
    }
    kor_map_close(&map);
    return n;
}

/* A model and where it stands. */
typedef struct listed {
    const char *name, *path;
    const char *before; /* replaced() */
    bool timed;
    double ms; /* measure() */
} listed;

/* Is it made of another model than it stands before now? */
static bool is_outdated(const listed *m)
{
    return m->before && *m->before &&
           read_number(m->path, "korora.personal.of") != read_number(m->before, "korora.checksum");
}

static json_t *model_json(const listed *m, const kor_model_info *info)
{
    const char *name = m->name, *path = m->path;
    json_t *o =
        json_pack("{s:o,s:s,s:s,s:I,s:I,s:I,s:I}", "name", kor_text_json(name, strlen(name)),
                  "head", info->head, "weights", info->weights, "parameters",
                  (json_int_t)info->parameters, "bytes", (json_int_t)info->file_bytes, "dim",
                  (json_int_t)info->dim, "max_tokens", (json_int_t)info->max_tokens);
    if (m->timed) json_object_set_new(o, "ms", json_real(m->ms));
    if (info->labels) json_object_set_new(o, "labels", json_integer((json_int_t)info->labels));
    if (*info->metric) {
        json_object_set_new(o, "metric", kor_text_json(info->metric, strlen(info->metric)));
        json_object_set_new(o, "quality", json_real((double)info->quality));
    }
    json_object_set_new(o, "license", kor_text_json(info->license, strlen(info->license)));
    json_object_set_new(o, "file", kor_text_json(path, strlen(path)));
    if (m->before) json_object_set_new(o, "personal", json_true());
    if (m->before && *m->before)
        json_object_set_new(o, "replaces", kor_text_json(m->before, strlen(m->before)));
    if (m->before) json_object_set_new(o, "outdated", json_boolean(is_outdated(m)));
    return o;
}

static void print_model(const listed *m, const kor_model_info *info)
{
    const char *path = m->path;
    double ms = m->ms;
    kor_print_cell(KOR_PLAIN, m->name, 12);
    kor_print_cell(KOR_PLAIN, info->head, 8);
    printf("%-5s  %5.1f M  %6.2f MB  %7.3f ms  ", info->weights, (double)info->parameters / 1e6,
           (double)info->file_bytes / 1e6, ms);
    if (*info->metric)
        printf("%7.3f  ", (double)info->quality);
    else
        printf("%7s  ", "");
    kor_print_line(KOR_PLAIN, path, strlen(path), 0);
    if (m->before) fputs(*m->before ? " (personal, replaces " : " (personal", stdout);
    if (m->before) kor_print_line(KOR_PLAIN, m->before, strlen(m->before), 0);
    if (is_outdated(m)) fputs("; made of an older one: forge it again", stdout);
    if (m->before) putchar(')');
    putchar('\n');
}

/* The card in a model's file, "" when it has none. */
static kor_status read_card(kor_str *out, const char *path, kor_error *err)
{
    kor_map map;
    kor_gguf g;
    kor_bytes card;
    KOR_TRY(kor_map_open(&map, path, err));
    kor_status status = kor_gguf_parse(&g, map.data, map.size, err);
    if (status == KOR_OK && kor_gguf_get_string(&g, "korora.card", &card, NULL) == KOR_OK)
        kor_str_add(out, card.data, card.len);
    if (status == KOR_OK) kor_gguf_free(&g);
    kor_map_close(&map);
    if (status == KOR_OK && out->failed) status = kor_fail_memory(err);
    return status;
}

static void print_heading(void)
{
    kor_print(KOR_BOLD, "%-13s %-9s %-5s %8s  %9s  %10s  %7s  %s\n", "name", "head", "type",
              "weights", "size", "16 tokens", "quality", "file");
}

/* What the list is made for. */
typedef struct listing {
    const char *home;
    json_t *list; /* NULL: a table is printed */
    bool timed;
    size_t shown;
} listing;

/* One model as a line of the table, or into the list. */
static bool show(listing *l, const char *name, const char *path)
{
    kor_loaded loaded;
    kor_error err;
    if (kor_model_load(&loaded, path, l->home, &err) != KOR_OK) {
        (void)kor_report(&kor_command_models, &err);
        return false;
    }
    kor_model_info info;
    kor_model_get_info(loaded.model, &info);
    char before[4096];
    const listed m = {name, path, replaced(before, name, path, l->home), l->timed,
                      l->timed ? measure(loaded.model, &info) : 0};
    if (!l->list && !l->shown) print_heading();
    if (l->list)
        json_array_append_new(l->list, model_json(&m, &info));
    else
        print_model(&m, &info);
    kor_model_unload(&loaded);
    return true;
}

/* The models of a folder, but for those that one of the same name in an earlier folder hides. */
static void show_folder(listing *l, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char name[256], path[4096 + 256], used[4096];
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        bool mine =
            model_name(name, entries[i]->d_name) &&
            (kor_model_find(used, name, l->home, NULL) != KOR_OK || strcmp(used, path) == 0);
        if (mine && show(l, name, path)) l->shown++;
        free(entries[i]);
    }
    if (n >= 0) free(entries);
}

/* One model with all that its file says of it. */
static int show_one(const char *name, const char *home, bool json)
{
    kor_loaded loaded = {0};
    kor_error err;
    kor_model_info info;
    kor_str card = {0};
    char path[4096];
    kor_status status = kor_model_find(path, name, home, &err);
    if (status == KOR_OK) status = kor_model_load(&loaded, path, home, &err);
    if (status == KOR_OK) status = read_card(&card, path, &err);
    if (status == KOR_OK) {
        kor_model_get_info(loaded.model, &info);
        char before[4096];
        const listed m = {name, path, replaced(before, name, path, home), true,
                          measure(loaded.model, &info)};
        if (json) {
            json_t *o = model_json(&m, &info);
            if (card.len) json_object_set_new(o, "card", kor_text_json(card.data, card.len));
            kor_print_json(o);
        } else {
            print_heading();
            print_model(&m, &info);
            putchar('\n');
            kor_print_block(kor_str_text(&card), card.len, 0);
            if (!card.len) printf("Its file holds no card.\n");
        }
    }
    kor_str_free(&card);
    kor_model_unload(&loaded);
    return status == KOR_OK ? EXIT_DONE : kor_report(&kor_command_models, &err);
}

/* All of them, the personal ones first. */
static void show_all(listing *l, char folder[KOR_MODEL_FOLDERS][4096], size_t folders)
{
    if (l->home) {
        char personal[4200];
        (void)snprintf(personal, sizeof personal, "%s/%s", l->home, KOR_PERSONAL_FOLDER);
        show_folder(l, personal);
    }
    for (size_t i = 0; i < folders; i++) show_folder(l, folder[i]);
}

json_t *kor_models_json(const char *home)
{
    char folder[KOR_MODEL_FOLDERS][4096];
    listing l = {.home = home, .list = json_array()};
    show_all(&l, folder, kor_model_folders(folder, home));
    return l.list;
}

/* The file of a model of the list, whose names are no paths. */
static kor_status find_listed(char out[4096], const char *name, const char *home, kor_error *err)
{
    if (strchr(name, '/'))
        return kor_fail(err, KOR_E_NOT_FOUND, "'%.80s' is not the name of a model", name);
    if (kor_model_personal(out, name, home)) return KOR_OK;
    return kor_model_find_shipped(out, name, home, err);
}

/* The figure beside a model's file, which ends in ".gguf"; false when there is none. */
static bool find_figure(char out[4096], const char *path)
{
    (void)snprintf(out, 4096, "%s", path);
    (void)strcpy(out + strlen(out) - strlen("gguf"), "svg");
    return access(out, R_OK) == 0;
}

kor_status kor_model_figure(kor_str *out, const char *name, const char *home, kor_error *err)
{
    char path[4096], figure[4096];
    KOR_TRY(find_listed(path, name, home, err));
    if (!find_figure(figure, path))
        return kor_fail(err, KOR_E_NOT_FOUND, "the model '%.80s' has no figure", name);
    return kor_file_read(out, figure, FIGURE_MAX, err);
}

kor_status kor_model_json(json_t **out, const char *name, const char *home, kor_error *err)
{
    kor_loaded loaded = {0};
    kor_model_info info;
    kor_str card = {0};
    char path[4096], before[4096], figure[4096];
    KOR_TRY(find_listed(path, name, home, err));
    KOR_TRY(kor_model_load(&loaded, path, home, err));
    kor_status status = read_card(&card, path, err);
    if (status == KOR_OK) {
        kor_model_get_info(loaded.model, &info);
        const listed m = {.name = name, .path = path, .before = replaced(before, name, path, home)};
        json_t *names = json_array();
        for (size_t i = 0; i < info.labels; i++) {
            const char *label = kor_model_label(loaded.model, i);
            json_array_append_new(names, kor_text_json(label, strlen(label)));
        }
        *out = model_json(&m, &info);
        json_object_set_new(*out, "names", names);
        if (card.len) json_object_set_new(*out, "card", kor_text_json(card.data, card.len));
        json_object_set_new(*out, "figure", json_boolean(find_figure(figure, path)));
    }
    kor_str_free(&card);
    kor_model_unload(&loaded);
    return status;
}

static int run(int argc, char **argv)
{
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_models, NULL, 0, 1, argc, argv, &code)) return code;
    char home[4096], folder[KOR_MODEL_FOLDERS][4096];
    const char *mine = kor_home(home, &a, NULL) == KOR_OK ? home : NULL;
    if (a.words) return show_one(a.word[0], mine, a.json);
    size_t folders = kor_model_folders(folder, mine);
    listing l = {.home = mine, .list = a.json ? json_array() : NULL, .timed = true};
    show_all(&l, folder, folders);
    if (l.list) {
        kor_print_json(l.list);
    } else if (!l.shown) {
        printf("No models. Korora comes with models/trunk.gguf; these folders were looked in:\n");
        for (size_t i = 0; i < folders; i++) {
            printf("  ");
            kor_print_line(KOR_PLAIN, folder[i], strlen(folder[i]), 0);
            putchar('\n');
        }
    }
    return l.shown ? EXIT_DONE : EXIT_NO;
}

const kor_command kor_command_models = {
    .name = "models",
    .summary = "the shipped models and your own",
    .usage = "[MODEL]",
    .details =
        "What each answers, its size, the time of one answer for 16 tokens on one core, measured\n"
        "now, and how good it was when it was made: the accuracy of classify, the micro-F1 of "
        "tags.\nWith a name or a file, all of its card. Exit code 1 when there is none.\n\n"
        "  korora models spam\n",
    .run = run,
};
