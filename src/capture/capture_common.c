/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/source.h"

#include <string.h>

bool kor_source_ms(int64_t seconds, int64_t *ms)
{
    static const int64_t year_0 = -62167219200, year_10000 = 253402300800;
    if (seconds < year_0 || seconds >= year_10000) return false;
    *ms = seconds * 1000;
    return true;
}

int32_t kor_source_offset(const kor_sink *sink, int64_t ms)
{
    int64_t seconds = ms / 1000 - (ms % 1000 < 0);
    return kor_zone_offset(sink->zone, seconds) / 60;
}

void kor_source_skip_error(const kor_sink *sink, const char *where, const kor_error *err)
{
    size_t n = strlen(where);
    bool prefixed = strncmp(err->msg, where, n) == 0 && strncmp(err->msg + n, ": ", 2) == 0;
    sink->skip(sink->arg, where, prefixed ? err->msg + n + 2 : err->msg);
}

void kor_source_percent(kor_str *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter || (c >= '0' && c <= '9') || (c && strchr("-._~/", c))) {
            kor_str_putc(out, bytes[i]);
        } else {
            kor_str_printf(out, "%%%02X", c);
        }
    }
}

void kor_source_file_uri(kor_str *out, const char *absolute_path)
{
    kor_str_puts(out, "file://");
    kor_source_percent(out, absolute_path, strlen(absolute_path));
}
