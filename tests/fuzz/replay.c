/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over files and folders of inputs, for compilers without libFuzzer. */
#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replayed;

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) return 0;
    size_t size = 0, room = 1 << 20;
    uint8_t *data = malloc(room);
    for (size_t got; data && (got = fread(data + size, 1, room - size, f)) > 0;) {
        size += got;
        if (size == room) data = realloc(data, room *= 2);
    }
    (void)fclose(f);
    if (!data) return 0;
    /* A copy of its own size, so that a read past its end is seen. */
    uint8_t *exact = malloc(size ? size : 1);
    if (exact) {
        memcpy(exact, data, size);
        (void)LLVMFuzzerTestOneInput(exact, size);
        replayed++;
    }
    free(exact);
    free(data);
    return exact != NULL;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) {
            if (!replay_file(argv[i])) return 3;
            continue;
        }
        for (struct dirent *e; (e = readdir(folder));) {
            char path[4096];
            if (e->d_name[0] == '.') continue;
            (void)snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            if (!replay_file(path)) return 3;
        }
        (void)closedir(folder);
    }
    printf("%zu inputs\n", replayed);
    return replayed ? 0 : 3;
}
