/* SPDX-License-Identifier: Apache-2.0 */
/* Words that say that a secret stands near, in a dozen languages, alone or as a part of a name in
 * source code (DB_PASSWORD, accessToken, wifi-pwd); and words that say that it does not. */
#ifndef KOR_SECRET_WORDS_H
#define KOR_SECRET_WORDS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum kor_secret_word {
    KOR_WORD_NONE,
    KOR_WORD_PASSWORD,
    KOR_WORD_PHRASE, /* several words may follow: passphrase, seed, mnemonic */
    KOR_WORD_PIN,    /* digits follow */
    KOR_WORD_CODE,   /* digits follow, and they may be anything */
    KOR_WORD_LOGIN,  /* a name and a password follow */
    KOR_WORD_WIFI,
    KOR_WORD_TOKEN,
    KOR_WORD_SECRET,
    KOR_WORD_API_KEY,
    KOR_WORD_KEY, /* a key of any kind: of a map, most often */
    KOR_WORD_PRIVATE_KEY,
    KOR_WORD_CARD,
    KOR_WORD_BANK,
    KOR_WORD_ID,
    KOR_WORD_HASH, /* what follows is a checksum, an id, a reference */
    KOR_WORD_PUBLIC
} kor_secret_word;

/* The class of a name of n bytes: of its last part that has one, where it has several ("secret" of
 * client_secret); negative ones (hash, public) win. *part is where in the name it ends, may be
 * NULL. Reads at most 64 bytes. */
kor_secret_word kor_secret_word_of(const char *name, size_t n, size_t *part);

/* A short name of the class for what a model reads. */
const char *kor_secret_word_name(kor_secret_word word);

/* Is this what stands for a secret that is not there: string, null, changeme, xxxx, YOUR_KEY,
 * ${TOKEN}, <password>, **** ? */
bool kor_secret_placeholder(const char *value, size_t n);

#endif
