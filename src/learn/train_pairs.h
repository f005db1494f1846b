/* SPDX-License-Identifier: Apache-2.0 */
/* What the trainers of pairs share: the rows to learn from and those to measure with. */
#ifndef KOR_TRAIN_PAIRS_H
#define KOR_TRAIN_PAIRS_H

#include "learn/pairs.h"
#include "learn/session.h"

typedef struct kor_pair_data {
    kor_texts texts;
    kor_pairs all, learn, measure; /* all: of train, with what measure may have been split off */
} kor_pair_data;

/* Read the task's rows, split them where there is no val, and say in the report how many there are.
 * Remarks tell what cannot be learnt from. Free with kor_pair_data_free. */
kor_status kor_pair_data_read(kor_pair_data *out, kor_session *session);
void kor_pair_data_free(kor_pair_data *data);

/* Give queries without a wrong candidate some from other rows: those to measure with, and with
 * learn_too those to learn from. */
kor_status kor_pair_data_fill(kor_pair_data *data, kor_session *session, bool learn_too);

#endif
