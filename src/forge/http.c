/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/http.h"

#include "base/module_path.h"

#include <dlfcn.h>
#include <string.h>

kor_status kor_http_load(const kor_http_api **out, kor_error *err)
{
    char file[4096];
    if (!kor_module_path(file, "http")) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "teacher: korora-http.so is not there: this build left it out; install "
                        "libcurl4-openssl-dev and build again");
    }
    /* TLS libraries leave handlers behind that run at exit: the module is never unloaded. */
    void *module = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!module) return kor_fail(err, KOR_E_UNSUPPORTED, "teacher: %s", dlerror());
    const kor_http_api *(*get)(void) = NULL;
    void *symbol = dlsym(module, "kor_http_module");
    memcpy(&get, &symbol, sizeof get); /* POSIX: a symbol may be a function */
    *out = get ? get() : NULL;
    (void)dlclose(module);
    return *out ? KOR_OK : kor_fail(err, KOR_E_UNSUPPORTED, "%s: not a module", file);
}
