/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "forge/grammar.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void say_remark(void *arg, const char *line)
{
    (void)arg;
    kor_say(&kor_command_generate, "%s", line);
}

static kor_status print_row(void *arg, const kor_grammar_row *row, kor_error *err)
{
    kor_str *line = arg;
    kor_str_clear(line);
    kor_grammar_row_json(line, row);
    kor_str_putc(line, '\n');
    if (line->failed) return kor_fail_memory(err);
    /* Nobody may be reading any more: ten million rows are not made for a closed pipe. */
    if (fwrite(line->data, 1, line->len, stdout) != line->len)
        return kor_fail(err, KOR_E_IO, "cannot write the rows: %s", strerror(errno));
    return KOR_OK;
}

static bool parse_share(const kor_command *command, const char *text, double *out, int *code)
{
    char *end;
    if (!text) return true;
    *out = strtod(text, &end);
    if (end != text && !*end && *out >= 0 && *out <= 1) return true;
    *code =
        kor_wrong_use(command, "--corrupt '%s': expected a share of the rows from 0 to 1", text);
    return false;
}

static int run(int argc, char **argv)
{
    const char *count = NULL, *seed = NULL, *corrupt = NULL;
    kor_grammar_options o = {.remarks = {say_remark, NULL}};
    const kor_option options[] = {
        {"--count", "N", "rows in all; default what the grammar asks for", &count, NULL},
        {"--seed", "N", "another choice of sentences; default 1", &seed, NULL},
        {"--corrupt", "SHARE", "share of the rows that get mistakes, 0 to 1; default 0", &corrupt,
         NULL},
        {"--balanced", NULL, "the same number of rows for each intent", NULL, &o.balanced},
        {0},
    };
    kor_args a;
    int code;
    long rows, seeded;
    if (!kor_args_parse(&a, &kor_command_generate, options, 1, 1, argc, argv, &code)) return code;
    if (!kor_parse_number(a.command, "--count", count, 1, KOR_GRAMMAR_ROWS, 0, &rows, &code) ||
        !kor_parse_number(a.command, "--seed", seed, 0, 9007199254740991, 1, &seeded, &code) ||
        !parse_share(a.command, corrupt, &o.corruption.share, &code)) {
        return code;
    }
    o.count = (uint64_t)rows;
    o.seed = (uint64_t)seeded;
    kor_error err;
    kor_grammar *g;
    if (kor_grammar_load(&g, a.word[0], NULL, &err) != KOR_OK) return kor_report(a.command, &err);
    kor_str line = {0};
    errno = 0;
    kor_status status = kor_grammar_generate(g, &o, print_row, &line, &err);
    kor_str_free(&line);
    kor_grammar_free(g);
    return status == KOR_OK ? EXIT_DONE : kor_report(a.command, &err);
}

const kor_command kor_command_generate = {
    .name = "generate",
    .summary = "example sentences from a grammar",
    .usage = "FILE.chatito [--count N] [--seed N] [--corrupt SHARE] [--balanced]",
    .details =
        "Writes one JSON object a line: {\"text\", \"label\", \"spans\"}, rows for 'korora train'. "
        "The label is\n"
        "the intent, a span a slot, with offsets in characters. No text comes twice within an "
        "intent. The\n"
        "grammar is in the Chatito language; it may import files of its own folder and below.\n"
        "\n"
        "  korora generate tasks/home/home.chatito --count 1000 --balanced > rows.jsonl\n"
        "  korora generate tasks/home/home.chatito --count 20 --corrupt 0.5\n",
    .run = run,
};
