/* SPDX-License-Identifier: Apache-2.0 */
/* Rows from running prose. */
#ifndef KOR_PASSAGES_H
#define KOR_PASSAGES_H

#include "forge/data_source.h"

/* Cut text (len bytes) into passages of whole sentences, 20 to 120 words long by the request's
 * seed, and add each as a row {"text"}. White space of any kind becomes one space. A sentence
 * ends in . ! or ?, perhaps with quotes or brackets after it; one that does not end is cut. A
 * passage that is not UTF-8 is told by path and its number, and left out. */
kor_status kor_passages_cut(kor_made_rows *out, const char *text, size_t len, const char *path,
                            const kor_data_request *request, kor_error *err);

#endif
