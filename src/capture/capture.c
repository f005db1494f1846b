/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/capture.h"

#include "capture/module.h"
#include "capture/source.h"

#include <string.h>

static kor_status run_git(const char *path, const kor_sink *sink, kor_error *err)
{
    return kor_module_load_and_run("git", path, sink, err);
}

const kor_source kor_sources[] = {
    {"git", "commits of a git repository (without PATH: the one around the working directory)",
     run_git},
    {"shell", "shell history of bash, zsh or fish (without PATH: all that are yours)",
     kor_source_shell_run},
    {"files", "text and Markdown files, one event a section (PATH: a file or a folder)",
     kor_source_files_run},
    {"dpkg", "packages installed, upgraded and removed (without PATH: /var/log)",
     kor_source_dpkg_run},
    {"jsonl", "one JSON object a line, with a \"text\" (without PATH, or with -: standard input)",
     kor_source_jsonl_run},
    {NULL, NULL, NULL},
};

const kor_source *kor_source_find(const char *name)
{
    for (const kor_source *source = kor_sources; source->name; source++) {
        if (strcmp(source->name, name) == 0) return source;
    }
    return NULL;
}
