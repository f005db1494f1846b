/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that say themselves whether they are well-formed: cards, bank accounts, national
 * identity numbers. All take the compact form: digits and capital letters, no spaces or dashes.
 * None of them allocates, all take time linear in n. */
#ifndef KOR_CHECKSUMS_H
#define KOR_CHECKSUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KOR_CHECKSUMS_MOST = 34 }; /* characters of a compact form, at most: an IBAN's */

/* ISO/IEC 7812-1: digits only. */
bool kor_luhn(const char *digits, size_t n);

/* A card's number: the range of an issuer, one of its lengths, and Luhn. */
bool kor_card(const char *digits, size_t n);

/* ISO 13616: a known country, its length, and mod 97. */
bool kor_iban(const char *compact, size_t n);

/* Does it begin like an IBAN of a known country: how many characters it has then, else 0. */
size_t kor_iban_length(const char *compact);

/* The American Bankers Association's routing number: nine digits. */
bool kor_routing(const char *digits, size_t n);

/* National identity and tax numbers; a number may be well-formed in several countries. */
enum {
    KOR_ID_US,
    KOR_ID_UK,
    KOR_ID_UK_NHS,
    KOR_ID_DE,
    KOR_ID_DE_SV,
    KOR_ID_FR,
    KOR_ID_ES,
    KOR_ID_IT,
    KOR_ID_NL,
    KOR_ID_BE,
    KOR_ID_SE,
    KOR_ID_NO,
    KOR_ID_DK,
    KOR_ID_FI,
    KOR_ID_PL,
    KOR_ID_CZ,
    KOR_ID_BR,
    KOR_ID_IN,
    KOR_ID_IN_PAN,
    KOR_ID_CN,
    KOR_ID_CA,
    KOR_ID_AU,
    KOR_ID_CH,
    KOR_ID_AT,
    KOR_ID_PT,
    KOR_ID_IE,
    KOR_ID_RO,
    KOR_ID_HR,
    KOR_ID_EE,
    KOR_ID_TR,
    KOR_ID_ZA,
    KOR_ID_KR,
    KOR_ID_JP,
    KOR_ID_MX,
    KOR_ID_CL,
    KOR_ID_SG,
    KOR_ID_COUNT
};

/* The countries whose form and checksum fit, as bits 1 << KOR_ID_...; 0 for none. Those without a
 * checksum (US, DK, UK, IN_PAN) are told by their form alone. */
uint64_t kor_national_ids(const char *compact, size_t n);

/* Those of which hardly a number by chance is one: a form with letters or a date, and a check. */
bool kor_national_id_certain(uint64_t ids);

/* "us", "uk", ... */
const char *kor_national_id_name(int id);

#endif
