/* SPDX-License-Identifier: Apache-2.0 */
/* Rows from the mails in an archive. */
#ifndef KOR_DATA_MAIL_H
#define KOR_DATA_MAIL_H

#include "forge/data_source.h"

/* The files in a tar archive that lie below the source's file and end in .txt or .eml, in the order
 * of their names. The label is the one of the task's that the name of their folder has between
 * dashes ("easy-ham-1"). Of a source with a part, mails that share a sender or a thread, directly
 * or by way of others, stay together: a third of these groups is part gate, the others are learn.
 * Which one it is depends on the group's senders and threads alone, but for a group with more than
 * a fiftieth of all mails, which is always learn. */
kor_status kor_data_mails(kor_made_rows *out, const char *tar, size_t len, const char *path,
                          const kor_data_request *request, kor_error *err);

#endif
