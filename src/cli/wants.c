/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of an event, from the command line. */
#include "cli/cli.h"

#include <string.h>

bool kor_wants_read(kor_wants *w, const kor_command *command, int *code)
{
    kor_error err;
    if (kor_wants_parse(w, "--", &err) == KOR_OK) return true;
    *code = kor_wrong_use(command, "%s", err.msg);
    kor_wants_free(w);
    return false;
}

void kor_wants_explain(const kor_wants *w, kor_memory *memory)
{
    for (size_t i = 0; i < w->count; i++) {
        kor_str labels = {0};
        if (kor_annotations_labels(memory, w->list[i].field, &labels, NULL) != KOR_OK) return;
        printf("  ");
        kor_print_line(KOR_PLAIN, w->list[i].field, strlen(w->list[i].field), 0);
        printf(": ");
        if (labels.len)
            kor_print_line(KOR_PLAIN, labels.data, labels.len, 0);
        else
            printf("nothing yet ('korora reannotate' asks the models about what is stored)");
        putchar('\n');
        kor_str_free(&labels);
    }
}
