/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/token.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

kor_status kor_secret_make(char out[KOR_TOKEN_SIZE], kor_error *err)
{
    unsigned char bytes[(KOR_TOKEN_SIZE - 1) / 2];
    size_t got = 0;
    while (got < sizeof bytes) {
        ssize_t n = getrandom(bytes + got, sizeof bytes - got, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return kor_fail(err, KOR_E_IO, "no random bytes: %s", strerror(errno));
        got += (size_t)n;
    }
    for (size_t i = 0; i < sizeof bytes; i++) (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    explicit_bzero(bytes, sizeof bytes);
    return KOR_OK;
}

static bool is_token(const char *text)
{
    return strlen(text) == KOR_TOKEN_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == KOR_TOKEN_SIZE - 1;
}

kor_status kor_token_make(const char *file, kor_error *err)
{
    char token[KOR_TOKEN_SIZE];
    kor_writer w;
    KOR_TRY(kor_secret_make(token, err));
    KOR_TRY(kor_writer_open(&w, file, err));
    kor_status status = kor_writer_add(&w, token, KOR_TOKEN_SIZE - 1, err);
    if (status == KOR_OK) status = kor_writer_add(&w, "\n", 1, err);
    if (status == KOR_OK) status = kor_writer_commit(&w, err);
    kor_writer_abandon(&w);
    explicit_bzero(token, sizeof token);
    return status;
}

kor_status kor_token_read(const char *path, char token[KOR_TOKEN_SIZE], struct stat *file,
                          kor_error *err)
{
    char text[KOR_TOKEN_SIZE + 1] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return kor_fail(err, errno == ENOENT ? KOR_E_NOT_FOUND : KOR_E_IO, "%s: %s", path,
                        strerror(errno));
    ssize_t n = fstat(fd, file) == 0 ? read(fd, text, sizeof text - 1) : -1;
    (void)close(fd);
    text[n > 0 ? n : 0] = 0;
    text[strcspn(text, "\n")] = 0;
    if (n < 0) return kor_fail(err, KOR_E_IO, "%s: cannot be read", path);
    if (!S_ISREG(file->st_mode) || file->st_mode & 077)
        return kor_fail(err, KOR_E_INPUT,
                        "%s: others may read it; 'korora serve --new-token' makes another", path);
    if (!is_token(text))
        return kor_fail(err, KOR_E_INPUT, "%s: no token; 'korora serve --new-token' makes another",
                        path);
    memcpy(token, text, KOR_TOKEN_SIZE);
    explicit_bzero(text, sizeof text);
    return KOR_OK;
}

bool kor_token_same(const char *secret, const char *given, size_t len)
{
    unsigned differ = 0;
    if (len != KOR_TOKEN_SIZE - 1 || !*secret) return false;
    for (size_t i = 0; i < len; i++)
        differ |= (unsigned)(unsigned char)secret[i] ^ (unsigned)(unsigned char)given[i];
    return differ == 0;
}
