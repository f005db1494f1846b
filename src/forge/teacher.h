/* SPDX-License-Identifier: Apache-2.0 */
/* The teacher: a large language model behind an OpenAI-compatible endpoint that makes rows to learn
 * from, or labels texts. Nothing is sent anywhere unless a configuration names an endpoint.
 *
 * Rows are made in waves: some requests of one label each, whose answers are told apart by persona,
 * style and length; what was seen before, or nearly so, is left out; what is left is labelled anew
 * in mixed batches by requests that do not know which label was asked for, and what is labelled
 * otherwise is left out too. What comes out depends on the job and the answers alone, not on the
 * order in which they come. */
#ifndef KOR_TEACHER_H
#define KOR_TEACHER_H

#include "forge/http.h"
#include "learn/dataset.h"

#include <stdint.h>

typedef struct kor_teacher kor_teacher;

typedef struct kor_text {
    const char *text;
    size_t len;
} kor_text;

/* What a teacher is told of a task. All texts are NUL-terminated. */
typedef struct kor_lesson {
    const kor_labels *labels;     /* at least two */
    const char *const *meaning;   /* [labels] what each means; "" where only its name says it */
    const char *about, *language; /* what the texts are; the language they are in; or NULL */
    const char *const *personas;  /* who writes them; NULL with 0: a list of our own */
    const char *const *styles;    /* how; likewise */
    size_t persona_count, style_count;
} kor_lesson;

typedef struct kor_teacher_job {
    kor_lesson lesson;
    const char *journal; /* the file of what was answered already; NULL for none */
    uint64_t seed;
    size_t count;          /* make: rows in all, the same of each label */
    size_t per_request;    /* make: rows a request */
    double near;           /* make: texts that are so much alike are one; over 1: only equal ones */
    bool unchecked;        /* make: without the second pass */
    const kor_text *texts; /* label: [text_count] */
    size_t text_count;
    kor_remarks remarks;
    void (*progress)(void *arg, double fraction); /* or NULL */
    void *progress_arg;
} kor_teacher_job;

typedef struct kor_teacher_row {
    const char *json; /* {"text", "label", "soft"?} in one line, without its end */
    size_t text;      /* label: the number of the text */
    size_t label;     /* its number */
} kor_teacher_row;

typedef struct kor_teacher_report {
    size_t requests, retries;          /* sent; of these for the second time or more */
    size_t reused;                     /* answers that were in the journal */
    size_t failed;                     /* requests that no try brought an answer to */
    double tokens_in, tokens_out, usd; /* of this run */
    double tokens_all, usd_all; /* with those that the journal remembers: against the budget */
    bool estimated;             /* some of it is not what the endpoint said */
    size_t rows;
    size_t duplicates, near_duplicates, disagreements, other_labels, bad_rows;
    size_t unchecked; /* made, but their second pass did not come to an answer */
    size_t missing;   /* rows that were asked for and are not there */
    double seconds;
    char stopped[200]; /* why it stopped before all was there; "" */
} kor_teacher_report;

typedef kor_status (*kor_teacher_take)(void *arg, const kor_teacher_row *row, kor_error *err);

/* Read a configuration and get ready; nothing is sent yet. Free with kor_teacher_close. */
kor_status kor_teacher_open(kor_teacher **out, const char *config_path, kor_error *err);

/* The same, through other means than the module. */
kor_status kor_teacher_open_with(kor_teacher **out, const char *config_path,
                                 const kor_http_api *api, kor_error *err);

/* Make rows, or label texts. A budget that is reached, or an endpoint that answers no more, ends it
 * early with what there is, and *report says so. An error is what makes going on pointless: a key
 * that is refused, an endpoint that never answered, a file that cannot be written, a row that take
 * did not want. report may not be NULL, and is filled in any case. */
kor_status kor_teacher_make(kor_teacher *teacher, const kor_teacher_job *job, kor_teacher_take take,
                            void *arg, kor_teacher_report *report, kor_error *err);
kor_status kor_teacher_label(kor_teacher *teacher, const kor_teacher_job *job,
                             kor_teacher_take take, void *arg, kor_teacher_report *report,
                             kor_error *err);

void kor_teacher_close(kor_teacher *teacher);

#endif
