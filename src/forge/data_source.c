/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/data_source.h"

#include "base/file.h"
#include "base/hash.h"
#include "forge/queries.h"
#include "forge/snippets.h"
#include "learn/dataset.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEPT_MAX ((size_t)1 << 32)
enum { HEADING = 80 };

const kor_data_kind *kor_data_kind_of(const kor_task_source *s)
{
    return s->package   ? &kor_data_package
           : s->grammar ? &kor_data_grammar
           : s->teacher ? &kor_data_teacher
                        : &kor_data_file;
}

/* ---- What is kept ----
 * A file of rows is named by what they are made of, and begins with a line that has the hash of the
 * others: a file that was cut short or changed is seen. */

/* What the rows are made of, as a number. */
static kor_status kept_name(char out[4200], const kor_data_kind *kind, const kor_data_request *q,
                            kor_error *err)
{
    const kor_task_source *s = q->source;
    kor_made_from parts = {0};
    kor_str *text = &parts.lines;
    kor_status status = kind->list(&parts, q, err);
    if (status == KOR_OK) {
        kor_str_printf(text, "%s %s %s %s %zu %.9g %" PRIu64 " %d\n", kind->name,
                       s->package ? s->package : "", s->file ? s->file : "",
                       s->reader ? s->reader : "", s->count, s->corrupt, q->seed,
                       (int)q->task->head);
        kor_str_printf(text, "%s\n%s\n%s\n", s->text_column ? s->text_column : "",
                       s->label_column ? s->label_column : "", s->sha512 ? s->sha512 : "");
        if (s->part) kor_str_printf(text, "part %s\n", s->part);
        for (size_t i = 0; i < q->task->label_count; i++)
            kor_str_printf(text, "%s\n", q->task->labels[i]);
        if (s->labelled) kor_str_puts(text, "labelled\n");
        for (size_t i = 0; i < s->label_count; i++) kor_str_printf(text, "%s\n", s->labels[i]);
        status = text->failed ? kor_fail_memory(err) : KOR_OK;
    }
    if (status == KOR_OK)
        (void)snprintf(out, 4200, "%.4000s/%s-%016" PRIx64 ".rows", q->work, kind->name,
                       kor_hash64(kor_str_text(text), text->len, KOR_FORGE_VERSION));
    kor_made_from_free(&parts);
    return status;
}

static void heading(char out[HEADING], const char *rows, size_t len)
{
    (void)snprintf(out, HEADING, "korora rows 1 %016" PRIx64 "\n", kor_hash64(rows, len, 0));
}

/* *there: they were, and are whole. */
static kor_status read_kept(kor_made_rows *out, const char *path, const kor_remarks *remarks,
                            bool *there, kor_error *err)
{
    kor_str file = {0};
    *there = false;
    kor_status status = kor_file_read(&file, path, KEPT_MAX, err);
    if (status != KOR_OK) {
        kor_str_free(&file);
        return status == KOR_E_NOT_FOUND ? KOR_OK : status;
    }
    char expected[HEADING];
    const char *text = kor_str_text(&file), *end = text + file.len;
    size_t n = strcspn(text, "\n") + 1;
    if (n > file.len) n = file.len;
    heading(expected, text + n, file.len - n);
    if (n != strlen(expected) || memcmp(text, expected, n) != 0) {
        kor_remark(remarks, "%s: it is damaged; its rows are made anew", path);
        kor_str_free(&file);
        return KOR_OK;
    }
    for (const char *s = text + n; status == KOR_OK && s < end;) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        if (!stop) stop = end;
        status = kor_made_rows_add(out, s, (size_t)(stop - s), 0, err);
        s = stop + 1;
    }
    kor_str_free(&file);
    *there = true;
    return status;
}

static kor_status keep(const kor_made_rows *rows, const char *path, kor_error *err)
{
    kor_str text = {0};
    kor_writer w;
    char first[HEADING];
    for (size_t i = 0; i < rows->count; i++) {
        kor_str_add(&text, rows->rows[i].json, rows->rows[i].len);
        kor_str_putc(&text, '\n');
    }
    heading(first, kor_str_text(&text), text.len);
    kor_status status = text.failed ? kor_fail_memory(err) : kor_writer_open(&w, path, err);
    if (status == KOR_OK) {
        status = kor_writer_add(&w, first, strlen(first), err);
        if (status == KOR_OK) status = kor_writer_add(&w, kor_str_text(&text), text.len, err);
        if (status == KOR_OK) status = kor_writer_commit(&w, err);
        if (status != KOR_OK) kor_writer_abandon(&w);
    }
    kor_str_free(&text);
    return status;
}

kor_status kor_data_cut(kor_made_rows *rows, const kor_data_request *request, kor_error *err)
{
    const kor_task_source *s = request->source;
    if (s->queries) {
        if (s->limit) KOR_TRY(kor_snippets_limit(rows, s->limit, request->seed, err));
        KOR_TRY(kor_queries_make(rows, s->queries, request->seed, err));
        if (rows->count) return KOR_OK;
        return kor_fail(err, KOR_E_INPUT, "%s/task.yaml:%lu: %.100s has no text to make queries of",
                        request->task->folder, s->line, s->name);
    }
    if (s->snippets) KOR_TRY(kor_snippets_cut(rows, s->snippets, request->seed, err));
    return s->limit ? kor_snippets_limit(rows, s->limit, request->seed, err) : KOR_OK;
}

static kor_status load(kor_made_rows *out, const kor_data_request *q, kor_error *err)
{
    const kor_data_kind *kind = kor_data_kind_of(q->source);
    char path[4200];
    bool there = false;
    if (kind->kept) {
        KOR_TRY(kept_name(path, kind, q, err));
        KOR_TRY(read_kept(out, path, q->remarks, &there, err));
    }
    if (!there) KOR_TRY(kind->load(out, q, err));
    if (!out->count && !q->source->line)
        return kor_fail(err, KOR_E_INPUT, "%s: no row to use", q->source->file);
    if (!out->count)
        return kor_fail(err, KOR_E_INPUT, "%s/task.yaml:%lu: %.100s has no row to use",
                        q->task->folder, q->source->line, q->source->name);
    if (kind->kept && !there) KOR_TRY(keep(out, path, err));
    return kor_data_cut(out, q, err);
}

kor_status kor_data_load(kor_made_rows *out, const kor_data_request *request, kor_error *err)
{
    *out = (kor_made_rows){0};
    kor_status status = load(out, request, err);
    if (status != KOR_OK) kor_made_rows_free(out);
    return status;
}
