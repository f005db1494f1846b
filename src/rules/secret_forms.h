/* SPDX-License-Identifier: Apache-2.0 */
/* The form of a run of characters: what it is made of, how even its characters are, and how much
 * it reads like words. */
#ifndef KOR_SECRET_FORMS_H
#define KOR_SECRET_FORMS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct kor_secret_form {
    size_t n; /* bytes */
    unsigned lower, upper, digits, symbols, others, spaces;
    unsigned changes;  /* from one class to another */
    unsigned distinct; /* different bytes */
    unsigned entropy;  /* tenths of a bit a byte, of the bytes that are there */
    unsigned pairs;    /* of letters beside each other */
    unsigned common;   /* of those, that words have */
    bool hex, base64;  /* all of it is of that alphabet; - and _ are in base64 */
} kor_secret_form;

/* Reads 256 bytes at most; n is the whole length. */
void kor_secret_form_of(const char *s, size_t n, kor_secret_form *form);

/* Percent of the letter pairs that words have; 100 where there are none. */
unsigned kor_secret_wordiness(const kor_secret_form *form);

/* 8-4-4-4-12 hex digits. */
bool kor_secret_uuid(const char *s, size_t n);

#endif
