/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/access_log.h"

#include "base/file.h"
#include "serve/shapes.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW };

static void make_line(kor_str *line, const kor_access *a)
{
    char time[KOR_TIME_SIZE];
    kor_time_format(time, a->time_ms, NULL);
    json_t *o = json_object();
    json_object_set_new(o, "time", json_string(time));
    json_object_set_new(o, "through", json_string(a->through));
    const char *client = a->granted ? a->granted : a->client;
    json_object_set_new(o, "client", kor_text_json(client, strlen(client)));
    /* Of those alone whose name is the user's, so that no other can pass for one. */
    if (a->granted)
        json_object_set_new(o, "calls_itself", kor_text_json(a->client, strlen(a->client)));
    json_object_set_new(o, "method", kor_text_json(a->method, strlen(a->method)));
    if (a->name) json_object_set_new(o, "name", kor_text_json(a->name, strlen(a->name)));
    json_object_set_new(o, "results", json_integer((json_int_t)a->results));
    if (a->code) json_object_set_new(o, "error", json_integer(a->code));
    if (a->failed) json_object_set_new(o, "failed", json_true());
    json_object_set_new(o, "ms", json_real(round(a->ms * 100) / 100));
    kor_put_json(line, o);
    kor_str_putc(line, '\n');
}

/* The log that is full becomes the one before, and *fd an empty one. Of several that find it full
 * one does it. */
static bool turn_over(int *fd, const char *path, const char *old)
{
    struct stat mine, there;
    if (fstat(*fd, &mine) != 0) return false;
    if (mine.st_size < KOR_ACCESS_BYTES) return true;
    (void)flock(*fd, LOCK_EX);
    if (stat(path, &there) == 0 && there.st_ino == mine.st_ino) (void)rename(path, old);
    (void)close(*fd);
    *fd = open(path, LOG_FLAGS, 0600);
    return *fd >= 0;
}

kor_status kor_access_open(const char *home, int *out, kor_error *err)
{
    char path[4200], old[4200];
    (void)snprintf(path, sizeof path, "%.4096s/" KOR_ACCESS_FILE, home);
    (void)snprintf(old, sizeof old, "%.4096s/" KOR_ACCESS_FILE ".1", home);
    *out = open(path, LOG_FLAGS, 0600);
    if (*out >= 0 && turn_over(out, path, old)) return KOR_OK;
    if (*out >= 0) (void)close(*out);
    return kor_fail(err, KOR_E_IO, "%s: cannot be written: %s", path, strerror(errno));
}

kor_status kor_access_add(int log, const kor_access *access, kor_error *err)
{
    kor_str line = {0};
    make_line(&line, access);
    kor_status status = line.failed ? kor_fail_memory(err)
                                    : kor_write_all(log, line.data, line.len, KOR_ACCESS_FILE, err);
    kor_str_free(&line);
    return status;
}

/* ---- Read ---- */

/* The lines of a file from its end on, until there are limit of them. */
static kor_status read_back(const char *path, size_t limit, json_t *list, kor_error *err)
{
    kor_str text = {0};
    /* What several wrote at a time may make it a little longer. */
    kor_status status = access(path, F_OK) != 0 && errno == ENOENT
                            ? KOR_OK
                            : kor_file_read(&text, path, 2 * (size_t)KOR_ACCESS_BYTES, err);
    for (size_t end = text.len; status == KOR_OK && end && json_array_size(list) < limit;) {
        const char *before = memrchr(text.data, '\n', end - 1);
        size_t start = before ? (size_t)(before - text.data) + 1 : 0;
        json_t *line = json_loadb(text.data + start, end - start, 0, NULL);
        /* One that a full disk cut off is none. */
        if (json_is_object(line)) json_array_append(list, line);
        json_decref(line);
        end = start;
    }
    kor_str_free(&text);
    return status;
}

kor_status kor_access_read(const char *home, size_t limit, json_t **out, kor_error *err)
{
    static const char *const files[] = {KOR_ACCESS_FILE, KOR_ACCESS_FILE ".1"};
    json_t *list = json_array();
    kor_status status = KOR_OK;
    for (size_t i = 0; i < 2 && status == KOR_OK && json_array_size(list) < limit; i++) {
        char path[4200];
        (void)snprintf(path, sizeof path, "%.4096s/%s", home, files[i]);
        status = read_back(path, limit, list, err);
    }
    if (status != KOR_OK) {
        json_decref(list);
        list = NULL;
    }
    *out = list;
    return status;
}
