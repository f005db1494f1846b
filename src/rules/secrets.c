/* SPDX-License-Identifier: Apache-2.0 */
/* Candidates for secrets. A text is gone through once, in pieces (what stands between spaces,
 * quotes and brackets) and the words in them. A keyword looks ahead for its value and stays in mind
 * for some lines; everything else is told by its own form.
 *
 * Nothing is kept between calls: a call goes back some bytes before *at, so that the keywords there
 * are known, and offers only what begins at *at or later. */
#include "rules/secret_keys.h"
#include "rules/secret_read.h"
#include "rules/secret_state.h"

#include <string.h>

enum { BACK = 200 /* bytes that a call goes back */ };

/* Is what stands before at the end of an escape such as \n, %3D, \u0022, so that a word may begin
 * though a letter is there? */
static bool after_escape(const char *text, size_t at)
{
    if (at >= 2 && text[at - 2] == '\\' && strchr("nrtvf0\"", text[at - 1])) return true;
    if (at >= 3 && text[at - 3] == '%') return true;
    if (at >= 4 && text[at - 4] == '\\' && text[at - 3] == 'x') return true;
    if (at >= 6 && text[at - 6] == '\\' && text[at - 5] == 'u') return true;
    return false;
}

/* Keywords of scripts that do not put spaces between words: where one ends that begins at at. */
static size_t unspaced_keyword(const char *text, size_t len, size_t at, kor_secret_word *word)
{
    static const char *const words[] = {
        "\xe5\xaf\x86\xe7\xa0\x81", "\xe5\xaf\x86\xe7\xa2\xbc", "\xe5\x8f\xa3\xe4\xbb\xa4",
        "\xe3\x83\x91\xe3\x82\xb9\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89",
        "\xeb\xb9\x84\xeb\xb0\x80\xeb\xb2\x88\xed\x98\xb8",
        /* of codes */
        "\xe9\xaa\x8c\xe8\xaf\x81\xe7\xa0\x81", "\xe9\xa9\x97\xe8\xad\x89\xe7\xa2\xbc"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        *word = i < 5 ? KOR_WORD_PASSWORD : KOR_WORD_PIN;
        if (len - at >= n && memcmp(text + at, words[i], n) == 0) return at + n;
    }
    return 0;
}

/* Where in the piece at start a key that somebody issued begins behind a slash, as a file's name
 * may; 0: nowhere. */
static size_t key_behind_slash(const kor_scan *s, size_t start)
{
    const char *label;
    for (size_t i = start; i + 1 < s->len && i - start < KOR_SCAN_PIECE; i++) {
        if (kor_scan_piece_end(s->text[i])) return 0;
        if (s->text[i] == '/' && kor_secret_key(s->text + i + 1, s->len - i - 1, &label) && label)
            return i + 1;
    }
    return 0;
}

/* The words of a piece, one after the other. *at is moved behind what was read. */
static bool words(kor_scan *s, size_t *at, size_t end)
{
    const char *text = s->text, *label;
    size_t i = *at, tried = 0; /* runs before tried were looked at as a whole */
    while (i < end) {
        if (!kor_scan_is_word(text, s->len, i)) {
            if (text[i] == '-' && i + 10 < s->len && text[i + 1] == '-' && text[i + 2] == '-') {
                size_t block = i + 1;
                bool found = kor_secret_block(text, s->len, i, &block);
                if (found && kor_scan_emit(s, i, block, kor_secret_private_key, KOR_SECRET_BLOCK))
                    return true;
                i = block > i ? block : i + 1;
                continue;
            }
            if ((unsigned char)text[i] == 0xef && i + 2 < s->len &&
                (unsigned char)text[i + 1] == 0xbc) {
                size_t number_end; /* full-width digits */
                if ((unsigned char)text[i + 2] >= 0x90 && (unsigned char)text[i + 2] <= 0x99 &&
                    (i < 3 || (unsigned char)text[i - 3] != 0xef) &&
                    kor_scan_number(s, i, &number_end))
                    return true;
                i += 3;
                continue;
            }
            if (text[i] == ':' && i + 2 < s->len && text[i + 1] == '/' && text[i + 2] == '/') {
                size_t start, stop;
                if (kor_secret_url(text, s->len, i, &start, &stop)) {
                    if (kor_scan_emit(s, start, stop, kor_secret_connection, KOR_SECRET_URL))
                        return true;
                    if (stop > i + 3) {
                        i = stop;
                        continue;
                    }
                }
                i += 3;
                continue;
            }
            i++;
            continue;
        }
        if (i >= 7 && text[i - 1] == ',' && memcmp(text + i - 7, "base64,", 7) == 0) {
            while (i < s->len && (kor_scan_token_byte(text[i]) || text[i] == '=')) i++;
            continue; /* a data URI */
        }
        /* A name: words with dashes and dots in between. */
        size_t name = i, stop = i;
        unsigned classes = 0;
        bool joint = false;
        while (stop < s->len && stop - name < KOR_SCAN_PIECE) {
            if (kor_scan_is_word(text, s->len, stop))
                classes |= kor_byte(text[stop++]);
            else if ((text[stop] == '-' || text[stop] == '.') && stop + 1 < s->len &&
                     kor_scan_is_word(text, s->len, stop + 1) && stop > name)
                stop++, joint = true;
            else
                break;
        }
        bool fresh = name == 0 || !kor_scan_token_byte(text[name - 1]) || text[name - 1] == '/' ||
                     text[name - 1] == '-';
        if (stop - name == 5 && stop + 12 < s->len && text[stop] == ' ' &&
            memcmp(text + name + 1, "asic", 4) == 0) {
            size_t basic = kor_scan_basic_end(text, s->len, stop + 1);
            if (basic && kor_scan_emit(s, stop + 1, basic, kor_secret_token, KOR_SECRET_ISSUED))
                return true;
        }
        size_t key = 0;
        if (name >= s->least && stop - name >= 7 && text[name + 1] == '-' &&
            (kor_byte(text[name + 2]) & KOR_BYTE_DIGIT)) { /* G-571936 is your code */
            size_t digits = name + 2;
            while (digits < stop && (kor_byte(text[digits]) & KOR_BYTE_DIGIT)) digits++;
            if (digits == stop && stop - name <= 10 && kor_scan_code_follows(s, stop) &&
                kor_scan_emit(s, name + 2, stop, NULL, KOR_SECRET_NEAR))
                return true;
        }
        bool long_enough =
            stop - name >= 12 || (stop < s->len && strchr(":+/%=", text[stop]) && text[stop]);
        if (name >= s->least && stop - name >= 1 && long_enough) {
            key = kor_secret_key(text + name, s->len - name, &label);
            if (!key && stop - name > 8 && (classes & KOR_BYTE_DIGIT)) {
                /* Behind an escape, an underscore, or "bot" of a URL of Telegram. */
                for (size_t j = name + 1; j + 16 < s->len && j < stop && j - name < 80 && !key;
                     j++) {
                    bool begins = after_escape(text, j) || text[j - 1] == '_' ||
                                  text[j - 1] == '-' || text[j - 1] == '.' ||
                                  (j == name + 3 && memcmp(text + name, "bot", 3) == 0);
                    if (!begins) continue;
                    key = kor_secret_key(text + j, s->len - j, &label);
                    /* Short prefixes are parts of names too often. */
                    if (key && label && text[j] == 'S' && text[j + 1] == 'K') key = 0;
                    if (key && label && kor_scan_emit(s, j, j + key, label, KOR_SECRET_ISSUED))
                        return true;
                    if (key && !label) key = 0;
                }
                key = 0;
            } else if (key) {
                if (label && kor_scan_emit(s, name, name + key, label, KOR_SECRET_ISSUED))
                    return true;
                i = name + key;
                continue;
            }
        }
        if ((classes & KOR_BYTE_DIGIT) && fresh && stop - name <= 40) {
            size_t number_end;
            if (kor_scan_number(s, name, &number_end)) return true;
        }
        if (stop > name + 19 && memcmp(text + name, "PuTTY-User-Key-File", 19) == 0) {
            size_t block;
            if (kor_secret_block(text, s->len, name, &block)) {
                if (kor_scan_emit(s, name, block, kor_secret_private_key, KOR_SECRET_BLOCK))
                    return true;
                i = block;
                continue;
            }
        }
        if (classes & (KOR_BYTE_LETTER | KOR_BYTE_HIGH)) {
            if (stop - name <= 64 && stop - name >= 2 && kor_scan_keyword(s, name, stop))
                return true;
            /* 密码是... */
            if (classes & KOR_BYTE_HIGH)
                for (size_t j = name; j < stop && j - name < 64; j++) {
                    kor_secret_word unspaced;
                    size_t word_end = unspaced_keyword(text, s->len, j, &unspaced);
                    kor_secret_value v;
                    if (!word_end) continue;
                    s->word = unspaced, s->word_start = j, s->word_end = word_end, s->lines = 0;
                    if (kor_secret_value_after(text, s->len, j, word_end, s->word, &v) &&
                        kor_scan_value(s, &v, s->word))
                        return true;
                }
        }
        if ((classes & KOR_BYTE_DIGIT || stop - name > 40) && fresh && name >= tried) {
            size_t run = name;
            if (name == 0 || text[name - 1] == '\n') {
                size_t blob_end;
                if (kor_scan_blob(s, name, &blob_end)) return true;
                if (blob_end > name) {
                    i = blob_end;
                    continue;
                }
            }
            size_t issued = key_behind_slash(s, name);
            if (!issued && kor_scan_bare(s, name, &run)) return true;
            tried = issued ? issued : run;
            if (run - name > 256) stop = run;
        }
        (void)joint;
        i = stop;
    }
    *at = i > end ? i : end;
    return false;
}

static size_t restart(const char *text, size_t at)
{
    size_t i = at, lines = 0;
    while (i > 0 && at - i < BACK) {
        if (text[i - 1] == '\n' && ++lines > KOR_SCAN_LIST_LINES) return i;
        i--;
    }
    if (i == 0) return 0;
    while (i < at && !(kor_byte(text[i]) & KOR_BYTE_SPACE)) i++;
    return i;
}

static bool next(const char *text, size_t len, size_t *at, kor_candidate *out)
{
    if (*at >= len) return false;
    kor_scan s = {.text = text, .len = len, .least = *at};
    size_t i = restart(text, *at);
    while (i < len) {
        if (kor_scan_piece_end(text[i])) {
            if (text[i] == '\n') s.lines++, s.code_lines++;
            i++;
            continue;
        }
        size_t end = i;
        unsigned classes = 0;
        while (end < len && end - i < KOR_SCAN_PIECE && !kor_scan_piece_end(text[end]))
            classes |= kor_byte(text[end++]);
        bool found = false;
        bool line_start = i == 0 || text[i - 1] == '\n';
        bool listed = i >= 2 && text[i - 1] == ' ' && text[i - 2] == ':';
        if ((line_start || listed) && classes == KOR_BYTE_LOWER) found = kor_scan_seed(&s, i);
        size_t go_on = i;
        /* What is issued or has a checksum is in the words; a piece is more only without one. */
        if (!found) found = words(&s, &go_on, end);
        bool value_later = found && s.found.start >= end;
        if ((!found || value_later) && (classes & ~(unsigned)(KOR_BYTE_LOWER)) &&
            (i == 0 || !kor_scan_token_byte(text[i - 1]))) {
            kor_candidate later = s.found;
            if (kor_scan_piece(&s, i, end, classes))
                found = true;
            else
                s.found = later;
        }
        if (found) {
            *out = s.found;
            *at = s.found.end;
            return true;
        }
        i = go_on > end ? go_on : end;
    }
    *at = len;
    return false;
}

const kor_rules kor_rules_secrets = {"secrets", 2, next, kor_secret_read};
