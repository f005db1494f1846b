/* SPDX-License-Identifier: Apache-2.0 */
/* What was answered already, so that what was interrupted goes on and nothing is paid twice: one
 * JSON line for each request that is over, by the hash of the request. */
#ifndef KOR_JOURNAL_H
#define KOR_JOURNAL_H

#include "forge/reply.h"

typedef struct kor_journal {
    int fd; /* -1: nothing is kept */
    const char *path;
    json_t *answers; /* by hash: {"rows", "other_labels", "bad_rows", ...} */
    kor_cost spent;  /* by all of its requests, also those without an answer */
    bool estimated;
    size_t bad_lines;
} kor_journal;

/* Open or make it (0600, locked against a second run) and read it. A line that is damaged is told
 * and does not count; a last line without its end is cut off. path NULL: a journal that forgets.
 * path must live as long. */
kor_status kor_journal_open(kor_journal *out, const char *path, const kor_remarks *remarks,
                            kor_error *err);

/* The answer to a request, to be freed; false when there is none. One that does not fit what was
 * asked is told, and is none. */
bool kor_journal_find(kor_journal *journal, const char *hash, const kor_asked *asked,
                      kor_answer *out, const kor_remarks *remarks);

/* Write down that a request is over; with good its answer too. On the disk when it returns. */
kor_status kor_journal_add(kor_journal *journal, const char *hash, const kor_answer *answer,
                           bool good, kor_error *err);
void kor_journal_close(kor_journal *journal);

#endif
