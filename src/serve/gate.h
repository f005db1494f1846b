/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask: the user, and nobody else on this machine or in a page of the web.
 *
 * A token, made at the first start, is in HOME/token, which its owner alone can read. Programs send
 * it as "Authorization: Bearer TOKEN". A browser shows it once, at /login, and has a cookie from
 * then on that is of no use elsewhere and ends with the server. A page of another site cannot ask:
 * its name is in Host (DNS rebinding) or in Origin, and no answer has CORS headers. */
#ifndef KOR_GATE_H
#define KOR_GATE_H

#include "serve/server.h"

#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#define KOR_TOKEN_FILE "token"

enum { KOR_TOKEN_SIZE = 65 }; /* 32 random bytes in hex, and a NUL */

typedef struct kor_gate {
    char file[4200];
    unsigned port; /* in Host and Origin; 0: a socket, whose Host is of no matter */
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
    KOR_ACCESS_OPEN,  /* anybody on this machine: tells nothing of the user */
    KOR_ACCESS_TOKEN, /* the user */
} kor_admission;

/* NULL when the request may pass, else why not, with *status 400, 401 or 403. reads: it changes
 * nothing. A token that was made anew in the file counts at once, and ends all sessions. */
const char *kor_gate_check(kor_gate *gate, const kor_request *request, kor_admission access,
                           bool reads, int *status);

/* Is it the token? Then cookie becomes the value of Set-Cookie for a session. */
bool kor_gate_login(kor_gate *gate, const char *token, char cookie[256]);

/* For every answer, whatever it is: kor_reply.headers. */
extern const char *const kor_gate_headers[][2];

#endif
