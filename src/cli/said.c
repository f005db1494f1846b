/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations, for people and for programs. */
#include "cli/cli.h"

#include <string.h>

/* LABEL 93 %, or VALUE (LABEL 93 %) of a part. */
static void print_one(const kor_said *s, const kor_event *e)
{
    if (*s->value) {
        const char *text = s->place == KOR_PLACE_TITLE ? e->title ? e->title : "" : e->text;
        size_t len = s->place == KOR_PLACE_TITLE ? strlen(text) : e->text_len;
        /* As it is written, where it still stands. */
        if (s->end > s->start && s->end <= len)
            kor_print_line(KOR_PLAIN, text + s->start, s->end - s->start, 60);
        else
            kor_print_line(KOR_PLAIN, s->value, strlen(s->value), 60);
        putchar(' ');
        putchar('(');
    }
    kor_print_line(*s->value ? KOR_DIM : KOR_BOLD, s->label, strlen(s->label), 0);
    if (!s->model) {
        kor_print(KOR_DIM, ", you say");
    } else if (s->score > 0) {
        kor_print(KOR_DIM, " %.0f %%", 100 * s->score);
    } else { /* one that says nothing of how sure it is */
        kor_print(KOR_DIM, ", ");
        kor_print_line(KOR_DIM, s->model, strlen(s->model), 0);
        kor_print(KOR_DIM, " says");
    }
    if (*s->value) putchar(')');
}

void kor_print_said(const kor_said *list, size_t count, const kor_event *event)
{
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || strcmp(list[i].field, list[i - 1].field) != 0;
        bool parts = *list[i].value != 0;
        if (first) {
            kor_print_cell(KOR_YELLOW, list[i].field, 8);
        } else if (parts) {
            printf("\n%10s", "");
        } else {
            printf(", ");
        }
        print_one(&list[i], event);
        if (i + 1 == count || strcmp(list[i].field, list[i + 1].field) != 0) putchar('\n');
    }
}

/* ---- The guard ---- */

static int64_t sum(const int64_t *counts, size_t n)
{
    int64_t all = 0;
    for (size_t i = 0; i < n; i++) all += counts[i];
    return all;
}

static const char *excluded_name(size_t i)
{
    return kor_exclusion_name((kor_exclusion)i);
}

static void print_list(const int64_t *counts, size_t n, const char *(*name)(size_t))
{
    const char *between = " (";
    for (size_t i = 0; i < n; i++) {
        if (!counts[i]) continue;
        printf("%s%s %s", between, kor_grouped(counts[i]), name(i));
        between = ", ";
    }
    putchar(')');
}

void kor_print_guarded(const kor_guard_counts *c)
{
    int64_t cut = sum(c->cut, KOR_SECRETS), excluded = sum(c->excluded, KOR_EXCLUSIONS);
    if (cut) {
        printf(", %s cut out", kor_counted(cut, "secret"));
        print_list(c->cut, KOR_SECRETS, kor_secret_name);
    }
    if (excluded) {
        printf(", %s excluded", kor_grouped(excluded));
        print_list(c->excluded, KOR_EXCLUSIONS, excluded_name);
    }
}
