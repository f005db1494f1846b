/* SPDX-License-Identifier: Apache-2.0 */
/* Adapters of low rank (LoRA, Hu et al. 2022) on an encoder that stays as it is in its own mapped
 * file: a linear layer gives x W + b + x A B, with A of [in][rank] and B of [rank][out], both int8.
 * The file of the adapter has the tensors NAME.lora_a and NAME.lora_b, each with .weight and
 * .scale, for each linear layer NAME of the encoder that has one. */
#ifndef KOR_LORA_H
#define KOR_LORA_H

#include "model/encoder.h"

enum { KOR_LORA_RANK = KOR_PANEL }; /* at most */

/* Bind the adapters in a file to e, a copy of the trunk's encoder, which must be int8. Nothing of
 * the file is copied; the tables are in arena. KOR_E_INPUT when the file has none. */
kor_status kor_lora_bind(kor_encoder *e, const kor_gguf *file, kor_arena *arena, kor_error *err);

/* Add the adapters of an encoder to a file. */
void kor_lora_write(kor_gguf_out *out, const kor_encoder *e);

#endif
