/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a grammar that may import itself and nothing else. What is read gives rows that hold
 * to what is promised, corrupted ones too; what is not says where, in one line. */
#include "base/hash.h"
#include "forge/grammar.h"
#include "text/utf8.h"

#include <fcntl.h>
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

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/korora-fuzz-XXXXXX");
    if (!mkdtemp(folder)) exit(3);
    (void)snprintf(file, sizeof file, "%s/g.chatito", folder);
    (void)atexit(remove_folder);
}

typedef struct watch {
    size_t rows;
    uint64_t hash;
    kor_str line;
} watch;

static kor_status check_row(void *arg, const kor_grammar_row *row, kor_error *err)
{
    (void)err;
    watch *w = arg;
    size_t points = 0, end = 0;
    expect(row->len && kor_utf8_valid(row->text, row->len) && !row->text[row->len]);
    for (size_t i = 0; i < row->len; i++) points += ((unsigned char)row->text[i] & 0xc0) != 0x80;
    for (size_t i = 0; i < row->span_count; i++) {
        const kor_mark *s = &row->spans[i];
        expect(s->start < s->end && s->start >= end && s->end <= points && *s->label);
        end = s->end;
    }
    kor_str_clear(&w->line);
    kor_grammar_row_json(&w->line, row);
    expect(!memchr(kor_str_text(&w->line), '\n', w->line.len));
    w->hash = kor_hash64(kor_str_text(&w->line), w->line.len, w->hash);
    w->rows++;
    return KOR_OK;
}

static void check_grammar(const kor_grammar *g, uint64_t seed)
{
    kor_error err;
    kor_grammar_options o = {.seed = seed, .count = 60, .corruption = {.share = 0.5}};
    watch first = {0}, second = {0};
    kor_grammar_counts counts = {0};
    expect(kor_grammar_intents(g) > 0);
    expect(kor_grammar_count(g, 0, &counts, &err) == KOR_OK && counts.distinct > 0);
    /* Only where the count is cheap, twice the same. */
    expect(kor_grammar_generate(g, &o, check_row, &first, &err) == KOR_OK);
    expect(kor_grammar_generate(g, &o, check_row, &second, &err) == KOR_OK);
    expect(first.rows > 0 && first.rows <= 60);
    expect(first.rows == second.rows && first.hash == second.hash);
    kor_str_free(&first.line);
    kor_str_free(&second.line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kor_grammar *g;
    kor_error err;
    if (!*folder) make_folder();
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0) abort();
    if (kor_grammar_load(&g, file, NULL, &err) == KOR_OK) {
        check_grammar(g, size);
    } else {
        expect(!g && err.code == KOR_E_INPUT && kor_utf8_valid(err.msg, strlen(err.msg)));
        expect(strstr(err.msg, "g.chatito:"));
    }
    kor_grammar_free(g);
    return 0;
}
