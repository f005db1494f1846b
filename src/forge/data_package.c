/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/data_source.h"

static kor_status list(kor_made_from *out, const kor_data_request *q, kor_error *err)
{
    (void)out;
    (void)q;
    (void)err;
    return KOR_OK;
}

static kor_status load(kor_made_rows *out, const kor_data_request *q, kor_error *err)
{
    (void)out;
    return kor_fail(err, KOR_E_UNSUPPORTED, "%s: not yet", q->source->name);
}

const kor_data_kind kor_data_package = {"package", true, list, load};
