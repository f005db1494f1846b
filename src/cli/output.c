/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "text/utf8.h"

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
        if (kor_text_steers(cp)) continue;
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
        if (kor_text_steers(cp) && cp != '\n' && cp != '\t') cp = 0xfffd;
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

void kor_print_json(json_t *value)
{
    kor_str text = {0};
    kor_put_json(&text, value);
    puts(text.failed ? "{\"error\":\"out of memory\"}" : kor_str_text(&text));
    kor_str_free(&text);
}

void kor_print_range(int64_t from_ms, int64_t to_ms, const char *rule, const kor_zone *zone)
{
    char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
    bool starts = kor_range_end(from, from_ms, zone), ends = kor_range_end(to, to_ms, zone);
    if (starts && ends)
        kor_print(KOR_DIM, "from %s to %s", from, to);
    else if (starts)
        kor_print(KOR_DIM, "from %s on", from);
    else
        kor_print(KOR_DIM, "before %s", to);
    if (rule) kor_print(KOR_DIM, " (%s, %s)", rule, kor_zone_name(zone));
    putchar('\n');
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
