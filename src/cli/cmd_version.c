/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "kernels/kernels.h"

#include <sqlite3.h>
#include <utf8proc.h>

static int run(int argc, char **argv)
{
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_version, NULL, 0, 0, argc, argv, &code)) return code;
    const kor_kernels *all[KOR_KERNELS_MAX];
    size_t n = kor_kernels_all(all);
    if (a.json) {
        json_t *paths = json_array();
        for (size_t i = 0; i < n; i++) json_array_append_new(paths, json_string(all[i]->name));
        kor_print_json(json_pack("{s:s,s:s,s:o,s:s,s:s,s:s}", "korora", kor_version(), "path",
                                 kor_cpu(), "paths", paths, "sqlite", sqlite3_libversion(),
                                 "utf8proc", utf8proc_version(), "unicode",
                                 utf8proc_unicode_version()));
        return EXIT_DONE;
    }
    printf("korora %s\n", kor_version());
    printf("kernels: %s (this machine has", kor_cpu());
    for (size_t i = 0; i < n; i++) printf("%s %s", i ? "," : "", all[i]->name);
    printf("; KORORA_CPU chooses)\n");
    printf("sqlite %s, utf8proc %s (Unicode %s)\n", sqlite3_libversion(), utf8proc_version(),
           utf8proc_unicode_version());
    return EXIT_DONE;
}

const kor_command kor_command_version = {
    .name = "version",
    .summary = "versions, and the kernels in use",
    .usage = "",
    .run = run,
};
