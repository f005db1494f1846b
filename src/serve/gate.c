/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/gate.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Scripts, styles, pictures and requests of the page itself, and nothing from anywhere else; in no
 * frame; no text that a script makes is read as HTML; nothing kept in caches. */
const char *const kor_gate_headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
     "require-trusted-types-for 'script'; trusted-types 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
    {"Cache-Control", "no-store"},
    {NULL, NULL},
};

const char *const kor_gate_preflight_headers[][2] = {
    {"Access-Control-Allow-Methods", "GET, POST"},
    {"Access-Control-Allow-Headers", "Content-Type"},
    {"Access-Control-Max-Age", "3600"},
    {"Cache-Control", "no-store"},
    {NULL, NULL},
};

/* ---- The token ---- */

/* Read the file into the gate. Needs the lock. */
static kor_status read_token(kor_gate *gate, kor_error *err)
{
    struct stat file;
    char token[KOR_TOKEN_SIZE];
    KOR_TRY(kor_token_read(gate->file, token, &file, err));
    KOR_TRY(kor_secret_make(gate->session, err));
    memcpy(gate->token, token, sizeof gate->token);
    explicit_bzero(token, sizeof token);
    gate->inode = file.st_ino;
    gate->changed = file.st_mtim;
    return KOR_OK;
}

kor_status kor_gate_open(kor_gate *gate, const char *home, unsigned port, bool fresh,
                         kor_error *err)
{
    *gate = (kor_gate){.port = port};
    (void)pthread_mutex_init(&gate->lock, NULL);
    (void)snprintf(gate->file, sizeof gate->file, "%.4096s/%s", home, KOR_TOKEN_FILE);
    if (fresh || access(gate->file, F_OK) != 0) KOR_TRY(kor_token_make(gate->file, err));
    return read_token(gate, err);
}

void kor_gate_close(kor_gate *gate)
{
    explicit_bzero(gate->token, sizeof gate->token);
    explicit_bzero(gate->session, sizeof gate->session);
    pthread_mutex_destroy(&gate->lock);
}

/* Was the token made anew? Then it is read again; one that cannot be read lets nobody in. Needs the
 * lock. */
static void look_again(kor_gate *gate)
{
    struct stat file;
    if (stat(gate->file, &file) == 0 && file.st_ino == gate->inode &&
        file.st_mtim.tv_sec == gate->changed.tv_sec &&
        file.st_mtim.tv_nsec == gate->changed.tv_nsec)
        return;
    if (read_token(gate, NULL) == KOR_OK) return;
    gate->token[0] = gate->session[0] = 0;
    gate->inode = 0;
}

/* Which client has this token? They are in files beside the user's, read for each request: one that
 * was made anew or removed counts at once. */
static bool find_client(const kor_gate *gate, const char *given, char client[KOR_CLIENT_NAME])
{
    static const char prefix[] = KOR_TOKEN_FILE "-";
    const size_t skip = sizeof prefix - 1,
                 folder = strlen(gate->file) - (sizeof KOR_TOKEN_FILE - 1);
    char path[sizeof gate->file + 300], token[KOR_TOKEN_SIZE];
    struct stat file;
    bool found = false;
    (void)snprintf(path, sizeof path, "%.*s", (int)folder, gate->file);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && !found && (e = readdir(dir));) {
        size_t len = strlen(e->d_name);
        if (strncmp(e->d_name, prefix, skip) != 0 || len <= skip || len - skip >= KOR_CLIENT_NAME)
            continue;
        (void)snprintf(path + folder, sizeof path - folder, "%s", e->d_name);
        found = kor_token_read(path, token, &file, NULL) == KOR_OK &&
                kor_token_same(token, given, strlen(given));
        if (found) memcpy(client, e->d_name + skip, len - skip + 1);
    }
    if (dir) (void)closedir(dir);
    explicit_bzero(token, sizeof token);
    return found;
}

/* ---- Sessions ---- */

/* Cookies know no ports, so that the port is in the name. */
static void cookie_name(const kor_gate *gate, char out[32])
{
    (void)snprintf(out, 32, "korora_%u", gate->port);
}

bool kor_gate_login(kor_gate *gate, const char *token, char cookie[256])
{
    char name[32];
    cookie_name(gate, name);
    pthread_mutex_lock(&gate->lock);
    look_again(gate);
    bool good = kor_token_same(gate->token, token, strlen(token));
    if (good)
        (void)snprintf(cookie, 256, "%s=%s; HttpOnly; SameSite=Strict; Path=/", name,
                       gate->session);
    pthread_mutex_unlock(&gate->lock);
    return good;
}

/* Is there a cookie of that name with the secret of the session? */
static bool has_session(const kor_gate *gate, const char *cookies)
{
    char name[32];
    cookie_name(gate, name);
    size_t len = strlen(name);
    while (cookies) {
        cookies += strspn(cookies, " ;\t");
        size_t all = strcspn(cookies, ";");
        if (all > len && strncmp(cookies, name, len) == 0 && cookies[len] == '=')
            return kor_token_same(gate->session, cookies + len + 1, all - len - 1);
        cookies = strchr(cookies, ';');
    }
    return false;
}

/* ---- Requests ---- */

/* Is it a name of this machine, with the port (80 may be left out)? */
static bool is_here(const kor_gate *gate, const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    char port[16];
    (void)snprintf(port, sizeof port, ":%u", gate->port);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);
        if (strncasecmp(host, names[i], len) != 0) continue;
        if (strcmp(host + len, port) == 0) return true;
        if (!host[len] && (gate->port == 80 || gate->port == 0)) return true;
    }
    return false;
}

/* An Origin is of this server, or of none: "null" is that of a sandboxed page or a file. */
static bool is_own_origin(const kor_gate *gate, const char *origin)
{
    static const char scheme[] = "http://";
    return gate->port && strncmp(origin, scheme, sizeof scheme - 1) == 0 &&
           is_here(gate, origin + sizeof scheme - 1);
}

/* Extensions have origins of their own, which no page of the web can have. What follows the scheme
 * is different for each browser that one is installed in. */
static bool is_extension(const char *origin)
{
    static const char *const schemes[] = {"chrome-extension://", "moz-extension://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i]);
        if (strncmp(origin, schemes[i], len) != 0) continue;
        size_t id = strspn(origin + len, "abcdefghijklmnopqrstuvwxyz0123456789-");
        return id > 0 && id < 100 && !origin[len + id];
    }
    return false;
}

bool kor_gate_extension(const kor_gate *gate, const kor_request *r)
{
    static const char *const places[] = {"/api/0/info", "/api/0/buckets/aw-watcher-web"};
    bool place = false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        place |= strncmp(r->target, places[i], strlen(places[i])) == 0;
    return gate->watchers && place && !r->twice && r->origin && is_extension(r->origin) &&
           r->host && is_here(gate, r->host);
}

/* What follows "Bearer " in Authorization; NULL when that is not there, or something else. */
static const char *bearer_of(const kor_request *r)
{
    static const char bearer[] = "Bearer ";
    const size_t len = sizeof bearer - 1;
    return r->authorization && strncasecmp(r->authorization, bearer, len) == 0
               ? r->authorization + len
               : NULL;
}

const char *kor_gate_check(kor_gate *gate, const kor_request *r, kor_admission access, bool reads,
                           char client[KOR_CLIENT_NAME], int *status)
{
    const char *given = bearer_of(r);
    client[0] = 0;
    *status = 400;
    if (r->twice) return "a header came twice";
    if (!r->host) return "no Host header";
    *status = 403;
    /* On a socket no page of the web can ask; programs say any name there. */
    if (gate->port && !is_here(gate, r->host)) return "Host is not a name of this server";
    bool extension = access == KOR_ACCESS_WATCHER && kor_gate_extension(gate, r);
    if (r->origin && !extension && !is_own_origin(gate, r->origin)) return "Origin is another site";
    if (r->fetch_site && !extension && strcmp(r->fetch_site, "same-origin") != 0 &&
        strcmp(r->fetch_site, "none") != 0 && !(access == KOR_ACCESS_OPEN && reads))
        return "the request comes from another site";
    if (access == KOR_ACCESS_OPEN) return NULL;
    if (access == KOR_ACCESS_WATCHER && gate->watchers && !r->authorization) return NULL;
    pthread_mutex_lock(&gate->lock);
    look_again(gate);
    bool by_token = given && kor_token_same(gate->token, given, strlen(given));
    bool by_cookie = !by_token && !r->authorization && has_session(gate, r->cookie);
    pthread_mutex_unlock(&gate->lock);
    if (by_token) return NULL;
    /* A browser sends cookies by itself: what changes something must say that the page asked. */
    if (by_cookie && !reads && !r->origin) return "no Origin header beside a cookie";
    if (by_cookie) return NULL;
    if (given && strlen(given) == KOR_TOKEN_SIZE - 1 && find_client(gate, given, client)) {
        if (access == KOR_ACCESS_CLIENT) return NULL;
        *status = 403;
        return "this token is a client's, for /mcp alone";
    }
    *status = 401;
    return r->authorization ? "the token is wrong: it is in the file 'token' of the memory's folder"
                            : "no token: send 'Authorization: Bearer' and what is in the file "
                              "'token' of the memory's folder";
}
