/* SPDX-License-Identifier: Apache-2.0 */
/* The emissions of all words of a corpus by an int8 model of spans, on all cores. */
#ifndef KOR_SPAN_ANSWER_H
#define KOR_SPAN_ANSWER_H

#include "learn/span_corpus.h"
#include "model/spanlayer.h"
#include "text/unigram.h"

/* emissions[words][tags] of the words of rows[count], from which corpus was made, by the features
 * of the words. */
kor_status kor_span_answer_bag(const kor_tagger *spans, const kor_spans_row *rows,
                               const kor_span_corpus *corpus, float *emissions, kor_error *err);

/* Add what a layer on the states of an encoder says. */
kor_status kor_span_answer_layer(const kor_span_layer *layer, const kor_encoder *encoder,
                                 const kor_unigram *tokenizer, const kor_spans_row *rows,
                                 const kor_span_corpus *corpus, float *emissions, kor_error *err);

#endif
