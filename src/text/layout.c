/* SPDX-License-Identifier: Apache-2.0 */
#include "text/layout.h"

#include "korora.h"
#include "text/utf8.h"

#include <stdbool.h>
#include <utf8proc.h>

#define PRIME 0x100000001b3ull /* FNV-1a, 64 bits, a run at a time */
#define SEED 0x6c61796f75740a00ull

enum {
    RUNS = 12,       /* of a token; the rest is one more */
    FIRST = 4,       /* of a line */
    FEW = 8,         /* runs of a line that is told whole */
    WHOLE_TEXT = 64, /* keys kept free for those of the whole text */
    ASCII = 128
};

/* What a run is; a symbol stands for itself. */
enum { LOWER = 'a', TITLE = 'A', UPPER = 'U', DIGITS = '9', GAP = ' ', WIDE = 'S' };

/* What a key is of. */
typedef enum of {
    TOKEN = 1,
    TOKEN_LENGTHS,
    INDENT,
    START,
    END,
    LINE,
    STARTS,
    TURN,
    FIRST_START,
    LAST_END,
    LINES,
    BLANKS,
    TOKENS,
    CHARACTERS,
    LONGEST_LINE,
    MEAN_LINE,
    LONGEST_TOKEN,
    LETTERS,
    NUMBERS,
    SYMBOLS,
    CAPITALS,
    MOST_START,
    MOST_END,
    INDENTED,
    SAME,
    MIXED
} of;

/* Counted in each line: do all lines have as many? */
enum { COMMAS, TABS, BARS, COLONS, EQUALS, WORDS, COLUMNS };

typedef struct reader {
    uint32_t *out;
    size_t count, max;
    /* the token */
    uint32_t run;  /* that is open; 0 for none */
    size_t length; /* characters of it */
    uint64_t token, lengths;
    size_t runs, token_length, digits_in, letters_in;
    /* the line */
    uint64_t start[FIRST], line;
    uint32_t last[2]; /* its last runs, the last first */
    uint32_t head;    /* its first run */
    size_t line_runs, line_length, indent;
    bool tab, gap; /* white space came, and the line may go on */
    uint16_t columns[COLUMNS];
    /* the text */
    uint32_t before, tail[2]; /* first run and last runs of the line before; 0 for none */
    size_t lines, full, blanks, tokens, characters, longest_line, longest_token, longest_mixed;
    size_t letters, numbers, symbols, capitals, indented;
    uint16_t same[COLUMNS];
    bool differ[COLUMNS];
    uint16_t starts[ASCII], ends[ASCII];
} reader;

static uint64_t mix(uint64_t hash, uint64_t x)
{
    return (hash ^ x) * PRIME;
}

/* The finaliser of splitmix64; the upper half is the key, which counts as one of words. */
static void emit(reader *r, of what, uint64_t hash)
{
    if (r->count >= r->max) return;
    uint64_t x = mix(SEED ^ what, hash);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    r->out[r->count++] = (uint32_t)((x ^ (x >> 31)) >> 32) | 1;
}

/* 0, 1, 2, 3, then in steps of a half of a power of 2. */
static uint64_t class_of(size_t n)
{
    if (n < 4) return n;
    unsigned bits = 63u - (unsigned)__builtin_clzll(n);
    return 2u * bits + ((n >> (bits - 1)) & 1u);
}

/* A share in steps that grow with it. */
static uint64_t share_of(size_t part, size_t all)
{
    static const unsigned char limit[] = {0, 1, 3, 5, 8, 12, 17, 25, 35, 50, 65, 80, 95, 99};
    size_t percent = all ? part * 100 / all : 0, i = 0;
    if (part && !percent) return 1;
    while (i < sizeof limit && percent > limit[i]) i++;
    return i;
}

/* ---- Runs and tokens ---- */

/* A run joins the line, without the lengths of numbers. */
static void add_run(reader *r, uint32_t run)
{
    r->line = mix(r->line, run);
    if (r->line_runs < FIRST) r->start[r->line_runs] = r->line;
    if (!r->line_runs) r->head = run;
    r->line_runs++;
    r->last[1] = r->last[0];
    r->last[0] = run;
}

static void end_run(reader *r)
{
    uint32_t run = r->run;
    if (!run) return;
    r->run = 0;
    size_t length = r->length;
    if (run == UPPER && length == 1) run = TITLE;
    bool is_symbol = run != LOWER && run != TITLE && run != UPPER && run != DIGITS;
    if (is_symbol) run |= (uint32_t)(length < 3 ? length : 3) << 24;
    r->digits_in += run == DIGITS;
    r->letters_in += run == LOWER || run == TITLE || run == UPPER;
    add_run(r, run);
    if (++r->runs > RUNS) return;
    r->token = mix(r->token, run);
    r->lengths = mix(r->lengths, run == DIGITS ? run + ((length < 5 ? length : 5) << 8) : run);
}

static void end_token(reader *r)
{
    end_run(r);
    if (!r->runs) return;
    emit(r, TOKEN, r->token);
    if (r->digits_in) emit(r, TOKEN_LENGTHS, r->lengths);
    r->tokens++;
    r->columns[WORDS]++;
    if (r->token_length > r->longest_token) r->longest_token = r->token_length;
    if (r->digits_in > 1 && r->letters_in > 1 && r->token_length > r->longest_mixed)
        r->longest_mixed = r->token_length;
    r->token = r->lengths = SEED;
    r->runs = r->token_length = r->digits_in = r->letters_in = 0;
}

static void take(reader *r, uint32_t run)
{
    if (r->gap) add_run(r, GAP);
    r->gap = false;
    r->token_length++;
    r->characters++;
    r->capitals += run == UPPER;
    if (run == LOWER || run == UPPER)
        r->letters++;
    else if (run == DIGITS)
        r->numbers++;
    else
        r->symbols++;
    if (run == LOWER && r->run == UPPER && r->length == 1) r->run = TITLE;
    if (run == LOWER && r->run == TITLE) {
        r->length++;
        return;
    }
    if (run != r->run) {
        end_run(r);
        r->run = run;
        r->length = 0;
    }
    r->length++;
}

/* ---- Lines ---- */

static void start_line(reader *r)
{
    r->line = r->token = r->lengths = SEED;
    r->last[0] = r->last[1] = r->head = 0;
    r->line_runs = r->line_length = r->indent = 0;
    r->tab = r->gap = false;
    for (size_t i = 0; i < COLUMNS; i++) r->columns[i] = 0;
}

/* The class of a run as a place in a table. */
static size_t place(uint32_t run)
{
    uint32_t cp = run & 0xffffff;
    return cp < ASCII ? cp : WIDE;
}

static void end_line(reader *r)
{
    end_token(r);
    r->lines++;
    if (r->line_length > r->longest_line) r->longest_line = r->line_length;
    if (!r->line_runs) {
        r->blanks++;
        start_line(r);
        return;
    }
    size_t first = r->line_runs < FIRST ? r->line_runs : FIRST;
    uint64_t indent = r->tab ? 9 : class_of(r->indent);
    emit(r, INDENT, indent);
    r->indented += indent > 0;
    for (size_t i = 0; i < first; i++) {
        emit(r, START, r->start[i]);
        if (!r->full) emit(r, FIRST_START, r->start[i]);
    }
    emit(r, END, r->last[0]);
    emit(r, END, mix(r->last[0], r->last[1]));
    if (r->line_runs <= FEW) emit(r, LINE, r->line);
    if (r->before) {
        emit(r, STARTS, mix(r->before, r->head));
        emit(r, TURN, mix(mix(r->tail[0], r->head), indent > 0));
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        if (r->full && r->same[i] != r->columns[i]) r->differ[i] = true;
        r->same[i] = r->columns[i];
    }
    r->starts[place(r->head)]++;
    r->ends[place(r->last[0])]++;
    r->before = r->head;
    r->tail[0] = r->last[0];
    r->tail[1] = r->last[1];
    r->full++;
    start_line(r);
}

/* ---- The text ---- */

static void emit_most(reader *r, of what, const uint16_t *counts)
{
    size_t most = 0;
    for (size_t i = 1; i < ASCII; i++) most = counts[i] > counts[most] ? i : most;
    emit(r, what, mix(most, share_of(counts[most], r->full)));
}

static void emit_text(reader *r)
{
    size_t visible = r->letters + r->numbers + r->symbols;
    const uint64_t single[][2] = {
        {LINES, class_of(r->lines)},
        {BLANKS, class_of(r->blanks)},
        {TOKENS, class_of(r->tokens)},
        {CHARACTERS, class_of(visible)},
        {LONGEST_LINE, class_of(r->longest_line)},
        {MEAN_LINE, r->full ? class_of(visible / r->full) : 0},
        {LONGEST_TOKEN, class_of(r->longest_token)},
        {MIXED, class_of(r->longest_mixed)},
        {LETTERS, share_of(r->letters, visible)},
        {NUMBERS, share_of(r->numbers, visible)},
        {SYMBOLS, share_of(r->symbols, visible)},
        {CAPITALS, share_of(r->capitals, r->letters)},
        {INDENTED, share_of(r->indented, r->full)},
    };
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        emit(r, (of)single[i][0], single[i][1]);
    emit(r, LAST_END, r->tail[0]);
    emit(r, LAST_END, mix(r->tail[0], r->tail[1]));
    if (r->full < 2) return;
    emit_most(r, MOST_START, r->starts);
    emit_most(r, MOST_END, r->ends);
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t n = r->same[i] < 9 ? r->same[i] : 9;
        if (!r->differ[i] && n) {
            emit(r, SAME, i << 8);
            emit(r, SAME, i << 8 | n);
        }
    }
}

static void count_symbol(reader *r, unsigned char c)
{
    static const char column[] = {
        [COMMAS] = ',', [TABS] = '\t', [BARS] = '|', [COLONS] = ':', [EQUALS] = '=', [WORDS] = 0};
    for (size_t i = 0; i < WORDS; i++) {
        if (c == (unsigned char)column[i]) r->columns[i]++;
    }
}

static void take_space(reader *r, unsigned char c)
{
    if (!r->line_runs && !r->run) {
        r->indent++;
        r->tab = r->tab || c == '\t';
        return;
    }
    if (c == '\t') count_symbol(r, c);
    end_token(r);
    r->gap = true;
}

static void take_wide(reader *r, uint32_t cp)
{
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT: take(r, UPPER); break;
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: take(r, LOWER); break;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: take(r, DIGITS); break;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC: take_space(r, ' '); break;
    default: take(r, cp < 0x3000 ? cp : WIDE);
    }
}

static void take_ascii(reader *r, unsigned char c)
{
    if (c >= 'a' && c <= 'z') {
        take(r, LOWER);
    } else if (c >= 'A' && c <= 'Z') {
        take(r, UPPER);
    } else if (c >= '0' && c <= '9') {
        take(r, DIGITS);
    } else if (c <= ' ' || c == 0x7f) {
        take_space(r, c);
    } else {
        count_symbol(r, c);
        take(r, c);
    }
}

size_t kor_layout_read(const char *text, size_t len, uint32_t *out, size_t max)
{
    size_t all = max < KOR_LAYOUT_LIMIT ? max : KOR_LAYOUT_LIMIT, left = KOR_TEXT_MAX;
    reader r = {.out = out, .max = all > WHOLE_TEXT ? all - WHOLE_TEXT : 0};
    while (len && ((unsigned char)text[len - 1] <= ' ')) len--;
    start_line(&r);
    for (size_t at = 0; at < len && left > 0; left--) {
        unsigned char c = (unsigned char)text[at];
        if (c >= 0x80) {
            uint32_t cp;
            at += kor_utf8_decode(text + at, len - at, &cp);
            take_wide(&r, cp);
        } else if (c == '\n' || c == '\r') {
            at += c == '\r' && at + 1 < len && text[at + 1] == '\n' ? 2 : 1;
            end_token(&r);
            if (r.full || r.line_runs)
                end_line(&r);
            else
                start_line(&r);
            continue;
        } else {
            take_ascii(&r, c);
            at++;
        }
        r.line_length++;
    }
    end_token(&r);
    if (r.line_runs) end_line(&r);
    r.max = all;
    if (r.full) emit_text(&r);
    return r.count;
}
