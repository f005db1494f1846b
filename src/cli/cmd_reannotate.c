/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "memory/reannotate.h"

typedef struct showing {
    double started;
} showing;

static bool on_progress(void *arg, const kor_reannotated *so_far)
{
    const showing *s = arg;
    kor_progress("reannotate", so_far->waiting ? (double)so_far->done / (double)so_far->waiting : 1,
                 so_far->done, kor_seconds() - s->started);
    return true;
}

static int run(int argc, char **argv)
{
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_reannotate, NULL, 0, 0, argc, argv, &code)) return code;
    kor_session s;
    if (!kor_session_open(&s, &a, KOR_MEMORY_WRITE, true, NULL, &code)) return code;
    showing show = {kor_seconds()};
    kor_reannotated done = {0};
    kor_error err;
    kor_status status = kor_colony_load(&s.colony, &s, &err);
    if (status == KOR_OK)
        status = kor_reannotate(s.memory, s.colony, on_progress, &show, &done, &err);
    kor_progress_clear();
    double seconds = kor_seconds() - show.started;
    if (status != KOR_OK) {
        code = kor_report(a.command, &err);
    } else if (a.json) {
        kor_print_json(json_pack("{s:I,s:I,s:f}", "events", (json_int_t)done.done, "changed",
                                 (json_int_t)done.changed, "seconds", seconds));
        code = EXIT_DONE;
    } else {
        if (done.done)
            printf("%s read again in %.1f s, of %s something else is said now\n",
                   kor_counted(done.done, "event"), seconds, kor_grouped(done.changed));
        else
            printf("nothing to do: these models have read every event\n");
        code = EXIT_DONE;
    }
    kor_session_close(&s);
    return code;
}

const kor_command kor_command_reannotate = {
    .name = "reannotate",
    .summary = "let the models of today read what is stored",
    .usage = "",
    .details =
        "Events that the colony as it is now has not read are read by it: those from before a "
        "model "
        "was\nnew, or before colony.yaml changed. It can be interrupted, and goes on where it was. "
        "What you\ncorrected stays as you said.\n",
    .run = run,
};
