/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as rows to learn from: read with an open and with a closed list of labels, for each
 * head, checked, sorted, split, and made into targets. */
#include "learn/check.h"
#include "learn/teach.h"
#include "text/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) abort();
}

static void hear(void *arg, const char *line)
{
    (void)arg;
    expect(*line && strlen(line) < 512);
}

static const kor_remarks remarks = {hear, NULL};

/* What kor_row and kor_dataset promise of a row. */
static void check_row(const kor_row *row, const kor_labels *labels, bool tags)
{
    double sum = 0;
    expect(row->text && !row->text[row->len] && row->line);
    expect(tags || row->label_count == 1);
    for (size_t i = 0; i < row->label_count; i++) {
        bool outside = row->labels[i] == UINT32_MAX;
        expect(outside || row->labels[i] < labels->count);
        expect(i == 0 || row->labels[i - 1] < row->labels[i]);
    }
    for (size_t l = 0; row->soft && l < labels->count; l++) {
        expect(row->soft[l] >= 0 && row->soft[l] <= 1.0001f);
        sum += (double)row->soft[l];
    }
    expect(!row->soft || tags || (sum > 0.999 && sum < 1.001));
}

static void use(kor_dataset *d, kor_labels *labels, bool tags)
{
    kor_arena arena = {0};
    kor_targets targets;
    size_t n, kept = 0;
    const kor_teaching teaching = {.balanced = true, .distill = 0.5f, .temperature = 2};
    const kor_row **list = kor_arena_array(&arena, d->count, sizeof *list);
    bool *to_val = kor_arena_array(&arena, d->count, sizeof *to_val);
    if (!list || !to_val) abort();
    expect(kor_labels_sort(labels, (kor_dataset *const[]){d}, 1, NULL) == KOR_OK);
    for (size_t l = 1; l < labels->count; l++)
        expect(strcmp(labels->name[l - 1], labels->name[l]) < 0);
    for (size_t i = 0; i < d->count; i++) {
        const kor_row *row = &d->rows[i];
        check_row(row, labels, tags);
        if (row->label_count != 1 || row->labels[0] != UINT32_MAX) list[kept++] = row;
    }
    expect(kor_check_contradictions(d, "rows", &remarks, &n, NULL) == KOR_OK && n <= d->count);
    expect(kor_check_rare(list, kept, labels, &remarks, &n, NULL) == KOR_OK && n <= labels->count);
    expect(kor_check_shared(d, d, "rows", &remarks, &n, NULL) == KOR_OK && n == d->count);
    expect(kor_split(d, 0.1, 1, to_val, NULL) == KOR_OK);
    /* A list that mixes rows in scope with others is the trainer's to take apart. */
    for (size_t i = 0; tags && i < kept; i++) {
        for (size_t j = 0; j < list[i]->label_count; j++) {
            if (list[i]->labels[j] == UINT32_MAX) kept = 0;
        }
    }
    if (kept) {
        expect(kor_targets_make(&targets, list, kept, labels->count, tags, &teaching, &arena,
                                NULL) == KOR_OK);
        for (size_t i = 0; i < kept; i++) expect(targets.weight[i] > 0);
    }
    kor_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("rows", 0);
    char path[64];
    if (fd < 0) return 0;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (write(fd, data, size) != (ssize_t)size) abort();
    for (int kind = 0; kind < 4; kind++) {
        kor_labels labels = {0};
        kor_dataset d;
        kor_error err;
        size_t at;
        bool tags = kind & 1, closed = kind & 2;
        const kor_dataset_options o = {.tags = tags,
                                       .closed = closed,
                                       .besides = closed && !tags ? "oos" : NULL,
                                       .remarks = remarks};
        for (size_t i = 0; closed && i < 3; i++)
            expect(kor_labels_add(&labels, &"cab"[i], 1, &at, NULL) == KOR_OK && at == i);
        if (kor_dataset_read(&d, path, &labels, &o, &err) == KOR_OK)
            use(&d, &labels, tags);
        else
            expect(err.code == KOR_E_INPUT && kor_utf8_valid(err.msg, strlen(err.msg)));
        kor_dataset_free(&d);
        kor_labels_free(&labels);
    }
    (void)close(fd);
    return 0;
}
