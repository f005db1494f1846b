/* SPDX-License-Identifier: Apache-2.0 */
/* A model without its tokenizer: lines of token ids in, one vector a line out, with every table of
 * kernels that this machine has. It needs no library but libc, so it can be built for a CPU for
 * which there is none, and its answers compared.
 *
 *     embed_ids MODEL.gguf < IDS          lines of "TABLE NUMBER NUMBER ..." */
#include "base/file.h"
#include "model/encoder.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_IDS = 4096 };

/* The ids of a line; those beyond what the model reads are left out, as kor_embed leaves them. */
static size_t read_ids(const char *line, int32_t *ids, size_t max, size_t vocabulary)
{
    size_t n = 0;
    char *end;
    for (long id; n < max && (id = strtol(line, &end, 10), end != line); line = end) {
        if (id < 0 || (size_t)id >= vocabulary) exit(2);
        ids[n++] = (int32_t)id;
    }
    return n;
}

int main(int argc, char **argv)
{
    kor_error err;
    kor_map map;
    kor_gguf file;
    kor_encoder encoder;
    if (argc != 2) {
        fprintf(stderr, "usage: embed_ids MODEL.gguf < IDS\n");
        return 2;
    }
    if (kor_map_open(&map, argv[1], &err) || kor_gguf_parse(&file, map.data, map.size, &err) ||
        kor_encoder_bind(&encoder, &file, &err)) {
        fprintf(stderr, "embed_ids: %s\n", err.msg);
        return 2;
    }
    void *scratch = aligned_alloc(64, kor_round_up(kor_encoder_scratch(&encoder), 64));
    float *out = calloc(encoder.dim, sizeof *out);
    if (!scratch || !out) return 3;
    const kor_kernels *all[KOR_KERNELS_MAX];
    size_t tables = kor_kernels_all(all);
    static char line[16 * MOST_IDS];
    static int32_t ids[MOST_IDS];
    while (fgets(line, sizeof line, stdin)) {
        size_t n = read_ids(line, ids, encoder.max_tokens, encoder.vocabulary);
        for (size_t k = 0; k < tables; k++) {
            kor_encoder_forward(&encoder, all[k], ids, n, out, scratch);
            printf("%s", all[k]->name);
            for (size_t i = 0; i < encoder.dim; i++) printf(" %.9g", (double)out[i]);
            putchar('\n');
        }
    }
    free(out);
    free(scratch);
    kor_gguf_free(&file);
    kor_map_close(&map);
    return 0;
}
