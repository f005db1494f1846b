/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KOR_TLD_H
#define KOR_TLD_H

#include <stdbool.h>
#include <stddef.h>

/* Is it the last label of a host's name that is in use: one of a country, a common generic one, one
 * in another script, or its punycode? ASCII in any case. */
bool kor_tld_known(const char *label, size_t len);

/* The last label of hosts that only a house or a firm knows, such as .lan and .internal. */
bool kor_tld_is_local(const char *label, size_t len);

#endif
