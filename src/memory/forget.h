/* SPDX-License-Identifier: Apache-2.0 */
/* Events out: chosen by what they are, then gone from the store, the index of words, the vectors,
 * everything that was said of them, and the bytes of the files. */
#ifndef KOR_FORGET_H
#define KOR_FORGET_H

#include "memory/memory.h"

/* What is to be forgotten: all that is given must hold of an event. Strings may be NULL. */
typedef struct kor_forget {
    const int64_t *ids; /* [id_count] only these; none: any */
    size_t id_count;
    bool ranged;
    int64_t from_ms, to_ms; /* half-open, when ranged */
    const char *source;     /* its name */
    const char *app;        /* its name; case does not matter */
    const char *site;       /* "example.org": of the uri, with all below it */
    const char *words;      /* all of them are in the title or the text, as recall finds words */
    const char *scope;      /* NULL: the user's own */
    bool any_scope;         /* all scopes, whatever scope says */
} kor_forget;

/* The events that this fits, ascending; *ids is the arena's. KOR_E_ARG where nothing is asked for:
 * nobody forgets everything by leaving out a word. */
kor_status kor_forget_find(kor_memory *memory, const kor_forget *what, kor_arena *arena,
                           int64_t **ids, size_t *count, kor_error *err);

typedef struct kor_forgotten {
    int64_t events;  /* that were there, and are gone */
    int64_t seen;    /* what watchers saw and was never an event (activity.h), gone too */
    bool in_the_log; /* another process is reading: the old bytes stay in memory.db-wal until it has
                      * done so and the memory is next written to */
} kor_forgotten;

/* Forget these events, which kor_forget_find found for what, in one transaction: all or none. With
 * what (NULL: these events alone) also what watchers saw and fits, event or not. Ids that are not
 * there are passed over. What else names them is gone too, and freed bytes of the database are
 * zeroed. The sidecar of the vectors is made anew, and those of other models are removed. */
kor_status kor_forget_run(kor_memory *memory, const kor_forget *what, const int64_t *ids,
                          size_t count, kor_forgotten *out, kor_error *err);

#endif
