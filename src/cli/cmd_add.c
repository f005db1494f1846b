/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>

/* "-" reads the text from standard input, up to what one event holds. */
static kor_status read_text(kor_str *out, const char *word, kor_error *err)
{
    char buffer[65536];
    if (strcmp(word, "-") != 0) {
        kor_str_puts(out, word);
    } else {
        for (size_t n; (n = fread(buffer, 1, sizeof buffer, stdin)) > 0;) {
            kor_str_add(out, buffer, n);
            if (out->len <= KOR_EVENT_TEXT_MAX) continue;
            return kor_fail(err, KOR_E_INPUT,
                            "more than %d bytes on standard input: use 'korora "
                            "import files'",
                            KOR_EVENT_TEXT_MAX);
        }
        if (ferror(stdin)) {
            return kor_fail(err, KOR_E_IO, "cannot read standard input: %s", strerror(errno));
        }
    }
    return out->failed ? kor_fail_memory(err) : KOR_OK;
}

static bool is_blank(const char *text, size_t len)
{
    return strspn(text, " \t\r\n\f\v") == len;
}

static int store(const kor_args *a, kor_session *s, const kor_event *event)
{
    kor_error err;
    kor_ingest *ingest = NULL;
    kor_ingest_stats stats = {0};
    kor_status status = kor_session_open_colony(s, a->command, &err);
    if (status == KOR_OK) status = kor_ingest_begin(&ingest, s->memory, 1, &err);
    if (status == KOR_OK) {
        kor_ingest_use(ingest, s->guard, s->colony);
        status = kor_ingest_add(ingest, event, &err);
        kor_error end_err;
        kor_status ended = kor_ingest_end(ingest, &stats, &end_err);
        if (status == KOR_OK && ended != KOR_OK) {
            status = ended;
            err = end_err;
        }
    }
    if (status != KOR_OK) return kor_report(a->command, &err);
    char time[KOR_TIME_SIZE];
    kor_time_format(time, event->time_ms, s->zone);
    if (a->json) {
        json_t *o = json_pack("{s:o,s:s}", "event",
                              stats.added ? json_integer((json_int_t)stats.last_id) : json_null(),
                              "time", time);
        json_object_update_new(o, kor_guarded_json(&stats.guard));
        kor_print_json(o);
    } else if (stats.added) {
        printf("remembered as %lld, at %s", (long long)stats.last_id, time);
        kor_print_guarded(&stats.guard);
        putchar('\n');
    } else {
        printf("not remembered");
        kor_print_guarded(&stats.guard);
        putchar('\n');
    }
    return stats.added ? EXIT_DONE : EXIT_NO;
}

static int run(int argc, char **argv)
{
    const char *at = "now", *source = "note", *title = NULL, *uri = NULL, *app = NULL,
               *scope = NULL;
    const kor_option options[] = {
        {"--at", "TIME", "when it happened; default now", &at, NULL},
        {"--source", "S", "where it comes from; default note", &source, NULL},
        {"--title", "T", "a title", &title, NULL},
        {"--uri", "U", "where it can be found", &uri, NULL},
        {"--app", "A", "the program it happened in", &app, NULL},
        {"--scope", "S", "a memory apart from your own", &scope, NULL},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_add, options, 1, 1, argc, argv, &code)) return code;
    if (!*source) return kor_wrong_use(a.command, "--source is empty");
    kor_str text = {0};
    kor_error err;
    kor_status status = read_text(&text, a.word[0], &err);
    kor_event event = {
        .source = source,
        .app = app,
        .title = title && !is_blank(title, strlen(title)) ? title : NULL,
        .uri = uri,
        .scope = scope,
        .text = kor_str_text(&text),
        .text_len = text.len,
    };
    const kor_time_arg times[] = {{"--at", at, &event.time_ms, &event.offset_min}, {0}};
    kor_session s;
    if (status != KOR_OK) {
        code = kor_report(a.command, &err);
    } else if (is_blank(event.text, event.text_len) && !event.title) {
        code = kor_wrong_use(a.command, "the text is empty: nothing to remember");
    } else if (kor_session_open(&s, &a, KOR_MEMORY_WRITE, true, times, &code)) {
        code = store(&a, &s, &event);
        kor_session_close(&s);
    }
    kor_str_free(&text);
    return code;
}

const kor_command kor_command_add = {
    .name = "add",
    .summary = "remember one thing",
    .usage = "TEXT [OPTIONS]",
    .details =
        "TEXT may be - to read it from standard input. A TIME is 2026-11-22, 2026-11-22T10:00,\n"
        "2026-11-22T10:00:00+01:00, now, or @ and Unix seconds.\n\n"
        "  korora add \"the demo moved to Friday\"\n"
        "  git diff --stat | korora add - --title \"before the rewrite\"\n",
    .run = run,
};
