/* SPDX-License-Identifier: Apache-2.0 */
/* What the user does not want to be remembered: HOME/exclude.yaml.
 *
 *     apps: [KeePassXC]
 *     sites: [bank.example, example.org/private]
 *     paths: [~/private, /srv/secret]
 *     words: [project x]
 */
#ifndef KOR_EXCLUSIONS_H
#define KOR_EXCLUSIONS_H

#include "base/arena.h"
#include "base/status.h"
#include "colony/colony.h"

#define KOR_EXCLUDE_FILE "exclude.yaml"

typedef enum kor_exclusion {
    KOR_EXCLUDE_APP,  /* events of this program; case does not matter */
    KOR_EXCLUDE_SITE, /* pages of this host and those under it, on any port; with a path, what is
                       * below it */
    KOR_EXCLUDE_PATH, /* files in this folder, or this file: from / or ~, the home folder */
    KOR_EXCLUDE_WORD, /* events with this word, or words, in any of their texts; whole words, case
                       * does not matter */
    KOR_EXCLUSIONS
} kor_exclusion;

/* "app", "site", "path", "word". */
const char *kor_exclusion_name(kor_exclusion kind);

enum { KOR_EXCLUDED_MAX = 1000, KOR_EXCLUDED_BYTES = 1000 }; /* of a kind; of one text */

typedef struct kor_exclusions {
    size_t count[KOR_EXCLUSIONS];
    const char **list[KOR_EXCLUSIONS]; /* [count] */
    kor_arena arena;
} kor_exclusions;

/* Read a file; one that is not there excludes nothing. KOR_E_INPUT with file and line when it is
 * not as above. Free with kor_exclusions_free, after a failure too. */
kor_status kor_exclusions_read(kor_exclusions *out, const char *path, kor_error *err);

/* Add one, or take it away; *changed says whether it was not there, or there. Then write them. */
kor_status kor_exclusions_add(kor_exclusions *e, kor_exclusion kind, const char *text,
                              bool *changed, kor_error *err);
bool kor_exclusions_remove(kor_exclusions *e, kor_exclusion kind, const char *text);
kor_status kor_exclusions_write(const kor_exclusions *e, const char *path, kor_error *err);
void kor_exclusions_free(kor_exclusions *e);

/* Is the event excluded, and by what? ref (may be NULL) is the source's name of the event. */
bool kor_exclusions_hold(const kor_exclusions *e, const kor_colony_event *event, const char *ref,
                         kor_exclusion *kind);

/* Is a URL on a site, or below it: "example.org" has docs.example.org, and "example.org/x" what
 * stands below that path? */
bool kor_site_fits(const char *site, const char *url, size_t len);

#endif
