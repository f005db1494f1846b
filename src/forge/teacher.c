/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/teacher.h"

#include "forge/minhash.h"
#include "forge/prompt.h"
#include "text/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    WAVE = 32,        /* requests for rows, before what they brought is looked at */
    CHECK_TEXTS = 10, /* texts of a request that labels */
    CHUNK = 256,      /* texts to label, before the answers are handed on */
    TEXT_BYTES = 8000 /* of a text to label */
};

struct kor_teacher {
    kor_asker asker;
};

/* ---- Opening and closing ---- */

kor_status kor_teacher_open_with(kor_teacher **out, const char *config_path,
                                 const kor_http_api *api, kor_error *err)
{
    *out = NULL;
    kor_teacher *t = calloc(1, sizeof *t);
    if (!t) return kor_fail_memory(err);
    t->asker.api = api;
    t->asker.journal.fd = -1;
    kor_status status = kor_teacher_config_read(&t->asker.config, config_path, err);
    if (status != KOR_OK) {
        free(t);
        return status;
    }
    *out = t;
    return KOR_OK;
}

kor_status kor_teacher_open(kor_teacher **out, const char *config_path, kor_error *err)
{
    const kor_http_api *api;
    *out = NULL;
    /* The configuration first: it is what is wrong most often. */
    KOR_TRY(kor_teacher_open_with(out, config_path, NULL, err));
    kor_status status = kor_http_load(&api, err);
    if (status == KOR_OK) {
        (*out)->asker.api = api;
        return KOR_OK;
    }
    kor_teacher_close(*out);
    *out = NULL;
    return status;
}

void kor_teacher_close(kor_teacher *teacher)
{
    if (!teacher) return;
    if (teacher->asker.http) teacher->asker.api->close(teacher->asker.http);
    kor_teacher_config_free(&teacher->asker.config);
    free(teacher);
}

/* ---- A job, whichever ---- */

typedef struct work {
    kor_asker *a;
    const kor_teacher_job *job;
    kor_teacher_take take;
    void *arg;
    kor_teacher_report *report;
    kor_error *err;
    /* make */
    size_t *quota, *made, *turns; /* [labels] rows wanted, rows there, requests so far */
    kor_minhash_set seen;
    kor_arena arena; /* of the texts of a wave */
} work;

/* A row that was made, and the label that it was made for. */
typedef struct made_row {
    kor_text text;
    size_t label;
} made_row;

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void tell_progress(const work *w, size_t done, size_t all)
{
    if (w->job->progress && all) w->job->progress(w->job->progress_arg, (double)done / (double)all);
}

static kor_status begin(work *w)
{
    kor_asker *a = w->a;
    kor_remarks remarks = w->job->remarks;
    *w->report = (kor_teacher_report){0};
    if (w->job->lesson.labels->count < 2)
        return kor_fail(w->err, KOR_E_INPUT, "a teacher needs two labels at least");
    a->remarks = remarks;
    a->random.state = w->job->seed;
    a->here = (kor_cost){0};
    a->requests = a->retries = a->reused = a->failed = a->failed_in_a_row = 0;
    *a->stopped = 0;
    KOR_TRY(kor_journal_open(&a->journal, w->job->journal, &remarks, w->err));
    a->ledger = (kor_ledger){.budget_tokens = a->config.budget_tokens,
                             .budget_usd = a->config.budget_usd,
                             .price_in = a->config.price_in,
                             .price_out = a->config.price_out,
                             .spent = a->journal.spent};
    return KOR_OK;
}

static void end(work *w, double started)
{
    kor_asker *a = w->a;
    kor_teacher_report *r = w->report;
    r->requests = a->requests;
    r->retries = a->retries;
    r->reused = a->reused;
    r->failed = a->failed;
    r->tokens_in = a->here.in;
    r->tokens_out = a->here.out;
    r->usd = kor_ledger_usd(&a->ledger, a->here);
    r->tokens_all = a->ledger.spent.in + a->ledger.spent.out;
    r->usd_all = kor_ledger_usd(&a->ledger, a->ledger.spent);
    r->estimated = a->ledger.estimated;
    memcpy(r->stopped, a->stopped, sizeof r->stopped);
    r->seconds = seconds() - started;
    kor_journal_close(&a->journal);
    a->remarks = (kor_remarks){0};
}

static kor_status hand_on(work *w, const kor_text *text, size_t number, const char *label,
                          json_t *soft)
{
    json_t *row = json_pack("{s:s%,s:s}", "text", text->text, text->len, "label", label);
    if (row && soft) json_object_set(row, "soft", soft);
    char *line = row ? json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(row);
    if (!line) return kor_fail_memory(w->err);
    const kor_teacher_row out = {line, number,
                                 kor_labels_find(w->job->lesson.labels, label, strlen(label))};
    kor_status status = w->take(w->arg, &out, w->err);
    free(line);
    if (status == KOR_OK) w->report->rows++;
    return status;
}

static kor_status questions_new(kor_question **out, size_t count, kor_error *err)
{
    *out = calloc(count ? count : 1, sizeof **out);
    return *out ? KOR_OK : kor_fail_memory(err);
}

static void questions_end(kor_question *q, size_t count)
{
    if (q) kor_questions_free(q, count);
    free(q);
}

/* ---- Making rows ---- */

/* Requests for a label at most: some bring less than they should. */
static size_t turns_of(const work *w, size_t label)
{
    return 3 * ((w->quota[label] + w->job->per_request - 1) / w->job->per_request) + 2;
}

/* The requests of a wave: each label in its turn, until as many rows are asked for as are missing.
 * None where no label can be asked again. */
static kor_status plan(work *w, kor_question *q, size_t *count)
{
    size_t labels = w->job->lesson.labels->count;
    size_t *asked = calloc(labels, sizeof *asked);
    kor_status status = asked ? KOR_OK : kor_fail_memory(w->err);
    bool more = true;
    *count = 0;
    while (status == KOR_OK && more) {
        more = false;
        for (size_t l = 0; l < labels && *count < WAVE && status == KOR_OK; l++) {
            size_t there = w->made[l] + asked[l];
            if (there >= w->quota[l] || w->turns[l] >= turns_of(w, l)) continue;
            size_t n = w->quota[l] - there;
            if (n > w->job->per_request) n = w->job->per_request;
            status = kor_prompt_rows(&q[(*count)++], w->a, &w->job->lesson, l, n, w->turns[l]++,
                                     w->job->seed, w->err);
            asked[l] += n;
            more = *count < WAVE;
        }
    }
    free(asked);
    return status;
}

/* What is new among the rows of the answers. */
static kor_status sift(work *w, const kor_question *q, size_t count, made_row *rows, size_t *kept)
{
    *kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t j, found;
        json_t *row;
        if (q[i].state != KOR_ANSWERED) continue;
        w->report->other_labels += q[i].answer.other_labels;
        w->report->bad_rows += q[i].answer.bad_rows;
        json_array_foreach(q[i].answer.rows, j, row)
        {
            json_t *text = json_object_get(row, "text");
            const char *s = json_string_value(text);
            size_t len = json_string_length(text);
            kor_minhash sig;
            kor_minhash_of(s, len, &sig);
            KOR_TRY(kor_minhash_add(&w->seen, &sig, fmin(w->job->near, 1), &found, w->err));
            if (found != SIZE_MAX) {
                bool same = w->seen.sigs[found].exact == sig.exact;
                *(same ? &w->report->duplicates : &w->report->near_duplicates) += 1;
                continue;
            }
            const char *copy = kor_arena_copy(&w->arena, s, len);
            if (!copy) return kor_fail_memory(w->err);
            rows[(*kept)++] = (made_row){{copy, len}, q[i].asked.label};
        }
    }
    return KOR_OK;
}

static kor_status keep_row(work *w, const made_row *row)
{
    if (w->made[row->label] >= w->quota[row->label]) return KOR_OK;
    w->made[row->label]++;
    return hand_on(w, &row->text, 0, w->job->lesson.labels->name[row->label], NULL);
}

/* The numbers of the rows in an order in which labels are mixed: a batch of one label would tell.
 */
static kor_status shuffle(work *w, uint32_t **out, size_t count)
{
    kor_random random = {w->job->seed ^ (w->seen.count * 0x9e3779b97f4a7c15ull)};
    *out = malloc((count + 1) * sizeof **out);
    if (!*out) return kor_fail_memory(w->err);
    for (size_t i = 0; i < count; i++) (*out)[i] = (uint32_t)i;
    kor_random_shuffle(&random, *out, count);
    return KOR_OK;
}

/* The label that each row was given: said[count], NULL where none was. */
static void collect(const kor_question *q, size_t batches, const uint32_t *order, const char **said)
{
    for (size_t b = 0; b < batches; b++) {
        size_t i;
        json_t *row;
        if (q[b].state != KOR_ANSWERED) continue;
        json_array_foreach(q[b].answer.rows, i, row)
        {
            size_t number = (size_t)json_integer_value(json_object_get(row, "number"));
            said[order[b * CHECK_TEXTS + number - 1]] =
                json_string_value(json_object_get(row, "label"));
        }
    }
}

static kor_status ask_labels(work *w, const kor_text *texts, size_t count, const uint32_t *order,
                             kor_question *q)
{
    size_t batch = 0;
    for (size_t i = 0; i < count; i += CHECK_TEXTS) {
        kor_text list[CHECK_TEXTS];
        size_t n = count - i < CHECK_TEXTS ? count - i : CHECK_TEXTS;
        for (size_t j = 0; j < n; j++) list[j] = texts[order[i + j]];
        KOR_TRY(kor_prompt_check(&q[batch++], w->a, &w->job->lesson, list, n, w->err));
    }
    return kor_ask(w->a, q, batch, w->err);
}

/* The second pass: rows that are labelled as they were made are handed on. */
static kor_status check_rows(work *w, const made_row *rows, size_t count)
{
    size_t batches = (count + CHECK_TEXTS - 1) / CHECK_TEXTS;
    kor_question *q = NULL;
    uint32_t *order = NULL;
    const char **said = calloc(count + 1, sizeof *said);
    kor_text *texts = calloc(count + 1, sizeof *texts);
    kor_status status = said && texts ? KOR_OK : kor_fail_memory(w->err);
    for (size_t i = 0; texts && i < count; i++) texts[i] = rows[i].text;
    if (status == KOR_OK) status = shuffle(w, &order, count);
    if (status == KOR_OK) status = questions_new(&q, batches, w->err);
    if (status == KOR_OK) status = ask_labels(w, texts, count, order, q);
    if (status == KOR_OK) collect(q, batches, order, said);
    for (size_t i = 0; i < count && status == KOR_OK; i++) {
        if (!said[i])
            w->report->unchecked++;
        else if (strcmp(said[i], w->job->lesson.labels->name[rows[i].label]) != 0)
            w->report->disagreements++;
        else
            status = keep_row(w, &rows[i]);
    }
    questions_end(q, batches);
    free(order);
    free(texts);
    free((void *)said);
    return status;
}

/* *more: another wave can bring more. */
static kor_status make_wave(work *w, bool *more)
{
    kor_question *q;
    size_t planned = 0, kept;
    KOR_TRY(questions_new(&q, WAVE, w->err));
    made_row *rows = calloc(WAVE * w->job->per_request, sizeof *rows);
    kor_status status = rows ? plan(w, q, &planned) : kor_fail_memory(w->err);
    *more = planned > 0;
    if (status == KOR_OK && planned) status = kor_ask(w->a, q, planned, w->err);
    if (status == KOR_OK) status = sift(w, q, planned, rows, &kept);
    if (status == KOR_OK && !w->job->unchecked) status = check_rows(w, rows, kept);
    for (size_t i = 0; status == KOR_OK && w->job->unchecked && i < kept; i++)
        status = keep_row(w, &rows[i]);
    *more &= !*w->a->stopped;
    free(rows);
    questions_end(q, WAVE);
    kor_arena_free(&w->arena);
    return status;
}

static kor_status make_all(work *w)
{
    size_t labels = w->job->lesson.labels->count, *numbers = calloc(3 * labels, sizeof *numbers);
    if (!numbers) return kor_fail_memory(w->err);
    w->quota = numbers;
    w->made = numbers + labels;
    w->turns = numbers + 2 * labels;
    for (size_t l = 0; l < labels; l++)
        w->quota[l] = w->job->count / labels + (l < w->job->count % labels);
    kor_status status = KOR_OK;
    for (bool more = true; more && status == KOR_OK;) {
        status = make_wave(w, &more);
        tell_progress(w, w->report->rows, w->job->count);
    }
    w->report->missing = w->job->count - w->report->rows;
    free(numbers);
    kor_minhash_set_free(&w->seen);
    return status;
}

kor_status kor_teacher_make(kor_teacher *teacher, const kor_teacher_job *job, kor_teacher_take take,
                            void *arg, kor_teacher_report *report, kor_error *err)
{
    work w = {
        .a = &teacher->asker, .job = job, .take = take, .arg = arg, .report = report, .err = err};
    double started = seconds();
    if (job->per_request < 1 || job->per_request > 100)
        return kor_fail(err, KOR_E_ARG, "rows a request: 1 to 100");
    KOR_TRY(begin(&w));
    kor_status status = make_all(&w);
    end(&w, started);
    return status;
}

/* ---- Labelling texts ---- */

static bool can_be_asked(const kor_text *t)
{
    return t->len && t->len <= TEXT_BYTES && !memchr(t->text, 0, t->len) &&
           kor_utf8_valid(t->text, t->len);
}

/* One text a request, with probabilities. Afterwards order[*count] are those to be asked about
 * otherwise, because the endpoint refused. */
static kor_status label_by_letters(work *w, const kor_text *texts, uint32_t *order, size_t *count)
{
    kor_question *q;
    size_t n = *count, refused = 0;
    *count = 0;
    KOR_TRY(questions_new(&q, n, w->err));
    kor_status status = KOR_OK;
    for (size_t i = 0; i < n && status == KOR_OK; i++)
        status = kor_prompt_letter(&q[i], w->a, &w->job->lesson, &texts[order[i]], w->err);
    /* The first one alone: an endpoint that takes no such request should refuse it once. */
    size_t first = w->a->answered || !n ? 0 : 1;
    if (status == KOR_OK && first) status = kor_ask(w->a, q, first, w->err);
    bool none = status == KOR_OK && first && q[0].refused;
    if (status == KOR_OK && !none && !*w->a->stopped)
        status = kor_ask(w->a, q + first, n - first, w->err);
    for (size_t i = 0; i < n && status == KOR_OK; i++) {
        json_t *row = json_array_get(q[i].answer.rows, 0);
        uint32_t at = order[i];
        refused += q[i].refused;
        if (q[i].refused || (none && q[i].state == KOR_WAITING)) order[(*count)++] = at;
        if (q[i].state != KOR_ANSWERED) continue;
        status = hand_on(w, &texts[at], at, json_string_value(json_object_get(row, "label")),
                         json_object_get(row, "soft"));
    }
    w->a->failed -= refused;
    questions_end(q, n);
    return status;
}

static kor_status label_by_batches(work *w, const kor_text *texts, const uint32_t *order,
                                   size_t count)
{
    size_t batches = (count + CHECK_TEXTS - 1) / CHECK_TEXTS;
    kor_question *q;
    KOR_TRY(questions_new(&q, batches, w->err));
    const char **said = calloc(CHUNK, sizeof *said);
    uint32_t plain[CHUNK];
    kor_text list[CHUNK];
    for (size_t i = 0; i < count; i++) {
        plain[i] = (uint32_t)i;
        list[i] = texts[order[i]];
    }
    kor_status status = said ? ask_labels(w, list, count, plain, q) : kor_fail_memory(w->err);
    if (status == KOR_OK) collect(q, batches, plain, said);
    for (size_t i = 0; i < count && status == KOR_OK; i++) {
        if (said[i]) status = hand_on(w, &list[i], order[i], said[i], NULL);
    }
    for (size_t b = 0; b < batches; b++) w->report->other_labels += q[b].answer.other_labels;
    free((void *)said);
    questions_end(q, batches);
    return status;
}

static kor_status label_all(work *w)
{
    const kor_teacher_job *job = w->job;
    bool letters = job->lesson.labels->count <= KOR_REPLY_LETTERS;
    for (size_t at = 0; at < job->text_count && !*w->a->stopped;) {
        uint32_t order[CHUNK];
        size_t n = 0;
        for (; at < job->text_count && n < CHUNK; at++) {
            if (can_be_asked(&job->texts[at]))
                order[n++] = (uint32_t)at;
            else
                w->report->bad_rows++;
        }
        if (letters) KOR_TRY(label_by_letters(w, job->texts, order, &n));
        if (letters && n && !w->a->answered) {
            letters = false;
            kor_remark(&job->remarks, "the endpoint gives no probabilities (%.120s): labels only",
                       w->a->last);
        }
        KOR_TRY(label_by_batches(w, job->texts, order, n));
        tell_progress(w, at, job->text_count);
    }
    w->report->missing = job->text_count - w->report->rows;
    return KOR_OK;
}

kor_status kor_teacher_label(kor_teacher *teacher, const kor_teacher_job *job,
                             kor_teacher_take take, void *arg, kor_teacher_report *report,
                             kor_error *err)
{
    work w = {
        .a = &teacher->asker, .job = job, .take = take, .arg = arg, .report = report, .err = err};
    double started = seconds();
    if (job->text_count > UINT32_MAX) return kor_fail(err, KOR_E_UNSUPPORTED, "too many texts");
    KOR_TRY(begin(&w));
    kor_status status = label_all(&w);
    end(&w, started);
    return status;
}
