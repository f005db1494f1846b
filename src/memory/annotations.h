/* SPDX-License-Identifier: Apache-2.0 */
/* What the colony says of an event, and what the user says instead. Annotations go with their
 * event: forgetting the one forgets the others. */
#ifndef KOR_ANNOTATIONS_H
#define KOR_ANNOTATIONS_H

#include "colony/colony.h"
#include "memory/memory.h"

/* ---- Storing ---- */

/* Knows the rows of a colony's fields, labels and models, once they were needed. */
typedef struct kor_annotator kor_annotator;

kor_status kor_annotator_new(kor_annotator **out, kor_memory *memory, const kor_colony *colony,
                             kor_error *err);
void kor_annotator_free(kor_annotator *annotator);

/* Store what the colony says of an event, in place of what it said before, which members (1 << its
 * place) were unsure, and that it has been asked. What is stored of fields whose members are away,
 * or could not answer (missed, 1 << their place), stays; an event that one of the latter has not
 * read waits to be read again. Needs a write transaction; after one that was taken back, a new
 * annotator. */
kor_status kor_annotator_store(kor_annotator *annotator, int64_t event, const kor_annotation *list,
                               size_t count, uint64_t unsure, uint64_t missed, kor_error *err);

/* The first event with an id over *after that this colony has not been asked about, or that has no
 * vector of the memory's embedder, copied into arena; *after becomes its id. *found is false when
 * there is none. */
kor_status kor_annotator_next(kor_annotator *annotator, int64_t *after, kor_arena *arena,
                              kor_event *out, bool *found, kor_error *err);

/* How many such events there are. */
kor_status kor_annotator_waiting(kor_annotator *annotator, int64_t *count, kor_error *err);

/* ---- What models are unsure of ---- */

/* Up to limit of the events last stored of which the model of a field was unsure, and that the user
 * has not corrected; copied into arena. */
kor_status kor_unsure_list(kor_memory *memory, const char *field, size_t limit, kor_arena *arena,
                           kor_event **out, size_t *count, kor_error *err);

/* Store what another, such as a language model, says of a field of an event, under its name. It
 * stays until the field's own model has an answer. */
kor_status kor_unsure_answer(kor_memory *memory, int64_t event, const char *field,
                             const char *label, const char *who, kor_error *err);

/* ---- Reading ---- */

typedef struct kor_said {
    const char *field, *label;
    const char *value; /* see kor_annotation */
    kor_place place;
    size_t start, end;
    double score;      /* to three digits; 1 of what the user says */
    const char *model; /* NULL: the user */
    uint64_t checksum; /* of the model */
} kor_said;

/* What holds of an event, in the order of fields, places and labels: what models said, but for what
 * the user took away or replaced, and what the user said. Copied into arena. Where names are
 * redacted, nothing of places, which are others then. */
kor_status kor_annotations_list(kor_memory *memory, int64_t event, kor_arena *arena, kor_said **out,
                                size_t *count, kor_error *err);

/* ---- Filters ---- */

/* Events of which something holds. */
typedef struct kor_wanted {
    const char *field; /* of the colony; NULL: label is their source, or a colony has read them */
    const char *label; /* NULL: any; several with commas between them: one of these */
    const char *value; /* NULL: any; else one that holds this text, in lower case */
    bool either;       /* the label or the value, not both */
} kor_wanted;

enum { KOR_WANTED = 16 }; /* at most */

/* The events of a scope's row and a range of time of which all that is wanted holds, ascending;
 * *ids is the arena's. */
kor_status kor_annotations_find(kor_memory *memory, const kor_wanted *wanted, size_t count,
                                int64_t scope, int64_t from_ms, int64_t to_ms, kor_arena *arena,
                                int64_t **ids, size_t *found, kor_error *err);

/* The same by the name of a scope (NULL is the user's own), in a read transaction of its own. */
kor_status kor_annotations_events(kor_memory *memory, const kor_wanted *wanted, size_t count,
                                  const char *scope, int64_t from_ms, int64_t to_ms,
                                  kor_arena *arena, int64_t **ids, size_t *found, kor_error *err);

/* The labels of a field that some event has, most frequent first: "LABEL (COUNT)" lists for a
 * message. */
kor_status kor_annotations_labels(kor_memory *memory, const char *field, kor_str *out,
                                  kor_error *err);

#endif
