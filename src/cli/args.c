/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int kor_report(const kor_command *command, const kor_error *err)
{
    kor_say(command, "%s", err->msg);
    switch (err->code) {
    case KOR_OK:
    case KOR_E_ARG:
    case KOR_E_INPUT:
    case KOR_E_NOT_FOUND:
    case KOR_E_UNSUPPORTED:
    case KOR_E_DAMAGED: return EXIT_USAGE;
    case KOR_E_MEMORY:
    case KOR_E_IO:
    case KOR_E_BUSY: return EXIT_FAILED;
    }
    return EXIT_FAILED;
}

int kor_wrong_use(const kor_command *command, const char *fmt, ...)
{
    kor_str message = {0};
    va_list ap;
    va_start(ap, fmt);
    kor_str_vprintf(&message, fmt, ap);
    va_end(ap);
    kor_say(command, "%s (see 'korora %s --help')", kor_str_text(&message), command->name);
    kor_str_free(&message);
    return EXIT_USAGE;
}

static void print_help(const kor_command *c, const kor_option *options)
{
    printf("%s\n\nusage: korora %s%s%s\n", c->summary, c->name, *c->usage ? " " : "", c->usage);
    if (c->details) printf("\n%s", c->details);
    printf("\noptions:\n");
    for (const kor_option *o = options; o && o->name; o++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%s%s%s", o->name, o->value ? " " : "",
                       o->value ? o->value : "");
        printf("  %-18s %s\n", left, o->help);
    }
    printf("  %-18s %s\n", "--home DIR", "the memory and your own models (default: $KORORA_HOME,");
    printf("  %-18s %s\n", "", "else $XDG_DATA_HOME/korora, else ~/.local/share/korora)");
    printf("  %-18s %s\n", "--json", "answer with JSON");
    printf("  %-18s %s\n", "--help", "this text");
}

/* Are there as many words as the command takes? */
static bool check_words(const kor_args *a, size_t least, size_t most)
{
    const kor_command *c = a->command;
    if (a->words < least) {
        kor_say(c, "%.*s is missing: korora %s %s", (int)strcspn(c->usage, " "), c->usage, c->name,
                c->usage);
    } else if (a->words > most && most == 0) {
        kor_wrong_use(c, "'%s' is too much: korora %s takes options only", a->word[0], c->name);
    } else if (a->words > most) {
        kor_say(c,
                "'%s' is one argument too many; words that belong together need quotes: korora "
                "%s %s",
                a->word[most], c->name, c->usage);
    }
    return a->words >= least && a->words <= most;
}

static const kor_option *find_option(const kor_option *options, const char *name, size_t len)
{
    for (const kor_option *o = options; o && o->name; o++) {
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0) return o;
    }
    return NULL;
}

bool kor_args_parse(kor_args *a, const kor_command *command, const kor_option *options,
                    size_t least, size_t most, int argc, char **argv, int *code)
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
            kor_wrong_use(command, "unknown option '%.*s'%s", (int)len, arg,
                          most ? "; a text that starts with - comes after --" : "");
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
    return check_words(a, least, most);
}

bool kor_parse_number(const kor_command *command, const char *option, const char *text, long least,
                      long most, long fallback, long *out, int *code)
{
    *out = fallback;
    if (!text) return true;
    char *end;
    errno = 0;
    long v = strtol(text, &end, 10);
    if (errno || end == text || *end || v < least || v > most) {
        if (most == LONG_MAX && !errno)
            *code = kor_wrong_use(command, "%s '%s': expected a whole number, %ld or more", option,
                                  text, least);
        else
            *code = kor_wrong_use(command, "%s '%s': expected a whole number from %ld to %ld",
                                  option, text, least, most);
        return false;
    }
    *out = v;
    return true;
}
