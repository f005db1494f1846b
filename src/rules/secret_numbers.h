/* SPDX-License-Identifier: Apache-2.0 */
/* Cards, bank accounts and national numbers as people write them: with spaces, dashes, dots or
 * none, in full-width digits too. */
#ifndef KOR_SECRET_NUMBERS_H
#define KOR_SECRET_NUMBERS_H

#include "rules/checksums.h"

typedef enum kor_number_kind {
    KOR_NUMBER_NONE,
    KOR_NUMBER_CARD,       /* grouped as on a card, or with other marks of one: certain */
    KOR_NUMBER_CARD_PLAIN, /* its digits in one run */
    KOR_NUMBER_CARD_WRONG, /* grouped as on a card, but Luhn does not fit */
    KOR_NUMBER_IBAN,
    KOR_NUMBER_IBAN_WRONG,
    KOR_NUMBER_ID,       /* a national number: see ids */
    KOR_NUMBER_ID_PLAIN, /* of digits in one run */
    KOR_NUMBER_DIGITS    /* any other number of 4 digits or more */
} kor_number_kind;

typedef struct kor_number {
    kor_number_kind kind;
    size_t end;    /* in the text */
    size_t count;  /* of its digits and letters */
    size_t groups; /* that it is written in */
    uint64_t ids;  /* bits of the countries that it fits */
    char compact[KOR_CHECKSUMS_MOST + 1];
} kor_number;

/* Reads the number that begins at start, the longest that is something. */
void kor_secret_number(const char *text, size_t len, size_t start, kor_number *out);

#endif
