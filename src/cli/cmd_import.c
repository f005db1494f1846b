/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "capture/capture.h"

#include <string.h>

typedef struct intake {
    kor_ingest *ingest;
    const char *kind;
    double started, fraction;
    int64_t seen, skipped;
} intake;

enum { SKIPS_SHOWN = 20 };

static void show_progress(const intake *m)
{
    kor_progress(m->kind, m->fraction, m->seen, kor_seconds() - m->started);
}

static kor_status on_event(void *arg, const kor_event *event, kor_error *err)
{
    intake *m = arg;
    m->seen++;
    show_progress(m);
    return kor_ingest_add(m->ingest, event, err);
}

static void on_skip(void *arg, const char *where, const char *why)
{
    intake *m = arg;
    m->skipped++;
    if (m->skipped <= SKIPS_SHOWN) kor_say(&kor_command_import, "%s: %s", where, why);
    if (m->skipped == SKIPS_SHOWN + 1) {
        kor_say(&kor_command_import, "more is left out, counted at the end");
    }
}

static void on_progress(void *arg, double fraction)
{
    intake *m = arg;
    m->fraction = fraction;
    show_progress(m);
}

static void print_result(const kor_args *a, const intake *m, const kor_ingest_stats *stats,
                         double seconds)
{
    double rate = seconds > 0 ? (double)m->seen / seconds : 0;
    if (a->json) {
        json_t *o = json_pack("{s:s,s:I,s:I,s:I,s:I,s:f,s:f,s:f}", "source", m->kind, "added",
                              (json_int_t)stats->added, "known", (json_int_t)stats->known, "empty",
                              (json_int_t)stats->empty, "skipped", (json_int_t)m->skipped,
                              "seconds", seconds, "embed_seconds", stats->embed_seconds,
                              "store_seconds", stats->store_seconds);
        json_object_update_new(o, kor_guarded_json(&stats->guard));
        kor_print_json(o);
        return;
    }
    printf("%-6s %14s read in %.2f s (%s/s): %s new, %s known", m->kind,
           kor_counted(m->seen, "event"), seconds, kor_grouped((int64_t)rate),
           kor_grouped(stats->added), kor_grouped(stats->known));
    if (stats->empty) printf(", %s empty", kor_grouped(stats->empty));
    if (m->skipped) printf(", %s left out", kor_grouped(m->skipped));
    kor_print_guarded(&stats->guard);
    putchar('\n');
}

static int run(int argc, char **argv)
{
    const char *since = NULL;
    const kor_option options[] = {
        {"--since", "TIME", "leave out what is older", &since, NULL},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_import, options, 1, 2, argc, argv, &code)) return code;
    const kor_source *source = kor_source_find(a.word[0]);
    if (!source) {
        kor_str kinds = {0};
        for (const kor_source *s = kor_sources; s->name; s++)
            kor_str_printf(&kinds, " %s", s->name);
        code = kor_wrong_use(a.command, "unknown kind '%s'; there are:%s", a.word[0],
                             kor_str_text(&kinds));
        kor_str_free(&kinds);
        return code;
    }
    intake m = {.kind = source->name, .started = kor_seconds(), .fraction = -1};
    kor_sink sink = {
        .arg = &m,
        .event = on_event,
        .skip = on_skip,
        .progress = on_progress,
        .since_ms = INT64_MIN,
    };
    const kor_time_arg times[] = {{"--since", since, &sink.since_ms, NULL}, {0}};
    kor_session s;
    if (!kor_session_open(&s, &a, KOR_MEMORY_WRITE, true, times, &code)) return code;
    sink.zone = s.zone;
    sink.now_ms = s.now_ms;
    kor_error err;
    kor_ingest_stats stats = {0};
    kor_status status = kor_session_open_colony(&s, a.command, &err);
    if (status == KOR_OK) status = kor_ingest_begin(&m.ingest, s.memory, 0, &err);
    if (status == KOR_OK) {
        kor_ingest_use(m.ingest, s.guard, s.colony);
        status = source->run(a.words > 1 ? a.word[1] : NULL, &sink, &err);
        kor_error end_err;
        kor_status ended = kor_ingest_end(m.ingest, &stats, &end_err);
        if (status == KOR_OK && ended != KOR_OK) {
            status = ended;
            err = end_err;
        }
    }
    kor_progress_clear();
    if (status == KOR_OK || stats.added > 0)
        print_result(&a, &m, &stats, kor_seconds() - m.started);
    /* Nothing but what could not be read: most likely not of this kind. */
    code = m.seen == 0 && m.skipped > 0 ? EXIT_USAGE : EXIT_DONE;
    if (status != KOR_OK) code = kor_report(a.command, &err);
    kor_session_close(&s);
    return code;
}

const kor_command kor_command_import = {
    .name = "import",
    .summary = "read a history into the memory",
    .usage = "KIND [PATH] [--since TIME]",
    .details =
        "kinds, and what each reads when no PATH is given:\n"
        "  git      commits of all branches and tags; the repository here\n"
        "  shell    bash, zsh and fish history; those in your home\n"
        "  files    text and Markdown, by heading; needs a PATH\n"
        "  dpkg     packages installed, upgraded and removed; /var/log\n"
        "  jsonl    rows {\"text\", \"time\"?, \"id\"?, \"source\"?, \"app\"?, \"title\"?, "
        "\"uri\"?, \"scope\"?};\n"
        "           standard input\n\n"
        "What is already there is not added again, so an import can be repeated at any time. What\n"
        "cannot be read is named on stderr and left out; the rest is kept. Exit code 2 when "
        "nothing could\n"
        "be read.\n\n"
        "  korora import git ~/src/parser\n"
        "  korora import files ~/notes --since 2026-01-01\n",
    .run = run,
};
