/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KOR_TABLES_H
#define KOR_TABLES_H

#include "learn/report.h"

/* Print a table in columns, safe for a terminal; false when memory ran out while it was made. One
 * without rows prints nothing. */
bool kor_print_table(const kor_table *table);

#endif
