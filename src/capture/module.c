/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/module.h"

#include "base/module_path.h"

#include <dlfcn.h>
#include <string.h>

kor_status kor_module_load_and_run(const char *name, const char *path, const kor_sink *sink,
                                   kor_error *err)
{
    char file[4096];
    if (!kor_module_path(file, name)) {
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
