/* SPDX-License-Identifier: Apache-2.0 */
/* What all heads have in common while a task is trained: train.c opens the session, a trainer of
 * the head learns, measures and writes the model, and train.c judges it and writes the card. */
#ifndef KOR_SESSION_H
#define KOR_SESSION_H

#include "learn/train.h"
#include "model/gguf.h"

typedef struct kor_session {
    kor_train_report *out;
    const kor_train_options *options;
    kor_model_info trunk; /* of options->trunk; dim is 0 when there is none */
    double from, to;      /* part of the whole that is under way, for the progress */
    kor_error *err;
} kor_session;

/* A trainer: session->out has the task, seed and file names. It reads the rows, fills in the
 * report, and writes the model to out->file. */
kor_status kor_train_labels(kor_session *session); /* classify, tags */
kor_status kor_train_spans(kor_session *session);
kor_status kor_train_rules(kor_session *session); /* spans of a task that names rules */
kor_status kor_train_pairs(kor_session *session); /* rank */
kor_status kor_train_embed(kor_session *session); /* embed */

/* fraction of from..to is done; a callback's form. */
void kor_session_progress(void *session, double fraction);

/* Put what every model file begins with into one: names, licence, head, labels (not for embed and
 * rank) and the card, which must be known by now. Frees file when it fails. */
kor_status kor_session_begin(kor_session *session, kor_gguf_out *file);

/* Write the file and note its size. Frees file in any case. */
kor_status kor_session_commit(kor_session *session, kor_gguf_out *file);

/* Seconds of a clock that never goes back. */
double kor_session_now(void);

#endif
