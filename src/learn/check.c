/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/check.h"

#include "base/hash.h"
#include "learn/random.h"

#include <stdlib.h>
#include <string.h>

enum { TOLD_MAX = 5 };

typedef struct hashed {
    uint64_t hash;
    size_t row;
} hashed;

static int by_hash(const void *a, const void *b)
{
    const hashed *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* All texts, those that are equal beside each other. */
static hashed *sort_texts(const kor_dataset *data)
{
    hashed *list = malloc((data->count + 1) * sizeof *list);
    for (size_t i = 0; list && i < data->count; i++)
        list[i] = (hashed){kor_hash64(data->rows[i].text, data->rows[i].len, 0), i};
    if (list) qsort(list, data->count, sizeof *list, by_hash);
    return list;
}

/* The same, but all parts of one text are beside each other too. */
static hashed *sort_groups(const kor_dataset *data)
{
    hashed *list = sort_texts(data);
    if (!list || !data->grouped) return list;
    for (size_t i = 0; i < data->count; i++) {
        uint64_t group = data->rows[list[i].row].group;
        if (group) list[i].hash = group;
    }
    qsort(list, data->count, sizeof *list, by_hash);
    return list;
}

static bool same_labels(const kor_row *a, const kor_row *b)
{
    return a->label_count == b->label_count &&
           memcmp(a->labels, b->labels, a->label_count * sizeof *a->labels) == 0;
}

kor_status kor_check_contradictions(const kor_dataset *data, const char *path,
                                    const kor_remarks *remarks, size_t *count, kor_error *err)
{
    hashed *list = sort_texts(data);
    if (!list) return kor_fail_memory(err);
    *count = 0;
    for (size_t i = 0, first = 0; i < data->count; i++) {
        if (list[i].hash != list[first].hash) first = i;
        const kor_row *a = &data->rows[list[first].row], *b = &data->rows[list[i].row];
        if (same_labels(a, b)) continue;
        if (++*count <= TOLD_MAX) {
            kor_remark(remarks, "%s:%zu: the same text as line %zu, with another label", path,
                       b->line, a->line);
        }
    }
    if (*count > TOLD_MAX)
        kor_remark(remarks, "%s: %zu more rows contradict others", path, *count - TOLD_MAX);
    free(list);
    return KOR_OK;
}

kor_status kor_check_shared(const kor_dataset *train, const kor_dataset *val, const char *path,
                            const kor_remarks *remarks, size_t *count, kor_error *err)
{
    hashed *known = sort_texts(train), *asked = sort_texts(val);
    if (!known || !asked) {
        free(known);
        free(asked);
        return kor_fail_memory(err);
    }
    *count = 0;
    for (size_t i = 0, j = 0; i < val->count; i++) {
        while (j < train->count && known[j].hash < asked[i].hash) j++;
        if (j == train->count || known[j].hash != asked[i].hash) continue;
        if (++*count <= TOLD_MAX) {
            kor_remark(remarks, "%s:%zu: the same text is in the training rows, line %zu", path,
                       val->rows[asked[i].row].line, train->rows[known[j].row].line);
        }
    }
    if (*count) {
        kor_remark(remarks,
                   "%s: %zu of %zu texts are in the training rows too: the figures flatter", path,
                   *count, val->count);
    }
    free(known);
    free(asked);
    return KOR_OK;
}

kor_status kor_check_rare(const kor_row *const *rows, size_t count, const kor_labels *labels,
                          const kor_remarks *remarks, size_t *rare, kor_error *err)
{
    size_t *seen = calloc(labels->count + 1, sizeof *seen);
    if (!seen) return kor_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < rows[i]->label_count; j++) seen[rows[i]->labels[j]]++;
    }
    *rare = 0;
    for (size_t l = 0; l < labels->count; l++) {
        if (seen[l] > 1) continue;
        if (++*rare <= TOLD_MAX) {
            kor_remark(remarks, "label '%s' has %s to learn from", labels->name[l],
                       seen[l] ? "one row only" : "no row");
        }
    }
    if (*rare > TOLD_MAX) kor_remark(remarks, "%zu more labels are as rare", *rare - TOLD_MAX);
    free(seen);
    return KOR_OK;
}

/* A row's label for the split: the first, 0 where there is none, counted from 1. */
static size_t stratum(const kor_row *row, size_t labels)
{
    if (!row->label_count) return 0;
    return row->labels[0] == UINT32_MAX ? labels + 1 : (size_t)row->labels[0] + 1;
}

kor_status kor_split(const kor_dataset *data, double share, uint64_t seed, bool *to_val,
                     kor_error *err)
{
    size_t n = data->count, labels = 0;
    for (size_t i = 0; i < n; i++) {
        const kor_row *row = &data->rows[i];
        if (row->label_count && row->labels[0] != UINT32_MAX && row->labels[0] >= labels)
            labels = row->labels[0] + 1;
    }
    hashed *list = sort_groups(data);
    uint32_t *order = malloc((n + 1) * sizeof *order);
    size_t *twin = malloc((n + 1) * sizeof *twin);     /* the first row of the same text */
    size_t *size = calloc(n + 1, sizeof *size);        /* rows of the group it is first of */
    size_t *of = calloc(labels + 2, sizeof *of);       /* rows of a stratum, */
    size_t *taken = calloc(labels + 2, sizeof *taken); /* and of them in val */
    kor_status status =
        list && order && twin && size && of && taken ? KOR_OK : kor_fail_memory(err);
    if (status == KOR_OK) {
        kor_random random = {seed ^ 0x73706c6974ull}; /* not the trainer's numbers */
        for (size_t i = 0, first = 0; i < n; i++) {
            if (list[i].hash != list[first].hash) first = i;
            twin[list[i].row] = list[first].row;
            size[list[first].row] = data->grouped ? i - first + 1 : 1;
            order[i] = (uint32_t)i;
            of[stratum(&data->rows[i], labels)]++;
        }
        kor_random_shuffle(&random, order, n);
        for (size_t i = 0; i < n; i++) {
            size_t row = order[i], s = stratum(&data->rows[row], labels);
            to_val[row] = false;
            if (twin[row] != row) continue;
            size_t wanted = (size_t)(share * (double)of[s] + 0.5);
            if (wanted >= of[s]) wanted = of[s] ? of[s] - 1 : 0;
            to_val[row] = taken[s] + size[row] / 2 < wanted;
            taken[s] += to_val[row] ? size[row] : 0;
        }
        for (size_t i = 0; i < n; i++) to_val[i] = to_val[twin[i]];
    }
    free(list);
    free(order);
    free(twin);
    free(size);
    free(of);
    free(taken);
    return status;
}
