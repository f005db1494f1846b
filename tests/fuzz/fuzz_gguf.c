/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a model: parsed, and, with the checksum made right so that the checks behind it are
 * reached, opened and asked. A hybrid stands on a seed, KORORA_FUZZ_TRUNK. */
#include "base/hash.h"
#include "korora.h"
#include "model/gguf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* More than this is only slow. */
enum { MACS = 1 << 24, FLOATS = 1 << 16 };

static const kor_model *trunk(void)
{
    static kor_model *model;
    const char *path = getenv("KORORA_FUZZ_TRUNK");
    kor_error err;
    if (model) return model;
    if (kor_model_open(&model, path ? path : "tests/fuzz/corpus/gguf/tiny-int8", &err) != KOR_OK) {
        fprintf(stderr, "%s\n", err.msg);
        exit(3);
    }
    return model;
}

/* Probabilities, whatever the weights: a model made to deceive may hold numbers that are none. */
static void ask_labels(kor_ctx *ctx, const kor_model *model, const kor_model_info *info,
                       const char *text, float *p)
{
    kor_error err;
    if (info->labels > FLOATS || info->macs_per_text > MACS) return;
    if (kor_classify(ctx, text, KOR_NUL, p, info->labels, &err) != KOR_OK) return;
    for (size_t i = 0; i < info->labels; i++) {
        float threshold = kor_model_threshold(model, i);
        if (p[i] < 0 || p[i] > 1.001f || threshold < 0 || threshold > 1) abort();
        if (!kor_model_label(model, i)) abort();
    }
}

static void ask(const char *path)
{
    static const char text[] = "a b\xcc\x81"
                               "c \xff the parser https://a.org/b at main.rs";
    static float v[FLOATS];
    int32_t ids[64];
    size_t count;
    kor_error err;
    kor_model *model;
    kor_ctx *ctx;
    kor_model_info info;
    if (kor_model_open_on(&model, path, trunk(), &err) != KOR_OK) {
        if (!memchr(err.msg, 0, sizeof err.msg) || strchr(err.msg, '\n')) abort();
        return;
    }
    kor_model_get_info(model, &info);
    if (kor_ctx_new(&ctx, model, &err) == KOR_OK) {
        if (kor_tokenize(ctx, text, KOR_NUL, ids, 64, &count, &err) == KOR_OK && count > 64)
            abort();
        if (info.dim <= FLOATS && info.macs_per_token < MACS / (info.max_tokens + 1)) {
            (void)kor_embed(ctx, text, KOR_NUL, v, FLOATS, &err);
            (void)kor_rank(ctx, "the b parser", KOR_NUL, text, KOR_NUL, v, &err);
        }
        kor_span spans[16];
        if (info.macs_per_token < MACS / (info.max_tokens + 1) &&
            kor_spans(ctx, text, KOR_NUL, spans, 16, &count, &err) == KOR_OK && count > 16)
            abort();
        if (info.labels) ask_labels(ctx, model, &info, text, v);
        kor_ctx_free(ctx);
    }
    kor_model_close(model);
}

/* Where the checksum is in the file; 0 when there is none. */
static size_t find_checksum(const uint8_t *copy, size_t size)
{
    kor_gguf g;
    size_t at = 0;
    kor_error err;
    if (kor_gguf_parse(&g, copy, size, &err) == KOR_OK) {
        const kor_gguf_kv *kv = kor_gguf_find(&g, "korora.checksum");
        if (kv && kv->type == KOR_GGUF_U64) at = (size_t)(kv->data - copy);
    }
    kor_gguf_free(&g);
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *copy;
    if (posix_memalign(&copy, 64, size ? size : 1) != 0) return 0;
    memcpy(copy, data, size);
    size_t at = find_checksum(copy, size);
    if (at) {
        static const uint64_t zero;
        char *bytes = copy;
        uint64_t sum = kor_hash64(bytes, at, 0);
        sum = kor_hash64(&zero, sizeof zero, sum);
        sum = kor_hash64(bytes + at + 8, size - at - 8, sum);
        memcpy(bytes + at, &sum, 8);
    }
    int fd = memfd_create("model", 0);
    if (fd >= 0) {
        char path[64];
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (write(fd, copy, size) == (ssize_t)size) ask(path);
        (void)close(fd);
    }
    free(copy);
    return 0;
}
