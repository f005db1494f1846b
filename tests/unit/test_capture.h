/* SPDX-License-Identifier: Apache-2.0 */
/* A sink that keeps what it is given, and a folder of files, for the tests of the sources. Comes
 * after cmocka.h. */
#ifndef TEST_CAPTURE_H
#define TEST_CAPTURE_H

#include "capture/capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT_MAX = 4096, SKIPS_MAX = 256 };

typedef struct kept {
    int64_t time_ms;
    int32_t offset_min;
    char *source, *ref, *app, *title, *uri, *scope, *text;
    size_t text_len;
} kept;

typedef struct fixture {
    char folder[256];
    kor_zone *zone;
    kor_sink sink;
    kor_error err;
    size_t count, skipped;
    kept events[KEPT_MAX];
    char *where[SKIPS_MAX], *why[SKIPS_MAX];
    size_t told; /* progress calls */
    double fraction;
    bool fail; /* refuse the next event */
} fixture;

static inline char *keep(const char *s)
{
    if (!s) return NULL;
    char *copy = strdup(s);
    assert_non_null(copy);
    return copy;
}

static inline kor_status keep_event(void *arg, const kor_event *event, kor_error *err)
{
    fixture *f = arg;
    if (f->fail) {
        if (err) *err = (kor_error){KOR_E_IO, "the sink is full"};
        return KOR_E_IO;
    }
    assert_true(f->count < KEPT_MAX);
    assert_non_null(event->source);
    assert_non_null(event->ref);
    assert_true(event->time_ms >= f->sink.since_ms);
    kept *k = &f->events[f->count++];
    *k = (kept){.time_ms = event->time_ms,
                .offset_min = event->offset_min,
                .source = keep(event->source),
                .ref = keep(event->ref),
                .app = keep(event->app),
                .title = keep(event->title),
                .uri = keep(event->uri),
                .scope = keep(event->scope),
                .text = calloc(1, event->text_len + 1),
                .text_len = event->text_len};
    assert_non_null(k->text);
    if (event->text_len) memcpy(k->text, event->text, event->text_len);
    return KOR_OK;
}

static inline void keep_skip(void *arg, const char *where, const char *why)
{
    fixture *f = arg;
    assert_true(f->skipped < SKIPS_MAX);
    f->where[f->skipped] = keep(where);
    f->why[f->skipped++] = keep(why);
}

static inline void keep_progress(void *arg, double fraction)
{
    fixture *f = arg;
    assert_true(fraction <= 1);
    f->told++;
    f->fraction = fraction;
}

/* Forget what the sink was given. */
static inline void forget(fixture *f)
{
    for (size_t i = 0; i < f->count; i++) {
        kept *k = &f->events[i];
        free(k->source);
        free(k->ref);
        free(k->app);
        free(k->title);
        free(k->uri);
        free(k->scope);
        free(k->text);
    }
    for (size_t i = 0; i < f->skipped; i++) {
        free(f->where[i]);
        free(f->why[i]);
    }
    f->count = f->skipped = f->told = 0;
    f->fraction = 0;
}

/* A new folder, and a sink in the zone of Paris at 2026-11-22T09:00:00Z. */
static inline fixture *begin(void)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    const char *tmp = getenv("TMPDIR");
    char folder[200];
    (void)snprintf(folder, sizeof folder, "%s/korora-capture-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(folder));
    char *absolute = realpath(folder, NULL);
    assert_non_null(absolute);
    (void)snprintf(f->folder, sizeof f->folder, "%s", absolute);
    free(absolute);
    assert_int_equal(kor_zone_open(&f->zone, "CET-1CEST,M3.5.0,M10.5.0/3", &f->err), KOR_OK);
    f->sink = (kor_sink){.arg = f,
                         .event = keep_event,
                         .skip = keep_skip,
                         .progress = keep_progress,
                         .zone = f->zone,
                         .now_ms = 1795338000000,
                         .since_ms = INT64_MIN};
    return f;
}

static inline void end(fixture *f)
{
    char command[600];
    forget(f);
    kor_zone_close(f->zone);
    (void)snprintf(command, sizeof command, "chmod -R u+rwX '%s' && rm -rf '%s'", f->folder,
                   f->folder);
    assert_int_equal(system(command), 0);
    free(f);
}

/* FOLDER/name, valid until the fourth call after this one. */
static inline const char *in(const fixture *f, const char *name)
{
    static char paths[4][600];
    static size_t next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", f->folder, name);
    return path;
}

/* Write a file, making the folders it is in. */
static inline const char *put_bytes(const fixture *f, const char *name, const void *bytes,
                                    size_t len)
{
    const char *path = in(f, name);
    char folder[600];
    for (const char *c = strchr(name, '/'); c; c = strchr(c + 1, '/')) {
        (void)snprintf(folder, sizeof folder, "%s/%.*s", f->folder, (int)(c - name), name);
        (void)mkdir(folder, 0700);
    }
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
    return path;
}

static inline const char *put(const fixture *f, const char *name, const char *text)
{
    return put_bytes(f, name, text, strlen(text));
}

/* Set when a file was last changed. */
static inline void touch(const char *path, int64_t seconds)
{
    struct timespec times[2] = {{.tv_sec = (time_t)seconds}, {.tv_sec = (time_t)seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static inline kor_status run(fixture *f, const char *source, const char *path)
{
    forget(f);
    const kor_source *s = kor_source_find(source);
    assert_non_null(s);
    return s->run(path, &f->sink, &f->err);
}

/* Import, and import again: the names must be the same ones, and differ among themselves. */
static inline void run_twice(fixture *f, const char *source, const char *path)
{
    static char *refs[KEPT_MAX];
    assert_int_equal(run(f, source, path), KOR_OK);
    size_t n = f->count;
    for (size_t i = 0; i < n; i++) {
        refs[i] = keep(f->events[i].ref);
        for (size_t k = 0; k < i; k++) assert_string_not_equal(refs[i], refs[k]);
    }
    assert_int_equal(run(f, source, path), KOR_OK);
    assert_int_equal(f->count, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(f->events[i].ref, refs[i]);
        free(refs[i]);
    }
}

static inline void assert_contains(const char *text, const char *part)
{
    if (!text || !strstr(text, part)) fail_msg("'%s' is not in '%s'", part, text ? text : "NULL");
}

#endif
