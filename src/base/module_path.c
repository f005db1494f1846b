/* SPDX-License-Identifier: Apache-2.0 */
#include "base/module_path.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where the running program is, with its last slash. */
static bool program_folder(char *out, size_t cap)
{
    ssize_t len = readlink("/proc/self/exe", out, cap - 1);
    if (len <= 0) return false;
    out[len] = 0;
    char *slash = strrchr(out, '/');
    if (!slash) return false;
    slash[1] = 0;
    return true;
}

bool kor_module_path(char out[4096], const char *name)
{
    static const char *const places[] = {"", "../", "../lib/korora/"};
    char folder[3072];
    if (!program_folder(folder, sizeof folder)) return false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        (void)snprintf(out, 4096, "%s%skorora-%.100s.so", folder, places[i], name);
        if (access(out, R_OK) == 0) return true;
    }
    return false;
}
