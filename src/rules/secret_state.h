/* SPDX-License-Identifier: Apache-2.0 */
/* The scan for secrets as it stands in a text: for its parts, which look at words, at pieces (what
 * stands between spaces, quotes and brackets) and at values. */
#ifndef KOR_SECRET_STATE_H
#define KOR_SECRET_STATE_H

#include "rules/rules.h"
#include "rules/secret_scan.h"

enum {
    KOR_SCAN_NEAR = 110, /* bytes that a keyword is in mind for */
    KOR_SCAN_NEAR_LINES = 3,
    KOR_SCAN_LIST_LINES = 12, /* lines of a list of codes */
    KOR_SCAN_PIECE = 512      /* bytes of a piece that are looked at together */
};

typedef struct kor_scan {
    const char *text;
    size_t len, least;    /* candidates begin at least or later */
    kor_secret_word word; /* the last keyword */
    size_t word_start, word_end;
    unsigned lines;       /* begun since */
    kor_secret_word code; /* the last of PIN and CODE */
    size_t code_end;
    unsigned code_lines;
    kor_candidate found;
} kor_scan;

/* ---- Where a place stands (secret_context.c) ---- */

/* Takes [start, end) as what is found; false where it begins too early or is empty. */
bool kor_scan_emit(kor_scan *s, size_t start, size_t end, const char *label, kor_secret_kind kind);
/* Letters and what belongs to words; not typographic signs, which are beyond ASCII too. */
bool kor_scan_is_word(const char *text, size_t len, size_t at);
bool kor_scan_token_byte(char c);
bool kor_scan_piece_end(char c);
size_t kor_scan_find_char(const char *text, size_t from, size_t to, char c);
size_t kor_scan_line_from(const kor_scan *s, size_t at, size_t most);
/* Does anything but space stand before start or after end in its line? */
bool kor_scan_alone(const kor_scan *s, size_t start, size_t end);
/* Is the last keyword not far before at? */
bool kor_scan_is_near(const kor_scan *s, size_t at);
/* Is the keyword in mind one that a password or key may follow? */
bool kor_scan_near_secret(const kor_scan *s, size_t at);
/* Is the line of a piece one of a table or of a few words, as in a list of logins? */
bool kor_scan_listed_line(const kor_scan *s, size_t start, size_t end);
/* Does a piece stand in a line of code, and not in quotes there? */
bool kor_scan_in_code(const kor_scan *s, size_t start, size_t end);
/* name@host */
bool kor_scan_address(const char *text, size_t start, size_t end);
/* photo_0312.jpg, lib-1.2.so, v2.4.0-rc1.tar.gz: a name with an ending. */
bool kor_scan_file_name(const char *text, size_t start, size_t end);
bool kor_scan_is_name(const char *s, size_t n);
/* 19xx or 20xx, as in 2017-2018. */
bool kor_scan_year(const char *text, size_t at);
/* Where base64 ends that stands for name:password, both printable; 0 if it does not. */
size_t kor_scan_basic_end(const char *text, size_t len, size_t start);

/* ---- Keywords and their values (secret_keywords.c) ---- */

/* 1971-04-02, 02.04.1971, 2026/03/12 */
bool kor_scan_date(const char *s, size_t n);
/* A known key, a number with a checksum, or a value that the model decides. */
bool kor_scan_value(kor_scan *s, const kor_secret_value *given, kor_secret_word word);
/* Looks at a name: a keyword is kept in mind, and its value is a candidate. */
bool kor_scan_keyword(kor_scan *s, size_t start, size_t end);

/* ---- By form alone (secret_pieces.c) ---- */

/* Random characters in a row: keys without a prefix. *end is behind the run. */
bool kor_scan_bare(kor_scan *s, size_t start, size_t *end);
/* Lines of base64 and nothing else, three or more. *end is behind them. */
bool kor_scan_blob(kor_scan *s, size_t start, size_t *end);
/* "604118 is your verification code" */
bool kor_scan_code_follows(const kor_scan *s, size_t end);
/* A piece as a whole: a password by its form, one after a name and a colon, or something odd not
 * far behind a keyword. */
bool kor_scan_piece(kor_scan *s, size_t start, size_t end, unsigned classes);
/* A card, an account, a national number; other digits where a keyword asks for them. */
bool kor_scan_number(kor_scan *s, size_t start, size_t *end);
/* 12, 15, 18, 21 or 24 plain words alone on a line. */
bool kor_scan_seed(kor_scan *s, size_t start);

#endif
