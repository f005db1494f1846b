/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/file.h"

#include <string.h>

enum { PIECE = 65536 };

typedef struct exporter {
    kor_writer *file; /* NULL: to stdout */
    kor_str rows;
    int64_t count;
    kor_status status;
    kor_error err;
} exporter;

static bool flush(exporter *x)
{
    if (x->rows.failed)
        x->status = kor_fail_memory(&x->err);
    else if (x->file)
        x->status = kor_writer_add(x->file, kor_str_text(&x->rows), x->rows.len, &x->err);
    else if (fwrite(kor_str_text(&x->rows), 1, x->rows.len, stdout) != x->rows.len)
        return false; /* main says what is wrong with it */
    kor_str_clear(&x->rows);
    return x->status == KOR_OK;
}

static bool put_row(void *arg, const kor_event *event)
{
    exporter *x = arg;
    kor_put_row(&x->rows, event);
    x->count++;
    return x->rows.len < PIECE || flush(x);
}

static kor_status export_to(exporter *x, kor_memory *memory, kor_error *err)
{
    KOR_TRY(kor_memory_each_after(memory, 0, put_row, x, err));
    if (x->status == KOR_OK) (void)flush(x);
    if (x->status == KOR_OK && x->file) x->status = kor_writer_commit(x->file, &x->err);
    if (err) *err = x->err;
    return x->status;
}

static int run(int argc, char **argv)
{
    const char *file = NULL;
    const kor_option options[] = {
        {"-o", "FILE", "write it there, whole or not at all; default standard output", &file, NULL},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_export, options, 0, 0, argc, argv, &code)) return code;
    kor_session s;
    if (!kor_session_open(&s, &a, KOR_MEMORY_READ, false, NULL, &code)) return code;
    kor_writer writer;
    kor_error err;
    exporter x = {0};
    kor_status status = file ? kor_writer_open(&writer, file, &err) : KOR_OK;
    if (status == KOR_OK) {
        if (file) x.file = &writer;
        status = export_to(&x, s.memory, &err);
        if (file) kor_writer_abandon(&writer);
    }
    code = status == KOR_OK ? EXIT_DONE : kor_report(a.command, &err);
    if (status == KOR_OK && file && a.json)
        kor_print_json(json_pack("{s:I}", "events", (json_int_t)x.count));
    else if (status == KOR_OK && file)
        printf("wrote %s\n", kor_counted(x.count, "event"));
    kor_str_free(&x.rows);
    kor_session_close(&s);
    return code;
}

const kor_command kor_command_export = {
    .name = "export",
    .summary = "all events as lines of JSON",
    .usage = "[-o FILE]",
    .details =
        "Events of all scopes in the order they were stored, a line each, as 'korora import jsonl' "
        "takes\nthem: what models and you said of them is left out, and made anew by the import. "
        "Secrets were cut\nout when the events were stored.\n\n"
        "  korora export -o events.jsonl\n"
        "  korora import jsonl events.jsonl --home elsewhere\n",
    .run = run,
};
