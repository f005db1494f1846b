/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/energy.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A file of sysfs: one line, read from its beginning each time. */
static bool read_line(int fd, char out[64])
{
    ssize_t n = pread(fd, out, 63, 0);
    out[n > 0 ? n : 0] = 0;
    return n > 0;
}

static bool read_number(int fd, uint64_t *out)
{
    char line[64];
    return read_line(fd, line) && sscanf(line, "%" SCNu64, out) == 1;
}

static int open_in(int folder, const char *zone, const char *name)
{
    char path[320];
    (void)snprintf(path, sizeof path, "%.255s/%s", zone, name);
    return openat(folder, path, O_RDONLY | O_CLOEXEC);
}

/* "intel-rapl:0" is a zone, of AMD's processors too; "intel-rapl:0:0" is a part of one, and
 * "intel-rapl-mmio:0" the same one again. */
static bool is_zone(const char *name)
{
    return strncmp(name, "intel-rapl:", 11) == 0 && !strchr(name + 11, ':');
}

/* "package-0", "package-0-die-1"; a zone "psys" has the packages in it. */
static bool is_package(int folder, const char *zone)
{
    char name[64] = "";
    int fd = open_in(folder, zone, "name");
    if (fd < 0) return false;
    bool is = read_line(fd, name) && strncmp(name, "package-", 8) == 0;
    (void)close(fd);
    return is;
}

static bool open_package(kor_energy *e, int folder, const char *zone)
{
    uint64_t range = 0;
    int fd = open_in(folder, zone, "max_energy_range_uj");
    if (fd >= 0) {
        if (!read_number(fd, &range)) range = 0;
        (void)close(fd);
    }
    if (e->count == KOR_ENERGY_PACKAGES) return false;
    fd = open_in(folder, zone, "energy_uj");
    if (fd < 0) return false;
    e->package[e->count].fd = fd;
    e->package[e->count].range_uj = range;
    return read_number(fd, &e->package[e->count++].last_uj);
}

void kor_energy_open(kor_energy *energy, const char *folder)
{
    bool whole = true;
    energy->count = 0;
    DIR *zones = opendir(folder ? folder : "/sys/class/powercap");
    if (!zones) return;
    for (struct dirent *e; whole && (e = readdir(zones));) {
        if (is_zone(e->d_name) && is_package(dirfd(zones), e->d_name))
            whole = open_package(energy, dirfd(zones), e->d_name);
    }
    (void)closedir(zones);
    if (!whole) kor_energy_close(energy);
}

void kor_energy_close(kor_energy *energy)
{
    for (size_t i = 0; i < energy->count; i++) (void)close(energy->package[i].fd);
    energy->count = 0;
}

int64_t kor_energy_take(kor_energy *energy)
{
    uint64_t all = 0;
    for (size_t i = 0; i < energy->count; i++) {
        uint64_t now, last = energy->package[i].last_uj, range = energy->package[i].range_uj;
        if (!read_number(energy->package[i].fd, &now)) continue;
        energy->package[i].last_uj = now;
        if (now >= last)
            all += now - last;
        else if (range > last)
            all += range - last + now;
    }
    return (int64_t)all;
}
