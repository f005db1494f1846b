/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of texts to learn from, for the heads rank and embed. Rows are JSON lines in one of these
 * forms, the same in all of a file:
 *
 *     {"a", "b", "score"}                    two texts and how alike they are, 0 or more
 *     {"query", "text", "label" or "score"}  candidates for a query: rows of equal queries belong
 *                                            together
 *     {"query", "positive", "negatives"}     the same in one row: positive is a text or a list of
 *                                            them, negatives a list or left out
 *     {"text", "label"}                      texts of equal labels (strings) belong together: each
 *                                            is paired with another one of its label, at random
 *
 * "text" and "other" may stand for "a" and "b". Without a score, a row of the first two forms is a
 * pair that belongs together, and what else there is does not. */
#ifndef KOR_PAIRS_H
#define KOR_PAIRS_H

#include "learn/dataset.h"

/* Texts, each once. A row has no labels. */
typedef struct kor_texts {
    kor_row *rows;
    size_t count, cap;
    uint32_t *slot; /* open addressing: number of a text + 1, 0 for none */
    size_t slots;
    kor_arena arena;
} kor_texts;

void kor_texts_free(kor_texts *texts);

typedef struct kor_pair {
    uint32_t a, b; /* texts; a is the query where there is one */
    float score;   /* 0 or more; 1 of a row without a score */
    uint32_t
        label;   /* of both, from 1: texts of one label are no wrong answers to each other; or 0 */
    size_t line; /* in its file; 0 of a pair that was made up */
} kor_pair;

typedef struct kor_pairs {
    kor_pair *pairs; /* those with the same a are one after the other */
    size_t count, cap;
    uint32_t *first; /* [groups + 1]: group g is pairs first[g]..first[g + 1] - 1, of one a */
    size_t groups;
    bool queries; /* candidates for queries; else texts that are alike or not */
    bool scored;  /* pairs differ in their scores, or might: false without any score */
    bool binary;  /* every score is 0 or 1 */
    float score_max;
    size_t bad;    /* rows that were told and left out */
    uint64_t hash; /* kor_hash64 of the file */
} kor_pairs;

/* Read a file of pairs; texts go to texts, which several files may share. A bad row is told with
 * its line (the first 20 one by one) and left out. A file without a good row, or whose scores are
 * all the same where they are to be learnt, is KOR_E_INPUT. Free with kor_pairs_free. */
kor_status kor_pairs_read(kor_pairs *out, const char *path, kor_texts *texts,
                          const kor_remarks *remarks, kor_error *err);
void kor_pairs_free(kor_pairs *pairs);

/* Take about share of the groups apart, at random by seed, at least one of each kind left on both
 * sides. KOR_E_INPUT when there are fewer than two groups. */
kor_status kor_pairs_split(const kor_pairs *pairs, double share, uint64_t seed, kor_pairs *learn,
                           kor_pairs *measure, kor_error *err);

/* Groups whose candidates are all right get up to count texts of pool (which may be pairs itself)
 * as negatives, at random by seed, with score 0; *added says how many in all. Only of binary
 * scores.
 */
kor_status kor_pairs_add_negatives(kor_pairs *pairs, const kor_pairs *pool, const kor_texts *texts,
                                   size_t count, uint64_t seed, size_t *added, kor_error *err);

/* Groups that have candidates of different scores: only they can be ranked right or wrong. */
size_t kor_pairs_contrasts(const kor_pairs *pairs);

/* Do the candidates of a group differ in score? */
bool kor_pairs_contrast(const kor_pairs *pairs, size_t group);

#endif
