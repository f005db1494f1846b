/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask: the user, and nobody else on this machine or in a page of the web.
 *
 * A token, made at the first start, is in HOME/token, which its owner alone can read. Programs send
 * it as "Authorization: Bearer TOKEN". A browser shows it once, at /login, and has a cookie from
 * then on that is of no use elsewhere and ends with the server. A page of another site cannot ask:
 * its name is in Host (DNS rebinding) or in Origin, and no answer has CORS headers. */
#ifndef KOR_GATE_H
#define KOR_GATE_H

#include "serve/clients.h"
#include "serve/server.h"
#include "serve/token.h"

#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

typedef struct kor_gate {
    char file[4200];
    unsigned port; /* in Host and Origin; 0: a socket, whose Host is of no matter */
    bool watchers; /* the port of ActivityWatch's watchers, which know no token */
    pthread_mutex_t lock;
    char token[KOR_TOKEN_SIZE], session[KOR_TOKEN_SIZE];
    ino_t inode; /* of the file that the token was read from */
    struct timespec changed;
} kor_gate;

/* Read HOME/token, or make it: anew where fresh is true. KOR_E_INPUT when others may read it, or it
 * is no token. */
kor_status kor_gate_open(kor_gate *gate, const char *home, unsigned port, bool fresh,
                         kor_error *err);
void kor_gate_close(kor_gate *gate);

/* What a request must be to be let in. */
typedef enum kor_admission {
    KOR_ACCESS_OPEN,   /* anybody on this machine: tells nothing of the user */
    KOR_ACCESS_TOKEN,  /* the user */
    KOR_ACCESS_CLIENT, /* the user, or a client with a token of its own: HOME/token-NAME */
    /* The user; on the port of watchers also any program of this machine, and extensions of
     * browsers for their own buckets: to say what is in front, never to read it. */
    KOR_ACCESS_WATCHER,
} kor_admission;

/* NULL when the request may pass, else why not, with *status 400, 401 or 403. reads: it changes
 * nothing. client becomes the name of the client whose token it is, or "" of the user. A token that
 * was made anew in the file counts at once, and ends all sessions. */
const char *kor_gate_check(kor_gate *gate, const kor_request *request, kor_admission access,
                           bool reads, char client[KOR_CLIENT_NAME], int *status);

/* Does it come from an extension of a browser to where one may come? Then it is answered with its
 * Origin allowed (CORS), and a preflight (OPTIONS) with these headers. */
bool kor_gate_extension(const kor_gate *gate, const kor_request *request);
extern const char *const kor_gate_preflight_headers[][2];

/* Is it the token? Then cookie becomes the value of Set-Cookie for a session. */
bool kor_gate_login(kor_gate *gate, const char *token, char cookie[256]);

/* For every answer, whatever it is: kor_reply.headers. */
extern const char *const kor_gate_headers[][2];

#endif
