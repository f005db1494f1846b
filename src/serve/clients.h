/* SPDX-License-Identifier: Apache-2.0 */
/* What each assistant may see and do: HOME/clients.yaml, which the user writes, or `korora clients`
 * does.
 *
 *     clients:
 *       cursor:
 *         since: 30 days          # up to now, or a date: 2026-11-01
 *         sources: [git, note]    # only what came from there
 *         kinds: [code, note]     # only what is of that kind
 *         scope: work             # in place of the user's own memory
 *         redact: [person, email] # such names are cut out of what it is given
 *         write: no               # remembers and forgets nothing
 */
#ifndef KOR_CLIENTS_H
#define KOR_CLIENTS_H

#include "memory/limit.h"

#define KOR_CLIENTS_FILE "clients.yaml"

enum { KOR_CLIENTS_MAX = 100, KOR_CLIENT_NAME = 65 };

typedef struct kor_client {
    const char *name;  /* a-z, 0-9, '-', '_' and '.', and the first no '.' or '-' */
    const char *since; /* as it is written; NULL: any time */
    kor_limit limit;   /* from_ms is what since means now */
    bool reads_only;
} kor_client;

typedef struct kor_clients {
    size_t count;
    kor_client *list; /* [KOR_CLIENTS_MAX] once there is one */
    kor_arena arena;
} kor_clients;

/* Read the file; one that is not there has no clients. KOR_E_INPUT with file and line when it is
 * not as above, or others than the user may change it: nobody may take that for "no limits". Free
 * with kor_clients_free, after a failure too. */
kor_status kor_clients_read(kor_clients *out, const char *home, const kor_zone *zone,
                            int64_t now_ms, kor_error *err);
void kor_clients_free(kor_clients *c);

/* NULL when there is none of that very name. */
const kor_client *kor_clients_find(const kor_clients *c, const char *name);

/* Add one, checked like those of a file; what it points at is copied. KOR_E_ARG says what is wrong.
 * Or take one away; false when there is none. Then write them. */
kor_status kor_clients_add(kor_clients *c, const kor_client *client, const kor_zone *zone,
                           int64_t now_ms, kor_error *err);
bool kor_clients_remove(kor_clients *c, const char *name);
kor_status kor_clients_write(const kor_clients *c, const char *home, kor_error *err);

#endif
