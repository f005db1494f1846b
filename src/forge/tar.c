/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/tar.h"

#include <stdio.h>
#include <string.h>

enum {
    BLOCK = 512,
    NAME = 100,
    SIZE_AT = 124,
    SIZE = 12,
    TYPE_AT = 156,
    PREFIX_AT = 345,
    PREFIX = 155
};

static bool octal(const char *s, size_t *out)
{
    *out = 0;
    for (size_t i = 0; i < SIZE && s[i] && s[i] != ' '; i++) {
        if (s[i] < '0' || s[i] > '7') return false;
        *out = *out * 8 + (size_t)(s[i] - '0');
    }
    return true;
}

bool kor_tar_next(kor_tar *tar, kor_tar_file *out)
{
    while (tar->end - tar->at >= BLOCK) {
        const char *block = tar->at;
        size_t room = (size_t)(tar->end - block) - BLOCK, len;
        if (!*block || !octal(block + SIZE_AT, &len) || len > room) return false;
        size_t padded = (len + BLOCK - 1) / BLOCK * BLOCK;
        tar->at += BLOCK + (padded < room ? padded : room);
        if (block[TYPE_AT] != '0' && block[TYPE_AT] != 0) continue;
        int prefix = (int)strnlen(block + PREFIX_AT, PREFIX);
        if (memcmp(block + 257, "ustar", 5) != 0) prefix = 0;
        (void)snprintf(out->name, sizeof out->name, "%.*s%s%.*s", prefix, block + PREFIX_AT,
                       prefix ? "/" : "", (int)strnlen(block, NAME), block);
        out->bytes = block + BLOCK;
        out->len = len;
        return true;
    }
    return false;
}
