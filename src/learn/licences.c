/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/licences.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 16 }; /* of brackets */

/* They ask for no more than to name whom the data come from. */
static const char *const ships[] = {
    "Apache-2.0", "MIT",      "BSD-2-Clause", "BSD-3-Clause", "ISC",       "CC0-1.0", "CC-BY-3.0",
    "CC-BY-4.0",  "PDDL-1.0", "ODC-By-1.0",   "Unicode-3.0",  "Unlicense", "own"};

/* What is in the way of the others, by a part of their ids. The first that fits is said. */
static const struct {
    const char *part, *why;
} known[] = {
    {"-NC", "it is for non-commercial use only"},
    {"noncommercial", "it is for non-commercial use only"},
    {"-ND", "it allows no derivatives"},
    {"-SA", "what is made of the data must carry the same licence"},
    {"sharealike", "what is made of the data must carry the same licence"},
    {"ODbL", "what is made of the data must carry the same licence"},
    {"GPL", "what is made of the data must carry the same licence"},
    {"GFDL", "what is made of the data must carry the same licence"},
    {"research", "it is for research only"},
    {"academic", "it is for research only"},
    {"NOASSERTION", "nothing is known of it"},
    {"NONE", "without a licence nothing is allowed"},
    {"unknown", "nothing is known of it"},
    {"proprietary", "it belongs to somebody"},
};

typedef struct reader {
    const char *at;
    char token[64]; /* "" at the end */
    size_t depth;
    bool malformed;
    char *why;
} reader;

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == ':' || c == '+';
}

static void next(reader *r)
{
    while (*r->at == ' ') r->at++;
    size_t n = 0;
    while (is_word(r->at[n])) n++;
    if (!n && (*r->at == '(' || *r->at == ')')) n = 1;
    bool torn = (!n && *r->at) || n >= sizeof r->token;
    if (torn && !r->malformed) {
        r->malformed = true;
        (void)snprintf(r->why, KOR_LICENCE_WHY, "'%.20s' is no id", r->at);
    }
    if (torn) n = 0;
    memcpy(r->token, r->at, n);
    r->token[n] = 0;
    r->at += n;
}

static bool is(const reader *r, const char *token)
{
    return strcmp(r->token, token) == 0;
}

static bool is_id(const reader *r)
{
    return *r->token && !is(r, "(") && !is(r, ")") && !is(r, "AND") && !is(r, "OR") &&
           !is(r, "WITH") && *r->token != '+';
}

static bool fail(reader *r)
{
    if (!r->malformed && *r->token)
        (void)snprintf(r->why, KOR_LICENCE_WHY, "'%.40s' is out of place", r->token);
    else if (!r->malformed)
        (void)snprintf(r->why, KOR_LICENCE_WHY, "it ends too early");
    r->malformed = true;
    return false;
}

/* Is part in id, whatever their case? A part that begins with '-' ends where a part of the id does.
 */
static bool holds(const char *id, const char *part)
{
    size_t n = strlen(part);
    for (; *id; id++) {
        if (strncasecmp(id, part, n) != 0) continue;
        if (*part != '-' || !id[n] || id[n] == '-') return true;
    }
    return false;
}

static bool id_ships(reader *r)
{
    char id[sizeof r->token];
    size_t n = strlen(r->token);
    while (n && r->token[n - 1] == '+') n--; /* a later version may be taken, none must */
    memcpy(id, r->token, n);
    id[n] = 0;
    for (size_t i = 0; i < sizeof ships / sizeof *ships; i++) {
        if (strcasecmp(id, ships[i]) == 0) return true;
    }
    const char *why = "it is not on the list of licences known to allow it";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!holds(id, known[i].part)) continue;
        why = known[i].why;
        break;
    }
    (void)snprintf(r->why, KOR_LICENCE_WHY, "%.60s: %s", id, why);
    return false;
}

static bool read_or(reader *r);

static bool read_part(reader *r)
{
    bool yes;
    if (is(r, "(")) {
        if (++r->depth > DEPTH_MAX) return fail(r);
        next(r);
        yes = read_or(r);
        if (!is(r, ")")) return fail(r);
        r->depth--;
        next(r);
        return yes;
    }
    if (!is_id(r)) return fail(r);
    yes = id_ships(r);
    next(r);
    if (!is(r, "WITH")) return yes;
    next(r);
    if (!is_id(r)) return fail(r);
    next(r);
    return yes;
}

static bool read_and(reader *r)
{
    bool yes = read_part(r);
    while (!r->malformed && is(r, "AND")) {
        next(r);
        yes = read_part(r) && yes;
    }
    return yes;
}

static bool read_or(reader *r)
{
    bool yes = read_and(r);
    while (!r->malformed && is(r, "OR")) {
        next(r);
        yes = read_and(r) || yes;
    }
    return yes;
}

kor_licence_use kor_licence_check(const char *expression, char why[KOR_LICENCE_WHY])
{
    reader r = {.at = expression, .why = why};
    *why = 0;
    next(&r);
    bool yes = read_or(&r);
    if (!r.malformed && *r.token) (void)fail(&r);
    if (r.malformed) return KOR_LICENCE_MALFORMED;
    return yes ? KOR_LICENCE_SHIPS : KOR_LICENCE_KEPT;
}
