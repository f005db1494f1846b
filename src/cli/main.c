/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "kernels/kernels.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void print_help(FILE *to)
{
    fputs("korora: small models, long memory. Your own work, found again; nothing leaves this "
          "machine.\n\n"
          "usage: korora COMMAND [ARGUMENTS]\n\n",
          to);
    for (const kor_command *const *c = kor_commands; *c; c++)
        fprintf(to, "  %-10s %s\n", (*c)->name, (*c)->summary);
    fputs("\n'korora COMMAND --help' says more. Exit codes: 0 done, 1 the answer is no, 2 wrong "
          "use or bad\n"
          "input, 3 something failed.\n",
          to);
}

static const kor_command *find_command(const char *name)
{
    for (const kor_command *const *c = kor_commands; *c; c++) {
        if (strcmp((*c)->name, name) == 0) return *c;
    }
    kor_say(NULL, "unknown command '%s' (see 'korora --help')", name);
    return NULL;
}

static int help(int argc, char **argv)
{
    if (argc < 3 || argv[2][0] == '-') {
        print_help(stdout);
        return EXIT_DONE;
    }
    char option[] = "--help";
    char *ask[] = {argv[2], option, NULL};
    const kor_command *command = find_command(argv[2]);
    return command ? command->run(2, ask) : EXIT_USAGE;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        return help(argc, argv);
    }
    if (strcmp(name, "--version") == 0) name = "version";
    if (name[0] == '-') {
        kor_say(NULL, "'%s' before a command; options come after it: korora COMMAND [OPTIONS]",
                name);
        return EXIT_USAGE;
    }
    const char *warning = kor_kernels_warning();
    if (warning) {
        kor_say(NULL, "%s", warning);
        return EXIT_USAGE;
    }
    const kor_command *command = find_command(name);
    return command ? command->run(argc - 1, argv + 1) : EXIT_USAGE;
}

/* A page of a mapped file that the file no longer has. The library cannot prevent it (see
 * docs/model-format.md); the program can say what happened. Nothing is lost by ending here: the
 * memory is kept in transactions. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    (void)context;
    static const char message[] =
        "korora: a model or memory file was cut short while it was open; replace such a file by "
        "renaming another over it\n";
    if (info->si_code == BUS_ADRERR && write(STDERR_FILENO, message, sizeof message - 1) > 0)
        _exit(EXIT_FAILED);
    (void)signal(number, SIG_DFL); /* it happens again, and is a crash */
}

int main(int argc, char **argv)
{
    const struct sigaction on_bus = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    (void)sigaction(SIGBUS, &on_bus, NULL);
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit on a file's size is told like a full disk */
    int code = dispatch(argc, argv);
    /* An answer that did not arrive was not given. What an earlier failure said may be long gone.
     */
    errno = 0;
    const char *lost = kor_flush();
    if (lost) {
        kor_say(NULL, "cannot write the output: %s", lost);
        return EXIT_FAILED;
    }
    return code;
}
