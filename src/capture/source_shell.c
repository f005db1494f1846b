/* SPDX-License-Identifier: Apache-2.0 */
/* Shell histories: bash with and without times, zsh plain and extended, fish. */
#include "base/hash.h"
#include "capture/lines.h"
#include "capture/seen.h"
#include "capture/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum shell { BASH, ZSH, FISH } shell;

typedef struct history {
    kor_lines lines;
    shell shell;
    char *line; /* the line at hand; NULL at the end */
    size_t len;
    /* The command at hand. */
    kor_str command;
    bool timed;
    int64_t time_ms; /* when timed */
} history;

/* ---- Reading numbers ---- */

/* Digits that are a time in seconds, as *ms; the number of bytes read, 0 when it is none. Times
 * before 1973 are taken for something else: a command "#12" is a comment. */
static size_t read_time(const char *s, int64_t *ms)
{
    int64_t seconds = 0;
    size_t n = 0;
    for (; s[n] >= '0' && s[n] <= '9'; n++) {
        if (n == 12) return 0;
        seconds = seconds * 10 + (s[n] - '0');
    }
    return seconds >= 100000000 && kor_source_ms(seconds, ms) ? n : 0;
}

/* "#1700000000", the whole line. */
static bool is_bash_time(const char *line, size_t len, int64_t *ms)
{
    return len > 1 && line[0] == '#' && read_time(line + 1, ms) == len - 1;
}

/* ": 1700000000:12;command": the bytes before the command, 0 when the line is not such a one. */
static size_t zsh_prefix(const char *line, int64_t *ms)
{
    if (strncmp(line, ": ", 2) != 0) return 0;
    size_t i = 2;
    while (line[i] == ' ') i++; /* zsh pads times to ten places */
    size_t n = read_time(line + i, ms);
    i += n;
    if (n == 0 || line[i++] != ':') return 0;
    while (line[i] >= '0' && line[i] <= '9') i++;
    return line[i] == ';' ? i + 1 : 0;
}

/* ---- One command after the other ---- */

static const char fish_start[] = "- cmd: ";

static bool starts_fish(const char *line)
{
    return strncmp(line, fish_start, sizeof fish_start - 1) == 0;
}

static kor_status advance(history *h, kor_error *err)
{
    return kor_lines_next(&h->lines, &h->line, &h->len, err);
}

/* A time line, and the command that runs to the next time line; or a line without a time. */
static kor_status next_bash(history *h, kor_error *err)
{
    h->timed = is_bash_time(h->line, h->len, &h->time_ms);
    if (!h->timed) {
        kor_str_add(&h->command, h->line, h->len);
        return advance(h, err);
    }
    KOR_TRY(advance(h, err));
    size_t first = h->lines.number;
    int64_t ms;
    while (h->line && !is_bash_time(h->line, h->len, &ms)) {
        if (h->command.len <= KOR_LINE_MAX) {
            kor_str_add(&h->command, h->line, h->len);
            kor_str_putc(&h->command, '\n');
        }
        KOR_TRY(advance(h, err));
    }
    if (h->command.len > KOR_LINE_MAX) {
        kor_lines_skip(&h->lines, first, "command longer than 8 MiB");
        kor_str_clear(&h->command);
    }
    return KOR_OK;
}

/* zsh writes the bytes 0x00 and 0x83 to 0xa2 as 0x83 and the byte with bit 5 flipped. */
static void unmetafy(kor_str *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->len; i++) {
        char c = s->data[i];
        if (c == '\x83' && i + 1 < s->len) c = (char)(s->data[++i] ^ 32);
        s->data[n++] = c;
    }
    s->len = n;
}

/* A line that ends in a backslash goes on in the next. A command that ends in one was written with
 * a space behind it, to be told apart. */
static kor_status next_zsh(history *h, kor_error *err)
{
    size_t prefix = zsh_prefix(h->line, &h->time_ms);
    h->timed = prefix > 0;
    if (!h->timed && strncmp(h->line, "\\:", 2) == 0) prefix = 1;
    size_t first = h->lines.number;
    kor_str *command = &h->command;
    kor_str_add(command, h->line + prefix, h->len - prefix);
    while (h->len && h->line[h->len - 1] == '\\') {
        KOR_TRY(advance(h, err));
        if (!h->line || command->failed || command->len > KOR_LINE_MAX) break;
        command->data[command->len - 1] = '\n';
        kor_str_add(command, h->line, h->len);
    }
    if (h->line) KOR_TRY(advance(h, err));
    if (command->failed) return KOR_OK;
    if (command->len > KOR_LINE_MAX) {
        kor_lines_skip(&h->lines, first, "command longer than 8 MiB");
        kor_str_clear(command);
    }
    size_t spaces = 0;
    while (spaces < command->len && command->data[command->len - 1 - spaces] == ' ') spaces++;
    if (spaces && spaces < command->len && command->data[command->len - 1 - spaces] == '\\') {
        command->len--;
    }
    if (command->len) unmetafy(command);
    return KOR_OK;
}

/* fish writes a line end as \n and a backslash as two. */
static void add_fish_text(kor_str *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '\\' && i + 1 < len && (s[i + 1] == 'n' || s[i + 1] == '\\')) {
            i++;
            kor_str_putc(out, s[i] == 'n' ? '\n' : '\\');
        } else {
            kor_str_putc(out, s[i]);
        }
    }
}

/* "- cmd: text", then "  when: time" and others that are not needed. */
static kor_status next_fish(history *h, kor_error *err)
{
    static const char when[] = "  when: ";
    h->timed = false;
    if (!starts_fish(h->line)) {
        kor_lines_skip(&h->lines, h->lines.number, "expected \"- cmd: \", as fish writes it");
        return advance(h, err);
    }
    size_t prefix = sizeof fish_start - 1;
    add_fish_text(&h->command, h->line + prefix, h->len - prefix);
    KOR_TRY(advance(h, err));
    while (h->line && h->line[0] == ' ') {
        if (strncmp(h->line, when, sizeof when - 1) == 0) {
            size_t digits = h->len - (sizeof when - 1);
            h->timed = digits && read_time(h->line + sizeof when - 1, &h->time_ms) == digits;
            if (!h->timed) {
                kor_lines_skip(&h->lines, h->lines.number,
                               "\"when\" is not a time in seconds; the command is kept");
            }
        }
        KOR_TRY(advance(h, err));
    }
    return KOR_OK;
}

/* The next command that is not blank, or *more is false at the end. */
static kor_status next_command(history *h, bool *more, kor_error *err)
{
    for (;;) {
        kor_str_clear(&h->command);
        *more = h->line != NULL;
        if (!*more) return KOR_OK;
        switch (h->shell) {
        case BASH: KOR_TRY(next_bash(h, err)); break;
        case ZSH: KOR_TRY(next_zsh(h, err)); break;
        case FISH: KOR_TRY(next_fish(h, err)); break;
        }
        if (h->command.failed) return kor_fail_memory(err);
        size_t len = h->command.len;
        while (len && strchr(" \t\n", h->command.data[len - 1]) && h->command.data[len - 1]) len--;
        if (len == 0) continue;
        /* Only line ends go: a space behind a backslash means something. */
        while (h->command.data[h->command.len - 1] == '\n') h->command.len--;
        h->command.data[h->command.len] = 0;
        return KOR_OK;
    }
}

static kor_status restart(history *h, kor_error *err)
{
    KOR_TRY(kor_lines_rewind(&h->lines, err));
    return advance(h, err);
}

/* ---- Whose it is, and when ---- */

/* The first line that only one shell writes decides; a history without such a line is told by its
 * name, and is bash's when that says nothing. */
static kor_status detect(history *h, kor_error *err)
{
    const char *slash = strrchr(h->lines.name, '/');
    const char *name = slash ? slash + 1 : h->lines.name;
    h->shell = strstr(name, "zsh") || strstr(name, "zhistory") ? ZSH : BASH;
    KOR_TRY(restart(h, err));
    while (h->line) {
        int64_t ms;
        bool fish = starts_fish(h->line), zsh = zsh_prefix(h->line, &ms) > 0;
        if (fish || zsh || is_bash_time(h->line, h->len, &ms)) {
            h->shell = fish ? FISH : zsh ? ZSH : BASH;
            break;
        }
        KOR_TRY(advance(h, err));
    }
    return KOR_OK;
}

/* Commands without a time before the first that has one get times that end just before it; when
 * none has, just before the file was last written. A millisecond apart, so that they keep their
 * order, and come after what an earlier import of the same file gave its commands. */
static kor_status first_time(history *h, int64_t *ms, kor_error *err)
{
    int64_t untimed = 0;
    *ms = h->lines.mtime_ms;
    KOR_TRY(restart(h, err));
    for (;;) {
        bool more;
        KOR_TRY(next_command(h, &more, err));
        if (more && h->timed) *ms = h->time_ms;
        if (!more || h->timed) break;
        untimed++;
    }
    *ms -= untimed;
    return KOR_OK;
}

/* A history is cut at its front and written anew at every logout, so a name holds what stays: the
 * time and the command, or the file and the command. */
static void make_ref(kor_str *ref, const history *h, const char *absolute)
{
    kor_str key = {0};
    char hash[33];
    if (!h->timed) kor_str_add(&key, absolute, strlen(absolute) + 1);
    kor_str_add(&key, h->command.data, h->command.len);
    kor_hash128_hex(kor_str_text(&key), key.len, hash);
    kor_str_clear(ref);
    if (h->timed) kor_str_printf(ref, "%lld:", (long long)(h->time_ms / 1000));
    kor_str_puts(ref, hash);
    ref->failed |= key.failed;
    kor_str_free(&key);
}

static kor_status emit_all(history *h, const char *absolute, int64_t ms, kor_error *err)
{
    static const char *const names[] = {[BASH] = "bash", [ZSH] = "zsh", [FISH] = "fish"};
    const kor_sink *sink = h->lines.sink;
    kor_seen seen = {0};
    kor_str ref = {0}, uri = {0};
    kor_source_file_uri(&uri, absolute);
    kor_status status = uri.failed ? kor_fail_memory(err) : restart(h, err);
    while (status == KOR_OK) {
        bool more;
        status = next_command(h, &more, err);
        if (status != KOR_OK || !more) break;
        if (h->timed) ms = h->time_ms;
        make_ref(&ref, h, absolute);
        status = kor_seen_ref(&seen, &ref, err);
        kor_event event = {.time_ms = ms,
                           .offset_min = kor_source_offset(sink, ms),
                           .source = "shell",
                           .ref = kor_str_text(&ref),
                           .app = names[h->shell],
                           .uri = kor_str_text(&uri),
                           .text = h->command.data,
                           .text_len = h->command.len};
        if (status == KOR_OK && ms >= sink->since_ms) status = sink->event(sink->arg, &event, err);
        ms++;
    }
    kor_seen_free(&seen);
    kor_str_free(&ref);
    kor_str_free(&uri);
    return status;
}

/* One history, the part from..to of the import. The first readings find out what it is and when it
 * starts; the sink hears of the last one only. */
static kor_status read_history(const char *path, double from, double to, const kor_sink *sink,
                               kor_error *err)
{
    history h = {0};
    int64_t ms = 0;
    KOR_TRY(kor_lines_open(&h.lines, path, NULL, err));
    h.lines.from = from;
    h.lines.to = to;
    char *absolute = realpath(path, NULL);
    kor_status status = detect(&h, err);
    if (status == KOR_OK) status = first_time(&h, &ms, err);
    h.lines.sink = sink;
    if (status == KOR_OK) status = emit_all(&h, absolute ? absolute : path, ms, err);
    free(absolute);
    kor_str_free(&h.command);
    kor_lines_close(&h.lines);
    return status;
}

/* ---- The places ---- */

enum { PLACES = 5 };

static void add_place(kor_str places[PLACES], size_t *count, const char *folder, const char *name)
{
    if (!folder || !*folder) return;
    kor_str_printf(&places[(*count)++], "%s%s", folder, name);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Read each that exists, once. One that may not be read does not keep the others from it. */
static kor_status read_places(const kor_str places[PLACES], size_t count, const kor_sink *sink,
                              kor_error *err)
{
    struct stat known[PLACES];
    const char *found[PLACES];
    size_t n = 0;
    kor_str looked = {0};
    for (size_t i = 0; i < count; i++) {
        const char *path = kor_str_text(&places[i]);
        kor_str_printf(&looked, "%s%s", i ? ", " : "", path);
        if (stat(path, &known[n]) != 0 || !S_ISREG(known[n].st_mode)) continue;
        bool again = false;
        for (size_t k = 0; k < n; k++) again |= is_same_file(&known[k], &known[n]);
        if (again) continue;
        if (access(path, R_OK) == 0) {
            found[n++] = path;
        } else {
            sink->skip(sink->arg, path, strerror(errno));
        }
    }
    kor_status status = KOR_OK;
    if (n == 0) {
        status = kor_fail(err, KOR_E_NOT_FOUND, "no shell history to read: looked for %s",
                          kor_str_text(&looked));
    }
    kor_str_free(&looked);
    for (size_t i = 0; i < n && status == KOR_OK; i++) {
        double from = (double)i / (double)n, to = (double)(i + 1) / (double)n;
        status = read_history(found[i], from, to, sink, err);
    }
    return status;
}

static kor_status read_default_places(const kor_sink *sink, kor_error *err)
{
    const char *home = getenv("HOME"), *data = getenv("XDG_DATA_HOME");
    const char *named = getenv("HISTFILE");
    if ((!home || !*home) && (!named || !*named)) {
        return kor_fail(
            err, KOR_E_NOT_FOUND,
            "no shell history: HOME is not set; name the file: korora import shell PATH");
    }
    kor_str places[PLACES] = {0};
    size_t count = 0;
    add_place(places, &count, named, "");
    add_place(places, &count, home, "/.bash_history");
    add_place(places, &count, getenv("ZDOTDIR"), "/.zsh_history");
    add_place(places, &count, home, "/.zsh_history");
    if (data && *data) {
        add_place(places, &count, data, "/fish/fish_history");
    } else {
        add_place(places, &count, home, "/.local/share/fish/fish_history");
    }
    bool failed = false;
    for (size_t i = 0; i < count; i++) failed |= places[i].failed;
    kor_status status = failed ? kor_fail_memory(err) : read_places(places, count, sink, err);
    for (size_t i = 0; i < PLACES; i++) kor_str_free(&places[i]);
    return status;
}

kor_status kor_source_shell_run(const char *path, const kor_sink *sink, kor_error *err)
{
    return path ? read_history(path, 0, 1, sink, err) : read_default_places(sink, err);
}
