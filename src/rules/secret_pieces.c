/* SPDX-License-Identifier: Apache-2.0 */
/* What is told by its own form: random characters, numbers, passwords as people make them. */
#include "rules/secret_forms.h"
#include "rules/secret_keys.h"
#include "rules/secret_numbers.h"
#include "rules/secret_state.h"

#include <string.h>

bool kor_scan_bare(kor_scan *s, size_t start, size_t *end)
{
    const char *text = s->text;
    size_t at = start;
    kor_secret_form f;
    while (at < s->len && kor_scan_token_byte(text[at])) at++;
    *end = at;
    while (at < s->len && at - *end < 2 && text[at] == '=') at++;
    size_t n = at - start, stop = at;
    if (n < 16 || start < s->least) return false;
    if (start > s->least && (text[start - 1] == '-' || text[start - 1] == '+') &&
        (start == 1 || kor_byte(text[start - 2]) & KOR_BYTE_SPACE || text[start - 2] == '"'))
        start--, n++;
    /* A data URI, or a very long run: no key that anybody has. */
    if (start >= 7 && memcmp(text + start - 7, "base64,", 7) == 0) return false;
    if (n > 512) return false;
    kor_secret_form_of(text + start, n, &f);
    bool near = kor_scan_near_secret(s, start) && s->word != KOR_WORD_PIN;
    unsigned wordy = kor_secret_wordiness(&f);
    if (kor_secret_uuid(text + start, n))
        return near && s->lines == 0 && kor_scan_emit(s, start, stop, NULL, KOR_SECRET_BARE);
    if (text[start] == '0' && (text[start + 1] | 0x20) == 'x' && n < 60) return false;
    if (f.hex) {
        if (n == 32 && start > 5 && !near && s->word != KOR_WORD_HASH) { /* OPENWEATHER: x */
            size_t i = start;
            while (i > 0 && strchr(" :=\"'", text[i - 1]) && start - i < 4) i--;
            size_t name = i;
            while (name > 0 && (kor_byte(text[name - 1]) & KOR_BYTE_UPPER || text[name - 1] == '_'))
                name--;
            if (i < start && i - name >= 4)
                return kor_scan_emit(s, start, stop, NULL, KOR_SECRET_BARE);
        }
        if (n == 32 && start > 6 && memcmp(text + start - 6, "appid=", 6) == 0)
            return kor_scan_emit(s, start, stop, NULL, KOR_SECRET_BARE);
        if (start >= 3 && (text[start - 3] | 0x20) == 'i' && (text[start - 2] | 0x20) == 'd')
            return false;
        if (n < 24 || f.digits < 4 || !near || s->lines > 0) return false;
        return kor_scan_emit(s, start, stop, NULL, KOR_SECRET_BARE);
    }
    size_t slashes = 0;
    for (size_t i = start; i < stop; i++) slashes += text[i] == '/';
    if (slashes == 1 && n <= 26 && text[stop - 17] == '/')
        return false; /* ed25519/3AA5C34371567BD2 */
    bool ends = stop >= s->len || !kor_scan_is_word(text, s->len, stop);
    if (!ends || f.digits < 2) return false;
    if (slashes > n / 12 + 1 && wordy > 55) return false;
    if (slashes && text[start] == '/') return false;
    bool three = f.upper && f.lower && f.digits;
    if (three && n >= 20 && f.distinct >= 12 && wordy < 72 && f.changes >= 6)
        return kor_scan_emit(s, start, stop, NULL, KOR_SECRET_BARE);
    if (three && n >= 16 && near && f.changes >= 4 && wordy < 72)
        return kor_scan_emit(s, start, stop, NULL, KOR_SECRET_BARE);
    if (n >= 24 && f.digits >= 4 && f.changes >= 8 && f.distinct >= 12 && wordy < 55 && !f.symbols)
        return kor_scan_emit(s, start, stop, NULL, KOR_SECRET_BARE);
    if (n >= 20 && n <= 64 && f.upper && !f.lower && !f.symbols && f.digits >= 3 &&
        f.changes >= 8 && wordy < 60 && (s->word != KOR_WORD_HASH || near))
        return kor_scan_emit(s, start, stop, NULL, KOR_SECRET_BARE);
    if (n >= 16 && near && f.digits >= 3 && f.changes >= 5 && wordy < 80)
        return kor_scan_emit(s, start, stop, NULL, KOR_SECRET_BARE);
    return false;
}

bool kor_scan_blob(kor_scan *s, size_t start, size_t *end)
{
    enum { LINE = 48 };
    const char *text = s->text;
    size_t at = start, lines = 0, last = start;
    while (at < s->len) {
        size_t line = at;
        while (at < s->len && (kor_scan_token_byte(text[at]) || text[at] == '=')) at++;
        if (at - line < (lines ? 1 : LINE)) break;
        if (at < s->len && text[at] != '\n' && text[at] != '\r') {
            if (lines) last = line;
            break;
        }
        lines++;
        last = at;
        while (at < s->len && (text[at] == '\r' || text[at] == '\n')) at++;
        if (at - last > 2) break; /* an empty line */
        if (last - line < LINE) break;
    }
    *end = last;
    if (lines < 2) return false;
    if (at < s->len && s->len - at > 20 && memcmp(text + at, "-----END ", 9) == 0) {
        size_t close = kor_scan_find_char(text, at + 9, s->len < at + 64 ? s->len : at + 64, '-');
        for (size_t i = at; i + 7 <= close; i++)
            if (memcmp(text + i, "PRIVATE", 7) == 0) {
                while (close < s->len && text[close] == '-') close++;
                *end = close;
                return kor_scan_emit(s, start, close, kor_secret_private_key, KOR_SECRET_BLOCK);
            }
    }
    return false;
}

/* Was a PIN or a code spoken of not long ago in this line, or in a list of them? */
static bool code_near(const kor_scan *s, size_t at)
{
    if (s->code == KOR_WORD_NONE || at < s->code_end) return false;
    if (s->code_lines == 0) return at - s->code_end <= (s->code == KOR_WORD_PIN ? 60 : 36);
    return s->code == KOR_WORD_PIN && s->code_lines <= KOR_SCAN_LIST_LINES &&
           at - s->code_end <= 190;
}

bool kor_scan_code_follows(const kor_scan *s, size_t end)
{
    static const char *const names[] = {"code", "passcode", "otp",    "pin",
                                        "kode", "kod",      "codice", "código"};
    static const char *const links[] = {" is your",   " is the",     " ist Ihr",    " ist dein",
                                        " ist der",   " es tu ",     " es su ",     " est votre",
                                        " est ton",   " as your",    " to sign in", " to log in",
                                        " to verify", " to confirm", " - your"};
    bool linked = false;
    for (size_t i = 0; i < sizeof links / sizeof *links && !linked; i++)
        linked = s->len - end > strlen(links[i]) &&
                 memcmp(s->text + end, links[i], strlen(links[i])) == 0;
    if (!linked) return false;
    if (memcmp(s->text + end, " to ", 4) == 0) return true;
    size_t stop = s->len - end > 56 ? end + 56 : s->len, spaces = 0;
    for (size_t i = end; i < stop && s->text[i] != '\n' && spaces < 8; i++) {
        if (s->text[i] != ' ' && s->text[i] != '-') continue;
        spaces++;
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            size_t n = strlen(names[j]), k = 0;
            while (
                k < n && i + 1 + k < stop &&
                (s->text[i + 1 + k] == names[j][k] || (s->text[i + 1 + k] | 0x20) == names[j][k]))
                k++;
            if (k == n && (i + 1 + n >= s->len || !(kor_byte(s->text[i + 1 + n]) & KOR_BYTE_ALNUM)))
                return true;
        }
    }
    return false;
}

/* zip -P x, openssl -k x, mysql -px, redis-cli -a x: does a flag of such a program stand before? */
static size_t flagged(const kor_scan *s, size_t start, size_t end)
{
    static const char *const programs[] = {
        "zip ",         "7z ",       "openssl ",   "sshpass ", "mysql",     "mariadb",
        "docker login", "redis-cli", "mosquitto_", "ldap",     "smbclient", "mongo",
        "curl ",        "wget ",     "rar ",       "gpg ",     "keytool",   "podman login",
        "htpasswd",     "ipmitool",  "sqlcmd",     "bcp ",     "helm ",     "cryptsetup"};
    const char *text = s->text;
    size_t from = kor_scan_line_from(s, start, 160), skip = 0;
    char flag = 0;
    if (end - start > 6 && text[start] == '-' && (text[start + 1] == 'p' || text[start + 1] == 'P'))
        flag = text[start + 1], skip = 2;
    else if (start >= 4 && text[start - 3] == '-' && (kor_byte(text[start - 4]) & KOR_BYTE_SPACE))
        flag = text[start - 2];
    else if (start >= 5 && (text[start - 1] == '\'' || text[start - 1] == '"') &&
             text[start - 4] == '-')
        flag = text[start - 3];
    if (!flag || !strchr("pPkauUw", flag)) return 0;
    for (size_t i = from; i < start; i++)
        for (size_t j = 0; j < sizeof programs / sizeof *programs; j++)
            if (text[i] == programs[j][0] && s->len - i > 16 &&
                memcmp(text + i, programs[j], strlen(programs[j])) == 0)
                return skip + 1;
    return 0;
}

/* a@b.de x, "a@b.de","x": does an address stand before, and nothing but signs between? */
static bool after_address(const kor_scan *s, size_t start)
{
    const char *text = s->text;
    size_t end = start;
    while (end > 0 && start - end < 5 && strchr(" ,|;\"':/\t-", text[end - 1])) end--;
    if (end == start) return false;
    size_t from = end;
    while (from > 0 && end - from < 64 && !kor_scan_piece_end(text[from - 1])) from--;
    return kor_scan_address(text, from, end);
}

/* root / x, anna | x: two pieces alone on their line. */
static bool second_of_two(const kor_scan *s, size_t start, size_t end)
{
    size_t from = kor_scan_line_from(s, start, 60), signs = 0, gaps = 0;
    if (end < s->len && s->text[end] != '\n' && s->text[end] != '\r' && s->text[end] != ' ')
        return false;
    for (size_t i = end; i < s->len && s->text[i] != '\n' && i < end + 8; i++)
        if (!(kor_byte(s->text[i]) & KOR_BYTE_SPACE)) return false;
    if (from > 0 && s->text[from - 1] != '\n') return false;
    for (size_t i = from; i < start; i++) {
        if (s->text[i] == ' ' && i > from && s->text[i - 1] != ' ') gaps++;
        signs += s->text[i] == '/' || s->text[i] == '|';
        if (s->text[i] == '.' && i + 1 < start && s->text[i + 1] == '/') return false;
    }
    bool sign_before = start >= 3 && (s->text[start - 2] == '/' || s->text[start - 2] == '|');
    if (sign_before && memchr(s->text + from, '@', start - from)) return gaps <= 7;
    if (sign_before && signs) return gaps <= 4;
    return signs == 1 && gaps <= 3 && start - from >= 4;
}

/* utf-8, iso8859-1, x86-64, 2-tuple, PROTOCOL_TLSv1_1: terms of computing. */
static bool term(const char *s, const kor_secret_form *f)
{
    static const char *const beginnings[] = {
        "utf",   "iso8859", "iso-8859", "x86",  "latin", "2-tuple", "3-tuple", "ascii", "base64",
        "amd64", "arm64",   "win32",    "uint", "int",   "sha-",    "aes-",    ".iso"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        size_t n = strlen(beginnings[i]), j = 0;
        while (j < n && j < f->n && (s[j] | 0x20) == (beginnings[i][j] | 0x20)) j++;
        if (j == n && f->n < 20) return true;
    }
    return f->upper > f->lower && f->digits <= 2 && memchr(s, '_', f->n) &&
           kor_secret_wordiness(f) > 55;
}

/* sr_RS.UTF-8@latin */
static bool modifier(const char *s, size_t n)
{
    const char *at = memchr(s, '@', n);
    if (!at || n - (size_t)(at - s) < 5) return false;
    for (const char *c = at + 1; c < s + n; c++)
        if (!(kor_byte(*c) & KOR_BYTE_LOWER)) return false;
    return true;
}

/* CVE-2025-48213, ABC-42 */
static bool ticket(const char *text, size_t start, size_t end)
{
    size_t at = start;
    while (at < end && (kor_byte(text[at]) & KOR_BYTE_UPPER)) at++;
    if (at - start < 2 || at - start > 8 || at == end || text[at] != '-') return false;
    while (at < end && (kor_byte(text[at]) & KOR_BYTE_DIGIT || text[at] == '-')) at++;
    return at == end;
}

/* v2.4.0-rc1, 4.13+dfsg1 */
static bool version(const char *text, size_t start, size_t end)
{
    if (text[start] == 'v' || text[start] == 'V') start++;
    size_t at = start;
    while (at < end && (kor_byte(text[at]) & KOR_BYTE_DIGIT)) at++;
    return at > start && at + 1 < end && at - start <= 4 && text[at] == '.' &&
           (kor_byte(text[at + 1]) & KOR_BYTE_DIGIT);
}

bool kor_scan_piece(kor_scan *s, size_t start, size_t end, unsigned classes)
{
    if (!(classes & KOR_BYTE_DIGIT) &&
        !(kor_scan_near_secret(s, start) && (classes & KOR_BYTE_SYMBOL)) &&
        !(start > 3 && (s->text[start - 3] == '-' || s->text[start] == '-' ||
                        s->text[start - 1] == '\'' || s->text[start - 1] == '"')))
        return false;
    const char *text = s->text;
    while (end > start && strchr(".,;:?", text[end - 1])) end--;
    size_t n = end - start;
    kor_secret_form f;
    if (n < 4 || n > 72 || start < s->least) return false;
    const char *issued;
    if (n >= 16 && kor_secret_key(text + start, s->len - start, &issued) && !issued) return false;
    if (text[start] == '0' && (text[start + 1] | 0x20) == 'x') return false;
    kor_secret_form_of(text + start, n, &f);
    size_t flag = n < 48 && (start == 0 || text[start - 1] != '/') ? flagged(s, start, end) : 0;
    if (flag && !kor_secret_placeholder(text + start + flag - 1, n - flag + 1)) {
        size_t colon = kor_scan_find_char(text, start, end, ':');
        if (colon + 3 < end)
            flag = colon - start + 2; /* curl -u user:password */
        else if (start >= 2 && text[start - 2] == 'u')
            flag = 0;
        if (flag) return kor_scan_emit(s, start + flag - 1, end, NULL, KOR_SECRET_PAIR);
    }
    if (code_near(s, start) && f.digits && f.n >= 4 && f.n <= 24 && f.lower + f.upper > 0 &&
        (s->code_lines == 0 || kor_scan_alone(s, start, end)) && f.digits >= 2 && !f.others &&
        kor_scan_find_char(text, start, end, '=') == end &&
        kor_scan_find_char(text, start, end, ':') == end &&
        kor_scan_find_char(text, start, end, '/') == end && !kor_scan_in_code(s, start, end) &&
        !version(text, start, end) && text[start] != '#')
        return kor_scan_emit(s, start, end, NULL, KOR_SECRET_NEAR);
    if (n < 6 || version(text, start, end) || ticket(text, start, end) ||
        (end < s->len && text[end] == '(') || text[start] == '.' ||
        kor_scan_file_name(text, start, end))
        return false;
    if (term(text + start, &f) || modifier(text + start, n)) return false;
    unsigned letters = f.lower + f.upper + f.others;
    if (!f.digits || letters < 2) {
        /* Symbols and letters of both cases: a password only where one is expected. */
        if (!(f.symbols && f.lower && f.upper && f.changes >= 4 && kor_scan_near_secret(s, start)))
            return false;
    }
    size_t equals = kor_scan_find_char(text, start, end, '='),
           colon = kor_scan_find_char(text, start, end, ':');
    size_t slash = kor_scan_find_char(text, start, end, '/'),
           dollar = kor_scan_find_char(text, start, end, '$');
    bool near = kor_scan_near_secret(s, start);
    if (equals + 1 < end || (colon == end && kor_scan_address(text, start, end)) ||
        kor_secret_placeholder(text + start, n))
        return false;
    if (text[start] == '-' && n > 1 && !near) return false;
    if (colon < end) {
        /* user:password, host:port:database:user:password */
        size_t colons = 0, last = colon;
        for (size_t i = start; i < end; i++)
            if (text[i] == ':') colons++, last = i;
        if ((colons != 1 && colons != 4) || last + 6 > end || last == start) return false;
        if (text[last + 1] == '/') return false;
        if (slash < end && slash < last) return false;
        kor_secret_form_of(text + last + 1, end - last - 1, &f);
        bool odd = f.digits && (f.lower || f.upper) &&
                   (f.symbols || (f.upper && f.lower) || near) && f.changes >= 2;
        if (!odd || f.n > 48 || (f.hex && f.n >= 16) || last - start < 3) return false;
        if (!kor_scan_is_name(text + start, last - start) && !kor_scan_address(text, start, last))
            return false;
        if (kor_scan_address(text, last + 1, end) || version(text, last + 1, end)) return false;
        if (!near &&
            (kor_scan_in_code(s, start, end) || (kor_byte(text[last + 1]) & KOR_BYTE_SYMBOL)))
            return false;
        if (start > 0 && !(kor_byte(text[start - 1]) & KOR_BYTE_SPACE) &&
            !strchr("\"'`", text[start - 1]))
            return false;
        if (!f.symbols && !near && (f.digits < 2 || kor_secret_wordiness(&f) > 75)) return false;
        if (last >= 6 + start && memcmp(text + last - 6, "SHA256", 6) == 0) return false;
        if (kor_secret_placeholder(text + last + 1, end - last - 1)) return false;
        if (kor_scan_find_char(text, last, end, '/') < end && !near) return false;
        return kor_scan_emit(s, last + 1, end, NULL, KOR_SECRET_PAIR);
    }
    if (slash < end) { /* admin/x, scott/x@host */
        static const char *const names[] = {"admin",  "root", "user",   "scott",         "sa",
                                            "test",   "demo", "guest",  "postgres",      "sys",
                                            "system", "pi",   "ubuntu", "administrator", "oracle"};
        size_t stop = kor_scan_find_char(text, slash, end, '@');
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strlen(names[i]) == slash - start &&
                memcmp(text + start, names[i], slash - start) == 0 && stop > slash + 5 &&
                kor_scan_find_char(text, slash + 1, end, '/') == end && f.digits)
                return kor_scan_emit(s, slash + 1, stop, NULL, KOR_SECRET_PAIR);
    }
    if (slash < end && !near) return false;
    if (slash < end && kor_secret_wordiness(&f) > 60) return false;
    kor_secret_word own = kor_secret_word_of(text + start, n, NULL);
    if (near && own == KOR_WORD_NONE && s->word != KOR_WORD_PIN && n <= 64 && !f.hex &&
        (s->lines == 0 ? !kor_scan_in_code(s, start, end) : kor_scan_listed_line(s, start, end)) &&
        (f.symbols || f.changes >= 2 || (f.digits >= 2 && letters >= 4) ||
         (f.digits && letters >= 4 && (s->word == KOR_WORD_PASSWORD || s->word == KOR_WORD_LOGIN))))
        return kor_scan_emit(s, start, end, NULL, KOR_SECRET_NEAR);
    /* By itself. */
    size_t marks = 0;
    for (size_t i = start; i < end; i++)
        if (memchr("!@#$%^&*?+~", text[i], 11)) marks++;
    if (n < 8 || n > 40 || own != KOR_WORD_NONE || letters < 3) return false;
    if (dollar == start && f.symbols == 1) return false;
    bool joined = f.symbols >= 1 && f.upper && f.lower && f.digits;
    bool alone = kor_scan_alone(s, start, end);
    if (f.digits && f.changes >= 2 && (second_of_two(s, start, end) || after_address(s, start)))
        return kor_scan_emit(s, start, end, NULL, KOR_SECRET_PAIR);
    size_t strong = 0;
    for (size_t i = start; i < end; i++) strong += memchr("!@#$%^?~", text[i], 8) != NULL;
    if (strong && f.upper && f.lower && f.digits && f.changes >= 3 &&
        !kor_scan_in_code(s, start, end) && (kor_byte(text[start]) & KOR_BYTE_ALNUM) &&
        !memchr(text + start, '&', n) && !memchr(text + start, '*', n) && !f.others &&
        text[end - 1] != '@' && f.n <= 24)
        return kor_scan_emit(s, start, end, NULL, KOR_SECRET_SPICY);
    if (end < s->len && start > 0 && text[start - 1] == '|' && text[end] == '|') return false;
    if (alone && (joined || (marks >= 1 && f.digits && f.changes >= 3)))
        return kor_scan_emit(s, start, end, NULL, KOR_SECRET_SPICY);
    if (alone && f.upper && f.lower && f.digits >= 2 && f.changes >= 5 &&
        kor_secret_wordiness(&f) < 60)
        return kor_scan_emit(s, start, end, NULL, KOR_SECRET_SPICY);
    return false;
}

/* Is the keyword in mind at the end of its line, as in a heading? */
static bool headed(const kor_scan *s)
{
    size_t at = s->word_end;
    while (at < s->len && at - s->word_end < 14 && s->text[at] != '\n' && s->text[at] != '.') at++;
    return at < s->len && s->text[at] == '\n';
}

bool kor_scan_number(kor_scan *s, size_t start, size_t *end)
{
    const char *text = s->text;
    kor_number found;
    *end = start;
    if (start < s->least) return false;
    if (start > 0) {
        char before = text[start - 1];
        bool digit_before = start > 1 && (kor_byte(text[start - 2]) & KOR_BYTE_ALNUM);
        if ((before == '.' || before == '-' || before == '/') && digit_before) return false;
        if (before == '+' || before == '$') return false;
    }
    kor_secret_number(text, s->len, start, &found);
    switch (found.kind) {
    case KOR_NUMBER_CARD:
        *end = found.end;
        return kor_scan_emit(s, start, found.end, kor_secret_card, KOR_SECRET_NUMBER);
    case KOR_NUMBER_IBAN:
        *end = found.end;
        return kor_scan_emit(s, start, found.end, kor_secret_bank, KOR_SECRET_NUMBER);
    case KOR_NUMBER_CARD_PLAIN:
        /* One number in ten passes the checksum by chance, but hardly any has 16 digits and begins
         * as a card does: none in 600,000 lines of code and documents. */
        if (found.count == 16 && found.groups == 1) {
            *end = found.end;
            return kor_scan_emit(s, start, found.end, kor_secret_card, KOR_SECRET_NUMBER);
        }
        return kor_scan_emit(s, start, found.end, NULL, KOR_SECRET_NUMBER);
    case KOR_NUMBER_CARD_WRONG:
    case KOR_NUMBER_IBAN_WRONG: return kor_scan_emit(s, start, found.end, NULL, KOR_SECRET_NUMBER);
    case KOR_NUMBER_ID:
        if (kor_national_id_certain(found.ids))
            return kor_scan_emit(s, start, found.end, kor_secret_national_id, KOR_SECRET_NUMBER);
        return kor_scan_emit(s, start, found.end, NULL, KOR_SECRET_NUMBER);
    case KOR_NUMBER_ID_PLAIN:
        if ((kor_scan_is_near(s, start) && s->word == KOR_WORD_ID) ||
            kor_scan_alone(s, start, found.end))
            return kor_scan_emit(s, start, found.end, NULL, KOR_SECRET_NUMBER);
        return false;
    case KOR_NUMBER_DIGITS:
        if (kor_scan_date(text + start, found.end - start)) return false;
        if (code_near(s, start) && found.count >= 4 && found.count <= 8 && found.groups <= 3 &&
            (found.groups == 1 || found.count == 6 || found.count == 8) &&
            !(found.groups > 1 && kor_scan_year(text, start)) &&
            (s->code_lines == 0 || kor_scan_alone(s, start, found.end))) {
            size_t stop = found.end;
            if (stop < s->len && (text[stop] == '#' || text[stop] == '*')) stop++;
            return kor_scan_emit(s, start, stop, NULL, KOR_SECRET_NEAR);
        }
        if (found.count >= 4 && found.count <= 8 && kor_scan_code_follows(s, found.end))
            return kor_scan_emit(s, start, found.end, NULL, KOR_SECRET_NEAR);
        if (kor_scan_is_near(s, start) && s->word == KOR_WORD_PASSWORD && s->lines > 0 &&
            found.count >= 4 && found.count <= 10 && kor_scan_listed_line(s, start, found.end) &&
            !kor_scan_year(text, start) && headed(s) &&
            (found.end >= s->len || text[found.end] == '\n' || text[found.end] == '\r'))
            return kor_scan_emit(s, start, found.end, NULL, KOR_SECRET_NEAR);
        if (kor_scan_is_near(s, start) && s->lines == 0 && start - s->word_end <= 28 &&
            found.count >= 6 &&
            (s->word == KOR_WORD_ID || s->word == KOR_WORD_BANK ||
             (s->word == KOR_WORD_CARD && found.count >= 12)))
            return kor_scan_emit(s, start, found.end, NULL, KOR_SECRET_NUMBER);
        return false;
    default: return false;
    }
}

bool kor_scan_seed(kor_scan *s, size_t start)
{
    const char *text = s->text;
    size_t at = start, words = 0, letters = 0;
    while (at < s->len && words < 26) {
        size_t w = at;
        while (at < s->len && (kor_byte(text[at]) & KOR_BYTE_LOWER)) at++;
        if (at - w < 3 || at - w > 8) return false;
        letters += at - w;
        words++;
        if (at >= s->len || text[at] == '\n' || text[at] == '\r') break;
        if (text[at] != ' ') return false;
        at++;
    }
    if (words < 12 || words > 24 || words % 3 || letters < words * 4) return false;
    /* The commonest words of prose are in no list of such words. */
    static const char *const prose[] = {" the ", " and ", " for ", " you ",
                                        " was ", " are ", " with "};
    for (size_t i = start; i + 6 < at; i++)
        for (size_t j = 0; text[i] == ' ' && j < sizeof prose / sizeof *prose; j++)
            if (strncmp(text + i, prose[j], strlen(prose[j])) == 0) return false;
    return kor_scan_emit(s, start, at, NULL, KOR_SECRET_SEED);
}
