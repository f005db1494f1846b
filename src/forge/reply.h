/* SPDX-License-Identifier: Apache-2.0 */
/* What an endpoint answers, which may be anything: read, bounded and checked. */
#ifndef KOR_REPLY_H
#define KOR_REPLY_H

#include "forge/ledger.h"
#include "learn/dataset.h"

#include <jansson.h>

enum {
    KOR_REPLY_MAX = 4 << 20, /* bytes of a reply */
    KOR_REPLY_TEXT = 2000,   /* bytes of a row's text */
    KOR_REPLY_LETTERS = 26,  /* labels that one letter can tell apart */
    KOR_REPLY_WHY = 160
};

typedef enum kor_ask_kind {
    KOR_ASK_ROWS,  /* make rows of one label */
    KOR_ASK_CHECK, /* a label for each of some numbered texts */
    KOR_ASK_LETTER /* a label for one text, as the letter it has in the list */
} kor_ask_kind;

typedef struct kor_asked {
    kor_ask_kind kind;
    const kor_labels *labels;
    size_t label;    /* ROWS: the one asked for */
    size_t texts;    /* ROWS: how many at most; CHECK: how many there are */
    const char *key; /* must not come back; NULL for none */
} kor_asked;

/* rows is an array: of ROWS {"text", "label"}, of CHECK {"number", "label"} with numbers from 1 on,
 * each once, of LETTER one {"label", "soft"?} with soft as in rows to learn from. */
typedef struct kor_answer {
    json_t *rows;
    size_t other_labels, bad_rows; /* left out: of a label that was not asked for; anything else */
    kor_cost cost;                 /* as the endpoint says it */
    bool measured;                 /* it did */
} kor_answer;

/* Read the body of a reply. *good: there is an answer, and out->rows holds at least one row; else
 * why says what is wrong with it. The cost is read in any case. Free with kor_answer_free. */
kor_status kor_reply_read(kor_answer *out, const kor_asked *asked, const char *body, size_t len,
                          bool *good, char why[KOR_REPLY_WHY], kor_error *err);

/* Are these rows what kor_reply_read would have given? For what was kept in a file. */
bool kor_answer_is_sound(json_t *rows, const kor_asked *asked);
void kor_answer_free(kor_answer *answer);

/* What an endpoint says of an error ({"error": {"message": ...}} and its relatives, else the text),
 * in one line of at most cap - 1 bytes, without the key (may be NULL). */
void kor_reply_message(char *out, size_t cap, const char *body, size_t len, const char *key);

#endif
