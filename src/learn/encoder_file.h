/* SPDX-License-Identifier: Apache-2.0 */
/* An encoder that has learnt, as a model file of its own. */
#ifndef KOR_ENCODER_FILE_H
#define KOR_ENCODER_FILE_H

#include "model/encoder.h"
#include "model/gguf.h"

/* Add the tensors of an int8 encoder, and from the file it comes from the shape and the tokenizer.
 * Names, head and card are added apart. */
void kor_encoder_write(const kor_encoder *encoder, const kor_gguf *from, kor_gguf_out *out);

#endif
