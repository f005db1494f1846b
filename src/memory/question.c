/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/question.h"

#include "base/str.h"
#include "text/utf8.h"

#include <string.h>
#include <utf8proc.h>

/* Both lists are one string of words between spaces; a word is looked up with its spaces. */
static const char stop_words[] =
    " a about all also am an and another any anybody anyone anything are aren't as at be because "
    "been"
    " before being both but by can can't cannot could couldn't did didn't do does doesn't doing "
    "don't"
    " done during each either every everything few for from get gets getting give given go going "
    "gone"
    " got had has hasn't have haven't having he her here hers him his how i i'd i'll i'm i've if in"
    " into is isn't it it's its just kind let like lot many may me might more most much must my "
    "myself"
    " no nor not of off often on once one only or other our ours out over own please quite rather"
    " really same she should shouldn't since so some somebody someone something sort such than that"
    " that's the their theirs them then there there's these they thing things this those though "
    "through"
    " to too toward towards until up upon us very via was wasn't we well were weren't what what's "
    "when"
    " where where's whether which while who who's whom whose why will with within without would "
    "wouldn't"
    " yes yet you your yours ";

/* What comes before the matter of a question, and means something elsewhere. */
static const char framing_words[] =
    " again bring display ever exactly find happened happening know last list look looked looking"
    " mention mentioned pull read recall remember remind say said search see seen show tell time "
    "times"
    " up work worked working ";

static bool listed(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = list; (p = strstr(p, word)) != NULL; p++) {
        if (p[-1] == ' ' && p[len] == ' ') return true;
    }
    return false;
}

typedef enum kind { LETTER, JOINT, APOSTROPHE, BREAK } kind;

/* What a code point does to a word: belongs to it, may stand inside it, or ends it. */
static kind kind_of(uint32_t cp)
{
    if (cp == '\'' || cp == 0x2019) return APOSTROPHE;
    if (cp < 0x80) {
        bool letter =
            (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') || (cp >= '0' && cp <= '9');
        if (letter) return LETTER;
        return cp > ' ' && cp < 0x7f && !strchr(",;!?()[]{}<>|\"", (int)cp) ? JOINT : BREAK;
    }
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_CO: return LETTER;
    default: return BREAK;
    }
}

/* Read one word from *p on, without what surrounds it ("(kor_open)." gives kor_open) and without a
 * possessive s. False at the end of the text. */
static bool next_word(const char **p, const char *end, kor_str *word, bool *compound)
{
    size_t whole = 0; /* bytes of the word up to its last letter */
    bool joined = false;
    kor_str_clear(word);
    *compound = false;
    while (*p < end) {
        uint32_t cp;
        size_t n = kor_utf8_decode(*p, (size_t)(end - *p), &cp);
        kind k = kind_of(cp);
        if (k == BREAK && word->len) break;
        *p += n;
        if (k == LETTER) {
            char utf8[4];
            if (joined) *compound = true;
            if (cp >= 'A' && cp <= 'Z') cp += 'a' - 'A';
            kor_str_add(word, utf8, kor_utf8_encode(cp, utf8));
            whole = word->len;
            joined = false;
        } else if (k != BREAK && word->len) {
            kor_str_putc(word, k == APOSTROPHE ? '\'' : (char)cp);
            joined = joined || k == JOINT;
        }
    }
    if (!word->len) return false;
    word->data[word->len = whole] = 0;
    if (whole > 2 && strcmp(word->data + whole - 2, "'s") == 0 && !listed(stop_words, word->data)) {
        word->data[word->len = whole - 2] = 0;
    }
    return true;
}

static kor_status take(kor_question *out, const kor_str *word, bool compound, kor_arena *arena,
                       kor_error *err)
{
    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->words[i].text, word->data) == 0) return KOR_OK;
    }
    if (out->count == KOR_QUESTION_WORDS) return KOR_OK;
    const char *copy = kor_arena_copy(arena, word->data, word->len);
    if (!copy) return kor_fail_memory(err);
    out->words[out->count++] = (kor_word){.text = copy, .compound = compound};
    return KOR_OK;
}

static kor_status join(kor_question *out, kor_arena *arena, kor_error *err)
{
    kor_str s = {0};
    for (size_t i = 0; i < out->count; i++) {
        if (i) kor_str_putc(&s, ' ');
        kor_str_puts(&s, out->words[i].text);
    }
    out->text = s.failed ? NULL : kor_arena_copy(arena, kor_str_text(&s), s.len);
    kor_str_free(&s);
    return out->text ? KOR_OK : kor_fail_memory(err);
}

kor_status kor_question_read(kor_question *out, const char *text, size_t len, bool keep,
                             kor_arena *arena, kor_error *err)
{
    *out = (kor_question){0};
    const char *p = text, *end = text + kor_utf8_prefix(text, len, KOR_QUESTION_BYTES);
    kor_str word = {0};
    bool compound, framing = true;
    kor_status status = KOR_OK;
    while (status == KOR_OK && next_word(&p, end, &word, &compound) && !word.failed) {
        bool idle = listed(stop_words, word.data) || (framing && listed(framing_words, word.data));
        if (idle && !keep) continue;
        framing = false;
        status = take(out, &word, compound, arena, err);
    }
    if (word.failed) status = kor_fail_memory(err);
    kor_str_free(&word);
    return status == KOR_OK ? join(out, arena, err) : status;
}

kor_status kor_question_parts(kor_question *out, const kor_word *word, kor_arena *arena,
                              kor_error *err)
{
    *out = (kor_question){0};
    kor_str part = {0};
    kor_status status = KOR_OK;
    for (const char *p = word->text; *p && status == KOR_OK;) {
        uint32_t cp;
        kor_str_clear(&part);
        for (size_t n; *p; p += n) {
            n = kor_utf8_decode(p, strlen(p), &cp);
            if (kind_of(cp) != LETTER) {
                p += n;
                break;
            }
            kor_str_add(&part, p, n);
        }
        if (part.len && !part.failed && !listed(stop_words, part.data)) {
            status = take(out, &part, false, arena, err);
        }
    }
    if (part.failed) status = kor_fail_memory(err);
    kor_str_free(&part);
    return status == KOR_OK ? join(out, arena, err) : status;
}
