/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/journal.h"

#include "base/file.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOURNAL_MAX = 1 << 30, REMARKS_MAX = 5 };

/* The sum of a line: over all of it but the sum. */
static bool sum_of(json_t *line, char out[33])
{
    char *text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text) return false;
    kor_hash128_hex(text, strlen(text), out);
    free(text);
    return true;
}

static kor_status fail_errno(const char *path, const char *doing, kor_error *err)
{
    return kor_fail(err, KOR_E_IO, "%s: cannot %s: %s", path, doing, strerror(errno));
}

/* ---- Reading ---- */

static bool read_tokens(json_t *line, const char *key, double *out)
{
    json_t *n = json_object_get(line, key);
    *out = json_number_value(n);
    return json_is_number(n) && *out >= 0 && *out < 1e12;
}

static bool take_line(kor_journal *j, const char *text, size_t len)
{
    json_t *line = json_loadb(text, len, 0, NULL);
    json_t *sum = json_incref(json_object_get(line, "sum"));
    char expected[33];
    double in = 0, out = 0;
    bool good = json_is_string(sum) && json_object_del(line, "sum") == 0 &&
                sum_of(line, expected) && strcmp(expected, json_string_value(sum)) == 0 &&
                json_is_string(json_object_get(line, "request")) && read_tokens(line, "in", &in) &&
                read_tokens(line, "out", &out);
    if (good) {
        j->spent.in += in;
        j->spent.out += out;
        j->estimated |= !json_is_true(json_object_get(line, "measured"));
        if (json_object_get(line, "rows"))
            good = json_object_set(j->answers, json_string_value(json_object_get(line, "request")),
                                   line) == 0;
    }
    json_decref(sum);
    json_decref(line);
    return good;
}

static kor_status read_lines(kor_journal *j, const kor_remarks *remarks, kor_error *err)
{
    kor_str text = {0};
    kor_status status = kor_file_read(&text, j->path, JOURNAL_MAX, err);
    if (status != KOR_OK) {
        kor_str_free(&text);
        return status;
    }
    const char *s = kor_str_text(&text), *end = s + text.len;
    size_t number = 1;
    for (const char *stop; (stop = memchr(s, '\n', (size_t)(end - s))) != NULL; s = stop + 1) {
        if (!take_line(j, s, (size_t)(stop - s)) && j->bad_lines++ < REMARKS_MAX)
            kor_remark(remarks, "%s:%zu: a damaged line; what it held is asked for again", j->path,
                       number);
        number++;
    }
    if (s < end) {
        kor_remark(remarks, "%s:%zu: the last line is torn; what it held is asked for again",
                   j->path, number);
        if (ftruncate(j->fd, (off_t)(text.len - (size_t)(end - s))) != 0)
            status = fail_errno(j->path, "cut off a torn line", err);
    }
    kor_str_free(&text);
    return status;
}

kor_status kor_journal_open(kor_journal *out, const char *path, const kor_remarks *remarks,
                            kor_error *err)
{
    *out = (kor_journal){.fd = -1, .path = path, .answers = json_object()};
    if (!out->answers) return kor_fail_memory(err);
    if (!path) return KOR_OK;
    kor_status status = KOR_OK;
    struct stat st;
    out->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (out->fd < 0 || fstat(out->fd, &st) != 0)
        status = fail_errno(path, "open", err);
    else if (!S_ISREG(st.st_mode))
        status = kor_fail(err, KOR_E_INPUT, "%s: not a regular file", path);
    else if (flock(out->fd, LOCK_EX | LOCK_NB) != 0)
        status = kor_fail(err, KOR_E_BUSY, "%s: another run uses it", path);
    else if ((st.st_mode & 0077) != 0 && fchmod(out->fd, 0600) != 0)
        status = fail_errno(path, "make private", err);
    if (status == KOR_OK) status = read_lines(out, remarks, err);
    if (status != KOR_OK) kor_journal_close(out);
    return status;
}

bool kor_journal_find(kor_journal *journal, const char *hash, const kor_asked *asked,
                      kor_answer *out, const kor_remarks *remarks)
{
    json_t *line = json_object_get(journal->answers, hash), *rows = json_object_get(line, "rows");
    json_int_t others = json_integer_value(json_object_get(line, "other_labels"));
    json_int_t bad = json_integer_value(json_object_get(line, "bad_rows"));
    bool found = line && others >= 0 && bad >= 0 && kor_answer_is_sound(rows, asked);
    if (line && !found) {
        kor_remark(remarks, "%s: an answer that does not fit is asked for again", journal->path);
        (void)json_object_del(journal->answers, hash);
    }
    if (found)
        *out = (kor_answer){
            .rows = json_incref(rows), .other_labels = (size_t)others, .bad_rows = (size_t)bad};
    return found;
}

/* ---- Writing ---- */

kor_status kor_journal_add(kor_journal *journal, const char *hash, const kor_answer *answer,
                           bool good, kor_error *err)
{
    if (journal->fd < 0) return KOR_OK;
    json_t *line = json_pack("{s:s,s:f,s:f,s:b}", "request", hash, "in", answer->cost.in, "out",
                             answer->cost.out, "measured", answer->measured);
    char sum[33];
    char *text = NULL;
    bool made = line != NULL;
    if (made && good)
        made =
            json_object_set(line, "rows", answer->rows) == 0 &&
            json_object_set_new(line, "other_labels",
                                json_integer((json_int_t)answer->other_labels)) == 0 &&
            json_object_set_new(line, "bad_rows", json_integer((json_int_t)answer->bad_rows)) == 0;
    made = made && sum_of(line, sum) && json_object_set_new(line, "sum", json_string(sum)) == 0;
    if (made) text = json_dumps(line, JSON_COMPACT); /* soft labels keep their order */
    json_decref(line);
    if (!text) return kor_fail_memory(err);
    kor_str out = {0};
    kor_str_puts(&out, text);
    kor_str_putc(&out, '\n');
    free(text);
    kor_status status = out.failed
                            ? kor_fail_memory(err)
                            : kor_write_all(journal->fd, out.data, out.len, journal->path, err);
    kor_str_free(&out);
    if (status == KOR_OK && fdatasync(journal->fd) != 0)
        status = fail_errno(journal->path, "write", err);
    return status;
}

void kor_journal_close(kor_journal *journal)
{
    if (journal->fd >= 0) close(journal->fd);
    json_decref(journal->answers);
    *journal = (kor_journal){.fd = -1};
}
