/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "capture/lines.h"
#include "memory/recall.h"

#include <math.h>
#include <string.h>

typedef struct choices {
    bool explain;
    const char *from, *to, *scope;
    int64_t from_ms, to_ms;
    long limit;
    kor_wants wants;
} choices;

/* ---- For people ---- */

static void print_hit(const kor_hit *h, const kor_zone *zone, bool explain)
{
    kor_civil c;
    const kor_event *e = &h->event;
    const char *day = kor_day_name(e->time_ms, zone, &c);
    kor_print(KOR_DIM, "%6lld  ", (long long)e->id);
    kor_print(KOR_GREEN, "%.2f  ", h->score);
    kor_print(KOR_BLUE, "%s %04d-%02d-%02d %02d:%02d  ", day, c.year, c.month, c.day, c.hour,
              c.minute);
    kor_print_cell(KOR_YELLOW, e->source, 5);
    size_t width = kor_columns(), used = 44, left = width > used + 20 ? width - used : 20;
    const char *text = e->text;
    size_t len = e->text_len;
    if (e->title && *e->title) {
        size_t title_len = strlen(e->title);
        kor_print_line(KOR_BOLD, e->title, title_len, left);
        /* A text that opens with its title (a commit, a page) is not shown twice. */
        if (len >= title_len && memcmp(text, e->title, title_len) == 0) {
            text += title_len;
            len -= title_len;
        }
        if (strspn(text, " \t\r\n") < len) {
            printf("\n%10s", "");
            kor_print_line(KOR_PLAIN, text, len, width - 11);
        }
    } else {
        kor_print_line(KOR_PLAIN, text, len, left);
    }
    putchar('\n');
    if (explain) {
        kor_print(KOR_DIM, "%8swords %.3f   meaning %.3f (cosine %.3f)%s", "", h->lexical,
                  h->vector, h->cosine, e->uri ? "   " : "");
        if (e->uri) kor_print_line(KOR_DIM, e->uri, strlen(e->uri), 0);
        putchar('\n');
    }
}

/* Why there is nothing: the range, and what each filter left. */
static void print_nothing(const kor_session *s, const kor_recall *r, const kor_query *q,
                          const choices *o)
{
    printf("Nothing found.\n  %s in the memory", kor_counted(r->events, "event"));
    if (q->scope || r->in_scope != r->events) {
        printf(", %s in this scope", kor_grouped(r->in_scope));
    }
    if (r->ranged || q->wanted_count)
        printf(", %s of them %s%s", kor_grouped(r->in_range),
               r->ranged ? "in that time" : "of that kind",
               r->ranged && q->wanted_count ? " and of that kind" : "");
    printf(".\n");
    if (r->events == 0) {
        printf("  Start with: korora import git, korora import shell, korora add \"...\"\n");
    } else if (r->in_scope == 0) {
        printf("  %s\n", q->scope ? "Without --scope your own memory is searched."
                                  : "All of it is in scopes: name one with --scope.");
    } else if (r->in_range == 0 && q->wanted_count) {
        kor_wants_explain(&o->wants, s->memory);
    } else if (r->in_range == 0) {
        printf("  Ask with another time, or look around it with 'korora timeline'.\n");
    } else if (!r->words || !*r->words) {
        printf("  The question has no word to look for: name a thing, or a time.\n");
    } else {
        printf("  Looked for: %s. No event has %s%s.\n", r->words,
               strchr(r->words, ' ') ? "one of these words" : "this word",
               s->embedder ? ", and none is near enough in meaning" : "");
    }
}

static void print_answer(const kor_session *s, const kor_recall *r, const kor_query *q,
                         const choices *o)
{
    if (r->ranged) {
        kor_print_range(r->from_ms, r->to_ms, kor_recall_in_words(r, q) ? r->when.rule : NULL,
                        q->zone);
    }
    for (size_t i = 0; i < r->count; i++) print_hit(&r->hits[i], q->zone, o->explain);
    if (r->count == 0) print_nothing(s, r, q, o);
    if (o->explain) {
        kor_print(KOR_DIM, "searched for: %s\n",
                  r->words && *r->words ? r->words : "(any event of that time)");
        kor_print(KOR_DIM,
                  "%s, %s in scope, %s in range; %s with a word of the question, %s near in "
                  "meaning\n",
                  kor_counted(r->events, "event"), kor_grouped(r->in_scope),
                  kor_grouped(r->in_range), kor_grouped(r->lexical), kor_grouped(r->near));
        kor_print(KOR_DIM, "embedding %.2f ms, words %.2f ms, vectors %.2f ms; %.1f ms in all\n",
                  r->embed_ms, r->lexical_ms, r->vector_ms, r->milliseconds);
    } else if (r->count) {
        kor_print(KOR_DIM, "%zu of %s in %.1f ms\n", r->count, kor_counted(r->in_range, "event"),
                  r->milliseconds);
    }
}

/* What the models `on: question` say of it: what the person wants, for one. NULL where there are
 * none. */
static json_t *read_question(kor_session *s, const char *question, size_t len)
{
    kor_colony_ctx *minds = NULL;
    json_t *o = json_object();
    if (kor_colony_load(&s->colony, s, NULL) == KOR_OK &&
        kor_colony_ctx_new(&minds, s->colony, NULL, NULL) == KOR_OK) {
        size_t count;
        kor_colony_ask(minds, question, len);
        const kor_annotation *list = kor_colony_annotations(minds, &count);
        for (size_t i = 0; i < count; i++) {
            const kor_colony_member *m = kor_colony_get(s->colony, list[i].member);
            json_object_set_new(o, m->step->fills,
                                json_pack("{s:s,s:f}", "label", list[i].label, "score",
                                          round((double)list[i].score * 1e4) / 1e4));
        }
    }
    kor_colony_ctx_free(minds);
    return o;
}

static void print_question(kor_session *s, const char *question, size_t len)
{
    json_t *o = read_question(s, question, len), *said;
    const char *field;
    json_object_foreach(o, field, said)
    {
        kor_print(KOR_DIM, "%s of the question: %s (%.0f %%)\n", field,
                  json_string_value(json_object_get(said, "label")),
                  100 * json_real_value(json_object_get(said, "score")));
    }
    json_decref(o);
}

/* ---- One question, or a file of them ---- */

/* What the options say of every question. */
static kor_query make_query(const kor_session *s, const choices *o)
{
    return (kor_query){
        .now_ms = s->now_ms,
        .zone = s->zone,
        .scope = o->scope,
        .limit = (size_t)o->limit,
        .has_from = o->from,
        .has_to = o->to,
        .from_ms = o->from_ms,
        .to_ms = o->to_ms,
        .wanted = o->wants.list,
        .wanted_count = o->wants.count,
    };
}

static int ask(const kor_args *a, kor_session *s, const choices *o)
{
    kor_error err;
    kor_query q = make_query(s, o);
    q.question = a->words ? a->word[0] : "";
    q.len = strlen(q.question);
    kor_recall r = {0};
    int code = EXIT_DONE;
    if (kor_recall_run(s->memory, &q, &r, &err) != KOR_OK) {
        code = kor_report(a->command, &err);
    } else {
        if (a->json) {
            json_t *answer = kor_recall_json(&r, &q, o->explain);
            if (o->explain)
                json_object_set_new(answer, "read_as", read_question(s, q.question, q.len));
            kor_print_json(answer);
        } else {
            print_answer(s, &r, &q, o);
            if (o->explain) print_question(s, q.question, q.len);
        }
        if (r.count == 0) code = EXIT_NO;
    }
    kor_recall_free(&r);
    return code;
}

static void print_row_error(json_t *id, const char *where, const char *why)
{
    kor_str message = {0};
    kor_str_printf(&message, "%s: %s", where, why);
    json_t *o = json_object();
    if (id) json_object_set(o, "id", id);
    json_object_set_new(o, "error", kor_text_json(kor_str_text(&message), message.len));
    kor_print_json(o);
    kor_str_free(&message);
}

static void print_row_answer(json_t *id, const kor_recall *r, const kor_query *q)
{
    json_t *hits = json_array(), *out = json_object();
    for (size_t i = 0; i < r->count; i++) {
        const kor_event *e = &r->hits[i].event;
        json_t *hit = json_object();
        json_object_set_new(hit, "id",
                            e->ref ? kor_text_json(e->ref, strlen(e->ref)) : json_integer(e->id));
        json_object_set_new(hit, "score", json_real(kor_rounded(r->hits[i].score)));
        json_array_append_new(hits, hit);
    }
    if (id) json_object_set(out, "id", id);
    json_object_set_new(out, "range", kor_recall_range_json(r, q));
    json_object_set_new(out, "hits", hits);
    kor_print_json(out);
}

/* A field of a row that is text, or NULL when it is missing or null; *good is false when it is
 * something else, or has a NUL in it. */
static const char *row_text(const json_t *row, const char *name, bool *good)
{
    const json_t *value = json_object_get(row, name);
    const char *text = json_string_value(value);
    if (text ? strlen(text) != json_string_length(value) : value && !json_is_null(value)) {
        *good = false;
    }
    return text;
}

/* One row of a batch: {"id","question","now"?,"scope"?} in, {"id","range","hits"} out. A bad row
 * gets an {"error"} line of its own and the rest goes on. A failure is the memory's. */
static kor_status ask_row(kor_session *s, const choices *o, const char *where, const char *line,
                          size_t len, kor_error *err)
{
    json_error_t parse;
    json_t *row = json_loadb(line, len, JSON_ALLOW_NUL, &parse), *id = json_object_get(row, "id");
    bool good = true;
    kor_query q = make_query(s, o);
    const char *now = row_text(row, "now", &good), *scope = row_text(row, "scope", &good);
    kor_status status = KOR_OK;
    q.question = row_text(row, "question", &good);
    if (scope) q.scope = scope;
    if (!row) {
        kor_error wrong;
        kor_fail(&wrong, KOR_E_INPUT, "not JSON: %s", parse.text);
        print_row_error(NULL, where, wrong.msg);
    } else if (!good || !q.question) {
        print_row_error(
            id, where,
            "expected {\"id\", \"question\", \"now\"?, \"scope\"?}, all text but the id");
    } else if (now && kor_time_parse(now, s->zone, s->now_ms, &q.now_ms, NULL, err) != KOR_OK) {
        print_row_error(id, where, err->msg);
    } else {
        kor_recall r = {0};
        q.len = strlen(q.question);
        status = kor_recall_run(s->memory, &q, &r, err);
        if (status == KOR_OK) print_row_answer(id, &r, &q);
        kor_recall_free(&r);
    }
    json_decref(row);
    return status;
}

static void on_skip(void *arg, const char *where, const char *why)
{
    (void)arg;
    print_row_error(NULL, where, why);
}

static void on_progress(void *arg, double fraction)
{
    (void)arg;
    (void)fraction;
}

static int ask_batch(const kor_args *a, kor_session *s, const choices *o, const char *path)
{
    kor_error err;
    kor_lines lines;
    const kor_sink sink = {.skip = on_skip, .progress = on_progress};
    if (kor_lines_open(&lines, path, &sink, &err) != KOR_OK) return kor_report(a->command, &err);
    kor_status status;
    char *line, where[4200];
    size_t len;
    while ((status = kor_lines_next(&lines, &line, &len, &err)) == KOR_OK && line) {
        if (len == 0) continue;
        (void)snprintf(where, sizeof where, "%.4096s:%zu", lines.name, lines.number);
        status = ask_row(s, o, where, line, len, &err);
        if (status != KOR_OK || ferror(stdout)) break;
    }
    kor_lines_close(&lines);
    return status == KOR_OK ? EXIT_DONE : kor_report(a->command, &err);
}

static int run(int argc, char **argv)
{
    choices o = {0};
    const char *limit = NULL, *now = NULL, *batch = NULL;
    const kor_option options[] = {
        {"--limit", "N", "hits at most; default 8", &limit, NULL},
        {"--from", "TIME", "only events from then on, whatever the words say", &o.from, NULL},
        {"--to", "TIME", "only events before then", &o.to, NULL},
        {"--now", "TIME", "read time words as if it were then", &now, NULL},
        {"--scope", "S", "search a memory apart from your own", &o.scope, NULL},
        KOR_WANTS_OPTIONS(o.wants),
        {"--explain", NULL, "say why each hit is there, and where the time went", NULL, &o.explain},
        {"--batch", "FILE",
         "answer rows {\"id\",\"question\",\"now\"?,\"scope\"?}; - is standard input", &batch,
         NULL},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_recall, options, 0, 1, argc, argv, &code)) return code;
    bool asks =
        a.words || o.wants.kind || o.wants.tag || o.wants.entity || o.wants.link || o.wants.has;
    if (!batch == !asks || (batch && a.words)) {
        return kor_wrong_use(a.command, "ask one question, or give --batch FILE");
    }
    if (a.words && !*a.word[0]) return kor_wrong_use(a.command, "the question is empty");
    if (!kor_parse_number(a.command, "--limit", limit, 1, 1000, 8, &o.limit, &code)) return code;
    if (!kor_wants_read(&o.wants, a.command, &code)) return code;
    kor_session s;
    const kor_time_arg times[] = {
        {"--now", now, &s.now_ms, NULL},
        {"--from", o.from, &o.from_ms, NULL},
        {"--to", o.to, &o.to_ms, NULL},
        {0},
    };
    if (!kor_session_open(&s, &a, KOR_MEMORY_READ, true, times, &code)) {
        kor_wants_free(&o.wants);
        return code;
    }
    if (o.from && o.to && o.from_ms >= o.to_ms) {
        code = kor_wrong_use(a.command, "--from '%s' is not before --to '%s'", o.from, o.to);
    } else {
        code = batch ? ask_batch(&a, &s, &o, batch) : ask(&a, &s, &o);
    }
    kor_session_close(&s);
    kor_wants_free(&o.wants);
    return code;
}

const kor_command kor_command_recall = {
    .name = "recall",
    .summary = "find your own work by asking",
    .usage = "QUESTION [OPTIONS] | --batch FILE [OPTIONS]",
    .details =
        "Time words in the question (yesterday, last Tuesday afternoon, in March, 3 days ago) "
        "are read in\nyour time zone, looking back, and become a filter; the range is shown. "
        "Exit code 1 when\nnothing is found. The number before a hit is for 'korora show'.\n\n"
        "  korora recall \"what was I doing on the parser last Tuesday afternoon?\"\n"
        "  korora recall \"libgit2\" --explain\n"
        "  korora recall \"what did we decide\" --tag database --entity anna\n"
        "  korora recall --batch questions.jsonl --limit 25\n",
    .run = run,
};
