/* SPDX-License-Identifier: Apache-2.0 */
/* Names cut out of what a limited reader is given: "[person]" stands where one was.
 *
 * What is cut are the places in an event that models have named so, and all that is called like
 * something that was named so anywhere in the memory, without case and accents; addresses of mail
 * and of pages by their form too. An event that no model has read is not shown at all. */
#ifndef KOR_REDACT_H
#define KOR_REDACT_H

#include "base/str.h"
#include "memory/memory.h"

/* Labels of the field "entities", or "link": all of the field "links". */
bool kor_redact_knows(const char *label, size_t len);

/* What is known of the names in a memory, at one moment. */
typedef struct kor_redactor kor_redactor;

/* labels have commas between them, and are known. Free with kor_redactor_free, NULL is allowed. */
kor_status kor_redactor_new(kor_redactor **out, kor_memory *memory, const char *labels,
                            kor_error *err);
void kor_redactor_free(kor_redactor *r);

/* These two do nothing where nothing is redacted for the reader of the memory. Cut the names out of
 * an event, with new strings in arena. Its uri and ref, which no model reads, are left out. */
kor_status kor_redact_event(kor_memory *memory, kor_arena *arena, kor_event *event, kor_error *err);

/* Blank the words of a question that are of a name, as the index finds them: nothing is found by
 * what is not shown. *any (may be NULL) says whether there were some. */
kor_status kor_redact_question(kor_memory *memory, kor_str *question, bool *any, kor_error *err);

#endif
