/* SPDX-License-Identifier: Apache-2.0 */
/* What has a large library lives in a shared object of its own, korora-NAME.so, and is loaded when
 * it is asked for. */
#ifndef KOR_MODULE_PATH_H
#define KOR_MODULE_PATH_H

#include <stdbool.h>

/* The file of that module: beside the program, above it or in ../lib/korora. False when there is
 * none. */
bool kor_module_path(char out[4096], const char *name);

#endif
