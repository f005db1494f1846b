/* SPDX-License-Identifier: Apache-2.0 */
/* The colony and the guard of a session: where their files are, and what is said when one of them
 * is not well. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLANS = 2 };

/* The shipped plan, then the user's. Returns how many there are. */
static size_t find_plans(char out[PLANS][4096], const char *home)
{
    char folder[KOR_MODEL_FOLDERS][4096];
    size_t folders = kor_model_folders(folder, NULL), n = 0;
    for (size_t i = 0; i < folders && n == 0; i++) {
        if (snprintf(out[0], 4096, "%s/colony.yaml", folder[i]) < 4096 && !access(out[0], F_OK))
            n = 1;
    }
    if (snprintf(out[n], 4096, "%s/colony.yaml", home) < 4096 && !access(out[n], F_OK)) n++;
    return n;
}

static kor_status find_model(void *arg, const char *model, char out[4096], kor_error *err)
{
    return kor_model_find(out, model, arg, err);
}

kor_status kor_colony_load(kor_colony **out, const kor_session *s, kor_error *err)
{
    char files[PLANS][4096];
    const char *const plans[PLANS] = {files[0], files[1]};
    *out = NULL;
    size_t count = find_plans(files, s->home);
    if (count == 0)
        return kor_fail(err, KOR_E_NOT_FOUND,
                        "no colony.yaml beside the models or in %s: no model is run", s->home);
    return kor_colony_open(out, plans, count, s->embedder, find_model, (void *)s->home, err);
}

kor_status kor_guard_load(kor_session *s, kor_error *err)
{
    char path[4096];
    s->guard = calloc(1, sizeof *s->guard);
    if (!s->guard) return kor_fail_memory(err);
    if (snprintf(path, sizeof path, "%s/%s", s->home, KOR_EXCLUDE_FILE) >= (int)sizeof path)
        return kor_fail(err, KOR_E_ARG, "%.80s...: path too long", s->home);
    KOR_TRY(kor_exclusions_read(&s->guard->exclusions, path, err));
    /* Without the model the rules still cut what is certain. */
    if (kor_model_find(path, "secrets", s->home, NULL) == KOR_OK &&
        kor_model_load(&s->secrets, path, s->home, err) != KOR_OK) {
        kor_say(NULL, "%s; secrets are found by rules alone", err ? err->msg : "");
    }
    s->guard->secrets = s->secrets.model;
    return KOR_OK;
}

/* A model that is away keeps nothing from being remembered, but it is named. */
static void name_the_away(const kor_command *command, const kor_colony *colony)
{
    for (size_t i = 0; i < kor_colony_count(colony); i++) {
        const kor_colony_member *m = kor_colony_get(colony, i);
        if (m->why) kor_say(command, "the colony runs without %s: %s", m->step->model, m->why);
    }
}

kor_status kor_session_open_colony(kor_session *s, const kor_command *command, kor_error *err)
{
    kor_error why;
    KOR_TRY(kor_guard_load(s, err));
    kor_status status = kor_colony_load(&s->colony, s, &why);
    if (status == KOR_OK)
        name_the_away(command, s->colony);
    else if (status != KOR_E_NOT_FOUND)
        kor_say(command, "%s; stored without annotations: mend it, then 'korora reannotate'",
                why.msg);
    return KOR_OK;
}
