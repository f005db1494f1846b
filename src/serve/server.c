/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/server.h"

#include "base/module_path.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128 };

kor_status kor_server_load(const kor_server_api **out, kor_error *err)
{
    char file[4096];
    if (!kor_module_path(file, "serve")) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "korora-serve.so is not there: this build left it out; install "
                        "libmicrohttpd-dev and build again");
    }
    /* TLS libraries leave handlers behind that run at exit: the module is never unloaded. */
    void *module = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!module) return kor_fail(err, KOR_E_UNSUPPORTED, "%s", dlerror());
    const kor_server_api *(*get)(void) = NULL;
    void *symbol = dlsym(module, "kor_server_module");
    memcpy(&get, &symbol, sizeof get); /* POSIX: a symbol may be a function */
    *out = get ? get() : NULL;
    (void)dlclose(module);
    return *out ? KOR_OK : kor_fail(err, KOR_E_UNSUPPORTED, "%s: not a module", file);
}

static kor_status give_up(int fd, kor_error *err, const char *what)
{
    int why = errno;
    if (fd >= 0) (void)close(fd);
    if (why == EADDRINUSE)
        return kor_fail(err, KOR_E_BUSY,
                        "%s: something listens there already; choose another with --port", what);
    if (why == EACCES)
        return kor_fail(err, KOR_E_IO, "%s: not allowed; choose a port over 1023", what);
    return kor_fail(err, KOR_E_IO, "%s: %s", what, strerror(why));
}

kor_status kor_listen_loopback(int *out, unsigned *port, kor_error *err)
{
    char what[64];
    (void)snprintf(what, sizeof what, "127.0.0.1:%u", *port);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    /* A server that was just stopped leaves connections in TIME_WAIT; these are no hindrance. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return give_up(fd, err, what);
    *port = ntohs(address.sin_port);
    *out = fd;
    return KOR_OK;
}

/* Does somebody answer at that socket? */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0) (void)close(fd);
    return alive;
}

kor_status kor_listen_socket(int *out, const char *path, kor_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat there;
    size_t len = strlen(path);
    if (!len || len >= sizeof address.sun_path)
        return kor_fail(err, KOR_E_ARG, "%.80s: the path of a socket has 1 to %zu bytes", path,
                        sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, len + 1);
    if (lstat(path, &there) == 0) {
        if (!S_ISSOCK(there.st_mode))
            return kor_fail(err, KOR_E_ARG, "%s: there is something else of that name", path);
        if (is_alive(&address))
            return kor_fail(err, KOR_E_BUSY, "%s: something listens there already", path);
        (void)unlink(path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return give_up(fd, err, path);
    mode_t mask = umask(0177);
    int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    (void)umask(mask);
    if (bound != 0 || listen(fd, BACKLOG) != 0) return give_up(fd, err, path);
    *out = fd;
    return KOR_OK;
}
