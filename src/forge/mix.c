/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/mix.h"

#include "base/file.h"
#include "forge/minhash.h"
#include "learn/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

kor_status kor_mix_times(uint32_t *times, size_t n, double weight, uint64_t seed, kor_error *err)
{
    kor_random random = {seed ^ 0x6d69786564ull}; /* not the trainer's numbers */
    uint32_t whole = (uint32_t)floor(weight);
    uint32_t *order = malloc((n + 1) * sizeof *order);
    size_t kept = 0;
    if (!order) return kor_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        bool out = times[i] == UINT32_MAX;
        times[i] = out ? 0 : whole;
        if (!out) order[kept++] = (uint32_t)i;
    }
    size_t more = (size_t)((weight - (double)whole) * (double)kept + 0.5);
    kor_random_shuffle(&random, order, kept);
    for (size_t i = 0; i < more; i++) times[order[i]]++;
    free(order);
    return KOR_OK;
}

/* The signature of a row's text; false when there are no words in it to be alike in. */
static bool sign(const kor_made_row *row, kor_str *text, kor_minhash *sig)
{
    kor_str_clear(text);
    kor_made_row_text(text, row);
    kor_minhash_of(kor_str_text(text), text->len, sig);
    return sig->exact != 0;
}

static kor_status index_gate(kor_minhash_set *set, const kor_made_rows *gate, kor_str *text,
                             kor_error *err)
{
    kor_minhash sig;
    size_t found;
    for (size_t i = 0; i < gate->count; i++) {
        /* No two texts are twice alike: all are added. */
        if (sign(&gate->rows[i], text, &sig)) KOR_TRY(kor_minhash_add(set, &sig, 2, &found, err));
    }
    return text->failed ? kor_fail_memory(err) : KOR_OK;
}

static kor_status decide(kor_mix_part *p, const kor_minhash_set *gate, kor_str *text, uint64_t seed,
                         kor_error *err)
{
    kor_minhash sig;
    p->times = calloc(p->rows.count + 1, sizeof *p->times);
    if (!p->times) return kor_fail_memory(err);
    for (size_t i = 0; i < p->rows.count; i++) {
        if (!sign(&p->rows.rows[i], text, &sig) ||
            kor_minhash_find(gate, &sig, KOR_MIX_NEAR) == SIZE_MAX)
            continue;
        p->times[i] = UINT32_MAX;
        p->near++;
    }
    KOR_TRY(kor_mix_times(p->times, p->rows.count, p->weight, seed, err));
    for (size_t i = 0; i < p->rows.count; i++) p->used += p->times[i];
    return text->failed ? kor_fail_memory(err) : KOR_OK;
}

kor_status kor_mix_decide(kor_mix_part *parts, size_t count, const kor_made_rows *gate,
                          uint64_t seed, kor_error *err)
{
    kor_minhash_set set = {0};
    kor_str text = {0};
    kor_status status = index_gate(&set, gate, &text, err);
    for (size_t i = 0; status == KOR_OK && i < count; i++)
        status = decide(&parts[i], &set, &text, seed + i, err);
    kor_minhash_set_free(&set);
    kor_str_free(&text);
    return status;
}

kor_status kor_mix_write(const kor_mix_part *parts, size_t count, size_t without, const char *path,
                         kor_error *err)
{
    kor_writer w;
    kor_str text = {0};
    kor_status status = kor_writer_open(&w, path, err);
    if (status != KOR_OK) return status;
    for (size_t p = 0; p < count && status == KOR_OK; p++) {
        for (size_t i = 0; p != without && i < parts[p].rows.count; i++) {
            for (uint32_t t = 0; t < parts[p].times[i]; t++) {
                kor_str_add(&text, parts[p].rows.rows[i].json, parts[p].rows.rows[i].len);
                kor_str_putc(&text, '\n');
            }
            if (text.len < 1 << 20) continue;
            status = kor_writer_add(&w, text.data, text.len, err);
            kor_str_clear(&text);
            if (status != KOR_OK) break;
        }
    }
    if (status == KOR_OK && text.failed) status = kor_fail_memory(err);
    if (status == KOR_OK) status = kor_writer_add(&w, kor_str_text(&text), text.len, err);
    if (status == KOR_OK) status = kor_writer_commit(&w, err);
    if (status != KOR_OK) kor_writer_abandon(&w);
    kor_str_free(&text);
    return status;
}

void kor_mix_free(kor_mix_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kor_made_rows_free(&parts[i].rows);
        free(parts[i].times);
    }
}
