/* SPDX-License-Identifier: Apache-2.0 */
/* Asks many questions of one endpoint at a time: within the budget, again when it makes sense, and
 * never what was answered before. */
#ifndef KOR_ASKER_H
#define KOR_ASKER_H

#include "forge/http.h"
#include "forge/journal.h"
#include "forge/teacher_config.h"
#include "learn/random.h"

typedef enum kor_question_state {
    KOR_WAITING,
    KOR_UNDER_WAY,
    KOR_ANSWERED,
    KOR_GIVEN_UP
} kor_question_state;

typedef struct kor_question {
    kor_str body; /* JSON */
    char hash[33];
    kor_asked asked;
    kor_cost most; /* at most so much */
    /* From here on the asker's. */
    kor_question_state state;
    kor_answer answer; /* once answered */
    bool refused;      /* given up: the endpoint does not take such a request */
    size_t tries, bad_answers;
    double ready; /* not before this time */
} kor_question;

typedef struct kor_asker {
    kor_teacher_config config;
    const kor_http_api *api;
    kor_http *http;
    kor_ledger ledger;
    kor_journal journal;
    kor_remarks remarks;
    kor_random random; /* of the waits only: what is asked does not depend on it */
    kor_cost here;     /* of this run */
    bool answered;     /* the endpoint has given an answer at least once */
    size_t requests, retries, reused, failed;
    size_t failed_in_a_row;
    double not_before; /* the endpoint asked for a pause */
    char last[252];    /* what went wrong last */
    char stopped[200]; /* why nothing more is asked; "" */
} kor_asker;

/* Ask questions[count]. Afterwards each is answered, given up, or, once stopped says why, waiting.
 * An error is one that makes going on pointless. Those that are answered have an answer to be
 * freed, by kor_questions_free too. */
kor_status kor_ask(kor_asker *asker, kor_question *questions, size_t count, kor_error *err);
void kor_questions_free(kor_question *questions, size_t count);

#endif
