/* SPDX-License-Identifier: Apache-2.0 */
/* Text as people really type and say it: clean rows in, rows with mistakes out, spans kept right.
 */
#ifndef KOR_CORRUPT_H
#define KOR_CORRUPT_H

#include "base/status.h"
#include "learn/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of a text: offsets in code points, end exclusive. The label is the owner's. */
typedef struct kor_mark {
    size_t start, end;
    const char *label;
} kor_mark;

/* What can happen to a text. One row gets one kind, and one in four a second. */
enum {
    KOR_CORRUPT_TYPOS = 1,       /* a neighbouring key, two letters swapped, one lost or doubled */
    KOR_CORRUPT_CASE = 2,        /* all lower, ALL UPPER, or Sentence case */
    KOR_CORRUPT_PUNCTUATION = 4, /* lost: but not inside numbers, as in 10:30 */
    KOR_CORRUPT_TRUNCATION = 8,  /* the end is missing; at least half is left */
    KOR_CORRUPT_SPEECH = 16, /* as a recogniser writes it: lower case, no punctuation, numbers as
                                English words, "um" */
    KOR_CORRUPT_ALL = 31
};

typedef struct kor_corruption {
    double share;   /* of the rows, 0 to 1 */
    unsigned kinds; /* KOR_CORRUPT_*, or'ed; 0: all */
} kor_corruption;

/* The longest text that is corrupted, in bytes; a longer one is KOR_E_INPUT. */
enum { KOR_CORRUPT_TEXT = 1 << 20 };

typedef struct kor_corruptor kor_corruptor;

/* Its memory is used again from text to text. Free with kor_corruptor_free (NULL is fine). */
kor_status kor_corruptor_new(kor_corruptor **out, kor_error *err);
void kor_corruptor_free(kor_corruptor *c);

typedef struct kor_corrupted {
    const char *text; /* len bytes, then a NUL; valid until the next call on its corruptor */
    size_t len;
    const kor_mark
        *marks; /* [mark_count], in the order given; one whose text is gone is not there */
    size_t mark_count;
    bool changed;
} kor_corrupted;

/* Corrupt one text: kinds as in kor_corruption. text must be UTF-8 (else KOR_E_INPUT); marks in
 * order, inside the text, not empty and not overlapping (else KOR_E_ARG). The result is UTF-8 and
 * not blank; it is the text itself, with changed false, where a kind finds nothing to do. The same
 * random state gives the same result. */
kor_status kor_corrupt(kor_corruptor *c, unsigned kinds, kor_random *random, const char *text,
                       size_t len, const kor_mark *marks, size_t mark_count, kor_corrupted *out,
                       kor_error *err);

#endif
