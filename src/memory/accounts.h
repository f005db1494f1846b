/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts of a memory: what came, what it took, what was sent nowhere. Made of its counters,
 * which began when the memory did or, in one that is older than they are, later. */
#ifndef KOR_ACCOUNTS_H
#define KOR_ACCOUNTS_H

#include "memory/counters.h"
#include "memory/work.h"

/* What a busy core is taken to need where the processor does not say it: what the calculator of
 * Lannelongue et al. 2021 ("Green Algorithms", TDP_cpu.csv) takes for a core of a processor that
 * is not known. Measured on 2 to 64 cores of today, 4 to 24 W. */
#define KOR_CORE_WATTS 12.0

/* Bytes of English text in a token of most vocabularies: where none was counted. */
#define KOR_TOKEN_BYTES 4.0

typedef struct kor_accounts {
    int64_t came; /* of these events: */
    int64_t stored, known, empty, excluded;
    struct {
        int64_t events;
        double seconds; /* of a thread */
    } stage[KOR_STAGES];
    double seconds; /* of all stages */
    /* Answers of the colony's models and of the encoder, that is, calls of a language model
     * elsewhere that were not made; and those that conditions spared even here. */
    int64_t calls, spared;
    int64_t bytes; /* of text that these read: what would have been sent */
    double tokens; /* the same, an estimate by the tokens and bytes of texts that were read whole */
    double cpu_seconds;
    double joules;          /* of all of it, of which */
    double measured_joules; /* RAPL said so; the rest is cpu_seconds at KOR_CORE_WATTS */
} kor_accounts;

/* list[count] is all of kor_counters_list. */
void kor_accounts_make(kor_accounts *out, const kor_counter *list, size_t count);

/* All figures of a memory. */
typedef struct kor_figures {
    kor_memory_stats memory;
    kor_accounts accounts;
    kor_counter *list; /* [count] every counter, by name; the arena's */
    size_t count;
} kor_figures;

kor_status kor_figures_read(kor_figures *out, kor_memory *memory, kor_arena *arena, kor_error *err);

/* The value of a counter; 0 where there is none. */
int64_t kor_counter_value(const kor_counter *list, size_t count, const char *name);

/* Is the counter "model.NAME.what"? Then NAME is copied, cut to what fits. */
bool kor_counter_model(const kor_counter *counter, const char *what, char name[64]);

#endif
