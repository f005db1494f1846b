/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to the memory, told to whoever listens, as server-sent events:
 *
 *   hello    {"last": ID}   at first: the id that was given last
 *   stored   {"last": ID}   something was stored, up to this id
 *   changed  {}             something was corrected, annotated anew or forgotten
 *
 * It does not matter which process did it. A listener is told the state and not each step of it, at
 * most five times a second: whoever is slow misses none of it and piles nothing up. The id of an
 * event holds that state; whoever comes back with it (Last-Event-ID) is told at once what happened
 * meanwhile.
 *
 * One thread watches the memory, as long as somebody listens; it sleeps until something is written.
 */
#ifndef KOR_LIVE_H
#define KOR_LIVE_H

#include "memory/changes.h"
#include "serve/server.h"

#include <pthread.h>

enum { KOR_LIVE_MOST = 64 }; /* who may listen at a time */

typedef struct kor_live_watch kor_live_watch;

typedef struct kor_live {
    const char *home;
    pthread_mutex_t lock;       /* of all that follows */
    kor_changes now;            /* as far as it is known */
    size_t listeners;           /* at most KOR_LIVE_MOST */
    kor_live_watch *watch;      /* while there are any */
    void (*wake)(void *server); /* called when there is something to tell */
    void *server;
} kor_live;

/* home outlives it. */
void kor_live_open(kor_live *live, const char *home);
void kor_live_close(kor_live *live); /* when nobody listens any more */

/* Who is to be woken, from now on; at once for the first time. */
void kor_live_wakes(kor_live *live, void (*wake)(void *server), void *server);

/* One more listener, who last heard what last_event_id says (NULL: nothing). KOR_E_BUSY when there
 * are too many. */
kor_status kor_live_listen(kor_live *live, const char *last_event_id, kor_stream *out,
                           kor_error *err);

#endif
