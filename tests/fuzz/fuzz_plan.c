/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a condition, and as a colony.yaml. What is read can be asked and put in order; what
 * is not says why in one line. */
#include "colony/exclusions.h"
#include "colony/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64], file[80];

static void expect(bool holds)
{
    if (!holds) abort();
}

static void remove_folder(void)
{
    (void)unlink(file);
    (void)rmdir(folder);
}

static kor_field_kind find(const void *arg, const char *name, size_t *field)
{
    (void)arg;
    *field = strlen(name) % 3;
    return strcmp(name, "length") == 0 ? KOR_FIELD_NUMBER
           : strlen(name) < 8          ? KOR_FIELD_TEXT
                                       : KOR_FIELD_NONE;
}

static const char *text_of(const void *arg, size_t field, size_t i)
{
    (void)arg;
    return i < field ? "code" : NULL;
}

static double number_of(const void *arg, size_t field)
{
    (void)arg;
    return (double)field;
}

static kor_status count(void *arg, size_t field, const char *value, kor_error *err)
{
    (void)value, (void)err;
    expect(field < 3);
    ++*(size_t *)arg;
    return KOR_OK;
}

static void try_condition(const char *text)
{
    const kor_fields fields = {find, text_of, number_of, NULL};
    kor_arena arena = {0};
    kor_condition *c;
    kor_error err = {0};
    size_t asked = 0;
    if (kor_condition_read(&c, text, &fields, &arena, &err) == KOR_OK) {
        bool holds = kor_condition_holds(c, &fields);
        expect(kor_condition_holds(c, &fields) == holds);
        expect(kor_condition_each(c, count, &asked, &err) == KOR_OK && asked > 0);
    } else {
        expect(!c && *err.msg && !strchr(err.msg, '\n'));
    }
    kor_arena_free(&arena);
}

static void try_files(const uint8_t *data, size_t size)
{
    const char *const path = file;
    kor_plan plan;
    kor_exclusions exclusions;
    kor_error err = {0};
    FILE *f = fopen(file, "w");
    expect(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
    if (kor_plan_read(&plan, &path, 1, &err) == KOR_OK) {
        double cost[KOR_PLAN_STEPS] = {0};
        size_t order[KOR_PLAN_STEPS];
        bool seen[KOR_PLAN_STEPS] = {false};
        expect(kor_plan_order(&plan, cost, order, &err) == KOR_OK);
        for (size_t i = 0; i < plan.count; i++) {
            expect(order[i] < plan.count && !seen[order[i]]);
            seen[order[i]] = true;
        }
    } else {
        expect(strstr(err.msg, "plan.yaml") && !strchr(err.msg, '\n'));
    }
    kor_plan_free(&plan);
    if (kor_exclusions_read(&exclusions, path, &err) == KOR_OK) {
        const kor_colony_event e = {
            .app = "a", .uri = "https://h.example/p", .text = "a b", .len = 3};
        kor_exclusion kind;
        (void)kor_exclusions_hold(&exclusions, &e, "/a/b", &kind);
    }
    kor_exclusions_free(&exclusions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!*folder) {
        (void)snprintf(folder, sizeof folder, "/tmp/korora-fuzz-XXXXXX");
        if (!mkdtemp(folder)) exit(3);
        (void)snprintf(file, sizeof file, "%s/plan.yaml", folder);
        (void)atexit(remove_folder);
    }
    char *text = malloc(size + 1);
    expect(text != NULL);
    memcpy(text, data, size);
    text[size] = 0;
    try_condition(text);
    free(text);
    try_files(data, size);
    return 0;
}
