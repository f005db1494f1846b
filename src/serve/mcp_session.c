/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of clients that said their name once, in `initialize`: "N" and the name in hex, a dash
 * and a hash of it. The name is what a client says of itself in any case; the hash keeps ids of
 * other servers from being read as names. */
#include "serve/mcp_inner.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

enum { HASH_DIGITS = 16 };

static void put_hash(const kor_mcp *server, const char *name, char out[HASH_DIGITS + 1])
{
    (void)snprintf(out, HASH_DIGITS + 1, "%016llx",
                   (unsigned long long)kor_hash64(name, strlen(name), ~server->salt));
}

void kor_mcp_session(const kor_mcp *server, const kor_mcp_peer *peer,
                     char out[KOR_MCP_SESSION_SIZE])
{
    char hash[HASH_DIGITS + 1], *at = out;
    *out = 0;
    if (!*peer->client) return;
    put_hash(server, peer->client, hash);
    *at++ = 'N';
    for (const char *c = peer->client; *c; c++, at += 2)
        (void)snprintf(at, 3, "%02x", (unsigned)(unsigned char)*c);
    (void)snprintf(at, HASH_DIGITS + 2, "-%s", hash);
}

void kor_mcp_resume(const kor_mcp *server, kor_mcp_peer *peer, const char *session)
{
    char name[sizeof peer->client] = "", hash[HASH_DIGITS + 1];
    size_t digits = session && *session == 'N' ? strspn(session + 1, "0123456789abcdef") : 0;
    if (!digits || digits % 2 || digits / 2 >= sizeof name || session[1 + digits] != '-') return;
    for (size_t i = 0; i < digits / 2; i++) {
        unsigned byte;
        if (sscanf(session + 1 + 2 * i, "%2x", &byte) != 1) return;
        name[i] = (char)byte;
    }
    put_hash(server, name, hash);
    if (strcmp(hash, session + 2 + digits) == 0) memcpy(peer->client, name, sizeof name);
}
