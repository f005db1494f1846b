/* SPDX-License-Identifier: Apache-2.0 */
/* bench_simhash ROWS.jsonl...: how far apart the hashes of texts are (text/simhash.h) that repeat
 * each other, made from the rows by one change, and of all pairs of different rows. */
#include "learn/random.h"
#include "text/simhash.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS_MAX = 20000, TEXT_MAX = 1 << 16 };

static char *rows[ROWS_MAX];
static uint64_t hashes[ROWS_MAX];
static size_t words[ROWS_MAX], count;

static size_t count_words(const char *s)
{
    size_t n = 0;
    for (; *s; s++) n += *s > ' ' && (s[1] == '\0' || (s[1] >= 0 && s[1] <= ' '));
    return n;
}

static void read_rows(const char *path)
{
    FILE *in = fopen(path, "r");
    if (!in) {
        perror(path);
        exit(2);
    }
    static char line[TEXT_MAX * 2];
    while (count < ROWS_MAX && fgets(line, sizeof line, in)) {
        json_t *row = json_loads(line, 0, NULL);
        const char *text = json_string_value(json_object_get(row, "text"));
        if (text && *text && strlen(text) < TEXT_MAX / 2) {
            rows[count] = strdup(text);
            words[count] = count_words(text);
            hashes[count] = kor_simhash(text, strlen(text));
            count++;
        }
        json_decref(row);
    }
    fclose(in);
}

/* The row with one of its words (by seed) replaced, or a word put in behind it. */
static void change_word(const char *row, size_t n, bool add, kor_random *r, char *out)
{
    size_t which = kor_random_below(r, n), at = 0;
    const char *s = row;
    while (*s) {
        const char *end = s;
        while (*end && !(*end >= 0 && *end <= ' ')) end++;
        if (end > s && at++ == which) {
            if (add) out += sprintf(out, "%.*s ", (int)(end - s), s);
            out += sprintf(out, "w%x", (unsigned)kor_random_next(r) & 0xfff);
        } else {
            out += sprintf(out, "%.*s", (int)(end - s), s);
        }
        s = end;
        while (*s >= 0 && *s <= ' ' && *s) *out++ = *s++;
    }
    *out = '\0';
}

typedef struct tally {
    size_t at[65], all;
} tally;

static void tell(const char *name, const tally *t)
{
    if (!t->all) return;
    static const int within[] = {0, 1, 2, 3, 4, 6, 8, 10, 12, 16};
    printf("| %s | %zu |", name, t->all);
    for (size_t i = 0; i < sizeof within / sizeof *within; i++) {
        size_t sum = 0;
        for (int d = 0; d <= within[i]; d++) sum += t->at[d];
        printf(" %.*f |", t->all > 100000 ? 4 : 1, 100.0 * (double)sum / (double)t->all);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) return fprintf(stderr, "usage: bench_simhash ROWS.jsonl...\n"), 2;
    for (int i = 1; i < argc; i++) read_rows(argv[i]);
    static const char *const sizes[] = {"1 to 4",   "5 to 9",   "10 to 19",
                                        "20 to 49", "50 to 99", "100 and more"};
    static const size_t to[] = {4, 9, 19, 49, 99, SIZE_MAX};
    enum { SIZES = sizeof to / sizeof *to };
    static tally stamped, counted, spaced, replaced[SIZES], added[SIZES], grown[SIZES], numbered,
        different[SIZES];
    static char changed[TEXT_MAX * 2], other[TEXT_MAX * 2];
    kor_random r = {1};
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (words[i] > to[k]) k++;
        unsigned day = 1 + (unsigned)kor_random_below(&r, 27),
                 minute = (unsigned)kor_random_below(&r, 60);
        snprintf(other, sizeof other, "2026-03-%02u 10:%02u:07 %s", day, minute, rows[i]);
        snprintf(changed, sizeof changed, "2026-04-02 23:11:59 %s", rows[i]);
        uint64_t h = kor_simhash(changed, strlen(changed));
        stamped.at[kor_simhash_distance(kor_simhash(other, strlen(other)), h)]++, stamped.all++;
        snprintf(changed, sizeof changed, "(%u) %s", minute, rows[i]);
        counted.at[kor_simhash_distance(kor_simhash(changed, strlen(changed)), hashes[i])]++,
            counted.all++;
        snprintf(changed, sizeof changed, "\t %s \n", rows[i]);
        for (char *c = changed; *c; c++)
            if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 32);
        spaced.at[kor_simhash_distance(kor_simhash(changed, strlen(changed)), hashes[i])]++,
            spaced.all++;
        snprintf(other, sizeof other, "%s %u", rows[i], day);
        snprintf(changed, sizeof changed, "%s %u", rows[i], day + 40);
        h = kor_simhash(changed, strlen(changed));
        numbered.at[kor_simhash_distance(kor_simhash(other, strlen(other)), h)]++, numbered.all++;
        if (!words[i]) continue;
        change_word(rows[i], words[i], false, &r, changed);
        replaced[k].at[kor_simhash_distance(kor_simhash(changed, strlen(changed)), hashes[i])]++,
            replaced[k].all++;
        change_word(rows[i], words[i], true, &r, changed);
        added[k].at[kor_simhash_distance(kor_simhash(changed, strlen(changed)), hashes[i])]++,
            added[k].all++;
        snprintf(changed, sizeof changed,
                 "%s\nSince w%x the reader goes on where it had to stop.\n", rows[i],
                 (unsigned)kor_random_next(&r) & 0xfff);
        grown[k].at[kor_simhash_distance(kor_simhash(changed, strlen(changed)), hashes[i])]++;
        grown[k].all++;
        for (size_t j = 0; j < i; j++) {
            if (words[j] > to[k] || (k && words[j] <= to[k - 1]) || strcmp(rows[i], rows[j]) == 0)
                continue;
            different[k].at[kor_simhash_distance(hashes[i], hashes[j])]++, different[k].all++;
        }
    }
    printf(
        "| pairs | how many | share in %% within 0 bits | 1 | 2 | 3 | 4 | 6 | 8 | 10 | 12 | 16 |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    tell("another stamp", &stamped);
    tell("a count before it", &counted);
    tell("other case and spacing", &spaced);
    tell("another number at the end", &numbered);
    char name[100];
    for (size_t k = 0; k < SIZES; k++) {
        snprintf(name, sizeof name, "one word replaced, %s words", sizes[k]);
        tell(name, &replaced[k]);
    }
    for (size_t k = 0; k < SIZES; k++) {
        snprintf(name, sizeof name, "one word added, %s words", sizes[k]);
        tell(name, &added[k]);
    }
    for (size_t k = 0; k < SIZES; k++) {
        snprintf(name, sizeof name, "a sentence added, %s words", sizes[k]);
        tell(name, &grown[k]);
    }
    for (size_t k = 0; k < SIZES; k++) {
        snprintf(name, sizeof name, "different, both %s words", sizes[k]);
        tell(name, &different[k]);
    }
    size_t bytes = 0;
    clock_t begun = clock();
    uint64_t sum = 0;
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < count; i++) {
            size_t len = strlen(rows[i]);
            sum += kor_simhash(rows[i], len);
            bytes += len;
        }
    double s = (double)(clock() - begun) / CLOCKS_PER_SEC;
    printf("\n%zu rows, %.2f us a row, %.0f MB/s (%x)\n", count, s * 1e6 / 20 / (double)count,
           (double)bytes / s / 1e6, (unsigned)sum & 0xf);
    for (size_t i = 0; i < count; i++) free(rows[i]);
    return 0;
}
