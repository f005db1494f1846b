/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/ledger.h"

double kor_ledger_usd(const kor_ledger *ledger, kor_cost cost)
{
    return (cost.in * ledger->price_in + cost.out * ledger->price_out) / 1e6;
}

bool kor_ledger_begin(kor_ledger *ledger, kor_cost most)
{
    kor_cost all = {ledger->spent.in + ledger->under_way.in + most.in,
                    ledger->spent.out + ledger->under_way.out + most.out};
    if (all.in + all.out > ledger->budget_tokens) return false;
    if (kor_ledger_usd(ledger, all) > ledger->budget_usd) return false;
    ledger->under_way.in += most.in;
    ledger->under_way.out += most.out;
    return true;
}

void kor_ledger_end(kor_ledger *ledger, kor_cost most, kor_cost cost, bool measured)
{
    ledger->under_way.in -= most.in;
    ledger->under_way.out -= most.out;
    ledger->spent.in += cost.in;
    ledger->spent.out += cost.out;
    ledger->estimated |= !measured;
}

double kor_tokens_of(size_t bytes)
{
    return (double)(bytes / 3 + 1);
}
