/* SPDX-License-Identifier: Apache-2.0 */
#include "colony/yaml_file.h"

#include "base/file.h"
#include "text/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

kor_status kor_yaml_wrong(const kor_yaml_file *file, const yaml_node_t *node, kor_error *err,
                          const char *fmt, ...)
{
    char what[240];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return kor_fail(err, KOR_E_INPUT, "%s:%zu: %s", file->path,
                    node ? node->start_mark.line + 1 : (size_t)1, what);
}

static kor_status fail_parser(const kor_yaml_file *file, const yaml_parser_t *parser,
                              kor_error *err)
{
    return kor_fail(err, KOR_E_INPUT, "%s:%zu: no YAML: %s", file->path,
                    parser->problem_mark.line + 1,
                    parser->problem ? parser->problem : "it cannot be read");
}

/* What a second document says would be left out without a word. */
static kor_status check_end(kor_yaml_file *file, yaml_parser_t *parser, kor_error *err)
{
    yaml_document_t more;
    if (!yaml_parser_load(parser, &more)) return fail_parser(file, parser, err);
    const yaml_node_t *root = yaml_document_get_root_node(&more);
    kor_status status =
        root ? kor_yaml_wrong(file, root, err, "a second document: one is all it may have")
             : KOR_OK;
    yaml_document_delete(&more);
    return status;
}

enum { OPEN_MAX = 10000 }; /* brackets */

/* The parser takes the square of the depth. */
static bool is_nested_for_harm(const kor_str *text)
{
    size_t open = 0;
    for (size_t i = 0; i < text->len; i++) open += text->data[i] == '[' || text->data[i] == '{';
    return open > OPEN_MAX;
}

static kor_status load(kor_yaml_file *out, const kor_str *text, kor_error *err)
{
    if (is_nested_for_harm(text))
        return kor_fail(err, KOR_E_INPUT, "%s:1: more than %d brackets are opened", out->path,
                        OPEN_MAX);
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return kor_fail_memory(err);
    yaml_parser_set_input_string(&parser, (const unsigned char *)kor_str_text(text), text->len);
    kor_status status = KOR_OK;
    if (!yaml_parser_load(&parser, &out->document)) {
        status = fail_parser(out, &parser, err);
    } else if (yaml_document_get_root_node(&out->document)) {
        status = check_end(out, &parser, err);
        if (status != KOR_OK) yaml_document_delete(&out->document);
    }
    yaml_parser_delete(&parser);
    return status;
}

kor_status kor_yaml_file_open(kor_yaml_file *out, const char *path, kor_error *err)
{
    kor_str text = {0};
    *out = (kor_yaml_file){.path = path};
    kor_status status = kor_file_read(&text, path, KOR_YAML_FILE_MAX, err);
    if (status == KOR_OK) status = load(out, &text, err);
    kor_str_free(&text);
    return status;
}

void kor_yaml_file_close(kor_yaml_file *file)
{
    yaml_document_delete(&file->document);
}

const yaml_node_t *kor_yaml_root(kor_yaml_file *file)
{
    return yaml_document_get_root_node(&file->document);
}

const yaml_node_t *kor_yaml_node(kor_yaml_file *file, int index)
{
    return yaml_document_get_node(&file->document, index);
}

const char *kor_yaml_text(const yaml_node_t *node)
{
    if (!node || node->type != YAML_SCALAR_NODE) return NULL;
    const char *s = (const char *)node->data.scalar.value;
    return strlen(s) == node->data.scalar.length ? s : NULL;
}

/* What YAML takes for the end of a line, or does not allow in a file at all. */
static bool is_escaped(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029 || cp == 0xfeff ||
           cp == 0xfffe || cp == 0xffff;
}

void kor_yaml_put(kor_str *out, const char *text, size_t len)
{
    size_t n;
    kor_str_putc(out, '"');
    for (size_t i = 0; i < len; i += n) {
        uint32_t cp;
        n = kor_utf8_decode(text + i, len - i, &cp);
        if (is_escaped(cp)) {
            kor_str_printf(out, "\\u%04x", (unsigned)cp);
            continue;
        }
        if (cp == '"' || cp == '\\') kor_str_putc(out, '\\');
        kor_str_add(out, text + i, n);
    }
    kor_str_putc(out, '"');
}

kor_status kor_yaml_file_write(const kor_str *text, const char *path, kor_error *err)
{
    kor_writer w;
    if (text->failed) return kor_fail_memory(err);
    if (text->len > KOR_YAML_FILE_MAX)
        return kor_fail(err, KOR_E_INPUT, "%s: it would have more than %d bytes", path,
                        KOR_YAML_FILE_MAX);
    KOR_TRY(kor_writer_open(&w, path, err));
    kor_status status = kor_writer_add(&w, text->data, text->len, err);
    if (status == KOR_OK) status = kor_writer_commit(&w, err);
    if (status != KOR_OK) kor_writer_abandon(&w);
    return status;
}
