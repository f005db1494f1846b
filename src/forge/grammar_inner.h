/* SPDX-License-Identifier: Apache-2.0 */
/* A grammar as its parser, its checks and its generator see it. Only they include this. */
#ifndef KOR_GRAMMAR_INNER_H
#define KOR_GRAMMAR_INNER_H

#include "base/arena.h"
#include "forge/grammar.h"

typedef enum kor_entity_kind { KOR_INTENT, KOR_SLOT, KOR_ALIAS } kor_entity_kind;

typedef struct kor_entity kor_entity;

/* A part of a sentence: words, or a reference when entity is set (by the linker). */
typedef struct kor_piece {
    const char *text; /* the words, or the name referred to, "slot#variation" whole */
    size_t len;
    bool refers, optional;
    kor_entity_kind kind; /* of what it refers to */
    size_t column;
    kor_entity *entity;
} kor_piece;

typedef struct kor_sentence {
    kor_piece *pieces; /* [count], at least one */
    size_t count, cap;
    size_t line;
    double weight; /* as written; 0: none was */
    bool percent;
    uint64_t combinations;
} kor_sentence;

struct kor_entity {
    kor_entity_kind kind;
    const char *name; /* what the brackets hold */
    size_t len;
    const char *label; /* the name without "#variation" */
    const char *file;
    size_t line;
    kor_sentence *sentences; /* [count], at least one */
    size_t count, cap;
    bool even;                  /* 'distribution': 'even' */
    uint64_t training, testing; /* 0: not given */
    /* Found by the checks: */
    enum { KOR_NEW, KOR_OPEN, KOR_CHECKED } state;
    size_t depth;          /* references below it, along the longest way */
    size_t longest;        /* bytes of its longest sentence, before spaces are joined */
    const kor_piece *slot; /* a slot that it reaches, or NULL */
    uint64_t combinations;
    uint64_t *upto; /* [count] sentence i is drawn when 53 random bits are below upto[i] first */
};

struct kor_grammar {
    kor_arena arena;
    char root[4096];    /* as realpath has it */
    const char **files; /* [file_count] as realpath has them */
    bool *file_open;    /* [file_count] its imports are being read: an import of it is a cycle */
    size_t file_count, file_cap, file_open_cap;
    size_t bytes;          /* of all files */
    kor_entity **entities; /* [entity_count] intents first come, first served */
    size_t entity_count, entity_cap;
    uint32_t *slots; /* hash of kind and name to its place in entities + 1; 0: free */
    size_t slot_count;
    kor_entity **intents; /* [intent_count] */
    size_t intent_count, intent_cap;
};

/* Make room for one more of size bytes in an array of the arena, which moves; NULL when memory is
 * out. */
void *kor_grammar_grow(kor_arena *arena, void *array, size_t count, size_t *cap, size_t size);

/* The kinds' marks: "%", "@" and "~". */
extern const char kor_entity_mark[3];

/* Parse the text of one file. Entities go to g (intents only with intents: an import's are left
 * out), and each import to import, in order of the file. */
typedef struct kor_grammar_source {
    kor_grammar *g;
    const char *file; /* for messages; lives as long as g */
    const char *text;
    size_t len;
    bool intents;
    kor_status (*import)(void *arg, const char *path, size_t len, size_t line, kor_error *err);
    void *arg;
} kor_grammar_source;

kor_status kor_grammar_parse(const kor_grammar_source *source, kor_error *err);

/* Add an entity; a second one of the name is KOR_E_INPUT. */
kor_status kor_grammar_add(kor_grammar *g, kor_entity *entity, kor_error *err);
kor_entity *kor_grammar_find(const kor_grammar *g, kor_entity_kind kind, const char *name,
                             size_t len);

/* Resolve references, then refuse what cannot be generated from, and find what the generator needs
 * to know. */
kor_status kor_grammar_check(kor_grammar *g, kor_error *err);

/* Bytes of the white space of JavaScript (its \s, which the original joins and trims) at s, 0 when
 * it is something else. len is at least 1. */
size_t kor_grammar_space(const char *s, size_t len);

#endif
