/* SPDX-License-Identifier: Apache-2.0 */
/* The time expressions of a text, and what they mean. */
#include "cli/cli.h"

#include "capture/lines.h"
#include "colony/times.h"
#include "serve/when_shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPANS = 256 };

typedef struct asked {
    const kor_command *command;
    kor_when_options options;
    kor_zone *zone;
    kor_loaded intent; /* the model of what a question wants; none when it is not there */
    kor_ctx *ctx;
    kor_loaded finder; /* the model that finds times which no rule knows, likewise */
    kor_ctx *finder_ctx;
    float *p;              /* [labels] its answer */
    kor_when_range window; /* for occurrences, when windowed */
    bool windowed, both;
    bool said; /* past or future was asked for */
} asked;

/* ---- Answers ---- */

/* What the text wants: "retrieval", "schedule", ...; NULL without the model. */
static const char *intent_of(const asked *q, const char *text, size_t len)
{
    kor_model_info info = {0};
    if (!q->ctx) return NULL;
    kor_model_get_info(q->intent.model, &info);
    if (kor_classify(q->ctx, text, len, q->p, info.labels, NULL) != KOR_OK) return NULL;
    size_t best = 0;
    for (size_t i = 1; i < info.labels; i++) best = q->p[i] > q->p[best] ? i : best;
    return kor_model_label(q->intent.model, best);
}

static json_t *answer_json(const asked *q, const kor_when_options *o, const char *text, size_t len,
                           const kor_when_span *spans, size_t count)
{
    json_t *list = json_array(), *out = json_object();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            list, kor_when_span_json(&spans[i], o, q->windowed ? &q->window : NULL, text));
    const char *intent = intent_of(q, text, len);
    if (intent) json_object_set_new(out, "intent", kor_text_json(intent, strlen(intent)));
    json_object_set_new(out, "spans", list);
    json_object_set_new(out, "zone", json_string(kor_zone_name(o->zone)));
    char reference[KOR_TIME_SIZE];
    kor_time_format(reference, o->reference_ms, o->zone);
    json_object_set_new(out, "reference", json_string(reference));
    return out;
}

static void print_times(const kor_when_range *list, size_t count, const kor_zone *zone,
                        const char *indent)
{
    for (size_t i = 0; i < count; i++) {
        char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
        kor_time_format(from, list[i].from_ms, zone);
        kor_time_format(to, list[i].to_ms, zone);
        bool open_start = list[i].flags & KOR_WHEN_OPEN_START,
             open_end = list[i].flags & KOR_WHEN_OPEN_END;
        kor_print(KOR_DIM, "%s%s to %s  (%s)\n", indent, open_start ? "any time" : from,
                  open_end ? "any time" : to, list[i].reading);
    }
}

static void print_span(const asked *q, const kor_when_span *s, const char *text)
{
    const kor_when_options *o = &q->options;
    kor_print_line(KOR_BOLD, text + s->start, s->end - s->start, 60);
    if (s->flags & KOR_WHEN_RESOLVED) {
        char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
        kor_time_format(from, s->from_ms, o->zone);
        kor_time_format(to, s->to_ms, o->zone);
        printf("\n  %s to %s\n", s->flags & KOR_WHEN_OPEN_START ? "any time" : from,
               s->flags & KOR_WHEN_OPEN_END ? "any time" : to);
    } else {
        printf("\n  no range: %s\n", s->why);
    }
    kor_print(KOR_DIM, "  %s, by the rule %s and the convention %s%s\n",
              kor_when_type_name(s->type), s->rule, s->convention,
              s->flags & KOR_WHEN_APPROXIMATE ? ", approximate" : "");
    if (s->note) kor_print(KOR_YELLOW, "  note: %s\n", s->note);
    if (s->type == KOR_WHEN_SET) {
        kor_when_range list[KOR_OCCURRENCES];
        print_times(list, kor_when_shown(s, o, q->windowed ? &q->window : NULL, list), o->zone,
                    "  ");
    }
    if (s->alternatives && q->both) {
        kor_print(KOR_DIM, "  or:\n");
        print_times(s->alternative, s->alternatives, o->zone, "    ");
    }
}

static int answer_one(asked *q, const char *text, bool json)
{
    static kor_when_span spans[SPANS];
    size_t count = 0, len = strlen(text);
    kor_error err;
    const char *intent = q->said ? NULL : intent_of(q, text, len);
    if (intent && (strcmp(intent, "schedule") == 0 || strcmp(intent, "future") == 0)) {
        q->options.prefer = KOR_WHEN_FUTURE; /* the words say future */
    }
    if (kor_times_find(q->finder_ctx, text, len, &q->options, spans, SPANS, &count, &err) != KOR_OK)
        return kor_report(q->command, &err);
    if (json) {
        kor_print_json(answer_json(q, &q->options, text, len, spans, count));
    } else {
        for (size_t i = 0; i < count; i++) print_span(q, &spans[i], text);
        if (count == 0)
            printf("No time in it.\n");
        else
            kor_print(KOR_DIM, "in the zone %s\n", kor_zone_name(q->options.zone));
    }
    return count ? EXIT_DONE : EXIT_NO;
}

/* ---- Batches ---- */

static void print_error(const char *where, const char *why)
{
    kor_str message = {0};
    kor_str_printf(&message, "%s: %s", where, why);
    kor_print_json(json_pack("{s:o}", "error", kor_text_json(kor_str_text(&message), message.len)));
    kor_str_free(&message);
}

/* A field that is text without a NUL; *good is false when it is something else. */
static const char *field(const json_t *row, const char *name, bool *good)
{
    const json_t *value = json_object_get(row, name);
    const char *text = json_string_value(value);
    if (text ? strlen(text) != json_string_length(value) : value && !json_is_null(value))
        *good = false;
    return text;
}

/* The zone of a row, kept open for the next rows. */
typedef struct zones {
    kor_zone *last;
    char name[128];
} zones;

static kor_status zone_of(zones *z, const char *name, const kor_zone **out, kor_error *err)
{
    if (!z->last || strcmp(z->name, name) != 0) {
        kor_zone *opened;
        KOR_TRY(kor_zone_open(&opened, name, err));
        kor_zone_close(z->last);
        z->last = opened;
        (void)snprintf(z->name, sizeof z->name, "%s", strlen(name) < sizeof z->name ? name : "");
    }
    *out = z->last;
    return KOR_OK;
}

static kor_status row_options(const asked *q, zones *z, const json_t *row, kor_when_options *o,
                              kor_error *err)
{
    bool good = true;
    const char *zone = field(row, "zone", &good), *prefer = field(row, "prefer", &good);
    const char *reference = field(row, "reference", &good),
               *convention = field(row, "convention", &good);
    *o = q->options;
    if (!good)
        return kor_fail(err, KOR_E_INPUT,
                        "expected {\"text\", \"reference\"?, \"zone\"?, \"prefer\"?}, all text");
    if (zone) KOR_TRY(zone_of(z, zone, &o->zone, err));
    if (reference)
        KOR_TRY(kor_time_parse(reference, o->zone, q->options.reference_ms, &o->reference_ms, NULL,
                               err));
    if (prefer) {
        bool future = strcmp(prefer, "future") == 0;
        if (!future && strcmp(prefer, "past") != 0) {
            return kor_fail(err, KOR_E_INPUT, "\"prefer\" is past or future, not '%.40s'", prefer);
        }
        o->prefer = future ? KOR_WHEN_FUTURE : KOR_WHEN_PAST;
    }
    if (convention) {
        bool memory = strcmp(convention, "memory") == 0;
        if (!memory && strcmp(convention, "calendar") != 0) {
            return kor_fail(err, KOR_E_INPUT, "\"convention\" is calendar or memory, not '%.40s'",
                            convention);
        }
        o->convention = memory ? KOR_WHEN_MEMORY : KOR_WHEN_CALENDAR;
    }
    return KOR_OK;
}

static void answer_row(asked *q, zones *z, const char *where, const char *line, size_t len)
{
    static kor_when_span spans[SPANS];
    json_error_t parse;
    kor_error err;
    kor_when_options o;
    size_t count = 0;
    json_t *row = json_loadb(line, len, JSON_ALLOW_NUL, &parse),
           *text = json_object_get(row, "text");
    if (!row) {
        print_error(where, "not JSON");
    } else if (!json_is_string(text)) {
        print_error(where, "no \"text\" that is a string");
    } else if (row_options(q, z, row, &o, &err) != KOR_OK ||
               kor_times_find(q->finder_ctx, json_string_value(text), json_string_length(text), &o,
                              spans, SPANS, &count, &err) != KOR_OK) {
        print_error(where, err.msg);
    } else {
        json_t *out =
            answer_json(q, &o, json_string_value(text), json_string_length(text), spans, count);
        json_t *id = json_object_get(row, "id");
        if (id) json_object_set(out, "id", id);
        kor_print_json(out);
    }
    json_decref(row);
}

static void on_skip(void *arg, const char *where, const char *why)
{
    (void)arg;
    print_error(where, why);
}

static void on_progress(void *arg, double fraction)
{
    (void)arg;
    (void)fraction;
}

static int answer_batch(asked *q, const char *path)
{
    kor_error err;
    kor_lines lines;
    const kor_sink sink = {.skip = on_skip, .progress = on_progress};
    if (kor_lines_open(&lines, path, &sink, &err) != KOR_OK) return kor_report(q->command, &err);
    kor_status status;
    zones z = {0};
    char *line, where[4200];
    size_t len;
    while ((status = kor_lines_next(&lines, &line, &len, &err)) == KOR_OK && line) {
        if (len == 0) continue;
        (void)snprintf(where, sizeof where, "%.4096s:%zu", lines.name, lines.number);
        answer_row(q, &z, where, line, len);
        if (ferror(stdout)) break;
    }
    kor_lines_close(&lines);
    kor_zone_close(z.last);
    return status == KOR_OK ? EXIT_DONE : kor_report(q->command, &err);
}

/* ---- The command ---- */

/* The model of intents, when there is one: without it, answers have no intent. */
static void open_intent(asked *q, const kor_args *a)
{
    char home[4096], path[4096];
    kor_model_info info = {0};
    if (kor_home(home, a, NULL) != KOR_OK ||
        kor_model_find(path, "time-intent", home, NULL) != KOR_OK)
        return;
    if (kor_model_load(&q->intent, path, home, NULL) != KOR_OK) return;
    kor_model_get_info(q->intent.model, &info);
    q->p = calloc(info.labels ? info.labels : 1, sizeof *q->p);
    if (!q->p || strcmp(info.head, "classify") != 0 ||
        kor_ctx_new(&q->ctx, q->intent.model, NULL) != KOR_OK)
        q->ctx = NULL;
}

/* The model of times that no rule knows, when there is one: without it, the rules answer alone. */
static void open_finder(asked *q, const kor_args *a)
{
    char home[4096], path[4096];
    kor_model_info info = {0};
    if (kor_home(home, a, NULL) != KOR_OK ||
        kor_model_find(path, "time-spans", home, NULL) != KOR_OK ||
        kor_model_load(&q->finder, path, home, NULL) != KOR_OK)
        return;
    kor_model_get_info(q->finder.model, &info);
    if (strcmp(info.head, "spans") != 0 ||
        kor_ctx_new(&q->finder_ctx, q->finder.model, NULL) != KOR_OK)
        q->finder_ctx = NULL;
}

static int run(int argc, char **argv)
{
    const char *now = NULL, *at = NULL, *reference = NULL, *zone = NULL, *batch = NULL,
               *convention = NULL;
    const char *from = NULL, *to = NULL;
    bool past = false, future = false, both = false, day_first = false, british = false,
         southern = false;
    const kor_option options[] = {
        {"--now", "TIME", "read time words as if it were then", &now, NULL},
        {"--at", "TIME", "the same", &at, NULL},
        {"--reference", "TIME", "the same", &reference, NULL},
        {"--zone", "ZONE", "the time zone: Europe/Paris, +05:30, UTC; default yours", &zone, NULL},
        {"--past", NULL, "what comes back is the latest one; else as the text seems to want it",
         NULL, &past},
        {"--future", NULL, "it is the next one", NULL, &future},
        {"--both", NULL, "print all readings, the past first; JSON always has them", NULL, &both},
        {"--convention", "NAME", "calendar (default), or memory: what recall goes by", &convention,
         NULL},
        {"--day-first", NULL, "3/4/2026 is 3 April", NULL, &day_first},
        {"--british", NULL, "holidays as in the United Kingdom", NULL, &british},
        {"--southern", NULL, "seasons of the southern half of the earth", NULL, &southern},
        {"--from", "TIME", "show what recurs from then on", &from, NULL},
        {"--to", "TIME", "and before then", &to, NULL},
        {"--batch", "FILE",
         "answer rows {\"text\",\"reference\"?,\"zone\"?,\"prefer\"?}; - is standard input", &batch,
         NULL},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_when, options, 0, 1, argc, argv, &code)) return code;
    if (!batch == !a.words) return kor_wrong_use(a.command, "give one text, or --batch FILE");
    if (past + future + both > 1)
        return kor_wrong_use(a.command, "one of --past, --future and --both");
    if (!from != !to) return kor_wrong_use(a.command, "--from and --to go together");
    bool memory = convention && strcmp(convention, "memory") == 0;
    if (convention && !memory && strcmp(convention, "calendar") != 0) {
        return kor_wrong_use(a.command, "--convention is calendar or memory, not '%s'", convention);
    }
    if (!now) now = at ? at : reference;
    asked q = {.command = a.command};
    kor_error err;
    if (kor_zone_open(&q.zone, zone, &err) != KOR_OK) return kor_report(a.command, &err);
    q.options = (kor_when_options){
        .zone = q.zone,
        .reference_ms = kor_now_ms(),
        .prefer = future ? KOR_WHEN_FUTURE : KOR_WHEN_PAST,
        .convention = memory ? KOR_WHEN_MEMORY : KOR_WHEN_CALENDAR,
        .day_first = day_first,
        .british = british,
        .southern = southern,
    };
    int64_t present = q.options.reference_ms;
    kor_status status = KOR_OK;
    if (now) status = kor_time_parse(now, q.zone, present, &q.options.reference_ms, NULL, &err);
    if (status == KOR_OK && from)
        status = kor_time_parse(from, q.zone, present, &q.window.from_ms, NULL, &err);
    if (status == KOR_OK && to)
        status = kor_time_parse(to, q.zone, present, &q.window.to_ms, NULL, &err);
    q.windowed = from != NULL;
    q.both = both;
    q.said = past || future || both;
    if (status != KOR_OK) {
        code = kor_report(a.command, &err);
    } else {
        open_intent(&q, &a);
        open_finder(&q, &a);
        code = batch ? answer_batch(&q, batch) : answer_one(&q, a.word[0], a.json);
    }
    kor_ctx_free(q.ctx);
    kor_model_unload(&q.intent);
    kor_ctx_free(q.finder_ctx);
    kor_model_unload(&q.finder);
    free(q.p);
    kor_zone_close(q.zone);
    return code;
}

const kor_command kor_command_when = {
    .name = "when",
    .summary = "find the times in a text, and what they mean",
    .usage = "\"text\" | --batch FILE",
    .details =
        "Prints every time expression with its range, the rule that read it and other readings.\n"
        "Exit 1 when there is none.\n"
        "\n"
        "  korora when \"what did I do last tuesday afternoon\"\n"
        "  korora when \"the review is every other Friday at 9\" --future --json\n"
        "  korora when --batch rows.jsonl --zone Europe/Paris\n",
    .run = run,
};
