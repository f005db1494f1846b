/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes of hands: typos, case, punctuation, an end that is missing. */
#include "forge/corrupt_text.h"

#include <string.h>
#include <utf8proc.h>

static utf8proc_category_t category(uint32_t cp)
{
    return utf8proc_category((utf8proc_int32_t)cp);
}

bool kor_cell_is_letter(uint32_t cp)
{
    if (cp < 0x80) return (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z';
    return category(cp) >= UTF8PROC_CATEGORY_LU && category(cp) <= UTF8PROC_CATEGORY_LO;
}

bool kor_cell_is_space(uint32_t cp)
{
    if (cp < 0x80) return cp == ' ' || (cp >= 0x09 && cp <= 0x0d);
    return category(cp) >= UTF8PROC_CATEGORY_ZS && category(cp) <= UTF8PROC_CATEGORY_ZP;
}

static bool is_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

/* ---- Typos ---- */

/* The keys around each letter on a QWERTY keyboard. */
static const char *const neighbours[26] = {
    "qwsz",   "vghn",  "xdfv", "serfcx", "wsdr", "drtgvc", "ftyhbv", "gyujnb", "ujko",
    "huikmn", "jiolm", "kop",  "njk",    "bhjm", "iklp",   "ol",     "wa",     "edft",
    "awedxz", "rfgy",  "yhji", "cfgb",   "qase", "zsdc",   "tghu",   "asx",
};

static uint32_t neighbour(uint32_t cp, kor_random *random)
{
    const char *keys = neighbours[(cp | 0x20) - 'a'];
    uint32_t key = (unsigned char)keys[kor_random_below(random, strlen(keys))];
    return cp & 0x20 ? key : key & ~0x20u;
}

/* One typo at a letter. False: nothing to be done there. */
static bool typo(kor_cells *cells, size_t at, kor_random *random)
{
    kor_cell *here = &cells->cell[at], *next = here + 1;
    size_t way = kor_random_below(random, 4);
    bool more = at + 1 < cells->count && kor_cell_is_letter(next->cp);
    if (way == 0 && here->cp < 0x80) {
        here->cp = neighbour(here->cp, random);
        return true;
    }
    /* Characters change places, cells do not: a span stays where it is. */
    if (way == 1 && more && here->cp != next->cp) {
        uint32_t kept = here->cp;
        here->cp = next->cp;
        next->cp = kept;
        return true;
    }
    /* A word of one letter is not lost. */
    if (way == 2 && (more || (at && kor_cell_is_letter(here[-1].cp)))) {
        kor_cells_remove(cells, at);
        return true;
    }
    if (way == 3) {
        uint32_t mark = here->mark;
        kor_cells_insert(cells, at, here->cp);
        cells->cell[at].mark = mark;
        return true;
    }
    return false;
}

/* One, and one more for each 20 letters or so. */
void kor_corrupt_typos(kor_cells *cells, kor_random *random)
{
    size_t letters = 0;
    for (size_t i = 0; i < cells->count; i++) letters += kor_cell_is_letter(cells->cell[i].cp);
    size_t wanted = letters ? 1 + kor_random_below(random, letters / 20 + 1) : 0;
    for (size_t tries = 0; wanted && tries < 8 * (letters + 1) && !cells->failed; tries++) {
        size_t at = kor_random_below(random, cells->count);
        if (kor_cell_is_letter(cells->cell[at].cp)) wanted -= typo(cells, at, random);
    }
}

/* ---- Case ---- */

static uint32_t lower(uint32_t cp)
{
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
}

static uint32_t upper(uint32_t cp)
{
    return (uint32_t)utf8proc_toupper((utf8proc_int32_t)cp);
}

/* All lower half of the time, since that is how people type. */
void kor_corrupt_case(kor_cells *cells, kor_random *random)
{
    size_t way = kor_random_below(random, 4);
    bool first = true;
    for (size_t i = 0; i < cells->count; i++) {
        uint32_t *cp = &cells->cell[i].cp;
        *cp = way == 2 || (way == 3 && first) ? upper(*cp) : lower(*cp);
        first = first && !kor_cell_is_letter(*cp);
    }
}

/* ---- Punctuation ---- */

/* What is lost first. Marks with a meaning of their own, as - / @ # % & +, stay. */
static bool is_punctuation(uint32_t cp)
{
    if (cp < 0x80) return cp && strchr(".,;:!?\"'()[]{}`", (int)cp) != NULL;
    utf8proc_category_t c = category(cp);
    return c == UTF8PROC_CATEGORY_PI || c == UTF8PROC_CATEGORY_PF || c == UTF8PROC_CATEGORY_PS ||
           c == UTF8PROC_CATEGORY_PE || cp == 0xa1 || cp == 0xbf || cp == 0x2026 ||
           (cp >= 0x3001 && cp <= 0x3002) || cp == 0xff0c || cp == 0xff01 || cp == 0xff1f;
}

/* Between digits it is part of a number, between letters and digits of an address or a file's name,
 * unless it is an apostrophe. */
static bool is_inside(const kor_cells *cells, size_t at)
{
    if (at == 0 || at + 1 >= cells->count) return false;
    uint32_t cp = cells->cell[at].cp, a = cells->cell[at - 1].cp, b = cells->cell[at + 1].cp;
    if (!strchr(".,:", cp < 0x80 ? (int)cp : 0)) return false;
    return (is_digit(a) || kor_cell_is_letter(a)) && (is_digit(b) || kor_cell_is_letter(b));
}

void kor_corrupt_punctuation(kor_cells *cells)
{
    size_t kept = 0;
    for (size_t i = 0; i < cells->count; i++) {
        /* What follows is not moved yet, and what is before was compared as it was. */
        if (is_punctuation(cells->cell[i].cp) && !is_inside(cells, i)) cells->cell[i].cp = 0;
    }
    for (size_t i = 0; i < cells->count; i++) {
        if (cells->cell[i].cp) cells->cell[kept++] = cells->cell[i];
    }
    cells->count = kept;
}

/* ---- Truncation ---- */

void kor_corrupt_truncation(kor_cells *cells, kor_random *random)
{
    size_t half = (cells->count + 1) / 2;
    if (cells->count < 2) return;
    size_t keep = half + kor_random_below(random, cells->count - half);
    /* A character is not parted from its accents. */
    while (keep < cells->count) {
        utf8proc_category_t c = category(cells->cell[keep].cp);
        bool follows = c >= UTF8PROC_CATEGORY_MN && c <= UTF8PROC_CATEGORY_ME;
        if (!follows) break;
        keep++;
    }
    cells->count = keep;
}
