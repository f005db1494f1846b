/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what an endpoint answers, to each kind of question, as an error's message, and as a
 * journal that is gone on with. The first byte chooses the kind. */
#include "forge/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) abort();
}

static const char key[] = "sk-1";

/* What kor_answer promises. */
static void check(const kor_answer *a, const kor_asked *asked, bool good, const char *why)
{
    expect(good || *why);
    expect(a->cost.in >= 0 && a->cost.in <= 1e9 && a->cost.out >= 0 && a->cost.out <= 1e9);
    expect(json_array_size(a->rows) <= asked->texts);
    if (!good) return;
    expect(json_array_size(a->rows) > 0 && kor_answer_is_sound(a->rows, asked));
    size_t i;
    json_t *row;
    json_array_foreach(a->rows, i, row)
    {
        const char *label = json_string_value(json_object_get(row, "label"));
        json_t *text = json_object_get(row, "text");
        size_t len = json_string_length(text);
        expect(label && kor_labels_find(asked->labels, label, strlen(label)) != SIZE_MAX);
        if (asked->kind != KOR_ASK_ROWS) continue;
        expect(len > 0 && len <= KOR_REPLY_TEXT && !strstr(json_string_value(text), key));
        expect(strlen(json_string_value(text)) == len);
        expect(!strpbrk(json_string_value(text), "\r\n\t"));
    }
}

static void as_journal(const uint8_t *data, size_t size, const kor_asked *asked)
{
    /* A journal is locked and cut, so it is a file, though one without a place. */
    static char path[64] = "";
    if (!*path) {
        const char *tmp = getenv("TMPDIR");
        (void)snprintf(path, sizeof path, "%.40s/fuzz-reply-XXXXXX", tmp && *tmp ? tmp : "/tmp");
        int made = mkstemp(path);
        if (made < 0) abort();
        close(made);
    }
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(data, 1, size, out) != size || fclose(out) != 0) abort();
    kor_journal j;
    kor_answer a;
    const kor_remarks nobody = {0};
    if (kor_journal_open(&j, path, &nobody, NULL) != KOR_OK) abort();
    expect(j.spent.in >= 0 && j.spent.out >= 0);
    if (kor_journal_find(&j, "h", asked, &a, &nobody)) {
        check(&a, asked, true, "");
        kor_answer_free(&a);
    }
    kor_journal_close(&j);
    (void)unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) return 0;
    kor_labels labels = {0};
    kor_answer a;
    bool good;
    char why[KOR_REPLY_WHY], said[100];
    size_t at;
    const char *body = (const char *)data + 1;
    for (size_t i = 0; i < 3; i++)
        expect(kor_labels_add(&labels, &"abc"[i], 1, &at, NULL) == KOR_OK);
    const kor_asked asked = {(kor_ask_kind)(data[0] % 3), &labels, 1, 3, key};
    expect(kor_reply_read(&a, &asked, body, size - 1, &good, why, NULL) == KOR_OK);
    check(&a, &asked, good, why);
    kor_answer_free(&a);
    kor_reply_message(said, sizeof said, body, size - 1, key);
    expect(strlen(said) < sizeof said && !strstr(said, key));
    if (data[0] & 4) as_journal(data + 1, size - 1, &asked);
    kor_labels_free(&labels);
    return 0;
}
