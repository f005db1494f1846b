/* SPDX-License-Identifier: Apache-2.0 */
/* A command as a whole process, from fork to its end: usage: bench_process N COMMAND [ARG...]
 * Prints "MEDIAN_MS P95_MS PEAK_KB". What the command prints is dropped. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    size_t n = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
    double *ms = calloc(n + 1, sizeof *ms);
    long peak = 0;
    if (!n || !ms) {
        fprintf(stderr, "usage: bench_process N COMMAND [ARG...]\n");
        return 2;
    }
    for (size_t i = 0; i < n; i++) {
        double start = now_ms();
        pid_t child = fork();
        if (child == 0) {
            int null = open("/dev/null", O_WRONLY);
            dup2(null, 1);
            execvp(argv[2], argv + 2);
            _exit(127);
        }
        int status;
        struct rusage u;
        if (child < 0 || wait4(child, &status, 0, &u) != child || !WIFEXITED(status) ||
            WEXITSTATUS(status) > 1) {
            fprintf(stderr, "bench_process: %s failed\n", argv[2]);
            return 3;
        }
        ms[i] = now_ms() - start;
        if (u.ru_maxrss > peak) peak = u.ru_maxrss;
    }
    qsort(ms, n, sizeof *ms, by_value);
    printf("%.2f %.2f %ld\n", ms[n / 2], ms[n * 95 / 100], peak);
    free(ms);
    return 0;
}
