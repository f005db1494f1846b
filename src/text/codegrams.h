/* SPDX-License-Identifier: Apache-2.0 */
/* Source code as a bag of hashed features: which language it is in shows in its punctuation, in the
 * words beside it, and in how lines begin and end, far more than in what its names and texts mean.
 *
 * The keys are part of the model format: a change of any of them is a new KOR_CODEGRAMS_VERSION,
 * which models state.
 *
 * A text is cut into tokens: words (runs of letters, digits, _ and all beyond ASCII, as they are
 * written), runs of punctuation, and ends of lines with the way in which the next line is indented.
 * Words between quotes on one line, and in what looks like a comment, are not read, but for the
 * punctuation in them. Features are each token, its neighbours, runs of two to five tokens in which
 * words are only of a class (small, Capital, CAPITALS, mixedCase, snake_case, number), the first
 * and last tokens of lines, and the ends of words. */
#ifndef KOR_CODEGRAMS_H
#define KOR_CODEGRAMS_H

#include <stddef.h>
#include <stdint.h>

enum { KOR_CODEGRAMS_VERSION = 1 };

/* As kor_ngrams_read: the lowest bit of a key is set where it is of whole tokens. */
size_t kor_codegrams_read(const char *text, size_t len, uint32_t *out, size_t max);

#endif
