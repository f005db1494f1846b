/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share: options, output for people and for programs, and where things are. */
#ifndef KOR_CLI_H
#define KOR_CLI_H

#include "base/str.h"
#include "learn/measured.h"
#include "memory/annotations.h"
#include "memory/corrections.h"
#include "memory/ingest.h"
#include "serve/model_answers.h"
#include "serve/shapes.h"
#include "serve/wanted.h"

#include <jansson.h>
#include <stdio.h>

/* What the program promises its callers. */
enum { EXIT_DONE = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

/* ---- Commands and their options ---- */

typedef struct kor_option {
    const char *name;  /* "--limit", or "-o" */
    const char *value; /* "N" in help; NULL for a switch */
    const char *help;
    const char **text; /* set to the value given */
    bool *on;          /* set when a switch is given */
} kor_option;

typedef struct kor_command {
    const char *name, *summary;
    const char *usage;                 /* after "korora NAME " */
    const char *details;               /* more help, with examples; lines end in \n */
    int (*run)(int argc, char **argv); /* argv[0] is the command; returns the exit code */
} kor_command;

extern const kor_command kor_command_add, kor_command_bench, kor_command_consult,
    kor_command_clients, kor_command_convert, kor_command_correct, kor_command_doctor,
    kor_command_eval, kor_command_exclude, kor_command_export, kor_command_forge,
    kor_command_forget, kor_command_generate, kor_command_import, kor_command_log, kor_command_mcp,
    kor_command_models, kor_command_reannotate, kor_command_recall, kor_command_related,
    kor_command_run, kor_command_serve, kor_command_show, kor_command_stats, kor_command_teach,
    kor_command_timeline, kor_command_train, kor_command_version, kor_command_when;

extern const kor_command *const kor_commands[]; /* ends with NULL */

enum { KOR_ARGS_MAX = 256 };

typedef struct kor_args {
    const kor_command *command;
    const char *home;               /* --home, or NULL */
    bool json;                      /* --json */
    const char *word[KOR_ARGS_MAX]; /* what is not an option */
    size_t words;
} kor_args;

/* Read argv by options (ending with a NULL name; may be NULL) and by --home, --json and --help,
 * which every command has. Between least and most words must be left. False when the command is
 * done, with *code to return: after --help, or with a message for wrong use. "--" ends the options.
 */
bool kor_args_parse(kor_args *a, const kor_command *command, const kor_option *options,
                    size_t least, size_t most, int argc, char **argv, int *code);

/* One line on stderr: "korora COMMAND: MESSAGE", safe for a terminal like kor_print_line. Without a
 * command: "korora: MESSAGE". */
void kor_say(const kor_command *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Say what is wrong and return the exit code for it. */
int kor_report(const kor_command *command, const kor_error *err);
int kor_wrong_use(const kor_command *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A whole number between least and most from text (NULL: fallback). */
bool kor_parse_number(const kor_command *command, const char *option, const char *text, long least,
                      long most, long fallback, long *out, int *code);

/* ---- Places ---- */

/* The memory's folder: --home, else $KORORA_HOME, else $XDG_DATA_HOME/korora, else
 * ~/.local/share/korora. */
kor_status kor_home(char out[4096], const kor_args *a, kor_error *err);

/* The folders that models are looked for in, in order: $KORORA_MODELS, HOME/models, beside the
 * program ("models"), the checkout's or the install prefix's. Returns how many. */
enum { KOR_MODEL_FOLDERS = 5 };
size_t kor_model_folders(char out[KOR_MODEL_FOLDERS][4096], const char *home);

/* The file of a model: a path when it has a '/' or ends in ".gguf", else the personal one of that
 * name, else NAME.gguf in those folders. */
kor_status kor_model_find(char out[4096], const char *name, const char *home, kor_error *err);

/* The same but for paths and personal models: what a personal one is made of and stands before. */
kor_status kor_model_find_shipped(char out[4096], const char *name, const char *home,
                                  kor_error *err);

/* HOME/personal/NAME.gguf, when there is one that is whole and whose trunk is here; one that is not
 * is told once on stderr. */
#define KOR_PERSONAL_FOLDER "personal"
bool kor_model_personal(char out[4096], const char *name, const char *home);

/* The models as `models --json` lists them, but for how fast they are. */
json_t *kor_models_json(const char *home);

/* One of them by its name, with the names of its labels, its card, and whether it has a figure;
 * and that figure, NAME.svg beside its file, added to out. KOR_E_NOT_FOUND when the list has no
 * such name: a path is none. */
kor_status kor_model_json(json_t **out, const char *name, const char *home, kor_error *err);
kor_status kor_model_figure(kor_str *out, const char *name, const char *home, kor_error *err);

/* Read FIELD=LABELS (see 'korora correct --help') after the *count corrections in *list; both are
 * the arena's. */
kor_status kor_correction_read(const char *word, const char *home, kor_arena *arena,
                               kor_correction **list, size_t *count, kor_error *err);

/* The folder of tasks: "tasks", else the checkout's or the install prefix's. */
void kor_tasks_folder(char out[4096]);

/* An open model, and the trunk it stands on (NULL when it stands alone). */
typedef struct kor_loaded {
    kor_model *model, *trunk;
} kor_loaded;

/* Open the model in a file. Its trunk is looked for beside it, then as kor_model_find does. */
kor_status kor_model_load(kor_loaded *out, const char *path, const char *home, kor_error *err);
void kor_model_unload(kor_loaded *loaded);

/* Open the encoder of this name, to train on; *out is NULL where there is none. Where there is no
 * trunk, the base model takes its place. */
kor_status kor_base_open(kor_model **out, const char *name, const kor_args *a, kor_error *err);

/* The file of the trunk, which memories and models without a base of their own read texts with; the
 * base model's where that is all there is. */
kor_status kor_trunk_find(char out[4096], const char *home, kor_error *err);

/* The trunk. */
kor_status kor_trunk_open(kor_model **out, const kor_args *a, kor_error *err);

/* One answer, whatever the head: an embedding, a probability for each label, or the score of a text
 * with itself. out has room for kor_answer_size floats; of spans, which are found for the time it
 * takes, nothing is put there. */
kor_status kor_answer(kor_ctx *ctx, const kor_model_info *info, const char *text, size_t len,
                      float *out, kor_error *err);

/* Print the last limit requests of the access log (0: all there are). Returns the exit code. */
int kor_print_log(const kor_args *a, size_t limit);

/* korora forge NAME --personal [--undo]. tasks NULL: kor_tasks_folder. Returns the exit code. */
int kor_forge_personal(const kor_args *a, const char *tasks, bool undo);

/* korora run colony: the whole chain over text, or over each line of the files after the first
 * word. Returns the exit code. */
int kor_run_colony(const kor_args *a, const char *text, bool jsonl);

/* Print how good a model of head rank or embed is on pairs. */
void kor_eval_pairs(const kor_measured *measured, bool embeds, bool json);

/* ---- A memory with its embedder, opened together ---- */

typedef struct kor_session {
    char home[4096];
    kor_zone *zone;
    kor_model *embedder; /* NULL when there is none: recall is lexical then */
    kor_memory *memory;
    int64_t now_ms;
    kor_colony *colony; /* these three once kor_session_open_colony has opened them */
    kor_guard *guard;
    kor_loaded secrets;
} kor_session;

/* A time from the command line, to be read in the user's zone. */
typedef struct kor_time_arg {
    const char *option; /* "--since"; NULL ends a list */
    const char *text;   /* as given; NULL: *ms is left as it is */
    int64_t *ms;
    int32_t *offset_min; /* or NULL */
} kor_time_arg;

/* Read times (may be NULL), then open home's memory, so that a time which is none leaves nothing
 * behind. The present is now unless times set s->now_ms; it comes first then. With embed the base
 * model is opened too; where there is none, that is said on stderr. On a failure it is reported,
 * and *code is the exit code. */
bool kor_session_open(kor_session *s, const kor_args *a, kor_memory_mode mode, bool embed,
                      const kor_time_arg *times, int *code);
void kor_session_close(kor_session *s);

/* Open the guard and the colony of a session, for whoever writes. A failure is one of the guard:
 * nothing must be stored without it. A colony.yaml that is wrong is told on stderr, and events are
 * stored without annotations; models that are away are named. */
kor_status kor_session_open_colony(kor_session *s, const kor_command *command, kor_error *err);

/* The two apart. KOR_E_NOT_FOUND when there is no colony.yaml. */
kor_status kor_colony_load(kor_colony **out, const kor_session *s, kor_error *err);
kor_status kor_guard_load(kor_session *s, kor_error *err);

/* What the guard did: ", 3 secrets cut out (2 token, 1 card), 1 excluded (site)"; nothing where
 * it did nothing. */
void kor_print_guarded(const kor_guard_counts *counts);

/* ---- What must hold of an event: --kind, --tag, --entity, --link, --has ---- */

/* Four options of a command; to be followed by kor_wants_read. */
#define KOR_WANTS_OPTIONS(w)                                                                       \
    {"--kind", "K", "only notes, code, mail ...: one of them, or several with commas", &(w).kind,  \
     NULL},                                                                                        \
        {"--tag", "T", "only what has this tag, or one of several", &(w).tag, NULL},               \
        {"--entity", "E", "only what names this: a person, a project, or a type of them",          \
         &(w).entity, NULL},                                                                       \
        {"--link", "L", "only what has such a link: a part of it, or its kind", &(w).link, NULL},  \
    {                                                                                              \
        "--has", "F=L", "only where a model of yours says so: FIELD=LABEL, or FIELD", &(w).has,    \
            NULL                                                                                   \
    }

/* Read them into list; free with kor_wants_free, after a failure too. */
bool kor_wants_read(kor_wants *w, const kor_command *command, int *code);

/* Where nothing was found: which of the labels asked for no event has, and what there is. */
void kor_wants_explain(const kor_wants *w, kor_memory *memory);

/* ---- Output ---- */

typedef enum kor_style {
    KOR_PLAIN,
    KOR_BOLD,
    KOR_DIM,
    KOR_BLUE,
    KOR_GREEN,
    KOR_YELLOW,
    KOR_RED
} kor_style;

/* printf to stdout in a style; plain when stdout is no terminal or NO_COLOR is set. */
void kor_print(kor_style style, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Print text from an event, safe for a terminal: one line (white space runs become a space),
 * control characters left out, cut with an ellipsis after width columns (0: not cut). Returns the
 * columns used. */
size_t kor_print_line(kor_style style, const char *text, size_t len, size_t width);

/* The same for a short name in a table: at least width columns, at most twice as many, and two
 * spaces. */
void kor_print_cell(kor_style style, const char *text, size_t width);

/* The same, as many lines as it has, indented; control characters shown as U+FFFD. */
void kor_print_block(const char *text, size_t len, int indent);

/* Columns of the terminal, 100 when there is none. */
size_t kor_columns(void);

/* Send what was printed to stdout on its way. NULL, or why something did not arrive, now or before;
 * callers set errno to 0 before they print. */
const char *kor_flush(void);

/* Write a JSON value as one line to stdout and free it. */
void kor_print_json(json_t *value);

/* The corrections of an event: a line for each field. */
void kor_print_corrections(const kor_correction *list, size_t count, const kor_zone *zone);

/* What holds of an event: a line for each field. */
void kor_print_said(const kor_said *list, size_t count, const kor_event *event);

/* A range of time as a line, with the rule (may be NULL) it was read by. An end that is open is
 * left out. */
void kor_print_range(int64_t from_ms, int64_t to_ms, const char *rule, const kor_zone *zone);

/* A progress bar on stderr, when that is a terminal. fraction below 0: only the count moves. */
void kor_progress(const char *what, double fraction, int64_t count, double seconds);
void kor_progress_clear(void);

double kor_seconds(void); /* a monotonic clock */

/* 12345 as "12,345", in one of a few static buffers. */
const char *kor_grouped(int64_t n);

/* "1 event", "12,345 events"; likewise. */
const char *kor_counted(int64_t n, const char *noun);

#endif
