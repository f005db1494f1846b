/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/vectors_inner.h"

#include "base/hash.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The file ---- */

/* "KRKVVEC2" on the machine that wrote it; on one of the other byte order the file is not known. */
#define MAGIC 0x32434556564b524bull

typedef struct header {
    uint64_t magic;
    uint64_t identity; /* of the memory */
    uint64_t model;    /* its checksum */
    uint64_t dim;
    int64_t generation, seen;
    uint64_t count;
    uint64_t check; /* of all before it */
} header;

static uint64_t header_check(const header *h)
{
    return kor_hash64(h, offsetof(header, check), 0);
}

/* Bytes of a file whose last row is row count - 1. */
static uint64_t bytes_needed(uint64_t count, size_t dim)
{
    if (!count) return KOR_VECTORS_HEADER;
    uint64_t last = count - 1;
    return kor_vectors_offset(last, dim) + kor_block_codes(dim) +
           (last % KOR_VECTORS_BLOCK + 1) * dim;
}

bool kor_vectors_read(int fd, void *bytes, size_t len, uint64_t offset)
{
    char *p = bytes;
    while (len) {
        ssize_t n = pread(fd, p, len, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        p += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_at(int fd, const void *bytes, size_t len, uint64_t offset)
{
    const char *p = bytes;
    while (len) {
        ssize_t n = pwrite(fd, p, len, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        p += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return true;
}

/* Is it the sidecar of this memory, model and generation, with all rows that it claims? */
static bool header_fits(const kor_memory *m, const header *h, int64_t generation,
                        uint64_t file_bytes)
{
    return h->magic == MAGIC && h->check == header_check(h) && h->identity == m->identity &&
           h->model == m->embedder_info.checksum && h->dim == m->vectors.dim &&
           h->generation == generation && h->count <= file_bytes / m->vectors.dim &&
           bytes_needed(h->count, m->vectors.dim) <= file_bytes;
}

/* ---- Reading the truth ---- */

static kor_status select_rows(kor_memory *m, int64_t after, int64_t last, sqlite3_stmt **out,
                              kor_error *err)
{
    KOR_TRY(
        kor_store_prepare(m,
                          "SELECT v.event, e.time, e.scope, v.scale, v.code FROM vectors v"
                          " CROSS JOIN events e ON e.id = v.event"
                          " WHERE v.event > ?1 AND v.event <= ?2 AND v.model = ?3 ORDER BY v.event",
                          out, err));
    const int64_t values[] = {after, last, m->model};
    for (int i = 0; i < 3; i++) (void)sqlite3_bind_int64(*out, i + 1, values[i]);
    return KOR_OK;
}

/* The signs of a vector, and what makes a cosine of a sum over them: the best that signs alone can
 * say of x is |x|_1 / dim in each component (Gao and Long 2024, without their rotation: these
 * vectors lie evenly enough). Returns that factor. */
static float sketch(unsigned char *bits, const int8_t *code, float scale, size_t dim)
{
    int64_t sum = 0;
    memset(bits, 0, kor_sketch_bytes(dim));
    for (size_t i = 0; i < dim; i++) {
        sum += abs(code[i]);
        if (code[i] > 0) bits[i / 8] |= (unsigned char)(1u << (i % 8));
    }
    float norm = scale * (float)sum;
    return norm > 0 ? 1 / norm : 0;
}

/* Fill a block from slot *end on, until it is full or the rows end. A row that cannot be right is
 * left out; kor_memory_check reports it. */
static kor_status read_block(kor_memory *m, sqlite3_stmt *rows, unsigned char *block, size_t *end,
                             kor_error *err)
{
    size_t dim = m->vectors.dim;
    kor_vectors_head *heads = (kor_vectors_head *)(void *)block;
    unsigned char *bits = block + kor_block_sketches(), *codes = block + kor_block_codes(dim);
    while (*end < KOR_VECTORS_BLOCK) {
        bool row;
        KOR_TRY(kor_store_step(m, rows, &row, err));
        if (!row) return KOR_OK;
        double scale = sqlite3_column_double(rows, 3);
        const void *code = sqlite3_column_blob(rows, 4);
        if (!code || (size_t)sqlite3_column_bytes(rows, 4) != dim || !isfinite(scale)) continue;
        heads[*end] = (kor_vectors_head){.id = sqlite3_column_int64(rows, 0),
                                         .time_ms = sqlite3_column_int64(rows, 1),
                                         .scope = sqlite3_column_int(rows, 2),
                                         .scale = (float)scale};
        heads[*end].sketch = sketch(bits + *end * kor_sketch_bytes(dim), code, (float)scale, dim);
        memcpy(codes + *end * dim, code, dim);
        ++*end;
    }
    return KOR_OK;
}

/* What the file lacks, into memory. */
static kor_status read_tail(kor_memory *m, int64_t last, kor_error *err)
{
    kor_vectors *v = &m->vectors;
    size_t size = kor_block_bytes(v->dim), end;
    sqlite3_stmt *rows;
    KOR_TRY(select_rows(m, v->seen, last, &rows, err));
    do {
        size_t blocks = v->tailed / KOR_VECTORS_BLOCK, bytes;
        unsigned char *tail = kor_mul(blocks + 1, size, &bytes) ? realloc(v->tail, bytes) : NULL;
        if (!tail) {
            (void)sqlite3_reset(rows);
            return kor_fail_memory(err);
        }
        v->tail = tail;
        end = 0;
        KOR_TRY(read_block(m, rows, tail + blocks * size, &end, err));
        v->tailed += end;
    } while (end == KOR_VECTORS_BLOCK);
    (void)sqlite3_reset(rows);
    v->seen = last;
    return KOR_OK;
}

/* ---- Writing the file ---- */

static bool write_rows(int fd, uint64_t row, const unsigned char *block, size_t first, size_t end,
                       size_t dim)
{
    const struct {
        size_t at, size; /* of what each row has there */
    } parts[] = {
        {0, sizeof(kor_vectors_head)},
        {kor_block_sketches(), kor_sketch_bytes(dim)},
        {kor_block_codes(dim), dim},
    };
    uint64_t offset = kor_vectors_offset(row, dim);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t at = parts[i].at + first * parts[i].size;
        if (!write_at(fd, block + at, (end - first) * parts[i].size, offset + at)) return false;
    }
    return true;
}

/* Append what the file lacks. Its rows are on the disk before the header says so. *done is false
 * when the file could not be written; it is then as good as it was. */
static kor_status append(kor_memory *m, int fd, header *h, int64_t last, bool *done, kor_error *err)
{
    size_t dim = m->vectors.dim, first = h->count % KOR_VECTORS_BLOCK, end = first;
    sqlite3_stmt *rows;
    *done = false;
    KOR_TRY(select_rows(m, h->seen, last, &rows, err));
    unsigned char *block = malloc(kor_block_bytes(dim));
    kor_status status = block ? KOR_OK : kor_fail_memory(err);
    bool written = true;
    while (status == KOR_OK && written) {
        status = read_block(m, rows, block, &end, err);
        if (status != KOR_OK) break;
        written = write_rows(fd, h->count, block, first, end, dim);
        h->count += end - first;
        if (end < KOR_VECTORS_BLOCK) break;
        first = end = 0;
    }
    (void)sqlite3_reset(rows);
    free(block);
    KOR_TRY(status);
    h->seen = last;
    h->check = header_check(h);
    *done = written && fdatasync(fd) == 0 && write_at(fd, h, sizeof *h, 0);
    return KOR_OK;
}

static kor_status read_generation(kor_memory *m, int64_t *out, kor_error *err)
{
    return kor_store_integer(m, "SELECT value FROM meta WHERE key = 'generation'", 0, NULL, out,
                             err);
}

/* Whoever still reads the memory as it was before may have vectors of what was forgotten since:
 * these are not for a file. Another connection sees what there is now. */
static bool is_outdated(const kor_memory *m, int64_t generation)
{
    kor_memory *now;
    int64_t latest = generation;
    if (kor_memory_open(&now, m->home, KOR_MEMORY_READ, NULL, NULL) != KOR_OK) return true;
    kor_status status = read_generation(now, &latest, NULL);
    kor_memory_close(now);
    return status != KOR_OK || latest > generation;
}

/* An empty sidecar in place of what is there; who has the old one open keeps it. */
static bool replace(const kor_memory *m, const char *path, int64_t generation)
{
    union {
        header h;
        unsigned char bytes[KOR_VECTORS_HEADER];
    } page;
    memset(&page, 0, sizeof page);
    page.h = (header){.magic = MAGIC,
                      .identity = m->identity,
                      .model = m->embedder_info.checksum,
                      .dim = m->vectors.dim,
                      .generation = generation};
    page.h.check = header_check(&page.h);
    kor_writer w;
    if (kor_writer_open(&w, path, NULL) != KOR_OK) return false;
    if (kor_writer_add(&w, &page, sizeof page, NULL) != KOR_OK) {
        kor_writer_abandon(&w);
        return false;
    }
    return kor_writer_commit(&w, NULL) == KOR_OK;
}

/* ---- Bringing it up to date ---- */

/* Open the file and append to it what it lacks when it may be written. *fits is false when it is
 * not there, not ours, or not whole. */
static kor_status use_file(kor_memory *m, const char *path, int64_t generation, int64_t last,
                           bool writable, bool *fits, kor_error *err)
{
    kor_vectors *v = &m->vectors;
    header h;
    struct stat st;
    kor_status status = KOR_OK;
    kor_vectors_close(v);
    *fits = false;
    int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return KOR_OK;
    /* Where a file system has no locks, the checks have to do. */
    while (flock(fd, writable ? LOCK_EX : LOCK_SH) != 0 && errno == EINTR) {
    }
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && kor_vectors_read(fd, &h, sizeof h, 0) &&
        header_fits(m, &h, generation, (uint64_t)st.st_size)) {
        if (writable && h.seen < last) {
            header longer = h;
            bool done;
            status = append(m, fd, &longer, last, &done, err);
            if (done) h = longer;
        }
        *fits = status == KOR_OK;
    }
    if (!*fits) {
        close(fd);
        return status;
    }
    (void)flock(fd, LOCK_UN);
    v->open = true;
    v->fd = fd;
    v->filed = (size_t)h.count;
    v->seen = h.seen;
    return KOR_OK;
}

static kor_status load(kor_memory *m, const char *path, int64_t generation, int64_t last,
                       kor_error *err)
{
    kor_vectors *v = &m->vectors;
    bool fits;
    KOR_TRY(use_file(m, path, generation, last, false, &fits, err));
    if (!fits && !is_outdated(m, generation) && replace(m, path, generation)) {
        KOR_TRY(use_file(m, path, generation, last, true, &fits, err));
    } else if (fits && v->seen < last) {
        KOR_TRY(use_file(m, path, generation, last, true, &fits, err));
        if (!fits) KOR_TRY(use_file(m, path, generation, last, false, &fits, err));
    }
    return v->seen < last ? read_tail(m, last, err) : KOR_OK;
}

static void sidecar_path(const kor_memory *m, kor_str *path)
{
    kor_str_printf(path, "%s/vectors-%016llx.kvec", m->home,
                   (unsigned long long)m->embedder_info.checksum);
}

kor_status kor_vectors_update(kor_memory *memory, kor_error *err)
{
    kor_vectors *v = &memory->vectors;
    int64_t generation, last;
    KOR_TRY(read_generation(memory, &generation, err));
    KOR_TRY(kor_store_integer(memory, "SELECT max(event) FROM vectors", 0, NULL, &last, err));
    if (v->ready && v->generation == generation && v->seen >= last) return KOR_OK;
    kor_str path = {0};
    sidecar_path(memory, &path);
    kor_status status =
        path.failed ? kor_fail_memory(err) : load(memory, path.data, generation, last, err);
    kor_str_free(&path);
    KOR_TRY(status);
    v->generation = generation;
    v->ready = true;
    return KOR_OK;
}

kor_status kor_vectors_rebuild(kor_memory *memory, kor_error *err)
{
    kor_str path = {0};
    sidecar_path(memory, &path);
    if (path.failed) return kor_fail_memory(err);
    (void)unlink(path.data);
    kor_str_free(&path);
    kor_vectors_close(&memory->vectors);
    return kor_vectors_update(memory, err);
}

void kor_vectors_close(kor_vectors *vectors)
{
    if (vectors->open) close(vectors->fd);
    free(vectors->tail);
    *vectors = (kor_vectors){.dim = vectors->dim};
}
