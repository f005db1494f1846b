/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/file.h"

#include <string.h>
#include <unistd.h>

static void print_all(const kor_exclusions *e, bool json)
{
    json_t *o = json_object();
    size_t all = 0;
    for (int k = 0; k < KOR_EXCLUSIONS; k++) {
        char name[16];
        json_t *list = json_array();
        (void)snprintf(name, sizeof name, "%ss", kor_exclusion_name((kor_exclusion)k));
        for (size_t i = 0; i < e->count[k]; i++, all++) {
            const char *text = e->list[k][i];
            json_array_append_new(list, kor_text_json(text, strlen(text)));
            if (json) continue;
            kor_print_cell(KOR_YELLOW, kor_exclusion_name((kor_exclusion)k), 4);
            kor_print_line(KOR_PLAIN, text, strlen(text), 0);
            putchar('\n');
        }
        json_object_set_new(o, name, list);
    }
    if (json) {
        kor_print_json(o);
        return;
    }
    json_decref(o);
    if (!all) printf("nothing is excluded\n");
}

static int run(int argc, char **argv)
{
    const char *text[KOR_EXCLUSIONS] = {NULL};
    bool remove = false;
    const kor_option options[] = {
        {"--app", "A", "a program", &text[KOR_EXCLUDE_APP], NULL},
        {"--site", "S", "a host and those under it, or HOST/PATH", &text[KOR_EXCLUDE_SITE], NULL},
        {"--path", "P", "a folder or a file", &text[KOR_EXCLUDE_PATH], NULL},
        {"--word", "W", "a word, or several in a row", &text[KOR_EXCLUDE_WORD], NULL},
        {"--remove", NULL, "remember such things again", NULL, &remove},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_exclude, options, 0, 0, argc, argv, &code)) return code;
    char home[4096], path[4096 + 32];
    kor_error err;
    kor_exclusions e = {0};
    bool asked = false, changed = false, any = false;
    int lock = -1;
    for (int k = 0; k < KOR_EXCLUSIONS; k++) asked = asked || text[k];
    kor_status status = kor_home(home, &a, &err);
    if (status == KOR_OK && asked) status = kor_lock_folder(home, &lock, &err);
    if (status == KOR_OK) {
        (void)snprintf(path, sizeof path, "%s/%s", home, KOR_EXCLUDE_FILE);
        status = kor_exclusions_read(&e, path, &err);
    }
    for (int k = 0; k < KOR_EXCLUSIONS && status == KOR_OK; k++) {
        if (!text[k]) continue;
        if (remove)
            changed = kor_exclusions_remove(&e, (kor_exclusion)k, text[k]);
        else
            status = kor_exclusions_add(&e, (kor_exclusion)k, text[k], &changed, &err);
        any = any || changed;
    }
    if (status == KOR_OK && remove && !asked) {
        kor_exclusions_free(&e);
        return kor_wrong_use(a.command, "--remove what? Give --app, --site, --path or --word too");
    }
    if (status == KOR_OK && any) status = kor_exclusions_write(&e, path, &err);
    if (lock >= 0) close(lock);
    if (status != KOR_OK) {
        code = kor_report(a.command, &err);
    } else {
        print_all(&e, a.json);
        code = remove && !any ? EXIT_NO : EXIT_DONE;
    }
    kor_exclusions_free(&e);
    return code;
}

const kor_command kor_command_exclude = {
    .name = "exclude",
    .summary = "what is never to be remembered",
    .usage = "[--app A] [--site S] [--path P] [--word W] [--remove]",
    .details =
        "Without an option: what is excluded. Whatever is stored already stays. Case does not "
        "matter, and\na word is a whole word. Secrets are always cut out, and need no "
        "exclusion.\n\n"
        "  korora exclude --app KeePassXC\n"
        "  korora exclude --site bank.example --path ~/private\n"
        "  korora exclude --word \"project x\" --remove\n",
    .run = run,
};
