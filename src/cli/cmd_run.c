/* SPDX-License-Identifier: Apache-2.0 */
/* Texts in, answers out: a batch of lines at a time, on all cores, in order, in bounded memory. */
#include "cli/cli.h"

#include "base/parallel.h"
#include "capture/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A batch is answered when it has BATCH lines or BATCH_BYTES of them, whichever comes first, so
 * that rows of many megabytes do not pile up. */
enum { BATCH = 512, BATCH_BYTES = 1 << 20, WORKERS = 64, TEXT_KEPT = KOR_TEXT_MAX * 4 };

typedef struct runner {
    const kor_command *command;
    kor_answerer by[WORKERS];
    size_t workers;
    bool jsonl, ranks;
    kor_str input;           /* the lines, cut to what a model reads, one after the other */
    size_t start[BATCH + 1]; /* where in input each begins, and where the last ends */
    bool bad[BATCH];         /* this line is an error message */
    kor_str answer[BATCH];
    size_t count;
    double started;
    int64_t done;
    double fraction;
} runner;

/* The text of a row {"text": ...}, or the two of {"query", "text"} or {"a", "b"}, of which the
 * first has *first bytes; KOR_E_INPUT says what is wrong with the row. */
static kor_status text_of_row(const runner *r, const char *line, size_t len, kor_str *text,
                              size_t *first, kor_error *err)
{
    json_error_t e;
    json_t *row = json_loadb(line, len, JSON_ALLOW_NUL, &e);
    bool ab = r->ranks && json_object_get(row, "a");
    const char *const names[] = {ab ? "a" : "query", ab ? "b" : "text"};
    kor_status status = KOR_OK;
    if (!row) status = kor_fail(err, KOR_E_INPUT, "not JSON: %s", e.text);
    for (size_t i = r->ranks ? 0 : 1; i < 2 && status == KOR_OK; i++) {
        json_t *value = json_object_get(row, names[i]);
        *first = text->len;
        if (!json_is_string(value))
            status = kor_fail(err, KOR_E_INPUT, "no \"%s\" that is a string", names[i]);
        else
            kor_str_add(text, json_string_value(value), json_string_length(value));
    }
    json_decref(row);
    return status;
}

static void put_error(kor_str *out, const char *message, size_t len)
{
    kor_put_json(out, json_pack("{s:o}", "error", kor_text_json(message, len)));
}

/* A line, or what text_of_row made of one, with first bytes of the query. */
static kor_status ask_pair(runner *r, size_t worker, const char *text, size_t len, size_t first,
                           kor_error *err)
{
    size_t next = first;
    if (!r->jsonl) {
        const char *tab = len ? memchr(text, '\t', len) : NULL;
        if (!tab) return kor_fail(err, KOR_E_INPUT, "no tab: a line is QUERY<tab>TEXT");
        first = (size_t)(tab - text);
        next = first + 1;
    }
    return kor_answerer_rank(&r->by[worker], text, first, text + next, len - next, err);
}

static void answer_one(void *arg, size_t i, size_t worker)
{
    runner *r = arg;
    kor_str *out = &r->answer[i], row = {0};
    const char *text = kor_str_text(&r->input) + r->start[i];
    size_t len = r->start[i + 1] - r->start[i];
    kor_error err;
    kor_str_clear(out);
    if (r->bad[i]) {
        static const char lost[] = "out of memory";
        put_error(out, len ? text : lost, len ? len : sizeof lost - 1);
        return;
    }
    kor_status status = KOR_OK;
    size_t first = 0;
    if (r->jsonl) {
        status = text_of_row(r, text, len, &row, &first, &err);
        if (status == KOR_OK && row.failed) status = kor_fail_memory(&err);
        text = kor_str_text(&row);
        len = row.len;
    }
    if (status == KOR_OK && r->ranks)
        status = ask_pair(r, worker, text, len, first, &err);
    else if (status == KOR_OK)
        status = kor_answerer_ask(&r->by[worker], text, len, &err);
    if (status == KOR_OK)
        kor_put_answer(out, &r->by[worker], text);
    else
        put_error(out, err.msg, strlen(err.msg));
    kor_str_free(&row);
}

/* Answer what is collected and write it out. False when the output is gone. */
static bool flush(runner *r)
{
    kor_parallel(r->workers, r->count, answer_one, r);
    errno = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (r->answer[i].failed)
            fputs("{\"error\":\"out of memory\"}", stdout);
        else
            fwrite(kor_str_text(&r->answer[i]), 1, r->answer[i].len, stdout);
        putchar('\n');
    }
    bool sent = !kor_flush();
    r->done += (int64_t)r->count;
    r->count = 0;
    kor_str_clear(&r->input);
    kor_progress("run", r->fraction, r->done, kor_seconds() - r->started);
    return sent;
}

/* What a model never reads is not kept; a row of JSON is kept whole. */
static bool collect(runner *r, const char *text, size_t len, bool bad)
{
    r->start[r->count] = r->input.len;
    size_t kept = r->ranks ? 2 * TEXT_KEPT : TEXT_KEPT;
    kor_str_add(&r->input, text, r->jsonl || len < kept ? len : kept);
    /* The lines before it are there still, and it is an empty message: see answer_one. */
    bool lost = r->input.failed;
    r->input.failed = false;
    r->bad[r->count++] = bad || lost;
    r->start[r->count] = r->input.len;
    return (r->count < BATCH && r->input.len < BATCH_BYTES) || flush(r);
}

static void on_skip(void *arg, const char *where, const char *why)
{
    kor_str message = {0};
    kor_str_printf(&message, "%s: %s", where, why);
    (void)collect(arg, kor_str_text(&message), message.len, true);
    kor_str_free(&message);
}

static void on_progress(void *arg, double fraction)
{
    ((runner *)arg)->fraction = fraction;
}

static int run_file(runner *r, const char *path)
{
    kor_error err;
    kor_lines lines;
    const kor_sink sink = {.arg = r, .skip = on_skip, .progress = on_progress};
    if (kor_lines_open(&lines, path, &sink, &err) != KOR_OK) return kor_report(r->command, &err);
    int code = EXIT_DONE;
    char *line;
    size_t len;
    kor_status status;
    while ((status = kor_lines_next(&lines, &line, &len, &err)) == KOR_OK && line) {
        if (!collect(r, line, len, false)) break; /* main reports it */
    }
    if (r->count) (void)flush(r);
    if (status != KOR_OK) code = kor_report(r->command, &err);
    kor_lines_close(&lines);
    return code;
}

/* The labels with the best probabilities, and which of them hold. */
static void print_labels(const kor_answerer *by, const float *p, double ms)
{
    enum { SHOWN = 5 };
    bool tags = strcmp(by->info.head, "tags") == 0, shown[SHOWN] = {0};
    size_t order[SHOWN], n = 0;
    for (; n < SHOWN && n < by->size; n++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < by->size; i++) {
            bool used = false;
            for (size_t j = 0; j < n; j++) used |= order[j] == i;
            if (!used && (best == SIZE_MAX || p[i] > p[best])) best = i;
        }
        order[n] = best;
        shown[n] = p[best] >= kor_model_threshold(by->model, best) && (tags || n == 0);
    }
    if (!tags && !shown[0]) printf("not sure enough to answer; the likeliest:\n");
    if (tags && !shown[0]) printf("no label holds; the likeliest:\n");
    for (size_t i = 0; i < n; i++) {
        const char *label = kor_model_label(by->model, order[i]);
        kor_style style = shown[i] ? KOR_BOLD : KOR_DIM;
        kor_print(style, "%c %5.1f %%  ", shown[i] ? '*' : ' ', 100 * (double)p[order[i]]);
        kor_print_line(style, label, strlen(label), 0);
        putchar('\n');
    }
    printf("in %.3f ms\n", ms);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A part of a line, with the spaces at its ends that kor_print_line leaves out. */
static void put_part(kor_style style, const char *text, size_t len)
{
    if (len && is_space(*text)) putchar(' ');
    if (kor_print_line(style, text, len, 0) && is_space(text[len - 1])) putchar(' ');
}

/* The text with its spans standing out, then what each is. */
static void print_spans(const kor_answerer *by, const char *text, double ms)
{
    enum { NAME = 20 };
    const kor_span *span = by->spans;
    size_t n = by->found, at = 0, len = strlen(text);
    for (size_t i = 0; i < n; i++) {
        put_part(KOR_PLAIN, text + at, span[i].start - at);
        put_part(KOR_GREEN, text + span[i].start, span[i].end - span[i].start);
        at = span[i].end;
    }
    put_part(KOR_PLAIN, text + at, len - at);
    putchar('\n');
    for (size_t i = 0; i < n; i++) {
        const char *label = kor_model_label(by->model, span[i].label);
        printf("  %5.1f %%  ", 100 * (double)span[i].score);
        kor_print_cell(KOR_BOLD, label, NAME);
        kor_print_line(KOR_PLAIN, text + span[i].start, span[i].end - span[i].start, 0);
        putchar('\n');
    }
    printf("%s in %.3f ms\n", n ? kor_counted((int64_t)n, "span") : "no span", ms);
}

static void print_embedding(const kor_answerer *by, const char *text, const float *v, double ms)
{
    int32_t ids[512];
    size_t tokens = 0;
    (void)kor_tokenize(by->ctx, text, KOR_NUL, ids, sizeof ids / sizeof *ids, &tokens, NULL);
    bool cut = tokens > by->info.max_tokens;
    printf("%zu numbers from %s%s in %.2f ms\n", by->size, cut ? "the first " : "",
           kor_counted((int64_t)(cut ? by->info.max_tokens : tokens), "token"), ms);
    for (size_t i = 0; i < by->size && i < 8; i++) printf("%s%+.4f", "  ", (double)v[i]);
    printf("%s\n", by->size > 8 ? "  ..." : "");
}

static int run_text(runner *r, const char *text, bool json)
{
    kor_answerer *by = &r->by[0];
    kor_error err;
    double start = kor_seconds();
    if (kor_answerer_ask(by, text, KOR_NUL, &err) != KOR_OK) return kor_report(r->command, &err);
    double ms = (kor_seconds() - start) * 1e3;
    if (json) {
        kor_put_answer(&r->answer[0], by, text);
        puts(kor_str_text(&r->answer[0]));
    } else if (by->spans) {
        print_spans(by, text, ms);
    } else if (by->info.labels) {
        print_labels(by, by->v, ms);
    } else {
        print_embedding(by, text, by->v, ms);
    }
    return EXIT_DONE;
}

static int run(int argc, char **argv)
{
    const char *text = NULL, *threads = NULL;
    bool jsonl = false;
    const kor_option options[] = {
        {"--text", "TEXT", "one answer, for people", &text, NULL},
        {"--jsonl", NULL, "the input is rows {\"text\": ...}", NULL, &jsonl},
        {"--threads", "N", "threads to use; default one per core", &threads, NULL},
        {0},
    };
    kor_args a;
    int code;
    long workers;
    if (!kor_args_parse(&a, &kor_command_run, options, 1, KOR_ARGS_MAX, argc, argv, &code))
        return code;
    if (text && a.words > 1) return kor_wrong_use(a.command, "--text and files exclude each other");
    if (!kor_parse_number(a.command, "--threads", threads, 1, WORKERS, (long)kor_cores(), &workers,
                          &code))
        return code;
    if (strcmp(a.word[0], "colony") == 0) return kor_run_colony(&a, text, jsonl);
    char home[4096], path[4096];
    kor_error err;
    kor_loaded loaded = {0};
    bool has_home = kor_home(home, &a, NULL) == KOR_OK;
    if (kor_model_find(path, a.word[0], has_home ? home : NULL, &err) != KOR_OK ||
        kor_model_load(&loaded, path, has_home ? home : NULL, &err) != KOR_OK) {
        return kor_report(a.command, &err);
    }
    runner *r = calloc(1, sizeof *r);
    kor_status status = r ? KOR_OK : kor_fail_memory(&err);
    if (r) {
        *r = (runner){
            .command = a.command, .jsonl = jsonl, .fraction = -1, .started = kor_seconds()};
        r->workers = text ? 1 : (size_t)workers < WORKERS ? (size_t)workers : WORKERS;
        for (size_t i = 0; i < r->workers && status == KOR_OK; i++)
            status = kor_answerer_open(&r->by[i], loaded.model, &err);
        r->ranks = kor_model_ranks(&r->by[0].info);
    }
    if (status != KOR_OK) {
        code = kor_report(a.command, &err);
    } else if (text && r->ranks) {
        code = kor_wrong_use(a.command,
                             "%s compares two texts: give it lines of QUERY<tab>TEXT, or --jsonl "
                             "and rows {\"query\", \"text\"}",
                             a.word[0]);
    } else if (text) {
        code = run_text(r, text, a.json);
    } else if (a.words == 1) {
        code = run_file(r, "-");
    } else {
        code = EXIT_DONE;
        for (size_t i = 1; i < a.words && !ferror(stdout); i++) {
            int one = run_file(r, a.word[i]);
            if (one > code) code = one;
        }
    }
    kor_progress_clear();
    for (size_t i = 0; r && i < BATCH; i++) kor_str_free(&r->answer[i]);
    if (r) kor_str_free(&r->input);
    for (size_t i = 0; r && i < r->workers; i++) kor_answerer_close(&r->by[i]);
    free(r);
    kor_model_unload(&loaded);
    return code;
}

const kor_command kor_command_run = {
    .name = "run",
    .summary = "ask a model: one text a line in, one JSON a line out",
    .usage = "MODEL [FILE...] | MODEL --text TEXT",
    .details =
        "MODEL is a name ('korora models') or a file. Without FILE, or with -, it reads standard\n"
        "input. Answers come in the order of the lines; a bad row answers {\"error\": ...} and "
        "the run\ngoes on. What an answer holds goes by the model's head:\n\n"
        "  classify  {\"label\", \"score\", \"scores\": {label: probability}}, and \"abstain\": "
        "true when unsure\n"
        "  tags      {\"labels\": [{\"label\", \"score\"}]}\n"
        "  spans     {\"spans\": [{\"start\", \"end\", \"text\", \"label\", \"score\"}]}, in "
        "code points\n"
        "  embed     {\"embedding\": [...]}\n"
        "  rank      {\"score\"}; a line is QUERY, a tab and TEXT, a row {\"query\", \"text\"} or "
        "{\"a\", \"b\"}\n\n"
        "MODEL may be colony: all models as they read an event, each with its time, after the "
        "guard cut\nsecrets out.\n\n"
        "  korora run colony --text \"call Anna on Friday about the invoice\"\n"
        "  korora run trunk --text \"where did I leave my notes?\"\n"
        "  korora run trunk --jsonl < rows.jsonl > vectors.jsonl\n",
    .run = run,
};
