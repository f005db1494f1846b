/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/diagram.h"

#include "text/utf8.h"

#include <string.h>

/* Where things are, in pixels: a square to compare in, and a strip below it. */
enum {
    WIDTH = 460,
    HEIGHT = 590,
    LEFT = 62,
    TOP = 66,
    SIDE = 370,
    STRIP = 482, /* top of the strip */
    STRIP_HIGH = 62
};

static double x_of(double share)
{
    return LEFT + share * SIDE;
}

static double y_of(double share)
{
    return TOP + (1 - share) * SIDE;
}

/* Text of others: what XML gives a meaning becomes a reference, what it does not allow U+FFFD. */
static void put_text(kor_str *out, const char *text)
{
    for (size_t len = strlen(text); len;) {
        uint32_t cp;
        char bytes[4];
        size_t n = kor_utf8_decode(text, len, &cp);
        text += n;
        len -= n;
        if (cp < 0x20 || cp == 0x7f || (cp & 0xfffe) == 0xfffe) cp = 0xfffd;
        if (strchr("&<>\"'", (int)cp) && cp < 0x80)
            kor_str_printf(out, "&#%u;", cp);
        else
            kor_str_add(out, bytes, kor_utf8_encode(cp, bytes));
    }
}

/* Both kinds of colours have a ground of their own, so that it can be read on any page. */
static void put_head(kor_str *out, const kor_metrics *m, const char *name)
{
    kor_str_printf(out,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
                   "height=\"%d\" role=\"img\">\n<title>",
                   WIDTH, HEIGHT, WIDTH, HEIGHT);
    put_text(out, name);
    kor_str_puts(out,
                 ": how far its probabilities can be trusted</title>\n<style>\n"
                 "text { font: 13px sans-serif; fill: #24292f }\n"
                 ".head { font-size: 16px; font-weight: bold }\n"
                 ".ground { fill: #ffffff }\n.grid { stroke: #d0d7de; fill: none }\n"
                 ".even { stroke: #57606a; stroke-dasharray: 5 4 }\n.bar { fill: #9ec5f4 }\n"
                 ".mark { stroke: #0a4a9e; stroke-width: 1.5; fill: #0a4a9e }\n"
                 "@media (prefers-color-scheme: dark) {\n"
                 "text { fill: #e6edf3 }\n.ground { fill: #0d1117 }\n.grid { stroke: #30363d }\n"
                 ".even { stroke: #9198a1 }\n.bar { fill: #1f4e86 }\n"
                 ".mark { stroke: #79c0ff; fill: #79c0ff }\n}\n</style>\n");
    kor_str_printf(out, "<rect class=\"ground\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n", WIDTH,
                   HEIGHT);
    kor_str_printf(out, "<text class=\"head\" x=\"%d\" y=\"28\">", LEFT);
    size_t whole = strlen(name), fits = kor_utf8_prefix(name, whole, 36);
    char shown[40];
    memcpy(shown, name, fits);
    shown[fits] = 0;
    put_text(out, shown);
    kor_str_puts(out, fits < whole ? "…</text>\n" : "</text>\n");
    kor_str_printf(out,
                   "<text x=\"%d\" y=\"50\">expected calibration error %.4f, %zu rows</text>\n",
                   LEFT, m->ece, m->n);
}

static void put_axes(kor_str *out)
{
    for (int i = 0; i <= 5; i++) {
        double at = i / 5.0;
        kor_str_printf(out,
                       "<path class=\"grid\" d=\"M%.1f %d v%d M%d %.1f h%d\"/>\n"
                       "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.1f</text>\n"
                       "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.1f</text>\n",
                       x_of(at), TOP, SIDE, LEFT, y_of(at), SIDE, x_of(at), TOP + SIDE + 18, at,
                       LEFT - 8, y_of(at) + 4, at);
    }
    kor_str_printf(out,
                   "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">probability it gives its "
                   "answer</text>\n"
                   "<text x=\"18\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 18 "
                   "%d)\">share that is right</text>\n",
                   LEFT + SIDE / 2, TOP + SIDE + 37, TOP + SIDE / 2, TOP + SIDE / 2);
}

static void put_bins(kor_str *out, const kor_metrics *m)
{
    double wide = (double)SIDE / KOR_CALIBRATION_BINS;
    for (size_t i = 0; i < KOR_CALIBRATION_BINS; i++) {
        const kor_bin *b = &m->bin[i];
        if (!b->count) continue;
        double right = (double)b->correct / (double)b->count;
        kor_str_printf(
            out, "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
            LEFT + (double)i * wide + 1, y_of(right), wide - 2, right * SIDE);
    }
    kor_str_printf(out, "<path class=\"even\" d=\"M%.1f %.1f L%.1f %.1f\"/>\n", x_of(0), y_of(0),
                   x_of(1), y_of(1));
    for (size_t i = 0; i < KOR_CALIBRATION_BINS; i++) {
        const kor_bin *b = &m->bin[i];
        if (!b->count) continue;
        double low, high, x = x_of(b->confidence / (double)b->count);
        kor_wilson(b->correct, b->count, &low, &high);
        kor_str_printf(out,
                       "<path class=\"mark\" d=\"M%.1f %.1f V%.1f\"/>"
                       "<circle class=\"mark\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n",
                       x, y_of(low), y_of(high), x, y_of((double)b->correct / (double)b->count));
    }
}

static void put_strip(kor_str *out, const kor_metrics *m)
{
    double wide = (double)SIDE / KOR_CALIBRATION_BINS;
    size_t most = 1;
    for (size_t i = 0; i < KOR_CALIBRATION_BINS; i++)
        most = m->bin[i].count > most ? m->bin[i].count : most;
    kor_str_printf(out, "<path class=\"grid\" d=\"M%d %d h%d\"/>\n", LEFT, STRIP + STRIP_HIGH,
                   SIDE);
    for (size_t i = 0; i < KOR_CALIBRATION_BINS; i++) {
        double high = STRIP_HIGH * (double)m->bin[i].count / (double)most;
        if (!m->bin[i].count) continue;
        kor_str_printf(
            out, "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
            LEFT + (double)i * wide + 1, STRIP + STRIP_HIGH - high, wide - 2, high);
    }
    kor_str_printf(out,
                   "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%zu</text>\n"
                   "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>\n"
                   "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">rows by the same "
                   "probability</text>\n</svg>\n",
                   LEFT - 8, STRIP + 9, most, LEFT - 8, STRIP + STRIP_HIGH + 4, LEFT + SIDE / 2,
                   STRIP + STRIP_HIGH + 22);
}

void kor_diagram_reliability(kor_str *out, const kor_metrics *m, const char *name)
{
    put_head(out, m, name);
    put_axes(out);
    put_bins(out, m);
    put_strip(out, m);
}
