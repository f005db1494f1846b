/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS = 60 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median milliseconds of one answer for a sentence of 16 tokens; less than 0 when it cannot run. */
static double measure(const kor_model *model, size_t dim)
{
    static const char sentence[] = "where are the notes about the new parser and its error recovery";
    kor_ctx *ctx;
    if (kor_ctx_new(&ctx, model, NULL) != KOR_OK) return -1;
    double ms[CALLS], median = -1;
    float *out = malloc(dim * sizeof *out);
    for (size_t i = 0; out && i < CALLS; i++) {
        double start = kor_seconds();
        if (kor_embed(ctx, sentence, KOR_NUL, out, dim, NULL) != KOR_OK) break;
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

static bool is_model_file(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".gguf") == 0;
}

/* One file as a line of the table, or into list. */
static void show(const char *path, json_t *list)
{
    kor_model *model;
    kor_error err;
    if (kor_model_open(&model, path, &err) != KOR_OK) {
        if (list) json_array_append_new(list, json_pack("{s:s,s:s}", "file", path, "error", err.msg));
        else printf("%s\n", err.msg);
        return;
    }
    kor_model_info info;
    kor_model_get_info(model, &info);
    double ms = measure(model, info.dim);
    if (list) {
        json_array_append_new(list,
                              json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:f,s:s,s:s}", "name", info.name, "head", info.head,
                                        "weights", info.weights, "parameters", (json_int_t)info.parameters, "bytes",
                                        (json_int_t)info.file_bytes, "dim", (json_int_t)info.dim, "max_tokens",
                                        (json_int_t)info.max_tokens, "ms", ms, "license", info.license, "file", path));
    } else {
        printf("%-12s %-6s %-5s %5.1f M  %6.2f MB  %7.3f ms  %s\n", info.name, info.head, info.weights,
               (double)info.parameters / 1e6, (double)info.file_bytes / 1e6, ms, path);
    }
    kor_model_close(model);
}

static int run(int argc, char **argv)
{
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_models, NULL, 0, 0, argc, argv, &code)) return code;
    char home[4096], folder[KOR_MODEL_FOLDERS][4096];
    bool has_home = kor_home(home, &a, NULL) == KOR_OK;
    size_t folders = kor_model_folders(folder, has_home ? home : NULL), shown = 0;
    json_t *list = a.json ? json_array() : NULL;
    for (size_t i = 0; i < folders; i++) {
        struct dirent **entries;
        int n = scandir(folder[i], &entries, NULL, alphasort);
        for (int j = 0; j < n; j++) {
            char path[4096 + 256];
            if (is_model_file(entries[j]->d_name)) {
                (void)snprintf(path, sizeof path, "%s/%s", folder[i], entries[j]->d_name);
                if (!list && shown == 0) {
                    kor_print(KOR_BOLD, "%-12s %-6s %-5s %7s  %9s  %10s  %s\n", "name", "head", "type", "weights", "size",
                              "16 tokens", "file");
                }
                show(path, list);
                shown++;
            }
            free(entries[j]);
        }
        if (n >= 0) free(entries);
    }
    if (list) {
        kor_print_json(list);
    } else if (!shown) {
        printf("No models. 'make models' makes the base model; these folders were looked in:\n");
        for (size_t i = 0; i < folders; i++) printf("  %s\n", folder[i]);
    }
    return shown ? EXIT_DONE : EXIT_NO;
}

const kor_command kor_command_models = {
    .name = "models",
    .summary = "the shipped models and your own",
    .usage = "",
    .details = "What each answers, its size, and the time of one answer for 16 tokens on one core, measured now.\n",
    .run = run,
};
