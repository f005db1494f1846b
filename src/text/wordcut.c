/* SPDX-License-Identifier: Apache-2.0 */
#include "text/wordcut.h"

#include "korora.h"
#include "text/utf8.h"

#include <stdbool.h>
#include <utf8proc.h>

typedef enum kind { SPACE, LINE, LETTER, DIGIT, JOINER, MARK, ALONE } kind;

static kind kind_of_ascii(uint32_t cp)
{
    uint32_t lower = cp | 0x20;
    if (lower >= 'a' && lower <= 'z') return LETTER;
    if (cp >= '0' && cp <= '9') return DIGIT;
    if (cp >= '\n' && cp <= '\r') return LINE;
    return cp <= ' ' || cp == 0x7f ? SPACE : ALONE;
}

static kind kind_of(uint32_t cp)
{
    if (cp < 0x80) return kind_of_ascii(cp);
    if (cp == 0x3000) return SPACE;
    if ((cp >= 0x2e80 && cp <= 0x9fff) || cp >= 0x20000) {
        bool invisible = cp >= 0xe0000 && cp <= 0xe0fff; /* tags, variation selectors */
        return invisible ? JOINER : ALONE;
    }
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return LETTER;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return MARK;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return DIGIT;
    case UTF8PROC_CATEGORY_CF: return JOINER;
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return LINE;
    case UTF8PROC_CATEGORY_ZS: return SPACE;
    case UTF8PROC_CATEGORY_CC: return cp == 0x85 ? LINE : SPACE;
    default: return ALONE;
    }
}

static kor_word_kind word_kind(kind k)
{
    return k == DIGIT ? KOR_WORD_DIGITS : k == ALONE ? KOR_WORD_SYMBOL : KOR_WORD_LETTERS;
}

/* Does a character of this kind belong to the word before it, to which nothing but such characters
 * came since? */
static bool goes_on(const kor_word *word, kind k)
{
    if (word->end_cp - word->start_cp >= KOR_WORDCUT_MAX) return false;
    if (k == MARK || k == JOINER) return true;
    return (k == LETTER && word->kind == KOR_WORD_LETTERS) ||
           (k == DIGIT && word->kind == KOR_WORD_DIGITS);
}

size_t kor_wordcut_read(kor_wordcut *cut, kor_word *out, size_t max)
{
    size_t n = 0;
    if (!cut->at) cut->gap = KOR_GAP_LINE;
    bool open = false; /* out[n - 1] may go on */
    while (cut->at < cut->len && cut->at_cp < KOR_TEXT_MAX) {
        uint32_t cp;
        size_t bytes = kor_utf8_decode(cut->text + cut->at, cut->len - cut->at, &cp);
        kind k = kind_of(cp);
        if (open && goes_on(&out[n - 1], k)) {
            out[n - 1].end = cut->at + bytes;
            out[n - 1].end_cp = cut->at_cp + 1;
        } else if (k == SPACE || k == LINE || k == JOINER) {
            if (k == LINE) cut->gap = KOR_GAP_LINE;
            if (k == SPACE && cut->gap == KOR_GAP_NONE) cut->gap = KOR_GAP_SPACE;
            open = open && k == JOINER;
        } else {
            if (n == max) break;
            out[n++] = (kor_word){cut->at,        cut->at + bytes, cut->at_cp,
                                  cut->at_cp + 1, word_kind(k),    cut->gap};
            cut->gap = KOR_GAP_NONE;
            open = true;
        }
        cut->at += bytes;
        cut->at_cp++;
    }
    return n;
}
