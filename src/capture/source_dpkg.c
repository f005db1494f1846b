/* SPDX-License-Identifier: Apache-2.0 */
/* The package log of Debian: what dpkg did, a line an event, and what apt was asked to do, a stanza
 * an event. Both formats are read line by line, by one reader: a line tells what it is. */
#include "base/hash.h"
#include "capture/lines.h"
#include "capture/seen.h"
#include "capture/source.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PACKAGES_MAX = 40,       /* named in an event, of each of its lists */
    STANZA_MAX = 4 << 20,    /* bytes */
    UNKNOWN_LINES_MAX = 100, /* before the first that is known */
};

static const char default_folder[] = "/var/log";

typedef struct reader {
    kor_lines lines;
    const kor_sink *sink;
    kor_seen seen;
    kor_str ref, text;
    kor_str stanza;       /* apt: the lines of the one at hand, without its end; a line each */
    int64_t stanza_ms;    /* its time */
    bool in_stanza, deaf; /* deaf: what is left of a stanza that cannot be read */
    size_t known, unknown;
} reader;

/* ---- Times and events ---- */

static bool read_digits(const char **s, int count, char stop, int32_t *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, (*s)++) {
        if (**s < '0' || **s > '9') return false;
        *out = *out * 10 + (**s - '0');
    }
    if (!stop) return true;
    return *(*s)++ == stop;
}

/* "2026-10-15 21:36:01", wall clock in the user's zone; any number of spaces. *s moves behind it.
 */
static bool read_time(const char **s, const kor_zone *zone, int64_t *ms)
{
    kor_civil c;
    if (!read_digits(s, 4, '-', &c.year) || !read_digits(s, 2, '-', &c.month) ||
        !read_digits(s, 2, ' ', &c.day)) {
        return false;
    }
    while (**s == ' ') (*s)++;
    if (!read_digits(s, 2, ':', &c.hour) || !read_digits(s, 2, ':', &c.minute) ||
        !read_digits(s, 2, 0, &c.second) || !kor_civil_valid(&c)) {
        return false;
    }
    return kor_source_ms(kor_zone_instant(zone, kor_seconds_from_civil(&c)), ms);
}

/* Hand on an event that is named after bytes: a line, or a stanza. */
static kor_status emit(reader *r, int64_t ms, const char *app, const char *title, const char *bytes,
                       size_t len, kor_error *err)
{
    char hash[33];
    kor_hash128_hex(bytes, len, hash);
    kor_str_clear(&r->ref);
    kor_str_puts(&r->ref, hash);
    KOR_TRY(kor_seen_ref(&r->seen, &r->ref, err));
    if (r->text.failed) return kor_fail_memory(err);
    if (ms < r->sink->since_ms) return KOR_OK;
    kor_event event = {.time_ms = ms,
                       .offset_min = kor_source_offset(r->sink, ms),
                       .source = "dpkg",
                       .ref = kor_str_text(&r->ref),
                       .app = app,
                       .title = title,
                       .text = kor_str_text(&r->text),
                       .text_len = r->text.len};
    return r->sink->event(r->sink->arg, &event, err);
}

/* ---- dpkg.log ---- */

/* "install foo:amd64 <none> 1.2-3" to "install foo:amd64 1.2-3"; false when it is malformed. What
 * is not a change of what is installed (status, configure, trigproc, ...) leaves text empty. */
static bool describe_action(const char *action, kor_str *text)
{
    char copy[1024], *save = NULL, *word[5] = {0};
    size_t n = 0, len = strlen(action);
    static const char *const verbs[] = {"install ", "upgrade ", "remove ", "purge ", NULL};
    const char *const *verb = verbs;
    while (*verb && strncmp(action, *verb, strlen(*verb)) != 0) verb++;
    if (!*verb) return true;
    if (len >= sizeof copy) return false;
    memcpy(copy, action, len + 1);
    for (char *w = strtok_r(copy, " ", &save); w && n < 5; w = strtok_r(NULL, " ", &save)) {
        word[n++] = w;
    }
    if (n != 4) return false;
    kor_str_printf(text, "%s %s ", word[0], word[1]);
    if (word[0][0] == 'u') {
        kor_str_printf(text, "%s -> %s", word[2], word[3]);
    } else {
        kor_str_puts(text, word[0][0] == 'i' ? word[3] : word[2]);
    }
    return true;
}

static kor_status read_action(reader *r, const char *line, size_t len, const char *action,
                              int64_t ms, kor_error *err)
{
    kor_str_clear(&r->text);
    if (strlen(line) != len || !describe_action(action, &r->text)) {
        kor_lines_skip(&r->lines, r->lines.number,
                       "expected an action, a package and two versions, as dpkg writes it");
        return KOR_OK;
    }
    return r->text.len ? emit(r, ms, "dpkg", NULL, line, len, err) : KOR_OK;
}

/* ---- apt/history.log ---- */

/* One package of a list, "foo:amd64 (1.0, 1.1)", with its length; *rest is what comes after. */
static size_t next_package(const char *list, const char **rest)
{
    const char *stop = strstr(list, "), ");
    size_t len = stop ? (size_t)(stop + 1 - list) : strlen(list);
    *rest = stop ? stop + 3 : list + len;
    return len;
}

static bool is_automatic(const char *package, size_t len)
{
    static const char mark[] = ", automatic)";
    size_t n = sizeof mark - 1;
    return len > n && memcmp(package + len - n, mark, n) == 0;
}

/* "foo:amd64 (1.0, 1.1)" to "foo:amd64 1.0 -> 1.1", and "(1.0, automatic)" to "1.0". */
static void add_package(kor_str *text, const char *package, size_t len)
{
    if (is_automatic(package, len)) len -= sizeof ", automatic)" - 1;
    for (size_t i = 0; i < len; i++) {
        if (package[i] == '(' || package[i] == ')') continue;
        if (package[i] == ',' && i + 1 < len && package[i + 1] == ' ') {
            kor_str_puts(text, " ->");
        } else {
            kor_str_putc(text, package[i]);
        }
    }
}

/* The packages that were asked for come before those they needed. */
static void add_packages(kor_str *text, const char *name, const char *list)
{
    size_t count = 0;
    kor_str_printf(text, "%s%s: ", text->len ? "\n" : "", name);
    for (int pass = 0; pass <= 1; pass++) {
        bool automatic = pass == 1;
        const char *rest;
        for (const char *at = list; *at; at = rest) {
            size_t len = next_package(at, &rest);
            if (is_automatic(at, len) != automatic || count++ >= PACKAGES_MAX) continue;
            if (count > 1) kor_str_puts(text, ", ");
            add_package(text, at, len);
        }
    }
    if (count > PACKAGES_MAX) kor_str_printf(text, " and %zu more", count - PACKAGES_MAX);
}

/* What comes after "Name: " when the line is of that name, else NULL. */
static const char *value_of(const char *line, const char *name)
{
    size_t n = strlen(name);
    return strncmp(line, name, n) == 0 && strncmp(line + n, ": ", 2) == 0 ? line + n + 2 : NULL;
}

static bool is_package_list(const char *name)
{
    static const char *const names[] = {"Install",   "Reinstall", "Upgrade",
                                        "Downgrade", "Remove",    "Purge"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) return true;
    }
    return false;
}

/* The stanza at hand is whole: hand it on. It was collected without its end, so that it has the
 * same name when it was read while apt was still at work. */
static kor_status end_stanza(reader *r, kor_error *err)
{
    r->deaf = false;
    if (!r->in_stanza) return KOR_OK;
    r->in_stanza = false;
    kor_str copy = {0};
    kor_str_add(&copy, kor_str_text(&r->stanza), r->stanza.len);
    if (copy.failed || r->stanza.failed) {
        kor_str_free(&copy);
        return kor_fail_memory(err);
    }
    const char *title = NULL;
    char *save = NULL;
    kor_str_clear(&r->text);
    for (char *line = strtok_r(copy.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *value = strstr(line, ": ");
        if (!value) continue;
        *value = 0;
        value += 2;
        if (strcmp(line, "Commandline") == 0 && !title) {
            title = value;
            kor_str_puts(&r->text, value);
        } else if (is_package_list(line)) {
            add_packages(&r->text, line, value);
        }
    }
    kor_status status = r->text.len || r->text.failed ? emit(r, r->stanza_ms, "apt", title,
                                                             r->stanza.data, r->stanza.len, err)
                                                      : KOR_OK;
    kor_str_free(&copy);
    return status;
}

static kor_status begin_stanza(reader *r, const char *line, size_t len, const char *start,
                               kor_error *err)
{
    KOR_TRY(end_stanza(r, err));
    if (!read_time(&start, r->sink->zone, &r->stanza_ms)) {
        kor_lines_skip(&r->lines, r->lines.number,
                       "expected Start-Date: YYYY-MM-DD  HH:MM:SS; its entry is left out");
        r->deaf = true;
        return KOR_OK;
    }
    r->in_stanza = true;
    kor_str_clear(&r->stanza);
    kor_str_add(&r->stanza, line, len);
    kor_str_putc(&r->stanza, '\n');
    return KOR_OK;
}

static void add_to_stanza(reader *r, const char *line, size_t len)
{
    if (value_of(line, "End-Date") || value_of(line, "Error") || strlen(line) != len) return;
    if (r->stanza.len + len > STANZA_MAX) return;
    kor_str_add(&r->stanza, line, len);
    kor_str_putc(&r->stanza, '\n');
}

/* ---- Files ---- */

/* Lines before the first known one are held back from the sink: the file may be none of ours. */
static kor_status unknown_line(reader *r, kor_error *err)
{
    r->unknown++;
    if (r->known) {
        kor_lines_skip(&r->lines, r->lines.number, "not a line of dpkg or apt");
        return KOR_OK;
    }
    if (r->unknown < UNKNOWN_LINES_MAX) return KOR_OK;
    return kor_fail(err, KOR_E_INPUT, "%s: neither a dpkg log nor an apt history", r->lines.name);
}

static void known_line(reader *r)
{
    if (!r->known++ && r->unknown) {
        kor_lines_skip(&r->lines, 1, "the first lines are not of dpkg or apt");
    }
}

static kor_status read_line(reader *r, const char *line, size_t len, kor_error *err)
{
    if (len == 0) return end_stanza(r, err);
    const char *start = value_of(line, "Start-Date"), *action = line;
    int64_t ms;
    if (start) {
        known_line(r);
        return begin_stanza(r, line, len, start, err);
    }
    if (r->in_stanza) {
        add_to_stanza(r, line, len);
        return KOR_OK;
    }
    if (r->deaf) return KOR_OK;
    if (read_time(&action, r->sink->zone, &ms) && *action == ' ') {
        known_line(r);
        return read_action(r, line, len, action + 1, ms, err);
    }
    return unknown_line(r, err);
}

static bool is_compressed(const char *line, size_t len)
{
    return (len >= 2 && memcmp(line, "\x1f\x8b", 2) == 0) || (len >= 5 && memcmp(line,
                                                                                 "\xfd"
                                                                                 "7zXZ",
                                                                                 5) == 0);
}

static kor_status read_lines(reader *r, kor_error *err)
{
    for (;;) {
        char *line;
        size_t len;
        KOR_TRY(kor_lines_next(&r->lines, &line, &len, err));
        if (!line) break;
        if (r->lines.number == 1 && is_compressed(line, len)) {
            return kor_fail(err, KOR_E_UNSUPPORTED,
                            "%s: is compressed; unpack it and import the result", r->lines.name);
        }
        KOR_TRY(read_line(r, line, len, err));
    }
    if (!r->known && r->unknown) {
        r->unknown = UNKNOWN_LINES_MAX;
        return unknown_line(r, err);
    }
    return end_stanza(r, err);
}

/* One file, the part from..to of the import. */
static kor_status read_file(const char *path, double from, double to, const kor_sink *sink,
                            kor_error *err)
{
    reader r = {.sink = sink};
    KOR_TRY(kor_lines_open(&r.lines, path, sink, err));
    r.lines.from = from;
    r.lines.to = to;
    kor_status status = read_lines(&r, err);
    kor_lines_close(&r.lines);
    kor_seen_free(&r.seen);
    kor_str_free(&r.ref);
    kor_str_free(&r.text);
    kor_str_free(&r.stanza);
    return status;
}

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* Find the logs of a folder: the oldest of each kind first, as rotation numbers them. */
static kor_status find_logs(const char *folder, glob_t *found, kor_error *err)
{
    static const char *const patterns[] = {"/dpkg.log.[0-9]*", "/dpkg.log",
                                           "/apt/history.log.[0-9]*", "/apt/history.log"};
    kor_str pattern = {0};
    kor_status status = KOR_OK;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns && status == KOR_OK; i++) {
        kor_str_clear(&pattern);
        for (const char *c = folder; *c; c++) {
            if (strchr("*?[\\", *c)) kor_str_putc(&pattern, '\\');
            kor_str_putc(&pattern, *c);
        }
        kor_str_puts(&pattern, patterns[i]);
        if (pattern.failed) {
            status = kor_fail_memory(err);
            break;
        }
        int rc = glob(kor_str_text(&pattern), i ? GLOB_APPEND : 0, NULL, found);
        if (rc == GLOB_NOSPACE) status = kor_fail_memory(err);
    }
    kor_str_free(&pattern);
    return status;
}

static kor_status read_folder(const char *folder, const kor_sink *sink, kor_error *err)
{
    glob_t found = {0};
    kor_status status = find_logs(folder, &found, err);
    size_t n = found.gl_pathc;
    if (status == KOR_OK && n == 0) {
        status = kor_fail(err, KOR_E_NOT_FOUND,
                          "%s: no dpkg.log and no apt/history.log here (is this Debian?)", folder);
    }
    for (size_t i = 0; i < n && status == KOR_OK; i++) {
        const char *path = found.gl_pathv[i];
        double from = (double)i / (double)n, to = (double)(i + 1) / (double)n;
        if (ends_in(path, ".gz") || ends_in(path, ".xz")) {
            sink->skip(sink->arg, path, "compressed; unpack it and import the result");
        } else if (access(path, R_OK) != 0) {
            sink->skip(sink->arg, path, strerror(errno));
        } else {
            status = read_file(path, from, to, sink, err);
        }
    }
    globfree(&found);
    return status;
}

kor_status kor_source_dpkg_run(const char *path, const kor_sink *sink, kor_error *err)
{
    struct stat st;
    const char *place = path ? path : default_folder;
    if (stat(place, &st) == 0 && S_ISDIR(st.st_mode)) return read_folder(place, sink, err);
    return read_file(place, 0, 1, sink, err);
}
