/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "kernels/kernels.h"

#include <errno.h>
#include <string.h>

static void print_help(FILE *to)
{
    fputs("korora: small models, long memory. Your own work, found again; nothing leaves this machine.\n\n"
          "usage: korora COMMAND [ARGUMENTS]\n\n",
          to);
    for (const kor_command *const *c = kor_commands; *c; c++) fprintf(to, "  %-10s %s\n", (*c)->name, (*c)->summary);
    fputs("\n'korora COMMAND --help' says more. Exit codes: 0 done, 1 the answer is no, 2 wrong use or bad\n"
          "input, 3 something failed.\n",
          to);
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(name, "--version") == 0) name = "version";
    const char *warning = kor_kernels_warning();
    if (warning) {
        fprintf(stderr, "korora: %s\n", warning);
        return EXIT_USAGE;
    }
    for (const kor_command *const *c = kor_commands; *c; c++) {
        if (strcmp((*c)->name, name) == 0) return (*c)->run(argc - 1, argv + 1);
    }
    fprintf(stderr, "korora: unknown command '%s' (see 'korora --help')\n", name);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    int code = dispatch(argc, argv);
    /* An answer that did not arrive was not given. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "korora: cannot write the output: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    return code;
}
