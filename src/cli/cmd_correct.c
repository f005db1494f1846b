/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/file.h"
#include "memory/corrections.h"
#include "model/head.h"

#include <string.h>
#include <unistd.h>

/* ---- What a model can answer ---- */

/* A model's head and labels from its file; its weights and its trunk are not needed for that. */
static kor_status read_labels(kor_head *out, const char *field, const char *home, kor_arena *arena,
                              kor_error *err)
{
    char path[4096];
    kor_map map;
    kor_gguf file;
    KOR_TRY(kor_model_find(path, field, home, err));
    KOR_TRY(kor_map_open(&map, path, err));
    kor_status status = kor_gguf_parse(&file, map.data, map.size, err);
    if (status == KOR_OK) {
        status = kor_head_bind(out, &file, arena, err);
        kor_gguf_free(&file);
    }
    kor_map_close(&map);
    if (status != KOR_OK) return kor_fail_in(err, status, "%s", path);
    if (out->kind == KOR_HEAD_CLASSIFY || out->kind == KOR_HEAD_TAGS) return KOR_OK;
    return kor_fail(err, KOR_E_INPUT,
                    "'%.80s': its head is %s; corrections are for models that classify or tag",
                    field, kor_head_name(out->kind));
}

static kor_status unknown_label(const char *field, const kor_head *head, const char *label,
                                size_t len, kor_error *err)
{
    kor_str all = {0};
    for (size_t i = 0; i < head->labels; i++)
        kor_str_printf(&all, "%s%s", i ? ", " : "", head->label[i]);
    kor_status status = kor_fail(err, KOR_E_INPUT, "%.60s has no label '%.*s'; its labels: %s",
                                 field, (int)(len < 60 ? len : 60), label, kor_str_text(&all));
    kor_str_free(&all);
    return status;
}

/* ---- Reading FIELD=LABELS ---- */

typedef struct parser {
    kor_arena *arena;
    const char *home;
    kor_correction *list;
    size_t count, cap;
    kor_error *err;
} parser;

static kor_status push(parser *p, kor_correction c)
{
    if (p->count == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 16;
        kor_correction *more = kor_arena_array(p->arena, cap, sizeof *more);
        if (!more) return kor_fail_memory(p->err);
        if (p->count) memcpy(more, p->list, p->count * sizeof *more);
        p->list = more;
        p->cap = cap;
    }
    p->list[p->count++] = c;
    return KOR_OK;
}

/* The labels of a word, each with the sign it has: '+', '-', or 0. */
typedef struct given {
    size_t count, label[256]; /* numbers of the head's labels */
    char sign[256];
} given;

static kor_status bad_syntax(const parser *p, const char *word)
{
    return kor_fail(p->err, KOR_E_ARG,
                    "'%.80s': expected FIELD=LABEL, FIELD=LABEL,LABEL or FIELD=+LABEL,-LABEL",
                    word);
}

static kor_status read_given(parser *p, given *out, const char *word, const char *field,
                             const kor_head *head, const char *labels)
{
    out->count = 0;
    for (const char *at = labels;; at++) {
        char sign = *at == '+' || *at == '-' ? *at++ : 0;
        size_t len = strcspn(at, ","), i = 0;
        if (!len || out->count == sizeof out->sign || (out->count && !sign != !out->sign[0]))
            return bad_syntax(p, word);
        while (i < head->labels &&
               (strlen(head->label[i]) != len || memcmp(head->label[i], at, len) != 0))
            i++;
        if (i == head->labels) return unknown_label(field, head, at, len, p->err);
        for (size_t k = 0; k < out->count; k++) {
            if (out->label[k] == i)
                return kor_fail(p->err, KOR_E_ARG, "'%.80s': label '%s' is there twice", word,
                                head->label[i]);
        }
        out->label[out->count] = i;
        out->sign[out->count++] = sign;
        at += len;
        if (!*at) return KOR_OK;
    }
}

static kor_status read_tags(parser *p, const char *word, const char *field, const kor_head *head,
                            const char *labels)
{
    given g = {0};
    /* "tags=": none of them. */
    if (*labels) KOR_TRY(read_given(p, &g, word, field, head, labels));
    for (size_t k = 0; k < g.count && g.sign[0]; k++)
        KOR_TRY(push(p, (kor_correction){.field = field,
                                         .label = head->label[g.label[k]],
                                         .on = g.sign[k] == '+'}));
    if (g.count && g.sign[0]) return KOR_OK;
    /* Without signs the labels are all there are. */
    for (size_t i = 0; i < head->labels; i++) {
        bool on = false;
        for (size_t k = 0; k < g.count; k++) on = on || g.label[k] == i;
        KOR_TRY(push(p, (kor_correction){
                            .field = field, .label = head->label[i], .on = on, .alone = i == 0}));
    }
    return KOR_OK;
}

static kor_status read_class(parser *p, const char *word, const char *field, const kor_head *head,
                             const char *labels)
{
    given g;
    KOR_TRY(read_given(p, &g, word, field, head, labels));
    if (g.count != 1 || g.sign[0])
        return kor_fail(p->err, KOR_E_ARG, "'%.80s': %.60s answers one label: %.60s=LABEL", word,
                        field, field);
    return push(p,
                (kor_correction){
                    .field = field, .label = head->label[g.label[0]], .on = true, .alone = true});
}

static kor_status read_word(parser *p, const char *word)
{
    size_t n = strcspn(word, "=");
    kor_head head;
    /* A field is a name; what kor_model_find would take for a path is none. */
    if (!n || !word[n] || memchr(word, '/', n) || memchr(word, '+', n)) return bad_syntax(p, word);
    char *field = kor_arena_copy(p->arena, word, n);
    if (!field) return kor_fail_memory(p->err);
    if (n > 5 && strcmp(field + n - 5, ".gguf") == 0) field[n - 5] = 0;
    KOR_TRY(read_labels(&head, field, p->home, p->arena, p->err));
    return head.kind == KOR_HEAD_TAGS ? read_tags(p, word, field, &head, word + n + 1)
                                      : read_class(p, word, field, &head, word + n + 1);
}

kor_status kor_correction_read(const char *word, const char *home, kor_arena *arena,
                               kor_correction **list, size_t *count, kor_error *err)
{
    parser p = {
        .arena = arena, .home = home, .list = *list, .count = *count, .cap = *count, .err = err};
    kor_status status = read_word(&p, word);
    *list = p.list;
    *count = p.count;
    return status;
}

/* ---- Output, for show too ---- */

void kor_print_corrections(const kor_correction *list, size_t count, const kor_zone *zone)
{
    for (size_t i = 0; i < count;) {
        kor_str line = {0};
        char time[KOR_TIME_SIZE];
        int64_t last = 0;
        const char *field = list[i].field;
        kor_str_puts(&line, field);
        for (; i < count && strcmp(list[i].field, field) == 0; i++) {
            kor_str_printf(&line, " %c%s", list[i].on ? '+' : '-', list[i].label);
            if (list[i].time_ms > last) last = list[i].time_ms;
        }
        kor_time_format(time, last, zone);
        kor_print(KOR_DIM, "%-8s ", "correct");
        kor_print_line(KOR_PLAIN, kor_str_text(&line), line.len, 0);
        kor_print(KOR_DIM, "  %s\n", time);
        kor_str_free(&line);
    }
}

/* ---- The command ---- */

static kor_status report_all(const kor_args *a, const kor_session *s, int64_t id, kor_error *err)
{
    kor_arena arena = {0};
    kor_correction *list;
    size_t count;
    kor_status status = kor_corrections_list(s->memory, id, NULL, &arena, &list, &count, err);
    if (status == KOR_OK && a->json) {
        kor_print_json(json_pack("{s:I,s:o}", "event", (json_int_t)id, "corrections",
                                 kor_corrections_json(list, count)));
    } else if (status == KOR_OK) {
        kor_print(KOR_BOLD, "event %lld\n", (long long)id);
        kor_print_corrections(list, count, s->zone);
    }
    kor_arena_free(&arena);
    return status;
}

static kor_status take_back(const kor_args *a, const kor_session *s, int64_t id, int *code,
                            kor_error *err)
{
    int64_t count;
    KOR_TRY(kor_corrections_undo(s->memory, id, &count, err));
    *code = count ? EXIT_DONE : EXIT_NO;
    if (a->json)
        kor_print_json(
            json_pack("{s:I,s:I}", "event", (json_int_t)id, "undone", (json_int_t)count));
    else if (count)
        printf("event %lld: %s taken back\n", (long long)id, kor_counted(count, "correction"));
    else
        printf("event %lld has no corrections\n", (long long)id);
    return KOR_OK;
}

static int correct(const kor_args *a, int64_t id, bool undo)
{
    kor_session s;
    kor_arena arena = {0};
    kor_error err;
    int code = EXIT_DONE;
    char home[4096], path[4200];
    kor_status status = kor_home(home, a, &err);
    parser p = {.arena = &arena, .home = home, .err = &err};
    for (size_t i = 1; status == KOR_OK && i < a->words; i++) status = read_word(&p, a->word[i]);
    if (status != KOR_OK) {
        kor_arena_free(&arena);
        return kor_report(a->command, &err);
    }
    /* Where there is no memory, none is made. */
    (void)snprintf(path, sizeof path, "%s/memory.db", home);
    kor_memory_mode mode = access(path, F_OK) == 0 ? KOR_MEMORY_WRITE : KOR_MEMORY_READ;
    if (kor_session_open(&s, a, mode, false, NULL, &code)) {
        status = undo ? take_back(a, &s, id, &code, &err)
                      : kor_corrections_add(s.memory, id, p.list, p.count, &err);
        if (status == KOR_OK && !undo) status = report_all(a, &s, id, &err);
        if (status == KOR_E_NOT_FOUND)
            code = kor_wrong_use(a->command, "%s", err.msg);
        else if (status != KOR_OK)
            code = kor_report(a->command, &err);
        kor_session_close(&s);
    }
    kor_arena_free(&arena);
    return code;
}

static int run(int argc, char **argv)
{
    bool undo = false;
    const kor_option options[] = {
        {"--undo", NULL, "take the corrections of the event back", NULL, &undo},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_correct, options, 1, KOR_ARGS_MAX, argc, argv, &code))
        return code;
    long id;
    if (!kor_parse_number(a.command, "ID", a.word[0], 1, 0x7fffffffffffffff, 0, &id, &code))
        return code;
    if (undo && a.words > 1) return kor_wrong_use(a.command, "--undo goes with the event alone");
    if (!undo && a.words == 1)
        return kor_wrong_use(a.command, "say what is right: korora correct %ld FIELD=LABEL", id);
    return correct(&a, id, undo);
}

const kor_command kor_command_correct = {
    .name = "correct",
    .summary = "say what a model should have answered about an event",
    .usage = "ID FIELD=LABELS... | ID --undo",
    .details =
        "ID is an event's number, FIELD the name of a model that classifies or tags. Of what "
        "models\n"
        "learn from corrections, see 'korora forge --help' under --personal.\n\n"
        "  korora correct 12 kind=note                it is of this class\n"
        "  korora correct 12 tags=+travel,-work       it has this tag, and not that one\n"
        "  korora correct 12 tags=travel,family       it has these tags and no others; 'tags=': "
        "none\n"
        "  korora correct 12 --undo\n\n"
        "What was said last counts. 'korora show ID' shows the corrections of an event.\n",
    .run = run,
};
