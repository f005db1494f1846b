/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/gate.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
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

/* ---- The token ---- */

static kor_status make_secret(char out[KOR_TOKEN_SIZE], kor_error *err)
{
    unsigned char bytes[(KOR_TOKEN_SIZE - 1) / 2];
    size_t got = 0;
    while (got < sizeof bytes) {
        ssize_t n = getrandom(bytes + got, sizeof bytes - got, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return kor_fail(err, KOR_E_IO, "no random bytes: %s", strerror(errno));
        got += (size_t)n;
    }
    for (size_t i = 0; i < sizeof bytes; i++) (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    explicit_bzero(bytes, sizeof bytes);
    return KOR_OK;
}

static bool is_token(const char *text)
{
    return strlen(text) == KOR_TOKEN_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == KOR_TOKEN_SIZE - 1;
}

static kor_status make_token(const kor_gate *gate, kor_error *err)
{
    char token[KOR_TOKEN_SIZE];
    kor_writer w;
    KOR_TRY(make_secret(token, err));
    KOR_TRY(kor_writer_open(&w, gate->file, err));
    kor_status status = kor_writer_add(&w, token, KOR_TOKEN_SIZE - 1, err);
    if (status == KOR_OK) status = kor_writer_add(&w, "\n", 1, err);
    if (status == KOR_OK) status = kor_writer_commit(&w, err);
    kor_writer_abandon(&w);
    explicit_bzero(token, sizeof token);
    return status;
}

/* Read the file into the gate. Needs the lock. */
static kor_status read_token(kor_gate *gate, kor_error *err)
{
    char text[KOR_TOKEN_SIZE + 1] = "";
    struct stat file;
    int fd = open(gate->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return kor_fail(err, errno == ENOENT ? KOR_E_NOT_FOUND : KOR_E_IO, "%s: %s", gate->file,
                        strerror(errno));
    ssize_t n = fstat(fd, &file) == 0 ? read(fd, text, sizeof text - 1) : -1;
    (void)close(fd);
    text[n > 0 ? n : 0] = 0;
    text[strcspn(text, "\n")] = 0;
    if (n < 0) return kor_fail(err, KOR_E_IO, "%s: cannot be read", gate->file);
    if (!S_ISREG(file.st_mode) || file.st_mode & 077)
        return kor_fail(err, KOR_E_INPUT,
                        "%s: others may read it; 'korora serve --new-token' makes another",
                        gate->file);
    if (!is_token(text))
        return kor_fail(err, KOR_E_INPUT, "%s: no token; 'korora serve --new-token' makes another",
                        gate->file);
    KOR_TRY(make_secret(gate->session, err));
    memcpy(gate->token, text, sizeof gate->token);
    explicit_bzero(text, sizeof text);
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
    if (fresh || access(gate->file, F_OK) != 0) KOR_TRY(make_token(gate, err));
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

/* Takes as long whatever the bytes are. Nothing is equal to "". */
static bool same_secret(const char *secret, const char *given, size_t len)
{
    unsigned differ = 0;
    if (len != KOR_TOKEN_SIZE - 1 || !*secret) return false;
    for (size_t i = 0; i < len; i++)
        differ |= (unsigned)(unsigned char)secret[i] ^ (unsigned)(unsigned char)given[i];
    return differ == 0;
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
    bool good = same_secret(gate->token, token, strlen(token));
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
            return same_secret(gate->session, cookies + len + 1, all - len - 1);
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

const char *kor_gate_check(kor_gate *gate, const kor_request *r, kor_admission access, bool reads,
                           int *status)
{
    static const char bearer[] = "Bearer ";
    *status = 400;
    if (r->twice) return "a header came twice";
    if (!r->host) return "no Host header";
    *status = 403;
    /* On a socket no page of the web can ask; programs say any name there. */
    if (gate->port && !is_here(gate, r->host)) return "Host is not a name of this server";
    if (r->origin && !is_own_origin(gate, r->origin)) return "Origin is another site";
    if (r->fetch_site && strcmp(r->fetch_site, "same-origin") != 0 &&
        strcmp(r->fetch_site, "none") != 0 && !(access == KOR_ACCESS_OPEN && reads))
        return "the request comes from another site";
    if (access == KOR_ACCESS_OPEN) return NULL;
    pthread_mutex_lock(&gate->lock);
    look_again(gate);
    bool by_token = r->authorization &&
                    strncasecmp(r->authorization, bearer, sizeof bearer - 1) == 0 &&
                    same_secret(gate->token, r->authorization + sizeof bearer - 1,
                                strlen(r->authorization + sizeof bearer - 1));
    bool by_cookie = !by_token && !r->authorization && has_session(gate, r->cookie);
    pthread_mutex_unlock(&gate->lock);
    if (by_token) return NULL;
    /* A browser sends cookies by itself: what changes something must say that the page asked. */
    if (by_cookie && !reads && !r->origin) return "no Origin header beside a cookie";
    if (by_cookie) return NULL;
    *status = 401;
    return r->authorization ? "the token is wrong: it is in the file 'token' of the memory's folder"
                            : "no token: send 'Authorization: Bearer' and what is in the file "
                              "'token' of the memory's folder";
}
