/* SPDX-License-Identifier: Apache-2.0 */
/* What may be wrong with rows that can be read: told, not mended. And the split of rows into those
 * to learn from and those to measure with. */
#ifndef KOR_CHECK_H
#define KOR_CHECK_H

#include "learn/dataset.h"

/* Rows of one text whose labels differ; each is told with its line. Returns how many in *count. */
kor_status kor_check_contradictions(const kor_dataset *data, const char *path,
                                    const kor_remarks *remarks, size_t *count, kor_error *err);

/* Texts of val that train has too: how many, and the first lines. */
kor_status kor_check_shared(const kor_dataset *train, const kor_dataset *val, const char *path,
                            const kor_remarks *remarks, size_t *count, kor_error *err);

/* Labels with a single row, or none. */
kor_status kor_check_rare(const kor_row *const *rows, size_t count, const kor_labels *labels,
                          const kor_remarks *remarks, size_t *rare, kor_error *err);

/* Take share of the rows of each label (a row of several goes by its first) out of data, at random
 * by seed, but the last row of none; rows of one text or
 * one group stay together. to_val[data->count] says
 * which.
 */
kor_status kor_split(const kor_dataset *data, double share, uint64_t seed, bool *to_val,
                     kor_error *err);

#endif
