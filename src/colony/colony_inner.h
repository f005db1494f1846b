/* SPDX-License-Identifier: Apache-2.0 */
/* The colony, for the files of this folder. */
#ifndef KOR_COLONY_INNER_H
#define KOR_COLONY_INNER_H

#include "colony/colony.h"

struct kor_colony {
    kor_plan plan;
    const kor_model *trunk;
    uint64_t identity;
    size_t order[KOR_PLAN_STEPS];              /* the step that runs i-th */
    size_t place[KOR_PLAN_STEPS];              /* and the other way round: where a step runs */
    kor_colony_member members[KOR_PLAN_STEPS]; /* in the order they run */
    char why[KOR_PLAN_STEPS][sizeof((kor_error *)0)->msg];
};

#endif
