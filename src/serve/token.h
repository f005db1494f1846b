/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that are shown to be let in, and the files that they are in. */
#ifndef KOR_TOKEN_H
#define KOR_TOKEN_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define KOR_TOKEN_FILE "token" /* the user's; a client's has "-NAME" besides */

enum { KOR_TOKEN_SIZE = 65 }; /* 32 random bytes in hex, and a NUL */

kor_status kor_secret_make(char out[KOR_TOKEN_SIZE], kor_error *err);

/* Make a token in a file, in place of the one there; 0600. */
kor_status kor_token_make(const char *path, kor_error *err);

/* The token in a file that its owner alone can read, and what the file is. KOR_E_NOT_FOUND,
 * KOR_E_IO, or KOR_E_INPUT when others may read it, or it is no token. */
kor_status kor_token_read(const char *path, char token[KOR_TOKEN_SIZE], struct stat *file,
                          kor_error *err);

/* Takes as long whatever the bytes are. Nothing is equal to "". */
bool kor_token_same(const char *secret, const char *given, size_t len);

#endif
