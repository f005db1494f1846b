/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/access_log.h"

#include "base/file.h"
#include "serve/shapes.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

kor_status kor_access_write(const char *home, const kor_access *access, kor_error *err)
{
    kor_str line = {0}, path = {0}, old = {0};
    struct stat st;
    kor_str_printf(&path, "%s/" KOR_ACCESS_FILE, home);
    kor_str_printf(&old, "%s.1", kor_str_text(&path));
    make_line(&line, access);
    kor_status status = line.failed || path.failed || old.failed ? kor_fail_memory(err) : KOR_OK;
    if (status == KOR_OK && stat(path.data, &st) == 0 && st.st_size >= KOR_ACCESS_BYTES)
        (void)rename(path.data, old.data);
    if (status == KOR_OK) {
        int fd = open(path.data, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            status =
                kor_fail(err, KOR_E_IO, "%s: cannot be written: %s", path.data, strerror(errno));
        if (fd >= 0) status = kor_write_all(fd, line.data, line.len, path.data, err);
        if (fd >= 0) (void)close(fd);
    }
    kor_str_free(&line);
    kor_str_free(&path);
    kor_str_free(&old);
    return status;
}
