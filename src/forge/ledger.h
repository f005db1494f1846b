/* SPDX-License-Identifier: Apache-2.0 */
/* What a teacher may cost, and what it has cost. A request is let through only when what was spent,
 * what is under way at its most, and its own most fit into the budget together, so a budget is
 * never passed by more than what an endpoint hides. */
#ifndef KOR_LEDGER_H
#define KOR_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct kor_cost {
    double in, out; /* tokens */
} kor_cost;

typedef struct kor_ledger {
    double budget_tokens, budget_usd; /* INFINITY: none */
    double price_in, price_out;       /* US dollars for a million tokens */
    kor_cost spent, under_way;
    bool estimated; /* some of spent is not what the endpoint said */
} kor_ledger;

/* US dollars. */
double kor_ledger_usd(const kor_ledger *ledger, kor_cost cost);

/* May a request of this cost at most be made? If so it is under way. */
bool kor_ledger_begin(kor_ledger *ledger, kor_cost most);

/* It is over: what it was counted with, and what it cost. */
void kor_ledger_end(kor_ledger *ledger, kor_cost most, kor_cost cost, bool measured);

/* Tokens of so many bytes, rather too many than too few. */
double kor_tokens_of(size_t bytes);

#endif
