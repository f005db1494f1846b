/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a table; the first says which kind. Fields hold to what is promised of them, and a
 * table of commas that is written anew reads the same. */
#include "base/str.h"
#include "forge/delimited.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) abort();
}

typedef struct writer {
    kor_str text;
    size_t line;
} writer;

/* Every field in quotes, so that whatever is in it stays in it. */
static kor_status write_row(void *arg, size_t line, const kor_field *fields, size_t count,
                            kor_error *err)
{
    writer *w = arg;
    (void)err;
    expect(line > w->line && count > 0 && count <= KOR_DELIMITED_FIELDS);
    w->line = line;
    for (size_t i = 0; i < count; i++) {
        expect(fields[i].text[fields[i].len] == 0);
        if (i) kor_str_putc(&w->text, ',');
        kor_str_putc(&w->text, '"');
        for (size_t k = 0; k < fields[i].len; k++) {
            if (fields[i].text[k] == '"') kor_str_putc(&w->text, '"');
            kor_str_putc(&w->text, fields[i].text[k]);
        }
        kor_str_putc(&w->text, '"');
    }
    kor_str_putc(&w->text, '\n');
    return KOR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kor_error err = {0};
    writer once = {{0}, 0}, twice = {{0}, 0};
    if (!size) return 0;
    char separator = data[0] & 1 ? '\t' : ',';
    kor_status status = kor_delimited_read((const char *)data + 1, size - 1, separator, "table",
                                           write_row, &once, &err);
    if (status == KOR_OK) {
        expect(kor_delimited_read(kor_str_text(&once.text), once.text.len, ',', "again", write_row,
                                  &twice, &err) == KOR_OK);
        expect(once.text.len == twice.text.len &&
               memcmp(kor_str_text(&once.text), kor_str_text(&twice.text), once.text.len) == 0);
    } else {
        expect(status == KOR_E_INPUT && strncmp(err.msg, "table:", 6) == 0);
    }
    kor_str_free(&once.text);
    kor_str_free(&twice.text);
    return 0;
}
