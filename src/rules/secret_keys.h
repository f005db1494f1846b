/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that tell who issued them: by a prefix, an alphabet and a length. */
#ifndef KOR_SECRET_KEYS_H
#define KOR_SECRET_KEYS_H

#include <stddef.h>

/* Does a known key begin at s (n bytes are there)? How many bytes it has, and its label; 0 if not.
 * What is known to be public, such as pk_live_ or the body of an SSH public key, has a length and
 * the label NULL. The caller sees to it that no word runs into s. */
size_t kor_secret_key(const char *s, size_t n, const char **label);

/* Three parts of base64url, of which the first is JSON when decoded. */
size_t kor_secret_jwt(const char *s, size_t n);

#endif
