/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/reply.h"

#include "base/str.h"
#include "forge/teacher_config.h"
#include "text/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TOKENS_MAX 1e9 /* of one request; what claims more is not believed */

static bool has_key(const char *text, size_t len, const char *key)
{
    return key && *key && memmem(text, len, key, strlen(key));
}

/* ---- Texts ---- */

/* A row's text in one line: runs of white space and control characters are a space, none at the
 * ends. NULL when there is nothing left, too much, or what must not be there. */
static json_t *clean_text(const char *text, size_t len, const char *key)
{
    kor_str s = {0};
    json_t *out = NULL;
    if (len > 4 * KOR_REPLY_TEXT || memchr(text, 0, len) || has_key(text, len, key)) return NULL;
    for (size_t i = 0; i < len; i++) {
        bool space = (unsigned char)text[i] <= ' ' || text[i] == 0x7f;
        if (!space)
            kor_str_putc(&s, text[i]);
        else if (s.len && s.data[s.len - 1] != ' ')
            kor_str_putc(&s, ' ');
    }
    while (s.len && s.data[s.len - 1] == ' ') s.len--;
    /* Without its control characters a text may spell what was not there before. */
    if (!s.failed && s.len && s.len <= KOR_REPLY_TEXT && !has_key(s.data, s.len, key))
        out = json_stringn(s.data, s.len);
    kor_str_free(&s);
    return out;
}

static size_t find_label(const kor_asked *asked, json_t *label)
{
    const char *name = json_string_value(label);
    return name ? kor_labels_find(asked->labels, name, json_string_length(label)) : SIZE_MAX;
}

/* ---- Rows of each kind ---- */

static bool take_row(kor_answer *out, const kor_asked *asked, json_t *row)
{
    json_t *text = json_object_get(row, "text");
    if (!json_is_string(text)) return false;
    if (find_label(asked, json_object_get(row, "label")) != asked->label) {
        out->other_labels++;
        return true;
    }
    json_t *clean = clean_text(json_string_value(text), json_string_length(text), asked->key);
    if (!clean) return false;
    json_t *made =
        json_pack("{s:o,s:s}", "text", clean, "label", asked->labels->name[asked->label]);
    return made && json_array_append_new(out->rows, made) == 0;
}

static bool take_number(kor_answer *out, const kor_asked *asked, json_t *row)
{
    json_int_t number = json_integer_value(json_object_get(row, "number"));
    if (number < 1 || (size_t)number > asked->texts) return false;
    size_t i, label = find_label(asked, json_object_get(row, "label"));
    json_t *before;
    json_array_foreach(out->rows, i, before)
    {
        if (json_integer_value(json_object_get(before, "number")) == number) return false;
    }
    if (label == SIZE_MAX) {
        out->other_labels++;
        return true;
    }
    json_t *made = json_pack("{s:I,s:s}", "number", number, "label", asked->labels->name[label]);
    return made && json_array_append_new(out->rows, made) == 0;
}

static void take_rows(kor_answer *out, const kor_asked *asked, json_t *rows)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (json_array_size(out->rows) == asked->texts) break; /* more than was asked for */
        bool taken =
            asked->kind == KOR_ASK_ROWS ? take_row(out, asked, row) : take_number(out, asked, row);
        out->bad_rows += !taken;
    }
}

/* The object in what a model wrote, which may stand in a fence or behind its thoughts. */
static json_t *object_in(const char *text, size_t len)
{
    json_t *found = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    if (json_is_object(found)) return found;
    json_decref(found);
    const char *end = memrchr(text, '}', len);
    const char *thought = memmem(text, len, "</think>", 8);
    const char *from = thought ? thought : text;
    const char *start = end ? memchr(from, '{', (size_t)(text + len - from)) : NULL;
    if (!start || start > end) return NULL;
    found = json_loadb(start, (size_t)(end - start) + 1, JSON_ALLOW_NUL, NULL);
    if (json_is_object(found)) return found;
    json_decref(found);
    return NULL;
}

/* ---- One letter, and how sure it is ---- */

/* The label whose letter a token or an answer is; SIZE_MAX for none. */
static size_t label_of_letter(const kor_asked *asked, const char *text, size_t len)
{
    while (len && strchr(" \t\r\n\"'(*", *text) && *text) text++, len--;
    while (len && strchr(" \t\r\n\"').*:", text[len - 1]) && text[len - 1]) len--;
    if (len == 1 && *text >= 'A' && *text <= 'Z') {
        size_t at = (size_t)(*text - 'A');
        return at < asked->labels->count ? at : SIZE_MAX;
    }
    return SIZE_MAX;
}

/* Probabilities of the labels, from the alternatives of the first token that is a letter. NULL when
 * they are not told, or are mostly of something else. */
static json_t *soft_of(const kor_asked *asked, json_t *choice)
{
    double p[KOR_REPLY_LETTERS] = {0}, sum = 0;
    json_t *tokens = json_object_get(json_object_get(choice, "logprobs"), "content");
    for (size_t i = 0; i < 4 && i < json_array_size(tokens); i++) {
        json_t *token = json_array_get(tokens, i), *name = json_object_get(token, "token");
        if (!json_is_string(name)) return NULL;
        if (label_of_letter(asked, json_string_value(name), json_string_length(name)) == SIZE_MAX)
            continue;
        size_t j;
        json_t *other;
        json_array_foreach(json_object_get(token, "top_logprobs"), j, other)
        {
            json_t *text = json_object_get(other, "token");
            json_t *logprob = json_object_get(other, "logprob");
            if (!json_is_string(text) || !json_is_number(logprob)) continue;
            size_t l = label_of_letter(asked, json_string_value(text), json_string_length(text));
            double share = exp(fmin(json_number_value(logprob), 0));
            if (l < asked->labels->count && l < KOR_REPLY_LETTERS) p[l] += share, sum += share;
        }
        break;
    }
    if (!(sum >= 0.5)) return NULL;
    json_t *soft = json_object();
    for (size_t l = 0; l < asked->labels->count && l < KOR_REPLY_LETTERS; l++) {
        if (p[l] / sum >= 1e-4)
            json_object_set_new(soft, asked->labels->name[l], json_real(p[l] / sum));
    }
    return soft;
}

static void take_letter(kor_answer *out, const kor_asked *asked, json_t *choice, json_t *content)
{
    const char *text = json_string_value(content);
    size_t len = json_string_length(content), label = label_of_letter(asked, text, len);
    if (label == SIZE_MAX) label = find_label(asked, content);
    if (label == SIZE_MAX) {
        out->other_labels++;
        return;
    }
    json_t *row = json_pack("{s:s}", "label", asked->labels->name[label]);
    json_t *soft = soft_of(asked, choice);
    if (soft) json_object_set_new(row, "soft", soft);
    json_array_append_new(out->rows, row);
}

/* ---- The reply ---- */

static bool read_count(json_t *usage, const char *key, double *out)
{
    json_t *n = json_object_get(usage, key);
    *out = json_number_value(n);
    return json_is_number(n) && *out >= 0 && *out <= TOKENS_MAX;
}

static const char *read_choice(kor_answer *out, const kor_asked *asked, json_t *reply)
{
    json_t *choice = json_array_get(json_object_get(reply, "choices"), 0);
    json_t *content = json_object_get(json_object_get(choice, "message"), "content");
    if (!json_is_string(content)) return "the reply has no choices[0].message.content";
    if (asked->kind == KOR_ASK_LETTER) {
        take_letter(out, asked, choice, content);
        return json_array_size(out->rows) ? NULL : "the answer is none of the labels";
    }
    json_t *object = object_in(json_string_value(content), json_string_length(content));
    json_t *rows = json_object_get(object, "rows");
    const char *wrong = NULL;
    if (!object) {
        const char *finish = json_string_value(json_object_get(choice, "finish_reason"));
        wrong = finish && strcmp(finish, "length") == 0 ? "the answer was cut off: it is too long"
                                                        : "the answer is not JSON";
    } else if (!json_is_array(rows)) {
        wrong = "the answer has no list of \"rows\"";
    } else {
        take_rows(out, asked, rows);
        if (!json_array_size(out->rows))
            wrong = out->other_labels ? "the answer has other labels only"
                                      : "the answer has no row that can be used";
    }
    json_decref(object);
    return wrong;
}

kor_status kor_reply_read(kor_answer *out, const kor_asked *asked, const char *body, size_t len,
                          bool *good, char why[KOR_REPLY_WHY], kor_error *err)
{
    *out = (kor_answer){.rows = json_array()};
    *good = false;
    *why = 0;
    if (!out->rows) return kor_fail_memory(err);
    json_error_t e;
    json_t *reply = len <= KOR_REPLY_MAX ? json_loadb(body, len, JSON_ALLOW_NUL, &e) : NULL;
    const char *wrong = "the reply is too long";
    if (reply) {
        json_t *usage = json_object_get(reply, "usage");
        double tokens_in, tokens_out;
        out->measured = read_count(usage, "prompt_tokens", &tokens_in);
        out->measured &= read_count(usage, "completion_tokens", &tokens_out);
        if (out->measured) out->cost = (kor_cost){tokens_in, tokens_out};
        wrong = read_choice(out, asked, reply);
    } else if (len <= KOR_REPLY_MAX) {
        wrong = !kor_utf8_valid(body, len) ? "the reply is not UTF-8" : "the reply is not JSON";
    }
    json_decref(reply);
    *good = wrong == NULL;
    if (wrong) (void)snprintf(why, KOR_REPLY_WHY, "%s", wrong);
    return KOR_OK;
}

void kor_answer_free(kor_answer *answer)
{
    json_decref(answer->rows);
    *answer = (kor_answer){0};
}

/* ---- Answers that were kept ---- */

static bool soft_is_sound(json_t *soft, const kor_asked *asked)
{
    const char *name;
    json_t *value;
    double sum = 0;
    if (!soft) return true;
    json_object_foreach(soft, name, value)
    {
        double p = json_number_value(value);
        if (!json_is_number(value) || p < 0 || p > 1.000001) return false;
        if (kor_labels_find(asked->labels, name, strlen(name)) == SIZE_MAX) return false;
        sum += p;
    }
    return sum > 0.99 && sum < 1.01;
}

bool kor_answer_is_sound(json_t *rows, const kor_asked *asked)
{
    kor_answer again = {.rows = json_array()};
    size_t n = json_array_size(rows);
    bool sound = n > 0;
    if (asked->kind == KOR_ASK_LETTER) {
        json_t *row = json_array_get(rows, 0);
        sound = n == 1 && find_label(asked, json_object_get(row, "label")) != SIZE_MAX &&
                soft_is_sound(json_object_get(row, "soft"), asked);
    } else {
        take_rows(&again, asked, rows);
        sound = sound && json_equal(again.rows, rows);
    }
    kor_answer_free(&again);
    return sound;
}

/* ---- Errors ---- */

void kor_reply_message(char *out, size_t cap, const char *body, size_t len, const char *key)
{
    json_t *reply = len <= KOR_REPLY_MAX ? json_loadb(body, len, JSON_ALLOW_NUL, NULL) : NULL;
    json_t *error = json_object_get(reply, "error");
    json_t *message = json_is_string(error) ? error : json_object_get(error, "message");
    if (!message) message = json_object_get(reply, "message");
    if (!message) message = json_object_get(reply, "detail");
    kor_str s = {0};
    if (json_is_string(message))
        kor_str_add(&s, json_string_value(message), json_string_length(message));
    else if (!reply)
        kor_str_add(&s, body, len < 4096 ? len : 4096);
    json_decref(reply);
    size_t n = 0;
    /* Spaces are joined before the key is looked for, and what is cut off is cut off after it. */
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c > ' ' && c != 0x7f)
            s.data[n++] = (char)c;
        else if (n && s.data[n - 1] != ' ')
            s.data[n++] = ' ';
    }
    if (s.data) s.data[n] = 0;
    n = s.data ? kor_key_hide(s.data, n, key) : 0;
    if (n >= cap) n = kor_utf8_prefix(s.data, n, cap - 1);
    if (n) memcpy(out, s.data, n);
    out[n] = 0;
    kor_str_free(&s);
}
