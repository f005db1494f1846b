/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a mail: what comes out is UTF-8 without NUL, within its bounds, and the same each
 * time. */
#include "forge/mail.h"
#include "text/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kor_error err = {0};
    kor_mail once, twice;
    expect(kor_mail_read(&once, (const char *)data, size, &err) == KOR_OK);
    expect(kor_mail_read(&twice, (const char *)data, size, &err) == KOR_OK);
    expect(once.text.len <= KOR_MAIL_TEXT && once.text.len == twice.text.len);
    expect(kor_utf8_valid(kor_str_text(&once.text), once.text.len));
    expect(strlen(kor_str_text(&once.text)) == once.text.len);
    expect(strcmp(kor_str_text(&once.sender), kor_str_text(&twice.sender)) == 0);
    expect(!strpbrk(kor_str_text(&once.thread), "\n\t"));
    kor_mail_free(&once);
    kor_mail_free(&twice);
    return 0;
}
