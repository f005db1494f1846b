/* SPDX-License-Identifier: Apache-2.0 */
/* Where the rows of a task come from: one kind of source each for files, grammars, packages and
 * teachers. All of them make JSON lines. */
#ifndef KOR_DATA_SOURCE_H
#define KOR_DATA_SOURCE_H

#include "forge/made_from.h"
#include "forge/made_rows.h"

/* What a source is asked for. */
typedef struct kor_data_request {
    const kor_task *task;
    const kor_task_source *source;
    const char *work; /* a folder to keep things in that took time to get */
    uint64_t seed;
    const kor_remarks *remarks;
    const json_t *label_map; /* of its rows' labels, while they are read; NULL: they are ours */
} kor_data_request;

typedef struct kor_data_kind {
    const char *name;
    bool kept; /* its rows take time to make: they are kept until what they are made of changes */
    /* Add what the rows are made of, but for task.yaml. */
    kor_status (*list)(kor_made_from *out, const kor_data_request *request, kor_error *err);
    kor_status (*load)(kor_made_rows *out, const kor_data_request *request, kor_error *err);
} kor_data_kind;

extern const kor_data_kind kor_data_file, kor_data_grammar, kor_data_package, kor_data_teacher;

/* Which of them it is. */
const kor_data_kind *kor_data_kind_of(const kor_task_source *source);

/* The rows of a source, from what was kept of it where that is whole and nothing has changed.
 * Remarks tell bad rows, and a kept file that is damaged. No row at all is KOR_E_INPUT. Free with
 * kor_made_rows_free. */
kor_status kor_data_load(kor_made_rows *out, const kor_data_request *request, kor_error *err);

/* What the source asks of rows that were read: queries are made up, texts are cut to snippets, and
 * there are at most so many of the same labels. On failure the rows are still to be freed. */
kor_status kor_data_cut(kor_made_rows *rows, const kor_data_request *request, kor_error *err);

/* The rows in a text of JSON lines, of a table where path ends in .csv or .tsv, or of prose where
 * it ends in .txt. */
kor_status kor_data_parse(kor_made_rows *out, const char *text, size_t len, const char *path,
                          const kor_data_request *request, kor_error *err);

#endif
