/* SPDX-License-Identifier: Apache-2.0 */
/* How a text is laid out, as hashed features beside its n-grams (text/ngrams.h), which see neither
 * lines nor case: a list, a table, a diff and a paragraph may hold the same words.
 *
 * The keys are part of the model format: a change of any of them is a new version of
 * KOR_LAYOUT_VERSION, which models that have them state.
 *
 * A text is a row of lines (LF, CR LF or CR end one; blank ones at its end are not counted). The
 * visible characters of a line are read as runs: lower-case letters, a Capitalised word, letters
 * that are UPPER, digits, and a symbol as often as it is repeated. Runs between white space are a
 * token. The features are
 *
 *     of a token      its runs, with and without the lengths of numbers
 *     of a line       how it is indented; its first 1 to 4 runs; its last 1 and 2; all, if few
 *     of two lines    their first runs; the end of one and the start of the next
 *     of the text     the first runs of the first line, the last runs of the last; in classes: how
 *                     many lines, blank ones, tokens and characters, how long its lines and its
 *                     longest token are, the shares of letters, digits, symbols and capitals, what
 *                     most of the lines begin and end with, and whether all lines have the same
 *                     number of tokens, commas, tabs, bars, colons or equals signs */
#ifndef KOR_LAYOUT_H
#define KOR_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

enum {
    KOR_LAYOUT_VERSION = 1,
    KOR_LAYOUT_LIMIT = 1 << 13 /* keys of a text; lines and tokens after them are not told */
};

/* Write the keys of a text (len bytes, any) to out and return how many: at most max, as often as
 * they occur. Reads KOR_TEXT_MAX code points. Does not allocate. */
size_t kor_layout_read(const char *text, size_t len, uint32_t *out, size_t max);

#endif
