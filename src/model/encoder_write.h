/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders and their parts into a file. */
#ifndef KOR_ENCODER_WRITE_H
#define KOR_ENCODER_WRITE_H

#include "model/encoder.h"

/* The shape of a linear layer's int8 tensor. */
void kor_packed_shape(const kor_linear *l, size_t shape[KOR_GGUF_DIMS]);

/* Add an int8 linear layer: NAME.weight, NAME.scale, and NAME.bias where it has one. */
void kor_linear_write(kor_gguf_out *out, const kor_linear *l, const char *name);

/* Add the tensors of an int8 encoder that is normalised before its parts, and what from, the file
 * of an encoder of the same shape, says of it: its metadata and its tokenizer. */
void kor_encoder_write(kor_gguf_out *out, const kor_encoder *e, const kor_gguf *from);

#endif
