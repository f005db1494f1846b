/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "text/utf8.h"
#include "time/evaluate.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

const char *kor_flush(void)
{
    static const char *why; /* the first failure; a later one may say less */
    if (!why && (fflush(stdout) != 0 || ferror(stdout)))
        why = errno ? strerror(errno) : "the disk is full, or nobody reads it";
    return why;
}

static bool coloured(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

static const char *style_on(kor_style style)
{
    static const char *const codes[] = {"",         "\033[1m",  "\033[2m", "\033[34m",
                                        "\033[32m", "\033[33m", "\033[31m"};
    return style != KOR_PLAIN && coloured() ? codes[style] : "";
}

static const char *style_off(kor_style style)
{
    return style != KOR_PLAIN && coloured() ? "\033[0m" : "";
}

void kor_print(kor_style style, const char *fmt, ...)
{
    va_list ap;
    fputs(style_on(style), stdout);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    fputs(style_off(style), stdout);
}

/* Characters that steer a terminal or reorder what a reader sees: C0, C1, DEL, the separators of
 * lines and the bidirectional controls. */
static bool steers(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200e || cp == 0x200f || cp == 0x61c;
}

static size_t put_line(FILE *to, const char *text, size_t len, size_t width)
{
    size_t used = 0;
    bool gap = false;
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        at += kor_utf8_decode(text + at, len - at, &cp);
        if (cp == ' ' || (cp >= 0x09 && cp <= 0x0d) || cp == 0xa0) {
            gap = used > 0;
            continue;
        }
        if (steers(cp)) continue;
        size_t columns = (size_t)gap + (size_t)utf8proc_charwidth((utf8proc_int32_t)cp);
        if (used + columns >= width && width > 0) {
            fputs("…", to);
            return used + 1;
        }
        if (gap) putc(' ', to);
        used += columns;
        gap = false;
        char out[4];
        fwrite(out, 1, kor_utf8_encode(cp, out), to);
    }
    return used;
}

size_t kor_print_line(kor_style style, const char *text, size_t len, size_t width)
{
    fputs(style_on(style), stdout);
    size_t used = put_line(stdout, text, len, width);
    fputs(style_off(style), stdout);
    return used;
}

void kor_print_cell(kor_style style, const char *text, size_t width)
{
    size_t used = kor_print_line(style, text, strlen(text), 2 * width);
    printf("%*s", (int)(used < width ? width - used : 0) + 2, "");
}

void kor_say(const kor_command *command, const char *fmt, ...)
{
    kor_str message = {0};
    kor_str_puts(&message, "korora");
    if (command) kor_str_printf(&message, " %s", command->name);
    kor_str_puts(&message, ": ");
    va_list ap;
    va_start(ap, fmt);
    kor_str_vprintf(&message, fmt, ap);
    va_end(ap);
    kor_progress_clear();
    (void)put_line(stderr, kor_str_text(&message), message.len, 0);
    putc('\n', stderr);
    kor_str_free(&message);
}

void kor_print_block(const char *text, size_t len, int indent)
{
    bool start = true;
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        at += kor_utf8_decode(text + at, len - at, &cp);
        if (start) printf("%*s", indent, "");
        start = cp == '\n';
        if (cp == '\r' && at < len && text[at] == '\n') continue;
        if (steers(cp) && cp != '\n' && cp != '\t') cp = 0xfffd;
        char out[4];
        fwrite(out, 1, kor_utf8_encode(cp, out), stdout);
    }
    if (!start) putchar('\n');
}

size_t kor_columns(void)
{
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= 40) {
        return size.ws_col;
    }
    return 100;
}

void kor_put_json(kor_str *out, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(value);
    if (!text) {
        kor_str_puts(out, "{\"error\":\"out of memory\"}");
        return;
    }
    /* C0 is escaped already; what else steers a terminal can only stand inside a string. */
    for (size_t at = 0, len = strlen(text), n; at < len; at += n) {
        uint32_t cp;
        n = kor_utf8_decode(text + at, len - at, &cp);
        if (steers(cp))
            kor_str_printf(out, "\\u%04x", (unsigned)cp);
        else
            kor_str_add(out, text + at, n);
    }
    free(text);
}

void kor_print_json(json_t *value)
{
    kor_str text = {0};
    kor_put_json(&text, value);
    puts(text.failed ? "{\"error\":\"out of memory\"}" : kor_str_text(&text));
    kor_str_free(&text);
}

json_t *kor_text_json(const char *text, size_t len)
{
    json_t *ready = json_stringn(text, len);
    if (ready) return ready;
    kor_str repaired = {0};
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        char out[4];
        at += kor_utf8_decode(text + at, len - at, &cp);
        kor_str_add(&repaired, out, kor_utf8_encode(cp, out));
    }
    ready = json_stringn(kor_str_text(&repaired), repaired.len);
    kor_str_free(&repaired);
    return ready;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text) json_object_set_new(object, key, kor_text_json(text, strlen(text)));
}

json_t *kor_event_json(const kor_event *e)
{
    char time[KOR_TIME_SIZE], stored[KOR_TIME_SIZE];
    kor_time_format_offset(time, e->time_ms, e->offset_min);
    kor_time_format_offset(stored, e->stored_ms, 0);
    json_t *o = json_object();
    if (e->ref)
        set_text(o, "id", e->ref);
    else
        json_object_set_new(o, "id", json_integer(e->id));
    json_object_set_new(o, "event", json_integer(e->id));
    set_text(o, "time", time);
    set_text(o, "stored", stored);
    set_text(o, "source", e->source);
    set_text(o, "app", e->app);
    set_text(o, "title", e->title);
    set_text(o, "uri", e->uri);
    set_text(o, "scope", e->scope);
    json_object_set_new(o, "text", kor_text_json(e->text, e->text_len));
    return o;
}

static bool format_end(char out[KOR_TIME_SIZE], int64_t ms, const kor_zone *zone)
{
    kor_time_format(out, ms, zone);
    return ms > KOR_WHEN_FIRST_MS && ms < KOR_WHEN_LAST_MS;
}

void kor_print_range(int64_t from_ms, int64_t to_ms, const char *rule, const kor_zone *zone)
{
    char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
    bool starts = format_end(from, from_ms, zone), ends = format_end(to, to_ms, zone);
    if (starts && ends)
        kor_print(KOR_DIM, "from %s to %s", from, to);
    else if (starts)
        kor_print(KOR_DIM, "from %s on", from);
    else
        kor_print(KOR_DIM, "before %s", to);
    if (rule) kor_print(KOR_DIM, " (%s, %s)", rule, kor_zone_name(zone));
    putchar('\n');
}

json_t *kor_range_json(int64_t from_ms, int64_t to_ms, const kor_zone *zone)
{
    char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
    bool starts = format_end(from, from_ms, zone), ends = format_end(to, to_ms, zone);
    return json_pack("{s:s?,s:s?,s:s}", "from", starts ? from : NULL, "to", ends ? to : NULL,
                     "zone", kor_zone_name(zone));
}

const char *kor_day_name(int64_t ms, const kor_zone *zone, kor_civil *local)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    int64_t seconds = ms / 1000 - (ms % 1000 < 0);
    *local = kor_civil_from_seconds(seconds + kor_zone_offset(zone, seconds));
    return names[kor_weekday(kor_days_from_civil(local->year, local->month, local->day))];
}

/* ---- Progress ---- */

static bool progress_shown;

void kor_progress(const char *what, double fraction, int64_t count, double seconds)
{
    static double last;
    if (!isatty(STDERR_FILENO)) return;
    double now = kor_seconds();
    if (progress_shown && now - last < 0.1) return;
    last = now;
    progress_shown = true;
    enum { BAR = 24 };
    char bar[BAR + 1];
    if (fraction > 1) fraction = 1;
    int full = fraction < 0 ? 0 : (int)(fraction * BAR);
    for (int i = 0; i < BAR; i++) bar[i] = i < full ? '#' : '.';
    bar[BAR] = 0;
    char share[8] = "";
    if (fraction >= 0) (void)snprintf(share, sizeof share, "%3.0f %%", fraction * 100);
    fprintf(stderr, "\r\033[K%s [%s] %s  %s  %.0f/s", what, bar, share, kor_grouped(count),
            seconds > 0 ? (double)count / seconds : 0.0);
    fflush(stderr);
}

void kor_progress_clear(void)
{
    if (!progress_shown) return;
    fputs("\r\033[K", stderr);
    progress_shown = false;
}

double kor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

const char *kor_grouped(int64_t n)
{
    static char buffers[8][32];
    static unsigned turn;
    char digits[24], *out = buffers[turn++ % 8];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n), at = 0;
    for (int i = 0; i < len; i++) {
        out[at++] = digits[i];
        int left = len - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-') out[at++] = ',';
    }
    out[at] = 0;
    return out;
}

const char *kor_counted(int64_t n, const char *noun)
{
    static char buffers[8][64];
    static unsigned turn;
    char *out = buffers[turn++ % 8];
    (void)snprintf(out, sizeof *buffers, "%s %s%s", kor_grouped(n), noun, n == 1 ? "" : "s");
    return out;
}
