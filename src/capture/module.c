/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where the running program is, with its last slash. */
static bool program_folder(char *out, size_t cap)
{
    ssize_t len = readlink("/proc/self/exe", out, cap - 1);
    if (len <= 0) return false;
    out[len] = 0;
    char *slash = strrchr(out, '/');
    if (!slash) return false;
    slash[1] = 0;
    return true;
}

kor_status kor_module_load_and_run(const char *name, const char *path, const kor_sink *sink,
                                   kor_error *err)
{
    static const char *const places[] = {"", "../", "../lib/korora/"};
    char folder[3072], file[4096];
    bool there = false;
    if (program_folder(folder, sizeof folder)) {
        for (size_t i = 0; i < sizeof places / sizeof *places && !there; i++) {
            (void)snprintf(file, sizeof file, "%s%skorora-%s.so", folder, places[i], name);
            there = access(file, R_OK) == 0;
        }
    }
    if (!there) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "%s: korora-%s.so is not there: this build left it out; install lib%s2-dev "
                        "and build again",
                        name, name, name);
    }
    void *module = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!module) return kor_fail(err, KOR_E_UNSUPPORTED, "%s: %s", name, dlerror());
    kor_status (*run)(const char *, const kor_sink *, kor_error *) = NULL;
    void *symbol = dlsym(module, "kor_module_run");
    memcpy(&run, &symbol, sizeof run); /* POSIX: a symbol may be a function */
    kor_status status =
        run ? run(path, sink, err) : kor_fail(err, KOR_E_UNSUPPORTED, "%s: not a module", file);
    (void)dlclose(module);
    return status;
}
