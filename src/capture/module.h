/* SPDX-License-Identifier: Apache-2.0 */
/* A source whose library is large lives in a shared object of its own, korora-NAME.so, beside the
 * program or in ../lib/korora, and is loaded when it is asked for. */
#ifndef KOR_MODULE_H
#define KOR_MODULE_H

#include "capture/capture.h"

/* Run the source of that name. KOR_E_UNSUPPORTED when its module was not built, or cannot be
 * loaded. */
kor_status kor_module_load_and_run(const char *name, const char *path, const kor_sink *sink,
                                   kor_error *err);

/* What a module exports: as kor_source.run. */
KOR_API kor_status kor_module_run(const char *path, const kor_sink *sink, kor_error *err);

#endif
