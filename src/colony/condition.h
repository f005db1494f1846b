/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions over the fields of an event, as in colony.yaml:
 *
 *     kind == code
 *     keep != drop and kind in [note, chat, mail]
 *     not (source == shell or length < 20) and uri contains "github.com"
 *
 *     condition = all { "or" all }          test = FIELD                    it has a value
 *     all       = one { "and" one }              | FIELD ("==" | "!=" | "contains") VALUE
 *     one       = "not" one                      | FIELD ["not"] "in" "[" VALUE { "," VALUE } "]"
 *               | "(" condition ")" | test       | FIELD ("<" | "<=" | ">" | ">=") NUMBER
 *
 * A value is a word, or any text in quotes ("..." or '...'). A field of several values is equal to
 * a value when one of them is, and unequal when none is; a field without a value is equal to
 * nothing. */
#ifndef KOR_CONDITION_H
#define KOR_CONDITION_H

#include "base/arena.h"
#include "base/status.h"

typedef struct kor_condition kor_condition;

enum { KOR_CONDITION_BYTES = 4096, KOR_CONDITION_DEPTH = 32 }; /* at most */

typedef enum kor_field_kind { KOR_FIELD_NONE, KOR_FIELD_TEXT, KOR_FIELD_NUMBER } kor_field_kind;

/* The fields there are. */
typedef struct kor_fields {
    /* The number of the field of that name into *field, and what it is; KOR_FIELD_NONE when there
     * is none. */
    kor_field_kind (*find)(const void *arg, const char *name, size_t *field);
    /* Value i of a text field, NULL when it has no more. */
    const char *(*text)(const void *arg, size_t field, size_t i);
    double (*number)(const void *arg, size_t field);
    const void *arg;
} kor_fields;

/* Read a condition; it lives in arena. KOR_E_INPUT says what is wrong and at which character:
 * unknown fields, texts compared as numbers, what does not follow the grammar. */
kor_status kor_condition_read(kor_condition **out, const char *text, const kor_fields *fields,
                              kor_arena *arena, kor_error *err);

/* Does it hold? The fields are those it was read with; find is not used. */
bool kor_condition_holds(const kor_condition *condition, const kor_fields *fields);

/* Call visit for each field that it asks about, with each value (NULL: for none, or numbers) that
 * it is compared with for equality. The first failure ends it. */
kor_status kor_condition_each(const kor_condition *condition,
                              kor_status (*visit)(void *arg, size_t field, const char *value,
                                                  kor_error *err),
                              void *arg, kor_error *err);

#endif
