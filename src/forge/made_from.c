/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/made_from.h"

#include "base/file.h"
#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD = 3, HASH = 16 };

/* The hash before a name in lines, or NULL. */
static const char *find(const char *lines, const char *name, size_t len)
{
    for (const char *s = lines; *s;) {
        size_t n = strcspn(s, "\n");
        if (n == HASH + 1 + len && memcmp(s + HASH + 1, name, len) == 0) return s;
        s += n;
        if (*s) s++;
    }
    return NULL;
}

void kor_made_from_add(kor_made_from *m, const char *name, uint64_t hash)
{
    char clean[256];
    size_t len = 0;
    for (; name[len] && len + 1 < sizeof clean; len++)
        clean[len] = (unsigned char)name[len] < 0x20 ? '?' : name[len];
    clean[len] = 0;
    if (find(kor_str_text(&m->lines), clean, len)) return;
    kor_str_printf(&m->lines, "%016" PRIx64 " %s\n", hash, clean);
}

/* What follows a folder and a slash at the front of a path, or NULL. */
static const char *inside(const char *path, const char *folder)
{
    size_t n = folder ? strlen(folder) : 0;
    return n && strncmp(path, folder, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

/* The names go into the model's file: they must be the same on another machine, and say nothing of
 * where things are on this one. */
kor_status kor_made_from_file(kor_made_from *m, const char *path, const char *folder,
                              kor_error *err)
{
    kor_map map;
    char name[256];
    KOR_TRY(kor_map_open(&map, path, err));
    uint64_t hash = kor_hash64(map.size ? map.data : (const unsigned char *)"", map.size, 0);
    kor_map_close(&map);
    const char *own = inside(path, folder), *data = inside(path, getenv("KORORA_DATA")),
               *slash = strrchr(path, '/');
    (void)snprintf(name, sizeof name, "%s%s", !own && data ? "$KORORA_DATA/" : "",
                   own     ? own
                   : data  ? data
                   : slash ? slash + 1
                           : path);
    kor_made_from_add(m, name, hash);
    return m->lines.failed ? kor_fail_memory(err) : KOR_OK;
}

typedef struct teller {
    char *out;
    size_t size, told;
} teller;

static void tell(teller *t, const char *name, size_t len, const char *what)
{
    size_t n = strlen(t->out);
    if (t->told++ < TOLD)
        (void)snprintf(t->out + n, t->size - n, "%s%.*s%s", n ? ", " : "", (int)len, name, what);
}

void kor_made_from_why(const char *before, const char *now, char *out, size_t size)
{
    teller t = {out, size, 0};
    *out = 0;
    for (int pass = 0; pass < 2; pass++) {
        const char *from = pass ? before : now, *in = pass ? now : before;
        for (const char *s = from; *s;) {
            size_t n = strcspn(s, "\n");
            if (n > HASH + 1) {
                const char *name = s + HASH + 1, *old = find(in, name, n - HASH - 1);
                if (!old)
                    tell(&t, name, n - HASH - 1, pass ? " is gone" : " is new");
                else if (!pass && memcmp(old, s, HASH) != 0)
                    tell(&t, name, n - HASH - 1, " changed");
            }
            s += n;
            if (*s) s++;
        }
    }
    size_t n = strlen(out);
    if (t.told > TOLD) (void)snprintf(out + n, size - n, ", and %zu more", t.told - TOLD);
}

void kor_made_from_free(kor_made_from *m)
{
    kor_str_free(&m->lines);
}
