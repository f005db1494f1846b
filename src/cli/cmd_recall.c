/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "capture/lines.h"
#include "memory/recall.h"

#include <math.h>
#include <string.h>

typedef struct choices {
    bool explain;
    const char *from, *to, *scope;
    long limit;
} choices;

/* ---- For people ----------------------------------------------------------------------------------- */

static void print_range(const kor_recall *r, const kor_zone *zone)
{
    if (!r->ranged) return;
    char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
    kor_time_format(from, r->from_ms, zone);
    kor_time_format(to, r->to_ms, zone);
    kor_print(KOR_DIM, "from %s to %s", from, to);
    if (r->when.found) kor_print(KOR_DIM, " (%s, %s)", r->when.rule, kor_zone_name(zone));
    putchar('\n');
}

static void print_hit(const kor_hit *h, size_t rank, const kor_zone *zone, bool explain)
{
    kor_civil c;
    const kor_event *e = &h->event;
    const char *day = kor_day_name(e->time_ms, zone, &c);
    kor_print(KOR_DIM, "%3zu  ", rank);
    kor_print(KOR_GREEN, "%.2f  ", h->score);
    kor_print(KOR_BLUE, "%s %04d-%02d-%02d %02d:%02d  ", day, c.year, c.month, c.day, c.hour, c.minute);
    kor_print(KOR_YELLOW, "%-6s ", e->source);
    size_t width = kor_columns(), used = 40, left = width > used + 20 ? width - used : 20;
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
        kor_print(KOR_DIM, "          words %.3f   meaning %.3f (cosine %.3f)   event %lld%s%s\n", h->lexical, h->vector,
                  h->cosine, (long long)e->id, e->uri ? "   " : "", e->uri ? e->uri : "");
    }
}

/* Why there is nothing: the range, and what each filter left. */
static void print_nothing(const kor_recall *r, const kor_query *q)
{
    printf("Nothing found.\n");
    printf("  %s events in the memory", kor_grouped(r->events));
    if (q->scope || r->in_scope != r->events) printf(", %s in this scope", kor_grouped(r->in_scope));
    if (r->ranged) printf(", %s of them in that time", kor_grouped(r->in_range));
    printf(".\n");
    if (r->events == 0) {
        printf("  Fill it first: korora import git, korora import shell, korora add \"...\"\n");
    } else if (r->ranged && r->in_range == 0) {
        printf("  Ask with another time, or look around it with 'korora timeline'.\n");
    } else if (r->words && *r->words) {
        printf("  Looked for: %s. No event has these words, and none is near enough in meaning.\n", r->words);
    }
}

static void print_answer(const kor_recall *r, const kor_query *q, const choices *o)
{
    print_range(r, q->zone);
    for (size_t i = 0; i < r->count; i++) print_hit(&r->hits[i], i + 1, q->zone, o->explain);
    if (r->count == 0) print_nothing(r, q);
    if (o->explain) {
        kor_print(KOR_DIM, "searched for: %s\n", r->words && *r->words ? r->words : "(any event of that time)");
        kor_print(KOR_DIM, "%s events, %s in scope, %s in range; %s with a word of the question, %s near in meaning\n",
                  kor_grouped(r->events), kor_grouped(r->in_scope), kor_grouped(r->in_range), kor_grouped(r->lexical),
                  kor_grouped(r->near));
        kor_print(KOR_DIM, "embedding %.2f ms, words %.2f ms, vectors %.2f ms; %.1f ms in all\n", r->embed_ms,
                  r->lexical_ms, r->vector_ms, r->milliseconds);
    } else if (r->count) {
        kor_print(KOR_DIM, "%zu of %s events in %.1f ms\n", r->count, kor_grouped(r->in_range), r->milliseconds);
    }
}

/* ---- For programs --------------------------------------------------------------------------------- */

static json_t *range_json(const kor_recall *r, const kor_zone *zone)
{
    if (!r->ranged) return json_null();
    char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
    kor_time_format(from, r->from_ms, zone);
    kor_time_format(to, r->to_ms, zone);
    json_t *o = json_pack("{s:s,s:s,s:s}", "from", from, "to", to, "zone", kor_zone_name(zone));
    if (r->when.found) json_object_set_new(o, "rule", kor_text_json(r->when.rule, strlen(r->when.rule)));
    return o;
}

static double rounded(double x)
{
    return round(x * 1e6) / 1e6;
}

static json_t *answer_json(const kor_recall *r, const kor_query *q, bool explain)
{
    json_t *hits = json_array();
    for (size_t i = 0; i < r->count; i++) {
        const kor_hit *h = &r->hits[i];
        json_t *o = kor_event_json(&h->event);
        json_object_set_new(o, "score", json_real(rounded(h->score)));
        if (explain) {
            json_object_set_new(o, "signals",
                                json_pack("{s:f,s:f,s:f}", "lexical", rounded(h->lexical), "vector", rounded(h->vector),
                                          "cosine", rounded(h->cosine)));
        }
        json_array_append_new(hits, o);
    }
    json_t *o = json_object();
    json_object_set_new(o, "question", kor_text_json(q->question, q->len));
    json_object_set_new(o, "range", range_json(r, q->zone));
    json_object_set_new(o, "words", kor_text_json(r->words ? r->words : "", r->words ? strlen(r->words) : 0));
    json_object_set_new(o, "hits", hits);
    json_object_set_new(o, "filters",
                        json_pack("{s:I,s:I,s:I,s:I,s:I}", "events", (json_int_t)r->events, "in_scope",
                                  (json_int_t)r->in_scope, "in_range", (json_int_t)r->in_range, "lexical",
                                  (json_int_t)r->lexical, "near", (json_int_t)r->near));
    json_object_set_new(o, "ms", json_real(rounded(r->milliseconds)));
    return o;
}

/* ---- One question, or a file of them ---------------------------------------------------------------- */

static int ask(const kor_args *a, kor_session *s, const choices *o)
{
    kor_query q = {
        .question = a->word[0],
        .len = strlen(a->word[0]),
        .now_ms = s->now_ms,
        .zone = s->zone,
        .scope = o->scope,
        .limit = (size_t)o->limit,
    };
    kor_error err;
    const struct {
        const char *option, *text;
        bool *has;
        int64_t *ms;
    } bounds[] = {{"--from", o->from, &q.has_from, &q.from_ms}, {"--to", o->to, &q.has_to, &q.to_ms}};
    for (size_t i = 0; i < 2; i++) {
        if (!bounds[i].text) continue;
        kor_status status = kor_time_parse(bounds[i].text, s->zone, s->now_ms, bounds[i].ms, NULL, &err);
        if (status != KOR_OK) {
            kor_fail_in(&err, status, "%s", bounds[i].option);
            return kor_report(a->command, &err);
        }
        *bounds[i].has = true;
    }
    kor_recall r = {0};
    int code = EXIT_DONE;
    if (kor_recall_run(s->memory, &q, &r, &err) != KOR_OK) {
        code = kor_report(a->command, &err);
    } else {
        if (a->json) kor_print_json(answer_json(&r, &q, o->explain));
        else print_answer(&r, &q, o);
        if (r.count == 0) code = EXIT_NO;
    }
    kor_recall_free(&r);
    return code;
}

static void print_row_error(json_t *id, const char *message)
{
    json_t *o = json_object();
    if (id) json_object_set(o, "id", id);
    json_object_set_new(o, "error", kor_text_json(message, strlen(message)));
    kor_print_json(o);
}

/* One row of a batch: {"id","question","now"?,"scope"?} in, {"id","range","hits"} out. A bad row gets an
 * {"error"} line of its own and the rest goes on. Returns false when the memory failed. */
static bool ask_row(const kor_args *a, kor_session *s, const choices *o, const char *line, size_t len)
{
    json_error_t parse;
    kor_error err;
    json_t *row = json_loadb(line, len, 0, &parse);
    json_t *id = json_object_get(row, "id"), *question = json_object_get(row, "question");
    json_t *now = json_object_get(row, "now"), *scope = json_object_get(row, "scope");
    kor_query q = {.now_ms = s->now_ms, .zone = s->zone, .scope = o->scope, .limit = (size_t)o->limit};
    kor_recall r = {0};
    bool good = true;
    if (!json_is_string(question) || (now && !json_is_string(now)) || (scope && !json_is_string(scope))) {
        print_row_error(id, row ? "expected {\"id\", \"question\", \"now\"?, \"scope\"?}, all text" : parse.text);
    } else if (now && kor_time_parse(json_string_value(now), s->zone, s->now_ms, &q.now_ms, NULL, &err) != KOR_OK) {
        print_row_error(id, err.msg);
    } else {
        q.question = json_string_value(question);
        q.len = json_string_length(question);
        if (scope) q.scope = json_string_value(scope);
        if (kor_recall_run(s->memory, &q, &r, &err) != KOR_OK) {
            kor_report(a->command, &err);
            good = false;
        } else {
            json_t *hits = json_array();
            for (size_t i = 0; i < r.count; i++) {
                const kor_event *e = &r.hits[i].event;
                json_t *hit = json_object();
                json_object_set_new(hit, "id", e->ref ? kor_text_json(e->ref, strlen(e->ref)) : json_integer(e->id));
                json_object_set_new(hit, "score", json_real(rounded(r.hits[i].score)));
                json_array_append_new(hits, hit);
            }
            json_t *out = json_object();
            if (id) json_object_set(out, "id", id);
            json_object_set_new(out, "range", range_json(&r, s->zone));
            json_object_set_new(out, "hits", hits);
            kor_print_json(out);
        }
    }
    kor_recall_free(&r);
    json_decref(row);
    return good;
}

static void on_skip(void *arg, const char *where, const char *why)
{
    kor_str message = {0};
    (void)arg;
    kor_str_printf(&message, "%s: %s", where, why);
    print_row_error(NULL, kor_str_text(&message));
    kor_str_free(&message);
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
    int code = EXIT_DONE;
    char *line;
    size_t len;
    kor_status status;
    while ((status = kor_lines_next(&lines, &line, &len, &err)) == KOR_OK && line) {
        if (len && !ask_row(a, s, o, line, len)) {
            code = EXIT_FAILED;
            break;
        }
    }
    if (status != KOR_OK) code = kor_report(a->command, &err);
    kor_lines_close(&lines);
    return code;
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
        {"--explain", NULL, "say why each hit is there, and where the time went", NULL, &o.explain},
        {"--batch", "FILE", "answer rows {\"id\",\"question\",\"now\"?,\"scope\"?}; - is standard input", &batch, NULL},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_recall, options, 0, 1, argc, argv, &code)) return code;
    if (!batch == !a.words) return kor_wrong_use(a.command, "ask one question, or give --batch FILE");
    if (!kor_parse_number(a.command, "--limit", limit, 1, 1000, 8, &o.limit, &code)) return code;
    kor_session s;
    if (!kor_session_open(&s, &a, KOR_MEMORY_READ, now, &code)) return code;
    code = batch ? ask_batch(&a, &s, &o, batch) : ask(&a, &s, &o);
    kor_session_close(&s);
    return code;
}

const kor_command kor_command_recall = {
    .name = "recall",
    .summary = "find your own work by asking",
    .usage = "QUESTION [OPTIONS]",
    .details = "Time words in the question (yesterday, last Tuesday afternoon, in March, 3 days ago) are read in\n"
               "your time zone, looking back, and become a filter; the range is shown. Exit code 1 when\n"
               "nothing is found.\n\n"
               "  korora recall \"what was I doing on the parser last Tuesday afternoon?\"\n"
               "  korora recall \"libgit2\" --explain\n"
               "  korora recall --batch questions.jsonl --limit 25\n",
    .run = run,
};
