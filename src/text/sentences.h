/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences of a text, one after the other, as ranges of its bytes.
 *
 *     kor_sentences it = {.text = text, .len = len};
 *     for (size_t start, end; kor_sentence_next(&it, &start, &end);)
 *         use(text + start, end - start);
 *
 * A sentence ends
 * - after . ! ? or ... with the quotes and brackets that close there, where white space or the end
 *   follows; not after initials (J. Doe), abbreviations (e.g., Dr., Fig. 3), the number of a list
 *   item, an ordinal before the name of a month in German, or before a lower-case letter where dots
 *   trail off or a quote or bracket closes ("Really?" he said);
 * - after the full stops of Chinese and Japanese, with or without a space;
 * - at an empty line, and at a line end, unless the line is long and the next one goes on with it,
 *   as in wrapped prose;
 * - so headings, items of lists, quoted lines of mails and rows of tables are their own sentences.
 * Lines between ``` or ~~~, and those indented by a tab or four spaces that are no items, are code:
 * each is a sentence as a whole. Ranges are trimmed, never empty, in order, and hold all of the
 * text but white space and the lines of ``` themselves. */
#ifndef KOR_SENTENCES_H
#define KOR_SENTENCES_H

#include <stdbool.h>
#include <stddef.h>

/* A line: from its first to behind its last byte that is no white space, and to its end. */
typedef struct kor_sentence_line {
    size_t first, last, end;
    size_t indent; /* a tab counts as four spaces */
} kor_sentence_line;

/* A place in a text, of any bytes. Set text and len, and zero the rest. */
typedef struct kor_sentences {
    const char *text;
    size_t len;
    size_t at;                    /* what comes next */
    kor_sentence_line line, next; /* the one that at is in, and the one after it */
    bool begun, fenced, code;     /* code: lines are whole */
    bool more;                    /* the next line goes on with this one */
} kor_sentences;

/* The next sentence, bytes [*start, *end) of the text; false at the end. No allocation; to go
 * through a whole text is linear in its length. */
bool kor_sentence_next(kor_sentences *it, size_t *start, size_t *end);

/* Does a word (no white space, len bytes) end with . ! or ?, perhaps with quotes or brackets after
 * it? Half of the question: "Dr." does too. */
bool kor_sentence_stops(const char *word, size_t len);

#endif
