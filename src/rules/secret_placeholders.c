/* SPDX-License-Identifier: Apache-2.0 */
/* What stands where a secret would, and is none. */
#include "rules/secret_words.h"

#include <string.h>

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool any_of(const char *fold, size_t n, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == n && memcmp(list[i], fold, n) == 0) return true;
    return false;
}

static bool contains(const char *fold, size_t n, const char *part)
{
    size_t length = strlen(part);
    for (size_t i = 0; i + length <= n; i++)
        if (fold[i] == part[0] && memcmp(fold + i, part, length) == 0) return true;
    return false;
}

bool kor_secret_placeholder(const char *value, size_t n)
{
    static const char *const whole[] = {
        "string",      "str",           "text",         "null",       "none",       "nil",
        "true",        "false",         "undefined",    "required",   "optional",   "varchar",
        "char",        "bool",          "boolean",      "int",        "integer",    "object",
        "any",         "void",          "number",       "password",   "passwd",     "token",
        "secret",      "apikey",        "api_key",      "redacted",   "masked",     "hidden",
        "removed",     "omitted",       "changeme",     "change_me",  "change-me",  "example",
        "placeholder", "todo",          "tbd",          "empty",      "yes",        "no",
        "unset",       "default",       "your-key",     "value",      "passphrase", "pwd",
        "encrypted",   "your_password", "yourpassword", "mypassword", "bytes",      "binary",
        "buffer",      "self",          "this",         "input",      "username",   "user",
        "email",       "filtered",      "private",      "public",     "n/a",        "unknown",
        "invalid",     "missing",       "expired",      "wrong",      "incorrect",  "stdin",
        "prompt",      "datatype",      "secretstr",    "func",       "function",   "const",
        "final",       "static",        "return",       "await",      "new",        "async"};
    char fold[96];
    size_t m = n < sizeof fold ? n : sizeof fold;
    if (n == 0) return true;
    for (size_t i = 0; i < m; i++) fold[i] = is_upper(value[i]) ? (char)(value[i] + 32) : value[i];
    if (any_of(fold, m, whole, sizeof whole / sizeof *whole)) return true;
    /* Something that is put in later: ${X}, $(x), {{ x }}, <x>, %s, %(x)s, %X%, #{x}, @x@, ... */
    char first = value[0], second = n > 1 ? value[1] : '\0', last = value[n - 1];
    if (first == '$' && (second == '{' || second == '(' || second == '$')) return true;
    if (first == '$' && n > 1) {
        size_t i = 1;
        bool digits = false, upper = false, lower = false;
        while (i < n && (is_upper(value[i]) || is_lower(value[i]) || is_digit(value[i]) ||
                         value[i] == '_')) {
            digits |= is_digit(value[i]);
            upper |= is_upper(value[i]);
            lower |= is_lower(value[i]);
            i++;
        }
        if (i == n && !(digits && (upper == lower || n > 9))) return true;
        if (i < n && (value[i] == '-' || value[i] == '[' || value[i] == '.') && !digits)
            return true;
    }
    if (first == '{' && (second == '{' || second == '%' || last == '}')) return true;
    if (first == '<' && (last == '>' || second == '%')) return true;
    if (first == '[' && last == ']') return true;
    if (first == '%' && (n <= 3 || second == '(' || second == '{' || last == '%')) return true;
    if (first == '#' && second == '{') return true;
    if (first == '@' && last == '@') return true;
    if (first == '_' && second == '_' && n > 4 && last == '_') return true;
    if (first == '(' && last == ')') return true;
    /* xxxx, ****, ...., ----, ••••, 0000 of any length, with a few others before or after. */
    size_t same = 0;
    for (size_t i = 0; i < m; i++)
        if (fold[i] == 'x' || fold[i] == '*' || fold[i] == '.' || fold[i] == '-' ||
            fold[i] == '#' || fold[i] == '_' || (unsigned char)fold[i] == 0xe2 ||
            (unsigned char)fold[i] == 0x80 || (unsigned char)fold[i] == 0xa2 ||
            (unsigned char)fold[i] == 0xa6 || (unsigned char)fold[i] == 0x97 ||
            (unsigned char)fold[i] == 0x8f)
            same++;
    if (same == m) return true;
    if (contains(fold, m, "xxxx") || contains(fold, m, "****") || contains(fold, m, "...") ||
        contains(fold, m, "\xe2\x80\xa2\xe2\x80\xa2") || contains(fold, m, "\xe2\x80\xa6"))
        return true;
    /* YOUR_API_KEY, your-token-here, my-secret-key, replace_with_token, INSERT_KEY */
    static const char *const parts[] = {
        "your_",   "your-",   "yourp",       "yourk",     "yourt",        "yours",     "youra",
        "_here",   "-here",   "keyhere",     "tokenhere", "passwordhere", "replace",   "insert_",
        "insert-", "example", "placeholder", "changeme",  "change_me",    "change-me", "redacted",
        "dummy",   "<your",   "_goes_",      "sample_",   "fixme",        "todo_"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (contains(fold, m, parts[i])) return true;
    return false;
}
