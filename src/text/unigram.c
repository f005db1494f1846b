/* SPDX-License-Identifier: Apache-2.0 */
#include "text/unigram.h"

#include "text/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* The vocabulary is a trie over code points. Children of all nodes live in one open-addressed hash table
 * keyed by (node, code point): one probe a step, nothing to chase, and built in well under a
 * millisecond for 8,000 pieces. */
typedef struct trie_slot {
    uint64_t key;  /* (node << 21 | code point) + 1; 0 is free */
    int32_t child; /* node number */
} trie_slot;

typedef struct trie_node {
    double score;
    int32_t id; /* -1: no piece ends here */
} trie_node;

struct kor_unigram {
    trie_slot *slots;
    size_t mask; /* slots - 1, a power of two less one */
    trie_node *nodes;
    size_t node_count;
};

enum { SPACE = 0x2581 };

static size_t home_of(const kor_unigram *u, uint64_t key)
{
    return (size_t)((key * 0x9e3779b97f4a7c15ull) >> 32) & u->mask;
}

static int32_t child_of(const kor_unigram *u, int32_t node, uint32_t cp)
{
    uint64_t key = ((uint64_t)(uint32_t)node << 21 | cp) + 1;
    for (size_t i = home_of(u, key);; i = (i + 1) & u->mask) {
        if (u->slots[i].key == key) return u->slots[i].child;
        if (!u->slots[i].key) return -1;
    }
}

static int32_t add_child(kor_unigram *u, int32_t node, uint32_t cp)
{
    uint64_t key = ((uint64_t)(uint32_t)node << 21 | cp) + 1;
    size_t i = home_of(u, key);
    while (u->slots[i].key && u->slots[i].key != key) i = (i + 1) & u->mask;
    if (!u->slots[i].key) {
        u->nodes[u->node_count].id = -1;
        u->slots[i] = (trie_slot){key, (int32_t)u->node_count++};
    }
    return u->slots[i].child;
}

kor_status kor_unigram_new(kor_unigram **out, const kor_piece *pieces, size_t count, size_t first,
                           kor_error *err)
{
    *out = NULL;
    if (count > (1u << 20) || first > count) {
        return kor_fail(err, KOR_E_INPUT, "vocabulary of %zu pieces (%zu reserved): at most %u", count,
                        first, 1u << 20);
    }
    size_t code_points = 1;
    for (size_t i = first; i < count; i++) {
        size_t n = 0;
        for (size_t at = 0; at < pieces[i].len; n++) {
            uint32_t cp;
            at += kor_utf8_decode(pieces[i].text + at, pieces[i].len - at, &cp);
        }
        if (n == 0 || n > KOR_PIECE_MAX || !kor_utf8_valid(pieces[i].text, pieces[i].len)) {
            return kor_fail(err, KOR_E_INPUT, "vocabulary piece %zu: not 1 to %d characters of UTF-8", i,
                            KOR_PIECE_MAX);
        }
        if (!isfinite(pieces[i].score)) {
            return kor_fail(err, KOR_E_INPUT, "vocabulary piece %zu: its score is not a number", i);
        }
        code_points += n;
    }
    kor_unigram *u = calloc(1, sizeof *u);
    if (!u) return kor_fail_memory(err);
    size_t slots = 16;
    while (slots < 2 * code_points) slots *= 2;
    u->mask = slots - 1;
    u->slots = calloc(slots, sizeof *u->slots);
    u->nodes = calloc(code_points, sizeof *u->nodes);
    if (!u->slots || !u->nodes) {
        kor_unigram_free(u);
        return kor_fail_memory(err);
    }
    u->nodes[0].id = -1;
    u->node_count = 1;
    for (size_t i = first; i < count; i++) {
        int32_t node = 0;
        for (size_t at = 0; at < pieces[i].len;) {
            uint32_t cp;
            at += kor_utf8_decode(pieces[i].text + at, pieces[i].len - at, &cp);
            node = add_child(u, node, cp);
        }
        u->nodes[node] = (trie_node){pieces[i].score, (int32_t)i};
    }
    *out = u;
    return KOR_OK;
}

void kor_unigram_free(kor_unigram *u)
{
    if (!u) return;
    free(u->slots);
    free(u->nodes);
    free(u);
}

/* ---- Encoding --------------------------------------------------------------------------------- */

/* One code point may become 18 under NFKC; the buffer has room for the text and one such burst. */
enum { BURST = 32, CAPACITY = KOR_TEXT_MAX + BURST };

typedef struct lattice {
    utf8proc_int32_t cps[CAPACITY + 1];
    double score[CAPACITY + 2]; /* best score of a path that ends before cps[i] */
    int32_t start[CAPACITY + 2];
    int32_t id[CAPACITY + 2]; /* last piece of that path */
} lattice;

size_t kor_unigram_scratch(void)
{
    return sizeof(lattice);
}

static int combining_class(utf8proc_int32_t cp)
{
    return utf8proc_get_property(cp)->combining_class;
}

/* Canonical order of a run of combining marks: a stable counting sort by class, since a hostile
 * text may be one long run. spare holds n numbers. */
static void order_marks(utf8proc_int32_t *run, size_t n, int32_t *spare)
{
    size_t place[257] = {0};
    for (size_t i = 0; i < n; i++) place[combining_class(run[i]) + 1]++;
    for (size_t c = 1; c < 257; c++) place[c] += place[c - 1];
    for (size_t i = 0; i < n; i++) spare[place[combining_class(run[i])]++] = run[i];
    memcpy(run, spare, n * sizeof *run);
}

/* NFKC of text into l->cps from the second on, leaving room for the leading mark; returns the number
 * of code points, 0 for none. */
static size_t normalise(lattice *l, const char *text, size_t len)
{
    utf8proc_int32_t *cps = l->cps + 1;
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
    size_t n = 0;
    bool ascii = true;
    for (size_t at = 0; at < len && n < KOR_TEXT_MAX;) {
        uint32_t cp;
        at += kor_utf8_decode(text + at, len - at, &cp);
        if (cp < 0x80) {
            cps[n++] = (utf8proc_int32_t)cp;
            continue;
        }
        ascii = false;
        int boundary = 0;
        utf8proc_ssize_t got = utf8proc_decompose_char((utf8proc_int32_t)cp, cps + n,
                                                       (utf8proc_ssize_t)(CAPACITY - n), options, &boundary);
        if (got < 0 || (size_t)got > CAPACITY - n) break;
        n += (size_t)got;
    }
    if (ascii) return n;
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end < n && combining_class(cps[end]) != 0) end++;
        if (end - i > 1) order_marks(cps + i, end - i, l->start);
        i = end + 1;
    }
    utf8proc_ssize_t composed = utf8proc_normalize_utf32(cps, (utf8proc_ssize_t)n, options);
    return composed < 0 ? 0 : (size_t)composed;
}

size_t kor_unigram_encode(const kor_unigram *u, const char *text, size_t len, int32_t *out, size_t max,
                          void *scratch)
{
    lattice *l = scratch;
    utf8proc_int32_t *cps = l->cps;
    size_t n = normalise(l, text, len);
    if (n == 0) return 0;
    cps[0] = SPACE;
    n++;
    for (size_t i = 1; i < n; i++) {
        if (cps[i] == ' ') cps[i] = SPACE;
    }

    /* Viterbi over end positions. A piece replaces the best path to its end when it is at least as
     * good, so that of equals the later start wins; a character that no piece starts with costs 0;
     * and a path whose score is exactly 0 counts as none and gives way to any other. The last two
     * are quirks of the program that the base encoder's ids come from: they belong to the model. */
    for (size_t i = 0; i <= n; i++) {
        l->id[i] = -1;
        l->score[i] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && l->id[i] < 0) continue; /* no path ends here */
        double base = l->score[i];
        bool any = false;
        int32_t node = 0;
        for (size_t j = i; j < n && (node = child_of(u, node, (uint32_t)cps[j])) >= 0; j++) {
            const trie_node *t = &u->nodes[node];
            if (t->id < 0) continue;
            any = true;
            double score = base + t->score;
            if (l->score[j + 1] == 0 || score >= l->score[j + 1]) {
                l->score[j + 1] = score;
                l->start[j + 1] = (int32_t)i;
                l->id[j + 1] = t->id;
            }
        }
        if (!any && (l->score[i + 1] == 0 || base >= l->score[i + 1])) {
            l->score[i + 1] = base;
            l->start[i + 1] = (int32_t)i;
            l->id[i + 1] = KOR_UNIGRAM_UNKNOWN;
        }
    }

    /* A character that no piece ends with could leave the end unreached; take the longest path. */
    while (n > 0 && l->id[n] < 0) n--;
    /* Walk back, linking each piece to the one after it; then forward, one unknown for each run. */
    size_t at = n;
    int32_t next = (int32_t)n;
    while (at > 0) {
        int32_t from = l->start[at];
        l->start[at] = next; /* reused: where the following piece ends */
        next = (int32_t)at;
        at = (size_t)from;
    }
    size_t count = 0;
    for (size_t end = (size_t)next;; end = (size_t)l->start[end]) {
        int32_t id = l->id[end];
        bool repeat = id == KOR_UNIGRAM_UNKNOWN && count > 0 && out[count - 1] == KOR_UNIGRAM_UNKNOWN;
        if (!repeat) {
            if (count == max) break;
            out[count++] = id;
        }
        if (end == n) break;
    }
    return count;
}
