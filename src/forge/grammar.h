/* SPDX-License-Identifier: Apache-2.0 */
/* Example sentences from a grammar in the Chatito language (docs/grammar.md): an intent is a label,
 * a slot a span, an alias a choice of words. */
#ifndef KOR_GRAMMAR_H
#define KOR_GRAMMAR_H

#include "base/status.h"
#include "base/str.h"
#include "forge/corrupt.h"
#include "learn/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a grammar may hold at most: more is KOR_E_INPUT, said before anything is generated. */
enum {
    KOR_GRAMMAR_FILES = 64,         /* with all imports */
    KOR_GRAMMAR_BYTES = 8 << 20,    /* of all files */
    KOR_GRAMMAR_DEPTH = 64,         /* references inside references, imports inside imports */
    KOR_GRAMMAR_TEXT = 16384,       /* bytes of a sentence, everything optional in it */
    KOR_GRAMMAR_ROWS = 10000000,    /* rows of one call */
    KOR_GRAMMAR_DISTINCT = 1 << 18, /* combinations up to which distinct sentences are counted */
};

/* Read-only once it is loaded, so that threads may share it. */
typedef struct kor_grammar kor_grammar;

/* Read a grammar and everything it imports, and check all of it. No file outside of root (NULL: the
 * folder of path) is read, whatever imports and links say. On failure *out is NULL, and err names
 * file, line and column and says what to do. Free with kor_grammar_free (NULL is fine). */
kor_status kor_grammar_load(kor_grammar **out, const char *path, const char *root, kor_error *err);
void kor_grammar_free(kor_grammar *g);

/* The files it was read from, with all imports; at least one. */
size_t kor_grammar_files(const kor_grammar *g);
const char *kor_grammar_file(const kor_grammar *g, size_t file);

/* The intents, in the order of the file; at least one. */
size_t kor_grammar_intents(const kor_grammar *g);
const char *kor_grammar_intent(const kor_grammar *g, size_t intent);

typedef struct kor_grammar_counts {
    uint64_t combinations;      /* ways to make a sentence; UINT64_MAX: that many or more */
    uint64_t distinct;          /* different texts, where exact; else at most so many */
    bool exact;                 /* up to KOR_GRAMMAR_DISTINCT combinations they are counted */
    uint64_t training, testing; /* what the intent asks for; 0: it does not say */
} kor_grammar_counts;

/* How many sentences an intent has. KOR_E_ARG when there is no such intent. */
kor_status kor_grammar_count(const kor_grammar *g, size_t intent, kor_grammar_counts *out,
                             kor_error *err);

/* A row; what it points to is valid during the call. */
typedef struct kor_grammar_row {
    const char *text; /* len bytes of UTF-8, then a NUL */
    size_t len;
    const char *label;     /* the intent */
    const kor_mark *spans; /* [span_count], in order; the label is the slot's name */
    size_t span_count;
    bool testing;   /* the intent asks for a testing set, and this row is of it */
    bool corrupted; /* the text is not the grammar's own */
} kor_grammar_row;

/* Anything but KOR_OK ends the generation with that status; set err then. */
typedef kor_status (*kor_grammar_take)(void *arg, const kor_grammar_row *row, kor_error *err);

typedef struct kor_grammar_options {
    uint64_t seed;
    uint64_t
        count;     /* rows in all; 0: what each intent asks for, and all there are if it does not */
    bool balanced; /* intents share count equally, as far as each has rows; without a count all
                      give as many as the one with the fewest. Else by what each asks for or has */
    kor_corruption corruption;
    kor_remarks remarks; /* told when there are fewer sentences than were asked for */
} kor_grammar_options;

/* Hand out rows, intent by intent: no text twice within an intent, the same seed the same rows on
 * every machine. Sentences are drawn as the original draws them ("regular", "even", weights); when
 * all are asked for, or drawing finds nothing new, they are enumerated. */
kor_status kor_grammar_generate(const kor_grammar *g, const kor_grammar_options *options,
                                kor_grammar_take take, void *arg, kor_error *err);

/* Append a row as JSON, one line without its end:
 * {"text","label","spans":[{"start","end","label"}]} with offsets in code points; a testing row has
 * "testing":true too. */
void kor_grammar_row_json(kor_str *out, const kor_grammar_row *row);

#endif
