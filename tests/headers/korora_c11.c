/* SPDX-License-Identifier: Apache-2.0 */
/* The public header needs nothing before it, in C11. */
#include <korora.h>

_Static_assert(KOR_OK == 0, "success is 0");

int main(void)
{
    kor_error err = {KOR_OK, ""};
    kor_model *model = NULL;
    kor_status status = kor_model_open(&model, "trunk.gguf", &err);
    kor_model_close(model);
    return (int)status;
}
