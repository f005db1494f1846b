/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/forge.h"

kor_status kor_forge_new(const char *tasks, const char *name, kor_head_kind head, kor_error *err)
{
    (void)head;
    return kor_fail(err, KOR_E_UNSUPPORTED, "%s/%s", tasks, name);
}
