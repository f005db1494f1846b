/* SPDX-License-Identifier: Apache-2.0 */
/* A new task folder: small, whole, and good enough to pass its own gate, so that the first edit
 * starts from something that works. */
#include "forge/forge.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct scaffold {
    const char *file, *text;
} scaffold;

enum { FILES = 5 };

#define LABELLED_README                                                                            \
    "A task of Korora. `korora forge NAME`, in the folder above `tasks`, makes the model and "     \
    "ships it\nto `models` when it passes its gate.\n\n"                                           \
    "What to edit:\n\n"                                                                            \
    "1. `gate.jsonl`: write this first. 50 rows or more that the model must get right, the way "   \
    "people\n   really write them. Nothing is learnt from it.\n"                                   \
    "2. `examples.chatito`: a grammar of sentences, an intent (`%[label]`) for each label,\n   a " \
    "slot (`@[label]`) for each span. Say "                                                        \
    "each thing\n   in ten ways; `korora generate` shows what comes out.\n"                        \
    "3. `hard.jsonl`: rows that the model got wrong, written by hand. They are always learnt "     \
    "from.\n"                                                                                      \
    "4. `task.yaml`: more sources under `data`, such as `{file: rows.csv, licence: own}`, and "    \
    "what the\n   gate asks for.\n\n"                                                              \
    "Rows of `gate.jsonl` that are nearly in the other files are taken out of those.\n"

static const scaffold classify[FILES] = {
    {"task.yaml", "name: NAME\n"
                  "head: classify\n"
                  "data:\n"
                  "  - {grammar: examples.chatito, count: 300, corrupt: 0.1, licence: own}\n"
                  "hard: hard.jsonl\n"
                  "hard_weight: 3\n"
                  "gate: gate.jsonl\n"
                  "gates: {accuracy: 0.8}\n"},
    {"examples.chatito", "%[light]\n"
                         "    ~[please?] ~[switch] the ~[lamp] ~[place?]\n"
                         "    ~[please?] make it ~[bright] ~[place?]\n"
                         "    it is too ~[bright] ~[place]\n"
                         "\n"
                         "%[music]\n"
                         "    ~[please?] ~[play] ~[some?] ~[kind] ~[sound]\n"
                         "    ~[please?] ~[play] the next ~[song]\n"
                         "    ~[please?] stop the ~[sound]\n"
                         "\n"
                         "%[weather]\n"
                         "    ~[will] it ~[rain] ~[day]\n"
                         "    how ~[warm] will it be ~[day]\n"
                         "    do I need ~[coat] ~[day?]\n"
                         "\n"
                         "~[please]\n    please\n    could you\n    can you please\n\n"
                         "~[switch]\n    switch on\n    switch off\n    turn on\n    turn off\n"
                         "    dim\n\n"
                         "~[lamp]\n    lamp\n    light\n    lights\n    lamps\n\n"
                         "~[place]\n    in the kitchen\n    in here\n    in the bedroom\n"
                         "    over the table\n\n"
                         "~[bright]\n    dark\n    bright\n    brighter\n    darker\n\n"
                         "~[play]\n    play\n    put on\n    start\n\n"
                         "~[some]\n    some\n    a bit of\n\n"
                         "~[kind]\n    quiet\n    loud\n    jazz\n    classical\n    piano\n\n"
                         "~[sound]\n    music\n    songs\n    tunes\n\n"
                         "~[song]\n    song\n    track\n    album\n\n"
                         "~[will]\n    will\n    is\n    does\n\n"
                         "~[rain]\n    rain\n    snow\n    going to rain\n    be sunny\n"
                         "    be windy\n\n"
                         "~[day]\n    today\n    tomorrow\n    this weekend\n    tonight\n"
                         "    on monday\n\n"
                         "~[warm]\n    warm\n    cold\n    hot\n\n"
                         "~[coat]\n    an umbrella\n    a coat\n    sunglasses\n"},
    {"hard.jsonl", "{\"text\": \"I can't see a thing in here\", \"label\": \"light\"}\n"
                   "{\"text\": \"the sun is in my eyes, lights off\", \"label\": \"light\"}\n"
                   "{\"text\": \"play it again\", \"label\": \"music\"}\n"
                   "{\"text\": \"a song about the rain please\", \"label\": \"music\"}\n"
                   "{\"text\": \"umbrella or not\", \"label\": \"weather\"}\n"
                   "{\"text\": \"how many degrees outside\", \"label\": \"weather\"}\n"},
    {"gate.jsonl", "{\"text\": \"lights off in the hall\", \"label\": \"light\"}\n"
                   "{\"text\": \"it's so dark, the lamp please\", \"label\": \"light\"}\n"
                   "{\"text\": \"turn the bedroom light down a little\", \"label\": \"light\"}\n"
                   "{\"text\": \"switch every lamp off\", \"label\": \"light\"}\n"
                   "{\"text\": \"put on something with piano\", \"label\": \"music\"}\n"
                   "{\"text\": \"next track\", \"label\": \"music\"}\n"
                   "{\"text\": \"I want to hear some jazz music\", \"label\": \"music\"}\n"
                   "{\"text\": \"stop that song\", \"label\": \"music\"}\n"
                   "{\"text\": \"rain tomorrow?\", \"label\": \"weather\"}\n"
                   "{\"text\": \"is it cold on sunday\", \"label\": \"weather\"}\n"
                   "{\"text\": \"will I need my coat tonight\", \"label\": \"weather\"}\n"
                   "{\"text\": \"how warm will the weekend be\", \"label\": \"weather\"}\n"},
    {"README.md", "# NAME\n\n" LABELLED_README},
};

/* The same rows, of a model that gives any number of labels. */
static const char tags_task[] =
    "name: NAME\n"
    "head: tags\n"
    "data:\n"
    "  - {grammar: examples.chatito, count: 300, corrupt: 0.1, licence: own}\n"
    "hard: hard.jsonl\n"
    "hard_weight: 3\n"
    "gate: gate.jsonl\n"
    "gates: {micro_f1: 0.6}\n";

static const char tags_hard[] =
    "{\"text\": \"lights off and play some jazz\", \"labels\": [\"light\", \"music\"]}\n"
    "{\"text\": \"dim the lamp and put on quiet music\", \"labels\": [\"light\", \"music\"]}\n"
    "{\"text\": \"a song about the rain please\", \"labels\": [\"music\"]}\n"
    "{\"text\": \"will it rain, and turn on the light\", \"labels\": [\"light\", \"weather\"]}\n"
    "{\"text\": \"where is my passport\", \"labels\": []}\n"
    "{\"text\": \"write to the landlord\", \"labels\": []}\n";

static const char spans_task[] =
    "name: NAME\n"
    "head: spans\n"
    "data:\n"
    "  - {grammar: examples.chatito, count: 400, corrupt: 0.05, licence: own}\n"
    "hard: hard.jsonl\n"
    "hard_weight: 3\n"
    "gate: gate.jsonl\n"
    "gates: {span_f1: 0.7}\n";

static const char spans_grammar[] =
    "%[shopping]\n"
    "    ~[please?] ~[get] @[count] @[item]\n"
    "    ~[please?] ~[get] @[item] ~[and] @[count] @[item]\n"
    "    we need @[item] ~[day?]\n"
    "    @[count] @[item] for the soup\n"
    "    I will be home ~[day?]\n"
    "\n"
    "@[count]\n    two\n    three\n    ten\n    a dozen\n    6\n\n"
    "@[item]\n    apples\n    red onions\n    milk\n    bread\n    olive oil\n    eggs\n"
    "    tomatoes\n    green tea\n\n"
    "~[please]\n    please\n    could you\n\n"
    "~[get]\n    buy\n    get\n    bring\n    pick up\n\n"
    "~[and]\n    and\n    with\n\n"
    "~[day]\n    tomorrow\n    today\n";

static const char spans_hard[] = "{\"tokens\": [\"no\", \"milk\", \"in\", \"here\"], "
                                 "\"tags\": [\"O\", \"B-item\", \"O\", \"O\"]}\n"
                                 "{\"tokens\": [\"two\", \"of\", \"us\", \"come\"], "
                                 "\"tags\": [\"O\", \"O\", \"O\", \"O\"]}\n";

static const char spans_gate[] =
    "{\"tokens\": [\"can\", \"you\", \"get\", \"ten\", \"eggs\"], "
    "\"tags\": [\"O\", \"O\", \"O\", \"B-count\", \"B-item\"]}\n"
    "{\"tokens\": [\"we\", \"still\", \"need\", \"olive\", \"oil\"], "
    "\"tags\": [\"O\", \"O\", \"O\", \"B-item\", \"I-item\"]}\n"
    "{\"tokens\": [\"bring\", \"three\", \"red\", \"onions\", \"home\"], "
    "\"tags\": [\"O\", \"B-count\", \"B-item\", \"I-item\", \"O\"]}\n"
    "{\"tokens\": [\"are\", \"you\", \"home\", \"today\"], "
    "\"tags\": [\"O\", \"O\", \"O\", \"O\"]}\n"
    "{\"tokens\": [\"buy\", \"bread\", \"and\", \"two\", \"apples\"], "
    "\"tags\": [\"O\", \"B-item\", \"O\", \"B-count\", \"B-item\"]}\n";

#define PAIRS(text)                                                                                \
    "{\"query\": \"where is my passport\", \"positive\": \"the passport is in the desk" text       \
    "\"}\n"                                                                                        \
    "{\"query\": \"when is the dentist\", \"positive\": \"dentist on tuesday at ten" text "\"}\n"  \
    "{\"query\": \"who has the spare key\", \"positive\": \"gave the spare key to Ada" text        \
    "\"}\n"                                                                                        \
    "{\"query\": \"how much was the rent\", \"positive\": \"rent went up to 900" text "\"}\n"      \
    "{\"query\": \"which bus to the station\", \"positive\": \"bus 12 goes to the station" text    \
    "\"}\n"                                                                                        \
    "{\"query\": \"what was the wifi password\", \"positive\": \"the wifi password is on the "     \
    "fridge" text "\"}\n"                                                                          \
    "{\"query\": \"where did I park\", \"positive\": \"parked the car behind the library" text     \
    "\"}\n"                                                                                        \
    "{\"query\": \"name of the plumber\", \"positive\": \"the plumber is called Berg" text "\"}\n"

static const scaffold pairs[FILES] = {
    {"task.yaml", "name: NAME\n"
                  "head: HEAD\n"
                  "data:\n"
                  "  - {file: rows.jsonl, licence: own}\n"
                  "hard: hard.jsonl\n"
                  "hard_weight: 3\n"
                  "gate: gate.jsonl\n"
                  "gates: {mrr: 0.5}\n"},
    {"rows.jsonl", PAIRS("") PAIRS(", I noted it") PAIRS(" as of may")},
    {"hard.jsonl",
     "{\"query\": \"passport\", \"positive\": \"it is in the desk, with the other papers\", "
     "\"negatives\": [\"pass the port, please\"]}\n"
     "{\"query\": \"teeth\", \"positive\": \"dentist on tuesday\", \"negatives\": [\"the saw has "
     "teeth\"]}\n"},
    {"gate.jsonl",
     "{\"query\": \"where are the scissors\", \"positive\": \"scissors are in the top drawer\"}\n"
     "{\"query\": \"when does the shop close\", \"positive\": \"the shop will close at nine\"}\n"
     "{\"query\": \"who is the new neighbour\", \"positive\": \"the neighbour is called Lin\"}\n"
     "{\"query\": \"size of the table\", \"positive\": \"the table is 80 by 120\"}\n"
     "{\"query\": \"birthday of mother\", \"positive\": \"mother has her birthday in june\"}\n"
     "{\"query\": \"which doctor was good\", \"positive\": \"doctor Weiss was good\"}\n"},
    {"README.md",
     "# NAME\n\nA task of Korora. `korora forge NAME`, in the folder above `tasks`, makes the "
     "model "
     "and ships it\nto `models` when it passes its gate.\n\nWhat to edit:\n\n"
     "1. `gate.jsonl`: write this first. Queries with the text that answers each; nothing is "
     "learnt from\n   it.\n"
     "2. `rows.jsonl`: the same to learn from, hundreds of them; `negatives` may name wrong "
     "texts.\n"
     "3. `hard.jsonl`: what the model got wrong, written by hand. They are always learnt from.\n"
     "4. `task.yaml`: more sources under `data`, and what the gate asks for.\n"},
};

/* A file with the task's own names in it. */
static kor_status put(const char *folder, const char *file, const char *text, const char *name,
                      const char *head, kor_error *err)
{
    char path[4400];
    kor_str out = {0};
    kor_writer w;
    for (const char *s = text; *s;) {
        bool is_name = strncmp(s, "NAME", 4) == 0, is_head = strncmp(s, "HEAD", 4) == 0;
        if (is_name || is_head)
            kor_str_puts(&out, is_name ? name : head);
        else
            kor_str_putc(&out, *s);
        s += is_name || is_head ? 4 : 1;
    }
    (void)snprintf(path, sizeof path, "%.4000s/%s", folder, file);
    kor_status status = out.failed ? kor_fail_memory(err) : kor_writer_open(&w, path, err);
    if (status == KOR_OK) {
        status = kor_writer_add(&w, out.data, out.len, err);
        if (status == KOR_OK) status = kor_writer_commit(&w, err);
        if (status != KOR_OK) kor_writer_abandon(&w);
    }
    kor_str_free(&out);
    return status;
}

/* What differs where the rows have tags or spans instead of a label. */
static const char *text_of(const scaffold *s, kor_head_kind head)
{
    const scaffold others[] = {
        {"task.yaml", head == KOR_HEAD_TAGS ? tags_task : spans_task},
        {"hard.jsonl", head == KOR_HEAD_TAGS ? tags_hard : spans_hard},
        {"gate.jsonl", head == KOR_HEAD_TAGS ? s->text : spans_gate},
        {"examples.chatito", head == KOR_HEAD_TAGS ? s->text : spans_grammar}};
    if (head != KOR_HEAD_TAGS && head != KOR_HEAD_SPANS) return s->text;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(others[i].file, s->file) == 0) return others[i].text;
    }
    return s->text;
}

kor_status kor_forge_new(const char *tasks, const char *name, kor_head_kind head, kor_error *err)
{
    bool paired = head == KOR_HEAD_RANK || head == KOR_HEAD_EMBED;
    const scaffold *files = paired ? pairs : classify;
    char folder[4200];
    struct stat st;
    /* It becomes a word of a YAML file, and the name of files. */
    if (!*name || *name == '-' || *name == '.' || strlen(name) > 100 ||
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
            strlen(name))
        return kor_fail(err, KOR_E_ARG,
                        "'%.100s': a task's name is of letters, digits, '-', '_' and '.'", name);
    int n = snprintf(folder, sizeof folder, "%s/%s", tasks, name);
    if (n < 0 || n > 4000) return kor_fail(err, KOR_E_ARG, "%.80s...: path too long", tasks);
    if (stat(folder, &st) == 0)
        return kor_fail(err, KOR_E_ARG, "%s: it is there already; nothing was changed", folder);
    KOR_TRY(kor_make_dirs(folder, err));
    for (size_t i = 0; i < FILES; i++)
        KOR_TRY(
            put(folder, files[i].file, text_of(&files[i], head), name, kor_head_name(head), err));
    return KOR_OK;
}
