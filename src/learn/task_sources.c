/* SPDX-License-Identifier: Apache-2.0 */
/* Where the rows of a task come from, and what their licences allow. */
#include "learn/task_reader.h"

#include "learn/licences.h"

#include <stdio.h>
#include <string.h>

/* ---- One source ---- */

/* The line of the entry of a list with that number: entries begin with a dash, as far in as that of
 * the first. Lists inside of them stand further in. */
static unsigned long line_of_source(const kor_task_reader *r, const char *list, size_t number)
{
    unsigned long line = 1, start = kor_task_line(r, list);
    size_t indent = SIZE_MAX;
    for (const char *s = kor_str_text(&r->text); *s; line++) {
        size_t in = strspn(s, " \t");
        if (line > start && s[in] == '-') {
            if (indent == SIZE_MAX) indent = in;
            if (in == indent && number-- == 0) return line;
        }
        s += strcspn(s, "\n");
        if (*s) s++;
    }
    return start;
}

/* What goes with what. */
static kor_status check_source(kor_task_reader *r, const kor_source_yaml *y, unsigned long line)
{
    bool mail = y->reader && strcmp(y->reader, "mail") == 0;
    const struct {
        const char *key, *value;
        bool fits;
    } parts[] = {
        {"sha512", y->sha512, y->package},
        {"reader", y->reader, y->package},
        {"part", y->part, y->package},
        {"count", y->count, y->grammar || y->teacher},
        {"corrupt", y->corrupt, y->grammar},
        {"text_column", y->text_column, y->file && !mail},
        {"label_column", y->label_column, y->file && !mail && !y->label && !y->label_count},
        {"label", y->label, y->file && !mail}, /* their folders say */
        {"labels", y->label_count ? "" : NULL, y->file && !mail},
        {"label_map", y->label_map, y->file && !y->package && !y->label && !y->label_count},
    };
    char what[160];
    int kinds = !!y->grammar + !!y->teacher + (y->package ? 1 : !!y->file);
    if (kinds != 1 || (y->package && !y->file))
        return kor_task_fail(r, line,
                             y->package ? "a package needs 'file': the path inside of it"
                                        : "an entry of data needs one of file, grammar, "
                                          "package and teacher");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].value || parts[i].fits) continue;
        (void)snprintf(what, sizeof what, "'%s' does not go with this kind of source",
                       parts[i].key);
        return kor_task_fail(r, line, what);
    }
    if (y->package && !y->sha512)
        return kor_task_fail(r, line, "a package needs 'sha512', so that it stays the same");
    if (y->sha512 && (strlen(y->sha512) != 128 || strspn(y->sha512, "0123456789abcdef") != 128))
        return kor_task_fail(r, line, "sha512: it must be 128 hexadecimal digits, in lower case");
    if (y->package &&
        (*y->package == '-' || !strrchr(y->package + 1, '@') || strpbrk(y->package, " \t:\\'\"")))
        return kor_task_fail(r, line, "package: it must be NAME@VERSION");
    if (mail && (r->out->head != KOR_HEAD_CLASSIFY || !r->out->label_count))
        return kor_task_fail(r, line, "reader mail goes with head classify and a list of labels");
    if (y->part && (!mail || (strcmp(y->part, "learn") != 0 && strcmp(y->part, "gate") != 0)))
        return kor_task_fail(r, line,
                             "part: it must be learn or gate, of a package with reader mail");
    return KOR_OK;
}

/* What is asked of rows that have a text and labels. */
static kor_status read_cutting(kor_task_reader *r, const kor_source_yaml *y, kor_task_source *s)
{
    const kor_task *t = r->out;
    double snippets = 0, limit = 0, queries = 0;
    bool tags = t->head == KOR_HEAD_TAGS, given = y->label || y->label_count;
    bool labels = tags || t->head == KOR_HEAD_CLASSIFY;
    if ((given || y->snippets) && !labels)
        return kor_task_fail(r, s->line, "label and snippets go with heads classify and tags only");
    if (y->limit && !labels && t->head != KOR_HEAD_EMBED)
        return kor_task_fail(r, s->line, "limit goes with heads classify, tags and embed only");
    if (y->queries && t->head != KOR_HEAD_EMBED)
        return kor_task_fail(r, s->line, "queries goes with head embed only");
    if (y->label && y->label_count)
        return kor_task_fail(r, s->line, "'label' and 'labels' exclude each other");
    if (!tags && y->label_count)
        return kor_task_fail(r, s->line,
                             "'labels' goes with head tags only; 'label' with classify");
    if (!tags && y->label && !*y->label)
        return kor_task_fail(r, s->line, "label: it must not be empty");
    KOR_TRY(kor_task_number_at(r, s->line, "snippets", y->snippets, 1, 10000, true, &snippets));
    KOR_TRY(kor_task_number_at(r, s->line, "limit", y->limit, 1, 1e9, true, &limit));
    KOR_TRY(kor_task_number_at(r, s->line, "queries", y->queries, 1, 100, true, &queries));
    s->queries = (size_t)queries;
    s->snippets = (size_t)snippets;
    s->limit = (size_t)limit;
    s->labelled = given;
    if (y->label && *y->label) {
        char *one = y->label;
        return kor_task_list(r, &s->labels, &s->label_count, &one, 1);
    }
    return kor_task_list(r, &s->labels, &s->label_count, y->labels, y->label_count);
}

static kor_status read_source(kor_task_reader *r, const kor_source_yaml *y, kor_task_source *s)
{
    char why[KOR_LICENCE_WHY], what[300];
    double count = 1000;
    s->weight = 1;
    KOR_TRY(check_source(r, y, s->line));
    KOR_TRY(kor_task_number_at(r, s->line, "weight", y->weight, 0, 1000, false, &s->weight));
    KOR_TRY(kor_task_number_at(r, s->line, "count", y->count, 1, 1e7, true, &count));
    KOR_TRY(kor_task_number_at(r, s->line, "corrupt", y->corrupt, 0, 1, false, &s->corrupt));
    s->count = (size_t)count;
    if (y->licence && kor_licence_check(y->licence, why) == KOR_LICENCE_MALFORMED) {
        (void)snprintf(what, sizeof what, "licence '%.60s' is not an SPDX expression: %.80s",
                       y->licence, why);
        return kor_task_fail(r, s->line, what);
    }
    if (y->package)
        KOR_TRY(kor_task_text(r, &s->file, y->file));
    else
        KOR_TRY(kor_task_path(r, s->line, &s->file, y->file));
    KOR_TRY(kor_task_path(r, s->line, &s->grammar, y->grammar));
    KOR_TRY(kor_task_path(r, s->line, &s->teacher, y->teacher));
    KOR_TRY(kor_task_path(r, s->line, &s->label_map, y->label_map));
    KOR_TRY(kor_task_text(r, &s->package, y->package));
    KOR_TRY(kor_task_text(r, &s->sha512, y->sha512));
    KOR_TRY(kor_task_text(r, &s->reader, y->reader));
    KOR_TRY(kor_task_text(r, &s->part, y->part));
    KOR_TRY(kor_task_text(r, &s->licence, y->licence));
    KOR_TRY(kor_task_text(r, &s->text_column, y->text_column));
    KOR_TRY(kor_task_text(r, &s->label_column, y->label_column));
    KOR_TRY(read_cutting(r, y, s));
    const char *name = y->name      ? y->name
                       : y->package ? y->package
                       : y->grammar ? y->grammar
                       : y->teacher ? y->teacher
                                    : y->file;
    return kor_task_text(r, &s->name, name);
}

/* ---- All of them ---- */

/* What the model is measured with besides `gate`. */
static kor_status read_gate_sets(kor_task_reader *r, const kor_task_yaml *y)
{
    kor_task *t = r->out;
    if (!y->gate_set_count) return KOR_OK;
    kor_task_source *sets = kor_arena_array(&t->arena, y->gate_set_count, sizeof *sets);
    if (!sets) return kor_fail_memory(r->err);
    t->gate_sets = sets;
    t->gate_set_count = y->gate_set_count;
    for (size_t i = 0; i < t->gate_set_count; i++) {
        const kor_source_yaml *from = &y->gate_sets[i];
        sets[i].line = line_of_source(r, "gate_sets", i);
        if (from->grammar || from->teacher)
            return kor_task_fail(r, sets[i].line, "a gate set is a file or a package");
        if (from->weight)
            return kor_task_fail(r, sets[i].line, "'weight' does not go with a gate set");
        KOR_TRY(read_source(r, from, &sets[i]));
        KOR_TRY(kor_task_gates(r, from->gates, &sets[i].gates));
    }
    return KOR_OK;
}

kor_status kor_task_data(kor_task_reader *r, const kor_task_yaml *y)
{
    kor_task *t = r->out;
    t->hard_weight = 1;
    if (y->train && y->data_count)
        return kor_task_fail(r, kor_task_line(r, "data"), "'train' and 'data' exclude each other");
    if (y->hard_weight && !y->hard)
        return kor_task_fail(r, kor_task_line(r, "hard_weight"), "hard_weight needs 'hard'");
    KOR_TRY(kor_task_number(r, "hard_weight", y->hard_weight, 0.01, 1000, false, &t->hard_weight));
    KOR_TRY(kor_task_path(r, kor_task_line(r, "gate"), &t->gate, y->gate));
    KOR_TRY(kor_task_path(r, kor_task_line(r, "hard"), &t->hard, y->hard));
    KOR_TRY(read_gate_sets(r, y));
    if (!y->data_count) return KOR_OK;
    kor_task_source *data = kor_arena_array(&t->arena, y->data_count, sizeof *data);
    if (!data) return kor_fail_memory(r->err);
    t->data = data;
    t->data_count = y->data_count;
    for (size_t i = 0; i < t->data_count; i++) {
        data[i].line = line_of_source(r, "data", i);
        if (y->data[i].gates)
            return kor_task_fail(r, data[i].line, "'gates' goes with an entry of gate_sets");
        KOR_TRY(read_source(r, &y->data[i], &data[i]));
    }
    return KOR_OK;
}

/* ---- Licences ---- */

/* Where the task says nothing of them, licence and sources are those of its data. */
static kor_status join_sources(kor_task_reader *r)
{
    kor_task *t = r->out;
    char why[KOR_LICENCE_WHY], what[300];
    if (!t->data_count) return KOR_OK;
    kor_str all = {0};
    const char **names = kor_arena_array(&t->arena, t->data_count, sizeof *names);
    if (!names) return kor_fail_memory(r->err);
    for (size_t i = 0; i < t->data_count; i++) {
        const kor_task_source *s = &t->data[i];
        bool known = !s->licence;
        for (size_t j = 0; j < i && !known; j++)
            known = t->data[j].licence && strcmp(t->data[j].licence, s->licence) == 0;
        names[i] = s->name;
        if (t->ship && s->licence && kor_licence_check(s->licence, why) != KOR_LICENCE_SHIPS) {
            (void)snprintf(what, sizeof what, "its licence does not allow shipping: %s", why);
            kor_str_free(&all);
            return kor_task_fail(r, s->line, what);
        }
        if (!s->licence && !t->licence && t->ship) {
            kor_str_free(&all);
            return kor_task_fail(r, s->line,
                                 "ship: yes needs 'licence': an SPDX id of that of the data");
        }
        if (!known)
            kor_str_printf(&all, strstr(s->licence, " OR ") ? "%s(%s)" : "%s%s",
                           all.len ? " AND " : "", s->licence);
    }
    if (!t->sources) {
        t->sources = names;
        t->source_count = t->data_count;
    }
    kor_status status = all.failed ? kor_fail_memory(r->err) : KOR_OK;
    if (status == KOR_OK && !t->licence && all.len)
        status = kor_task_text(r, &t->licence, kor_str_text(&all));
    kor_str_free(&all);
    return status;
}

/* A licence must be well formed; of data for a model that is to be shipped it must allow that. */
kor_status kor_task_licence(kor_task_reader *r, const char *ship_text)
{
    static const char *const answers[] = {"no", "yes", NULL};
    char why[KOR_LICENCE_WHY], what[400];
    size_t ship;
    const kor_task *t = r->out;
    KOR_TRY(kor_task_choice(r, "ship", ship_text ? ship_text : "no", answers, &ship));
    r->out->ship = ship == 1;
    KOR_TRY(join_sources(r));
    if (r->out->ship && (!t->licence || !t->source_count)) {
        (void)snprintf(
            what, sizeof what, "ship: yes needs '%s': %s", t->licence ? "sources" : "licence",
            t->licence ? "a list of where the data come from" : "an SPDX id of that of the data");
        return kor_task_fail(r, kor_task_line(r, "ship"), what);
    }
    if (!t->licence) return KOR_OK;
    kor_licence_use use = kor_licence_check(t->licence, why);
    if (use == KOR_LICENCE_MALFORMED) {
        (void)snprintf(what, sizeof what,
                       "licence '%.60s' is not an SPDX expression, such as CC-BY-4.0 or "
                       "'MIT AND own': %.80s",
                       t->licence, why);
        return kor_task_fail(r, kor_task_line(r, "licence"), what);
    }
    if (!r->out->ship || use == KOR_LICENCE_SHIPS) return KOR_OK;
    (void)snprintf(what, sizeof what,
                   "licence '%.60s' does not allow shipping: %s; leave out 'ship' to train for "
                   "yourself",
                   t->licence,
                   strncmp(why, t->licence, strlen(t->licence)) == 0 ? why + strlen(t->licence) + 2
                                                                     : why);
    return kor_task_fail(r, kor_task_line(r, "licence"), what);
}
