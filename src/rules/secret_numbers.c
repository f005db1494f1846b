/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/secret_numbers.h"

#include <string.h>

enum { GROUPS = 10, SPREAD = 96 };

typedef struct reading {
    char compact[KOR_CHECKSUMS_MOST + 1];
    size_t n;
    unsigned char groups[GROUPS + 1]; /* lengths, up to where reading is */
    size_t group_count;
    char separators[GROUPS];
    bool letters, mixed_separators;
} reading;

/* A digit or letter, full-width ones too, in capitals; 0 for anything else. *bytes is its length.
 */
static char sign_at(const char *text, size_t len, size_t at, size_t *bytes)
{
    unsigned char c = (unsigned char)text[at];
    *bytes = 1;
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) return (char)c;
    if (c >= 'a' && c <= 'z') return (char)(c - 32);
    if (c == 0xef && at + 2 < len && (unsigned char)text[at + 1] == 0xbc) {
        unsigned char d = (unsigned char)text[at + 2];
        *bytes = 3;
        if (d >= 0x90 && d <= 0x99) return (char)('0' + d - 0x90);
        if (d >= 0xa1 && d <= 0xba) return (char)('A' + d - 0xa1);
    }
    return 0;
}

/* What may stand between groups, as one character; 0: nothing that may. */
static char separator_at(const char *text, size_t len, size_t at, size_t *bytes)
{
    unsigned char c = (unsigned char)text[at];
    *bytes = 1;
    if (c == ' ' || c == '-' || c == '.' || c == '/' || c == '+' || c == '\t') return (char)c;
    if (c == '_') return '-';
    if (at + 1 < len && c == 0xc2 && (unsigned char)text[at + 1] == 0xa0) return *bytes = 2, ' ';
    if (at + 2 < len && c == 0xe2 && (unsigned char)text[at + 1] == 0x80) {
        unsigned char d = (unsigned char)text[at + 2];
        *bytes = 3;
        if ((d >= 0x82 && d <= 0x8b) || d == 0xaf) return ' ';
        if (d >= 0x90 && d <= 0x95) return '-';
    }
    if (at + 2 < len && c == 0xe3 && (unsigned char)text[at + 1] == 0x80 &&
        (unsigned char)text[at + 2] == 0x80)
        return *bytes = 3, ' ';
    return 0;
}

static bool pattern(const reading *r, const char *lengths)
{
    size_t n = strlen(lengths);
    if (n != r->group_count) return false;
    for (size_t i = 0; i < n; i++)
        if (r->groups[i] != lengths[i] - '0') return false;
    return true;
}

/* How the national numbers are grouped. */
static const struct {
    const char *lengths;
    char first; /* separator, 0: any */
    unsigned char id;
} patterns[] = {
    {"324", '-', KOR_ID_US},     {"324", ' ', KOR_ID_US},   {"22221", 0, KOR_ID_UK},
    {"261", 0, KOR_ID_UK},       {"27", ' ', KOR_ID_UK},    {"334", ' ', KOR_ID_UK_NHS},
    {"2333", ' ', KOR_ID_DE},    {"2614", 0, KOR_ID_DE_SV}, {"26121", 0, KOR_ID_DE_SV},
    {"2613", 0, KOR_ID_DE_SV},   {"1222332", 0, KOR_ID_FR}, {"122233", 0, KOR_ID_FR},
    {"122262", 0, KOR_ID_FR},    {"81", '-', KOR_ID_ES},    {"171", '-', KOR_ID_ES},
    {"81", ' ', KOR_ID_ES},      {"2331", '.', KOR_ID_ES},  {"3355", ' ', KOR_ID_IT},
    {"33541", ' ', KOR_ID_IT},   {"423", 0, KOR_ID_NL},     {"333", ' ', KOR_ID_NL},
    {"22232", '.', KOR_ID_BE},   {"632", '-', KOR_ID_BE},   {"632", ' ', KOR_ID_BE},
    {"22232", ' ', KOR_ID_BE},   {"64", '-', KOR_ID_SE},    {"84", '-', KOR_ID_SE},
    {"64", '+', KOR_ID_SE},      {"65", ' ', KOR_ID_NO},    {"2225", ' ', KOR_ID_NO},
    {"64", '-', KOR_ID_DK},      {"64", '-', KOR_ID_FI},    {"64", '+', KOR_ID_FI},
    {"64", '/', KOR_ID_CZ},      {"3332", '.', KOR_ID_BR},  {"333", ' ', KOR_ID_CA},
    {"333", '-', KOR_ID_CA},     {"444", ' ', KOR_ID_IN},   {"444", '-', KOR_ID_IN},
    {"333", ' ', KOR_ID_AU},     {"3442", '.', KOR_ID_CH},  {"3442", ' ', KOR_ID_CH},
    {"46", ' ', KOR_ID_AT},      {"333", ' ', KOR_ID_PT},   {"67", '-', KOR_ID_KR},
    {"444", ' ', KOR_ID_JP},     {"444", '-', KOR_ID_JP},   {"2331", '.', KOR_ID_CL},
    {"1331", '.', KOR_ID_CL},    {"81", '-', KOR_ID_CL},    {"3332", ' ', KOR_ID_TR},
    {"541", ' ', KOR_ID_IN_PAN}, {"71", ' ', KOR_ID_IE},    {"72", ' ', KOR_ID_IE},
};

static uint64_t grouped(const reading *r)
{
    uint64_t fits = 0;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if ((!patterns[i].first || patterns[i].first == r->separators[0]) &&
            pattern(r, patterns[i].lengths))
            fits |= 1ull << patterns[i].id;
    return fits;
}

static kor_number_kind kind_of(const reading *r, uint64_t *ids)
{
    const char *s = r->compact;
    size_t n = r->n;
    *ids = 0;
    if (r->letters && n >= 15 && s[0] >= 'A' && s[1] >= 'A' && s[2] < 'A' && s[3] < 'A') {
        if (kor_iban(s, n)) return KOR_NUMBER_IBAN;
        if (kor_iban_length(s) == n && r->group_count <= 9) return KOR_NUMBER_IBAN_WRONG;
    }
    if (!r->letters && n >= 13 && n <= 19) {
        bool as_on_card = pattern(r, "4444") || pattern(r, "465") || pattern(r, "4464") ||
                          pattern(r, "44443") || pattern(r, "464");
        bool dots = r->group_count > 1 &&
                    (r->separators[0] == '.' || r->separators[0] == '/' || r->separators[0] == '+');
        if (!dots && kor_card(s, n)) {
            if (r->group_count == 1) return KOR_NUMBER_CARD_PLAIN;
            if (as_on_card) return KOR_NUMBER_CARD;
            if (!r->mixed_separators && r->groups[0] >= 2) return KOR_NUMBER_CARD_PLAIN;
        }
        if (dots && as_on_card && kor_card(s, n)) return KOR_NUMBER_CARD_PLAIN;
        if (as_on_card && !dots && s[0] >= '2' && s[0] <= '6') return KOR_NUMBER_CARD_WRONG;
    }
    uint64_t fits = kor_national_ids(s, n);
    if (fits) {
        if (r->group_count == 1) {
            *ids = fits;
            return r->letters || kor_national_id_certain(fits) ? KOR_NUMBER_ID
                                                               : KOR_NUMBER_ID_PLAIN;
        }
        *ids = fits & grouped(r);
        if (*ids) return KOR_NUMBER_ID;
    }
    return KOR_NUMBER_NONE;
}

void kor_secret_number(const char *text, size_t len, size_t start, kor_number *out)
{
    reading r = {.group_count = 0};
    size_t at = start, bytes, stop = len - start > SPREAD ? start + SPREAD : len;
    *out = (kor_number){.kind = KOR_NUMBER_NONE, .end = start};
    while (at < stop && r.group_count < GROUPS) {
        size_t begin = r.n;
        bool full = false;
        while (at < stop) {
            char c = sign_at(text, len, at, &bytes);
            if (!c) break;
            if (r.n == KOR_CHECKSUMS_MOST) {
                full = true;
                break;
            }
            r.letters |= c >= 'A';
            r.compact[r.n++] = c;
            at += bytes;
        }
        if (full || r.n == begin) break;
        r.groups[r.group_count++] = (unsigned char)(r.n - begin);
        /* A word that runs on, such as an underscore or a letter with an accent, is no end. */
        bool ends =
            at >= len || (text[at] != '_' && text[at] != '@' &&
                          ((unsigned char)text[at] < 0x80 || (unsigned char)text[at] == 0xe2 ||
                           (unsigned char)text[at] == 0xc2 || (unsigned char)text[at] == 0xe3 ||
                           (unsigned char)text[at] == 0xef));
        /* 1234.56 goes on; "1234." at the end of a sentence does not. */
        if (ends && at + 1 < len && (text[at] == '.' || text[at] == ',') && text[at + 1] >= '0' &&
            text[at + 1] <= '9' && r.group_count == 1 && r.n < 13 && text[at] == ',')
            ends = false;
        if (ends) {
            uint64_t ids;
            kor_number_kind kind = kind_of(&r, &ids);
            bool digits = !r.letters && r.n >= 4 && r.n <= 20 && r.group_count <= 5;
            if (kind == KOR_NUMBER_NONE && digits &&
                (out->kind == KOR_NUMBER_NONE || out->kind == KOR_NUMBER_DIGITS))
                kind = KOR_NUMBER_DIGITS;
            bool better = kind != KOR_NUMBER_NONE &&
                          (kind != KOR_NUMBER_CARD_WRONG || out->kind == KOR_NUMBER_NONE ||
                           out->kind == KOR_NUMBER_DIGITS || out->kind == KOR_NUMBER_ID_PLAIN);
            if (better) {
                out->kind = kind;
                out->end = at;
                out->ids = ids;
                out->count = r.n;
                out->groups = r.group_count;
                memcpy(out->compact, r.compact, r.n);
                out->compact[r.n] = '\0';
            }
        }
        if (at >= stop) break;
        char separator = separator_at(text, len, at, &bytes);
        if (!separator) break;
        if (at + bytes >= stop || !sign_at(text, len, at + bytes, &(size_t){0})) {
            /* Two separators, as in "1234 - 5678", are allowed once each time. */
            size_t more;
            if (at + bytes >= stop || !separator_at(text, len, at + bytes, &more)) break;
            bytes += more;
            if (at + bytes < stop && separator_at(text, len, at + bytes, &more)) bytes += more;
            if (at + bytes >= stop || !sign_at(text, len, at + bytes, &(size_t){0})) break;
        }
        if (r.group_count > 1 && separator != r.separators[0]) r.mixed_separators = true;
        if (r.group_count <= GROUPS) r.separators[r.group_count - 1] = separator;
        at += bytes;
    }
}
