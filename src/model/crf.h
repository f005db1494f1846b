/* SPDX-License-Identifier: Apache-2.0 */
/* A linear-chain conditional random field over tags of words (Lafferty, McCallum, Pereira 2001):
 *
 *     p(tags) ~ exp(sum over words of emission[word][tag] + transition from the tag before)
 *
 * The tags are O, then B-0.. (a span of the label begins), then I-0.. (it goes on). An I follows
 * only a B or an I of its own label and never comes first: other chains have no probability, and
 * only what can be non-zero is stored and summed.
 *
 * Sums over chains are of exponentials in double, scaled at each word so that they sum to 1
 * (Rabiner 1989). An emission counts as at most KOR_CRF_RANGE below the word's largest, and
 * transitions are within +-KOR_CRF_RANGE, so that no sum can vanish: from each tag O can follow, at
 * no less than exp(-3 KOR_CRF_RANGE) of what there is. */
#ifndef KOR_CRF_H
#define KOR_CRF_H

#include <stddef.h>
#include <stdint.h>

enum { KOR_CRF_LABELS = 127, KOR_CRF_RANGE = 100 };

typedef struct kor_crf {
    size_t labels;           /* 1 to KOR_CRF_LABELS */
    const float *start;      /* [labels + 1]: of O and the Bs as the first tag */
    const float *transition; /* [tags][labels + 1]: from each tag to O and the Bs */
    const float *inside;     /* [2][labels]: from B-l, and from I-l, to I-l */
} kor_crf;

static inline size_t kor_crf_tags(size_t labels)
{
    return 2 * labels + 1;
}

enum { KOR_CRF_O = 0 };
static inline size_t kor_crf_begin(size_t label)
{
    return 1 + label;
}
static inline size_t kor_crf_inside(size_t labels, size_t label)
{
    return 1 + labels + label;
}

/* What a chain of up to words words is worked out in. */
typedef struct kor_crf_work {
    size_t labels, words;
    double *start;              /* [labels + 1], and so on: exp(weight / temperature) */
    double *transition;         /* [tags][labels + 1] */
    double *turned;             /* [labels + 1][tags]: the same */
    double *inside;             /* [2][labels] */
    double *emission;           /* [words][tags]: exp(emission - the word's largest) */
    double *forward, *backward; /* [words][tags]; their product is the marginal */
    double *scale;              /* [words]: what forward was divided by */
    double *next;               /* [tags] */
    float *best;                /* [2][tags] */
    uint8_t *from;              /* [words][tags] */
} kor_crf_work;

/* Bytes for chains of up to words words; and lay them out in memory (of that size, aligned to 64).
 */
size_t kor_crf_scratch(size_t labels, size_t words);
void kor_crf_lay_out(kor_crf_work *out, size_t labels, size_t words, void *memory);

/* Take the weights over into the work, divided by the temperature; after each change of them. */
void kor_crf_weigh(kor_crf_work *work, const kor_crf *crf, float temperature);

/* emissions[count][tags], count at least 1: fill in forward, backward and scale. Returns the
 * logarithm of the sum over all chains. */
double kor_crf_sum(kor_crf_work *work, const float *emissions, size_t count, float temperature);

/* After kor_crf_sum: the probability that words from..to - 1 are exactly one span of the label. */
double kor_crf_span(const kor_crf_work *work, size_t count, size_t from, size_t to, size_t label);

/* The most probable chain into tags[count] (Viterbi 1967); always a legal one, whatever the
 * weights. */
void kor_crf_best(kor_crf_work *work, const kor_crf *crf, const float *emissions, size_t count,
                  uint8_t *tags);

#endif
