/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int kor_report(const kor_command *command, const kor_error *err)
{
    kor_progress_clear();
    fprintf(stderr, "korora %s: %s\n", command->name, err->msg);
    switch (err->code) {
    case KOR_OK:
    case KOR_E_ARG:
    case KOR_E_INPUT:
    case KOR_E_NOT_FOUND:
    case KOR_E_UNSUPPORTED: return EXIT_USAGE;
    case KOR_E_MEMORY:
    case KOR_E_IO:
    case KOR_E_BUSY: return EXIT_FAILED;
    }
    return EXIT_FAILED;
}

int kor_wrong_use(const kor_command *command, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "korora %s: ", command->name);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, " (see 'korora %s --help')\n", command->name);
    return EXIT_USAGE;
}

static void print_help(const kor_command *c, const kor_option *options)
{
    printf("%s\n\nusage: korora %s %s\n", c->summary, c->name, c->usage);
    if (c->details) printf("\n%s", c->details);
    printf("\noptions:\n");
    for (const kor_option *o = options; o && o->name; o++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        printf("  %-18s %s\n", left, o->help);
    }
    printf("  %-18s %s\n", "--home DIR", "the memory and your own models (default: $KORORA_HOME,");
    printf("  %-18s %s\n", "", "else $XDG_DATA_HOME/korora, else ~/.local/share/korora)");
    printf("  %-18s %s\n", "--json", "answer with JSON");
    printf("  %-18s %s\n", "--help", "this text");
}

static const kor_option *find_option(const kor_option *options, const char *name, size_t len)
{
    for (const kor_option *o = options; o && o->name; o++) {
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0) return o;
    }
    return NULL;
}

bool kor_args_parse(kor_args *a, const kor_command *command, const kor_option *options, size_t least, size_t most,
                    int argc, char **argv, int *code)
{
    *a = (kor_args){.command = command};
    bool help = false, literal = false;
    const kor_option common[] = {
        {"--home", "DIR", "", &a->home, NULL},
        {"--json", NULL, "", NULL, &a->json},
        {"--help", NULL, "", NULL, &help},
        {"-h", NULL, "", NULL, &help},
        {0},
    };
    *code = EXIT_USAGE;
    for (int i = 1; i < argc; i++) {
        char *arg = argv[i];
        if (literal || arg[0] != '-' || !arg[1]) {
            if (a->words == KOR_ARGS_MAX) {
                kor_wrong_use(command, "more than %d arguments", KOR_ARGS_MAX);
                return false;
            }
            a->word[a->words++] = arg;
            continue;
        }
        if (strcmp(arg, "--") == 0) {
            literal = true;
            continue;
        }
        size_t len = strncmp(arg, "--", 2) == 0 ? strcspn(arg, "=") : strlen(arg);
        const kor_option *o = find_option(options, arg, len);
        if (!o) o = find_option(common, arg, len);
        if (!o) {
            kor_wrong_use(command, "unknown option '%.*s'", (int)len, arg);
            return false;
        }
        if (!o->value) {
            if (arg[len]) {
                kor_wrong_use(command, "%s takes no value", o->name);
                return false;
            }
            *o->on = true;
        } else if (arg[len] == '=') {
            *o->text = arg + len + 1;
        } else if (i + 1 < argc) {
            *o->text = argv[++i];
        } else {
            kor_wrong_use(command, "%s needs a value: %s %s", o->name, o->name, o->value);
            return false;
        }
    }
    if (help) {
        print_help(command, options);
        *code = EXIT_DONE;
        return false;
    }
    if (a->words < least || a->words > most) {
        fprintf(stderr, "korora %s: %s: korora %s %s\n", command->name,
                a->words < least ? "something is missing" : "too many arguments", command->name, command->usage);
        return false;
    }
    return true;
}

bool kor_parse_number(const kor_command *command, const char *option, const char *text, long least, long most,
                      long fallback, long *out, int *code)
{
    *out = fallback;
    if (!text) return true;
    char *end;
    errno = 0;
    long v = strtol(text, &end, 10);
    if (errno || end == text || *end || v < least || v > most) {
        *code = kor_wrong_use(command, "%s '%s': expected a whole number from %ld to %ld", option, text, least, most);
        return false;
    }
    *out = v;
    return true;
}
