/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the scanner for secrets share: classes of bytes, and where a value begins and
 * ends. Everything looks a bounded way ahead, so that the whole is linear on hostile input too. */
#ifndef KOR_SECRET_SCAN_H
#define KOR_SECRET_SCAN_H

#include "rules/secret_words.h"

#include <stdbool.h>
#include <stddef.h>

/* What made a candidate (kor_candidate.kind). */
typedef enum kor_secret_kind {
    KOR_SECRET_ISSUED = 1, /* a known key */
    KOR_SECRET_BLOCK,      /* a private key with its marks */
    KOR_SECRET_URL,
    KOR_SECRET_VALUE,  /* after a keyword */
    KOR_SECRET_PHRASE, /* several words after one */
    KOR_SECRET_NUMBER,
    KOR_SECRET_BARE,  /* random characters */
    KOR_SECRET_BLOB,  /* lines of base64 */
    KOR_SECRET_SPICY, /* a password by its form */
    KOR_SECRET_PAIR,  /* user:password */
    KOR_SECRET_NEAR,  /* letters and digits not far behind a keyword */
    KOR_SECRET_SEED   /* 12 or 24 plain words alone on a line */
} kor_secret_kind;

enum {
    KOR_SECRET_VALUE_MOST = 1024, /* bytes of a value */
    KOR_SECRET_BLOCK_MOST = 32768 /* of a private key */
};

extern const char kor_secret_api_key[], kor_secret_token[], kor_secret_password[],
    kor_secret_private_key[], kor_secret_card[], kor_secret_bank[], kor_secret_national_id[],
    kor_secret_connection[];

/* Classes of bytes, as bits. */
enum {
    KOR_BYTE_LOWER = 1,
    KOR_BYTE_UPPER = 2,
    KOR_BYTE_DIGIT = 4,
    KOR_BYTE_HIGH = 8, /* beyond ASCII */
    KOR_BYTE_SPACE = 16,
    KOR_BYTE_SYMBOL = 32,
    KOR_BYTE_LETTER = KOR_BYTE_LOWER | KOR_BYTE_UPPER,
    KOR_BYTE_ALNUM = KOR_BYTE_LETTER | KOR_BYTE_DIGIT
};
extern const unsigned char kor_byte_classes[256];

static inline unsigned kor_byte(char c)
{
    return kor_byte_classes[(unsigned char)c];
}

/* How many bytes of an opening or closing quote stand at s: " ' ` and typographic ones, with a
 * backslash before or as &quot; too; 0 for none. *mark tells kinds apart. */
size_t kor_secret_quote(const char *s, size_t n, int *mark);

/* How a value hangs on the keyword before it. */
typedef enum kor_secret_link {
    KOR_LINK_NONE,
    KOR_LINK_SPACE, /* nothing but space */
    KOR_LINK_SIGN,  /* = : => -> and the like */
    KOR_LINK_WORD,  /* is, lautet, est, es, ... */
    KOR_LINK_CALL,  /* f("value") */
    KOR_LINK_LIST,  /* "name", "value" */
    KOR_LINK_LINE,  /* on the next line */
    KOR_LINK_TAG,   /* <name>value</name> */
    KOR_LINK_FLAG   /* --name value */
} kor_secret_link;

typedef struct kor_secret_value {
    size_t start, end;
    kor_secret_link link;
    bool quoted, several; /* in quotes; several words */
} kor_secret_value;

/* The value that a keyword at [name, name_end) has, if there is one. */
bool kor_secret_value_after(const char *text, size_t len, size_t name, size_t name_end,
                            kor_secret_word word, kor_secret_value *out);

/* A block of a private key that begins at start (a dash, or "PuTTY-User-Key-File"): where it ends,
 * and whether it is one. If not, *end is where to go on. */
bool kor_secret_block(const char *text, size_t len, size_t start, size_t *end);

/* A URL whose "://" stands at colon: where it begins and ends, and whether it has credentials. */
bool kor_secret_url(const char *text, size_t len, size_t colon, size_t *start, size_t *end);

#endif
