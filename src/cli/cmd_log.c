/* SPDX-License-Identifier: Apache-2.0 */
/* The access log, for its owner. */
#include "cli/cli.h"

#include "serve/access_log.h"

#include <limits.h>
#include <string.h>

static void print_access(const json_t *o, const kor_zone *zone)
{
    const char *time = json_string_value(json_object_get(o, "time"));
    const char *client = json_string_value(json_object_get(o, "client"));
    const char *method = json_string_value(json_object_get(o, "method"));
    const char *name = json_string_value(json_object_get(o, "name"));
    const json_t *error = json_object_get(o, "error");
    int64_t results = json_integer_value(json_object_get(o, "results"));
    int64_t ms;
    if (!time || !client || !method || kor_time_parse(time, zone, 0, &ms, NULL, NULL) != KOR_OK)
        return;
    kor_civil c;
    const char *day = kor_day_name(ms, zone, &c);
    kor_print(KOR_BLUE, "%s %04d-%02d-%02d %02d:%02d  ", day, c.year, c.month, c.day, c.hour,
              c.minute);
    kor_print_cell(KOR_YELLOW, *client ? client : "(unnamed)", 16);
    char refused[32];
    (void)snprintf(refused, sizeof refused, "refused (%lld)", (long long)json_integer_value(error));
    if (error)
        kor_print_cell(KOR_RED, refused, 16);
    else if (json_is_true(json_object_get(o, "failed")))
        kor_print_cell(KOR_YELLOW, "did not do it", 16);
    else
        kor_print_cell(KOR_DIM, name || results ? kor_counted(results, "event") : "", 16);
    kor_print_line(KOR_PLAIN, method, strlen(method), 0);
    if (name) {
        putchar(' ');
        kor_print_line(KOR_BOLD, name, strlen(name), 24);
    }
    putchar('\n');
}

int kor_print_log(const kor_args *a, size_t limit)
{
    char home[4096];
    kor_zone *zone = NULL;
    kor_error err;
    json_t *list = NULL;
    kor_status status = kor_home(home, a, &err);
    if (status == KOR_OK) status = kor_zone_open(&zone, NULL, &err);
    if (status == KOR_OK) status = kor_access_read(home, limit ? limit : SIZE_MAX, &list, &err);
    int code = json_array_size(list) ? EXIT_DONE : EXIT_NO;
    if (status != KOR_OK) code = kor_report(a->command, &err);
    for (size_t i = json_array_size(list); i-- > 0;) {
        json_t *line = json_array_get(list, i);
        if (a->json)
            kor_print_json(json_incref(line));
        else
            print_access(line, zone);
    }
    if (code == EXIT_NO && !a->json) printf("Nobody has asked yet.\n");
    json_decref(list);
    kor_zone_close(zone);
    return code;
}

static int run(int argc, char **argv)
{
    const char *limit = NULL;
    const kor_option options[] = {
        {"--limit", "N", "the last N; default all there are", &limit, NULL},
        {0},
    };
    kor_args a;
    int code;
    long most;
    if (!kor_args_parse(&a, &kor_command_log, options, 0, 0, argc, argv, &code) ||
        !kor_parse_number(a.command, "--limit", limit, 1, LONG_MAX, 0, &most, &code))
        return code;
    return kor_print_log(&a, (size_t)most);
}

const kor_command kor_command_log = {
    .name = "log",
    .summary = "who asked your memory what",
    .usage = "[--limit N]",
    .details =
        "The requests that 'korora mcp' and 'korora serve' answered, oldest first: when, who, "
        "what for and\nhow many events, but not about what. It is access.log in the "
        "memory's folder. Exit code 1 when\nnobody has asked.\n",
    .run = run,
};
