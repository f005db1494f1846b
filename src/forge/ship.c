/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/ship.h"

#include "base/file.h"
#include "base/hash.h"
#include "learn/dataset.h"
#include "model/gguf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* ---- One forge at a time ---- */

kor_status kor_forge_lock(const char *work, int *out, kor_error *err)
{
    char path[4200], pid[32] = "";
    KOR_TRY(kor_make_dirs(work, err));
    (void)snprintf(path, sizeof path, "%.4000s/lock", work);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return kor_fail(err, KOR_E_IO, "%s: cannot open the lock: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;
        ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
        close(fd);
        if (why != EWOULDBLOCK)
            return kor_fail(err, KOR_E_IO, "%s: cannot lock: %s", path, strerror(why));
        return kor_fail(err, KOR_E_BUSY,
                        "another forge is at work (%s, process %ld): wait until it is done", path,
                        n > 0 ? strtol(pid, NULL, 10) : 0);
    }
    /* The lock goes with the process, whatever ends it; the number is for the message only. */
    int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)n, 0) != n) {
        close(fd);
        return kor_fail(err, KOR_E_IO, "%s: cannot write", path);
    }
    *out = fd;
    return KOR_OK;
}

void kor_forge_unlock(int lock)
{
    close(lock);
}

/* ---- What is known ---- */

static const char *const ends[] = {"begun", "shipped", "held"};

static json_t *number(double x)
{
    return isnan(x) ? json_null() : json_real(x);
}

static json_t *result_json(const kor_forge_result *r, const char *from)
{
    char against[20];
    (void)snprintf(against, sizeof against, "%016" PRIx64, r->against);
    json_t *sources = json_array();
    for (size_t i = 0; i < r->sources; i++) {
        const kor_forge_source *s = &r->source[i];
        json_array_append_new(sources,
                              json_pack("{s:s,s:I,s:I,s:I,s:I,s:o}", "name", s->name, "rows",
                                        (json_int_t)s->rows, "bad", (json_int_t)s->bad, "near",
                                        (json_int_t)s->near, "used", (json_int_t)s->used, "without",
                                        number(s->without)));
    }
    json_t *sets = json_array();
    for (size_t i = 0; i < r->sets; i++) {
        const kor_forge_set *s = &r->set[i];
        json_array_append_new(sets, json_pack("{s:s,s:I,s:o,s:o}", "name", s->name, "rows",
                                              (json_int_t)s->n, "quality", number(s->quality),
                                              "keep_recall", number(s->keep_recall)));
    }
    return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:o,s:o,s:f,s:s,s:o,s:o,s:o}", "version",
                     1, "made_from", from, "end", ends[r->end], "architecture", r->architecture,
                     "metric", r->metric, "reason", r->reason, "rows", (json_int_t)r->rows,
                     "gate_rows", (json_int_t)r->gate_rows, "bytes", (json_int_t)r->bytes,
                     "quality", number(r->quality), "before", number(r->before), "us", r->us,
                     "against", against, "sources", sources, "sets", sets, "keep_recall",
                     number(r->keep_recall));
}

kor_status kor_ship_note(const char *path, const kor_forge_result *result, const char *from,
                         kor_error *err)
{
    kor_writer w;
    json_t *o = result_json(result, from);
    char *text = o ? json_dumps(o, JSON_INDENT(1)) : NULL;
    json_decref(o);
    if (!text) return kor_fail(err, KOR_E_INPUT, "%s: a name in it is not UTF-8", path);
    kor_status status = kor_writer_open(&w, path, err);
    if (status == KOR_OK) {
        status = kor_writer_add(&w, text, strlen(text), err);
        if (status == KOR_OK) status = kor_writer_commit(&w, err);
        if (status != KOR_OK) kor_writer_abandon(&w);
    }
    free(text);
    return status;
}

static void copy_text(char *out, size_t size, json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    (void)snprintf(out, size, "%s", text ? text : "");
}

static size_t count_of(json_t *o, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(o, key));
    return n > 0 ? (size_t)n : 0;
}

static double real_of(json_t *o, const char *key)
{
    json_t *value = json_object_get(o, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool read_result(json_t *o, kor_forge_result *r, kor_str *from)
{
    json_t *text = json_object_get(o, "made_from"), *source;
    const char *end = json_string_value(json_object_get(o, "end"));
    size_t i, which = 0;
    while (end && which < 3 && strcmp(ends[which], end) != 0) which++;
    if (json_integer_value(json_object_get(o, "version")) != 1 || !json_is_string(text) || !end ||
        which == 3)
        return false;
    kor_str_puts(from, json_string_value(text));
    r->end = (kor_forge_end)which;
    copy_text(r->architecture, sizeof r->architecture, o, "architecture");
    copy_text(r->metric, sizeof r->metric, o, "metric");
    copy_text(r->reason, sizeof r->reason, o, "reason");
    r->rows = count_of(o, "rows");
    r->gate_rows = count_of(o, "gate_rows");
    r->bytes = count_of(o, "bytes");
    r->quality = real_of(o, "quality");
    r->before = real_of(o, "before");
    r->us = real_of(o, "us");
    const char *against = json_string_value(json_object_get(o, "against"));
    r->against = against ? strtoull(against, NULL, 16) : 0;
    json_array_foreach(json_object_get(o, "sources"), i, source)
    {
        if (i == KOR_FORGE_SOURCES) break;
        kor_forge_source *s = &r->source[r->sources++];
        copy_text(s->name, sizeof s->name, source, "name");
        s->rows = count_of(source, "rows");
        s->bad = count_of(source, "bad");
        s->near = count_of(source, "near");
        s->used = count_of(source, "used");
        s->without = real_of(source, "without");
    }
    r->keep_recall = real_of(o, "keep_recall");
    json_array_foreach(json_object_get(o, "sets"), i, source)
    {
        if (i == KOR_GATE_SETS) break;
        kor_forge_set *s = &r->set[r->sets++];
        copy_text(s->name, sizeof s->name, source, "name");
        s->n = count_of(source, "rows");
        s->quality = real_of(source, "quality");
        s->keep_recall = real_of(source, "keep_recall");
    }
    return !isnan(r->us);
}

kor_status kor_ship_recall(const char *path, kor_forge_result *out, kor_str *from, bool *there,
                           const kor_remarks *remarks, kor_error *err)
{
    enum { NOTE_MAX = 1 << 20 };
    kor_str text = {0};
    *there = false;
    kor_status status = kor_file_read(&text, path, NOTE_MAX, err);
    if (status == KOR_OK) {
        json_t *o = json_loadb(kor_str_text(&text), text.len, 0, NULL);
        *there = read_result(o, out, from);
        json_decref(o);
        if (!*there) kor_remark(remarks, "%s: it is damaged and of no use any more", path);
    }
    kor_str_free(&text);
    if (status == KOR_OK && from->failed) return kor_fail_memory(err);
    return status == KOR_E_NOT_FOUND || status == KOR_E_INPUT ? KOR_OK : status;
}

/* ---- Models ---- */

kor_status kor_ship_made_from(const char *path, kor_str *out, uint64_t *hash, uint32_t *rows,
                              kor_error *err)
{
    kor_map map;
    kor_gguf g;
    kor_bytes text;
    *hash = *rows = 0;
    kor_status status = kor_map_open(&map, path, err);
    if (status == KOR_E_NOT_FOUND) return KOR_OK;
    if (status != KOR_OK) return status;
    *hash = kor_hash64(map.size ? map.data : (const unsigned char *)"", map.size, 0);
    /* What cannot be read is replaced like what is out of date. */
    if (map.size && kor_gguf_parse(&g, map.data, map.size, NULL) == KOR_OK) {
        if (kor_gguf_get_string(&g, "korora.made_from", &text, NULL) == KOR_OK)
            kor_str_add(out, text.data, text.len);
        if (kor_gguf_get_u32(&g, "korora.card.rows", rows, NULL) != KOR_OK) *rows = 0;
        kor_gguf_free(&g);
    }
    kor_map_close(&map);
    return out->failed ? kor_fail_memory(err) : KOR_OK;
}

enum { PARTS = 3 };

/* One file into a writer; without the source, and where it may be missing, there is nothing. */
static kor_status stage(kor_writer *w, const char *from, const char *to, bool optional, bool *there,
                        kor_error *err)
{
    kor_map map;
    kor_status status = kor_map_open(&map, from, err);
    *there = status == KOR_OK;
    if (status == KOR_E_NOT_FOUND && optional) return KOR_OK;
    if (status != KOR_OK) return status;
    status = kor_writer_open(w, to, err);
    if (status == KOR_OK) status = kor_writer_add(w, map.data, map.size, err);
    kor_map_close(&map);
    return status;
}

/* What a forge that was ended left half-written beside a model: NAME.EXT and six characters. */
static void sweep(const char *folder, const char *name, const char *const *ends_in)
{
    DIR *d = opendir(folder);
    for (const struct dirent *e; d && (e = readdir(d));) {
        for (size_t i = 0; i < PARTS; i++) {
            char start[200], path[4600];
            int n = snprintf(start, sizeof start, "%s.%s.", name, ends_in[i]);
            if (n < 0 || strncmp(e->d_name, start, (size_t)n) != 0 ||
                strlen(e->d_name) != (size_t)n + 6)
                continue;
            (void)snprintf(path, sizeof path, "%.4000s/%s", folder, e->d_name);
            (void)unlink(path);
        }
    }
    if (d) closedir(d);
}

kor_status kor_ship_files(const char *from, const char *to, const char *name, kor_error *err)
{
    static const char *const ends_in[PARTS] = {"svg", "md", "gguf"};
    kor_writer w[PARTS] = {{.fd = -1}, {.fd = -1}, {.fd = -1}};
    bool there[PARTS];
    char source[4400], target[PARTS][4400];
    kor_status status = kor_make_dirs(to, err);
    sweep(to, name, ends_in);
    for (size_t i = 0; status == KOR_OK && i < PARTS; i++) {
        (void)snprintf(source, sizeof source, "%.4000s/%s.%s", from, name, ends_in[i]);
        (void)snprintf(target[i], sizeof target[i], "%.4000s/%s.%s", to, name, ends_in[i]);
        status = stage(&w[i], source, target[i], i == 0, &there[i], err);
    }
    for (size_t i = 0; status == KOR_OK && i < PARTS; i++) {
        if (there[i])
            status = kor_writer_commit(&w[i], err);
        else
            (void)unlink(target[i]); /* a picture of the model before */
    }
    for (size_t i = 0; i < PARTS; i++) kor_writer_abandon(&w[i]);
    return status;
}
