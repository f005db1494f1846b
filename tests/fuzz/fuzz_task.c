/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a task.yaml. What is read holds to what is promised of it; what is not says where in
 * one line. */
#include "learn/licences.h"
#include "learn/task.h"
#include "text/utf8.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64], file[80];

static void expect(bool holds)
{
    if (!holds) abort();
}

static void remove_folder(void)
{
    (void)unlink(file);
    (void)rmdir(folder);
}

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/korora-fuzz-XXXXXX");
    if (!mkdtemp(folder)) exit(3);
    (void)snprintf(file, sizeof file, "%s/task.yaml", folder);
    (void)atexit(remove_folder);
}

static void check_task(const kor_task *t)
{
    char why[KOR_LICENCE_WHY];
    const kor_bag_recipe *r = &t->recipe;
    expect(t->name && *t->name && !strchr(t->name, '/') && *t->name != '.');
    expect(t->folder && (!t->train || (*t->train && !t->data_count)));
    expect(t->architecture < KOR_ARCHITECTURES);
    expect(t->val_share >= 0.01 && t->val_share <= 0.5);
    expect(t->label_count == 0 || (t->label_count >= 2 && t->labels[1]));
    expect(r->dim % KOR_BAG_GROUP == 0 && r->dim <= KOR_BAG_DIM);
    expect(r->shape.words >= 1 && r->shape.chars_from <= r->shape.chars_to);
    expect(r->rate > 0 && isfinite(r->rate) && r->dropout >= 0 && r->dropout < 1);
    expect(r->teaching.distill >= 0 && r->teaching.distill <= 1 && r->teaching.temperature > 0);
    if (t->licence) expect(kor_licence_check(t->licence, why) != KOR_LICENCE_MALFORMED);
    if (t->ship) {
        expect(t->licence && kor_licence_check(t->licence, why) == KOR_LICENCE_SHIPS);
        expect(t->source_count > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kor_task task;
    kor_error err;
    if (!*folder) make_folder();
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0) abort();
    if (kor_task_read(&task, folder, &err) == KOR_OK)
        check_task(&task);
    else
        expect(err.code == KOR_E_INPUT && kor_utf8_valid(err.msg, strlen(err.msg)) &&
               strstr(err.msg, "task.yaml"));
    kor_task_free(&task);
    return 0;
}
