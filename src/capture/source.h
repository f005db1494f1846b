/* SPDX-License-Identifier: Apache-2.0 */
/* What the sources share among themselves. */
#ifndef KOR_SOURCE_H
#define KOR_SOURCE_H

#include "base/str.h"
#include "capture/capture.h"

#include <stdbool.h>

/* One a file, in the table of capture.c; each as kor_source.run. */
kor_status kor_source_shell_run(const char *path, const kor_sink *sink, kor_error *err);
kor_status kor_source_files_run(const char *path, const kor_sink *sink, kor_error *err);
kor_status kor_source_dpkg_run(const char *path, const kor_sink *sink, kor_error *err);
kor_status kor_source_jsonl_run(const char *path, const kor_sink *sink, kor_error *err);

/* Seconds since 1970 to milliseconds; false outside the years 0 to 9999, which no history means. */
bool kor_source_ms(int64_t seconds, int64_t *ms);

/* Minutes east of UTC of the user's zone at a time. */
int32_t kor_source_offset(const kor_sink *sink, int64_t ms);

/* Tell the sink that where was left out because of err, without saying where twice. */
void kor_source_skip_error(const kor_sink *sink, const char *where, const kor_error *err);

/* Append "file:///absolute/path", percent-encoded. */
void kor_source_file_uri(kor_str *out, const char *absolute_path);

/* Append bytes percent-encoded: all but letters, digits and -._~/ */
void kor_source_percent(kor_str *out, const char *bytes, size_t len);

#endif
