/* SPDX-License-Identifier: Apache-2.0 */
#include "colony/condition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 256 };

typedef enum operation { ANY, EQUAL, CONTAINS, LESS, LEAST, MORE, MOST, NOT, AND, OR } operation;

typedef struct value {
    const char *text;
    struct value *next;
} value;

struct kor_condition {
    operation is;
    bool numeric;
    size_t field;
    value *values;               /* of EQUAL and CONTAINS: one of them must fit */
    double number;               /* of the others, and of EQUAL when numeric */
    kor_condition *left, *right; /* of NOT, AND, OR */
};

/* ---- Words ---- */

typedef enum kind { END, WORD, QUOTED, SIGN } kind;

typedef struct parser {
    const char *text, *at;
    const kor_fields *fields;
    kor_arena *arena;
    kor_error *err;
    kind is; /* of the token at hand */
    char token[WORD_MAX];
    size_t token_at; /* where it begins, in bytes from 1 on */
    unsigned depth;
} parser;

static kor_status fail(const parser *p, const char *what)
{
    if (p->is == END)
        return kor_fail(p->err, KOR_E_INPUT, "%s, but the condition ends there", what);
    return kor_fail(p->err, KOR_E_INPUT, "%s, not '%.60s' (character %zu)", what, p->token,
                    p->token_at);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("_-./:@#+*", c) || (unsigned char)c >= 0x80;
}

static kor_status take(parser *p, size_t skip, size_t len, size_t after, kind is)
{
    if (len >= WORD_MAX)
        return kor_fail(p->err, KOR_E_INPUT, "a word of more than %d bytes (character %zu)",
                        WORD_MAX - 1, p->token_at);
    memcpy(p->token, p->at + skip, len);
    p->token[len] = 0;
    p->at += skip + len + after;
    p->is = is;
    return KOR_OK;
}

static kor_status next(parser *p)
{
    p->at += strspn(p->at, " \t\r\n");
    p->token_at = (size_t)(p->at - p->text) + 1;
    if (!*p->at) return take(p, 0, 0, 0, END);
    if (*p->at == '"' || *p->at == '\'') {
        const char *end = strchr(p->at + 1, *p->at);
        if (!end)
            return kor_fail(p->err, KOR_E_INPUT, "a quote that does not end (character %zu)",
                            p->token_at);
        return take(p, 1, (size_t)(end - p->at) - 1, 1, QUOTED);
    }
    size_t n = 0;
    while (p->at[n] && is_letter(p->at[n])) n++;
    if (n) return take(p, 0, n, 0, WORD);
    bool two = strchr("=!<>", *p->at) && p->at[1] == '=';
    return take(p, 0, two ? 2 : 1, 0, SIGN);
}

static bool is(const parser *p, const char *token)
{
    return p->is != QUOTED && strcmp(p->token, token) == 0;
}

/* ---- Tests ---- */

static kor_status read_value(parser *p, kor_condition *c, kor_error *err)
{
    if (p->is != WORD && p->is != QUOTED) return fail(p, "a value must follow");
    value *v = kor_arena_alloc(p->arena, sizeof *v);
    if (v) v->text = kor_arena_copy(p->arena, p->token, strlen(p->token));
    if (!v || !v->text) return kor_fail_memory(err);
    v->next = c->values;
    c->values = v;
    return next(p);
}

static kor_status read_list(parser *p, kor_condition *c)
{
    if (!is(p, "[")) return fail(p, "'in' needs a list in [ ]");
    do {
        KOR_TRY(next(p));
        KOR_TRY(read_value(p, c, p->err));
    } while (is(p, ","));
    if (!is(p, "]")) return fail(p, "',' or ']' must follow");
    return next(p);
}

static kor_status read_number(parser *p, kor_condition *c)
{
    char *end;
    if (p->is == END) return fail(p, "a number must follow");
    c->number = strtod(p->token, &end);
    if (p->is != WORD || end == p->token || *end || !isfinite(c->number))
        return fail(p, "a number must follow");
    return next(p);
}

/* *out is c, or its opposite. */
static kor_status negate(parser *p, kor_condition **out)
{
    kor_condition *c = kor_arena_alloc(p->arena, sizeof *c);
    if (!c) return kor_fail_memory(p->err);
    c->is = NOT;
    c->left = *out;
    *out = c;
    return KOR_OK;
}

static kor_status read_comparison(parser *p, kor_condition *c, bool *opposite)
{
    static const struct {
        const char *sign;
        operation is;
    } orders[] = {{"<", LESS}, {"<=", MOST}, {">", MORE}, {">=", LEAST}};
    for (size_t i = 0; i < 4; i++) {
        if (!is(p, orders[i].sign)) continue;
        if (!c->numeric) return fail(p, "only numbers are compared by size");
        c->is = orders[i].is;
        KOR_TRY(next(p));
        return read_number(p, c);
    }
    *opposite = is(p, "!=") || is(p, "not");
    if (is(p, "==") || is(p, "!=")) {
        c->is = EQUAL;
        KOR_TRY(next(p));
        return c->numeric ? read_number(p, c) : read_value(p, c, p->err);
    }
    if (is(p, "not")) {
        KOR_TRY(next(p));
        if (!is(p, "in")) return fail(p, "'in' must follow 'not'");
    }
    if (is(p, "in") || is(p, "contains")) {
        if (c->numeric) return fail(p, "a number is compared with ==, !=, <, <=, > or >=");
        bool list = is(p, "in");
        c->is = list ? EQUAL : CONTAINS;
        KOR_TRY(next(p));
        return list ? read_list(p, c) : read_value(p, c, p->err);
    }
    if (is(p, "=")) return fail(p, "'==' is meant");
    return KOR_OK;
}

static kor_status read_test(parser *p, kor_condition **out)
{
    static const char *const words[] = {"and", "or", "in", "contains"};
    if (p->is != WORD) return fail(p, "a field must follow");
    for (size_t i = 0; i < 4; i++)
        if (is(p, words[i])) return fail(p, "a field must follow");
    kor_condition *c = kor_arena_alloc(p->arena, sizeof *c);
    if (!c) return kor_fail_memory(p->err);
    *out = c;
    kor_field_kind found = p->fields->find(p->fields->arg, p->token, &c->field);
    if (found == KOR_FIELD_NONE)
        return kor_fail(p->err, KOR_E_INPUT, "unknown field '%.60s' (character %zu)", p->token,
                        p->token_at);
    c->numeric = found == KOR_FIELD_NUMBER;
    bool opposite = false;
    KOR_TRY(next(p));
    KOR_TRY(read_comparison(p, c, &opposite));
    return opposite ? negate(p, out) : KOR_OK;
}

/* ---- Conditions ---- */

static kor_status read_or(parser *p, kor_condition **out);

static kor_status read_one(parser *p, kor_condition **out)
{
    if (p->depth == KOR_CONDITION_DEPTH)
        return kor_fail(p->err, KOR_E_INPUT, "nested deeper than %d", KOR_CONDITION_DEPTH);
    p->depth++;
    if (is(p, "not")) {
        KOR_TRY(next(p));
        KOR_TRY(read_one(p, out));
        KOR_TRY(negate(p, out));
    } else if (is(p, "(")) {
        KOR_TRY(next(p));
        KOR_TRY(read_or(p, out));
        if (!is(p, ")")) return fail(p, "')' must follow");
        KOR_TRY(next(p));
    } else {
        KOR_TRY(read_test(p, out));
    }
    p->depth--;
    return KOR_OK;
}

static kor_status read_joined(parser *p, const char *word, operation join,
                              kor_status (*read)(parser *p, kor_condition **out),
                              kor_condition **out)
{
    KOR_TRY(read(p, out));
    while (p->is == WORD && is(p, word)) {
        kor_condition *c = kor_arena_alloc(p->arena, sizeof *c);
        if (!c) return kor_fail_memory(p->err);
        c->is = join;
        c->left = *out;
        *out = c;
        KOR_TRY(next(p));
        KOR_TRY(read(p, &c->right));
    }
    return KOR_OK;
}

static kor_status read_and(parser *p, kor_condition **out)
{
    return read_joined(p, "and", AND, read_one, out);
}

static kor_status read_or(parser *p, kor_condition **out)
{
    return read_joined(p, "or", OR, read_and, out);
}

kor_status kor_condition_read(kor_condition **out, const char *text, const kor_fields *fields,
                              kor_arena *arena, kor_error *err)
{
    *out = NULL;
    if (strlen(text) > KOR_CONDITION_BYTES)
        return kor_fail(err, KOR_E_INPUT, "a condition of more than %d bytes", KOR_CONDITION_BYTES);
    parser p = {.text = text, .at = text, .fields = fields, .arena = arena, .err = err};
    kor_condition *c = NULL;
    KOR_TRY(next(&p));
    KOR_TRY(read_or(&p, &c));
    if (p.is != END) return fail(&p, "'and', 'or' or the end must follow");
    *out = c;
    return KOR_OK;
}

/* ---- Asking ---- */

static bool fits(const kor_condition *c, const char *text)
{
    for (const value *v = c->values; v; v = v->next)
        if (c->is == EQUAL ? strcmp(text, v->text) == 0 : strcasestr(text, v->text) != NULL)
            return true;
    return false;
}

static bool has_fitting(const kor_condition *c, const kor_fields *fields)
{
    const char *text;
    for (size_t i = 0; (text = fields->text(fields->arg, c->field, i)) != NULL; i++)
        if (c->is == ANY || fits(c, text)) return true;
    return false;
}

/* Chains of "and" lean to the left: the depth of the recursion is that of the reader, or that of
 * "a and b and c ...", whose length the bytes of a condition bound. */
bool kor_condition_holds(const kor_condition *c, const kor_fields *fields)
{
    switch (c->is) {
    case NOT: return !kor_condition_holds(c->left, fields);
    case AND: return kor_condition_holds(c->left, fields) && kor_condition_holds(c->right, fields);
    case OR: return kor_condition_holds(c->left, fields) || kor_condition_holds(c->right, fields);
    default: break;
    }
    if (!c->numeric) return has_fitting(c, fields);
    double x = fields->number(fields->arg, c->field);
    switch (c->is) {
    case LESS: return x < c->number;
    case MOST: return x <= c->number;
    case MORE: return x > c->number;
    case LEAST: return x >= c->number;
    case EQUAL: return x == c->number;
    default: return x != 0;
    }
}

kor_status kor_condition_each(const kor_condition *c,
                              kor_status (*visit)(void *arg, size_t field, const char *value,
                                                  kor_error *err),
                              void *arg, kor_error *err)
{
    if (c->is == NOT || c->is == AND || c->is == OR) {
        KOR_TRY(kor_condition_each(c->left, visit, arg, err));
        return c->right ? kor_condition_each(c->right, visit, arg, err) : KOR_OK;
    }
    if (c->is != EQUAL || !c->values) return visit(arg, c->field, NULL, err);
    for (const value *v = c->values; v; v = v->next) KOR_TRY(visit(arg, c->field, v->text, err));
    return KOR_OK;
}
