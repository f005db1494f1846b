/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are parts of one text: they are split and counted as one. */
#include "learn/check.h"
#include "learn/features.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/scratch.h"

enum { GROUPS = 20, PARTS = 5 };

static void read_rows(kor_dataset *out, kor_labels *labels, const folder *f, bool grouped)
{
    kor_error err;
    FILE *file = fopen(in(f, "rows.jsonl"), "w");
    assert_non_null(file);
    for (int g = 0; g < GROUPS; g++) {
        for (int p = 0; p < PARTS; p++) {
            fprintf(file, "{\"text\":\"common own%d part%d\",\"label\":\"%c\"", g, g * PARTS + p,
                    g % 2 ? 'a' : 'b');
            if (grouped) fprintf(file, ",\"group\":\"%d\"", g);
            fprintf(file, "}\n");
        }
    }
    assert_int_equal(fclose(file), 0);
    const kor_dataset_options o = {0};
    assert_works(kor_dataset_read(out, in(f, "rows.jsonl"), labels, &o, &err), &err);
    assert_int_equal(out->count, GROUPS * PARTS);
    assert_int_equal(out->grouped, grouped);
}

static void test_groups_are_not_split(void **state)
{
    (void)state;
    folder f = folder_new();
    for (int grouped = 0; grouped < 2; grouped++) {
        kor_dataset data;
        kor_labels labels = {0};
        bool to_val[GROUPS * PARTS];
        size_t in_val = 0, torn = 0;
        read_rows(&data, &labels, &f, grouped);
        assert_int_equal(kor_split(&data, 0.3, 1, to_val, NULL), KOR_OK);
        for (size_t i = 0; i < data.count; i++) {
            in_val += to_val[i];
            torn += to_val[i] != to_val[i / PARTS * PARTS];
        }
        assert_in_range(in_val, 30 - PARTS, 30 + PARTS);
        assert_int_equal(torn == 0, grouped);
        kor_dataset_free(&data);
        kor_labels_free(&labels);
    }
    folder_remove(&f);
}

static void test_groups_count_once_for_a_feature(void **state)
{
    (void)state;
    static const kor_ngrams words = {.words = 1};
    folder f = folder_new();
    for (int grouped = 0; grouped < 2; grouped++) {
        kor_dataset data;
        kor_labels labels = {0};
        kor_features features;
        const kor_row *rows[GROUPS * PARTS];
        read_rows(&data, &labels, &f, grouped);
        for (size_t i = 0; i < data.count; i++) rows[i] = &data.rows[i];
        assert_int_equal(kor_features_make(&features, &words, rows, data.count, 2, 2, 1000, NULL),
                         KOR_OK);
        assert_int_equal(features.found, 1 + GROUPS + GROUPS * PARTS);
        assert_int_equal(features.count, grouped ? 1 : 1 + GROUPS); /* common; else own0 to own19 */
        kor_features_free(&features);
        kor_dataset_free(&data);
        kor_labels_free(&labels);
    }
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_are_not_split),
        cmocka_unit_test(test_groups_count_once_for_a_feature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
