/* SPDX-License-Identifier: Apache-2.0 */
/* Licences of data: which of them let the weights of a model that learnt from the data be handed
 * on, as a part of something under another licence. */
#ifndef KOR_LICENCES_H
#define KOR_LICENCES_H

#include <stddef.h>

typedef enum kor_licence_use {
    KOR_LICENCE_SHIPS,    /* weights may be handed on */
    KOR_LICENCE_KEPT,     /* they may not, or it is not known that they may */
    KOR_LICENCE_MALFORMED /* not an SPDX expression */
} kor_licence_use;

enum { KOR_LICENCE_WHY = 160 };

/* What an SPDX expression (specification 2.3, annex D), such as "CC-BY-4.0 AND MIT", allows: with
 * AND all of its parts must ship, with OR one does; WITH and + never take away. Ids are compared
 * without regard to case; "own" stands for data one made oneself. Unless it ships, why says in a
 * few words what is in the way. */
kor_licence_use kor_licence_check(const char *expression, char why[KOR_LICENCE_WHY]);

#endif
