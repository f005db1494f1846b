/* SPDX-License-Identifier: Apache-2.0 */
#include "text/unigram.h"

#include "text/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

struct kor_unigram {
    kor_trie trie;
    const unsigned char *scores; /* f64, unaligned: they may lie in a file */
    size_t count;
    uint32_t *own_units; /* NULL when bound to a file */
    double *own_scores;
};

enum { SPACE = 0x2581 };

kor_status kor_unigram_new(kor_unigram **out, const kor_piece *pieces, size_t count, size_t first,
                           kor_error *err)
{
    *out = NULL;
    if (count > (1u << 20) || first > count) {
        return kor_fail(err, KOR_E_INPUT, "vocabulary of %zu pieces (%zu reserved): at most %u",
                        count, first, 1u << 20);
    }
    for (size_t i = first; i < count; i++) {
        if (pieces[i].len == 0 || pieces[i].len > KOR_PIECE_MAX ||
            !kor_utf8_valid(pieces[i].text, pieces[i].len)) {
            return kor_fail(err, KOR_E_INPUT, "vocabulary piece %zu: not 1 to %d bytes of UTF-8", i,
                            KOR_PIECE_MAX);
        }
        if (!isfinite(pieces[i].score)) {
            return kor_fail(err, KOR_E_INPUT, "vocabulary piece %zu: its score is not a number", i);
        }
    }
    kor_trie_key *keys = calloc(count - first + 1, sizeof *keys);
    double *scores = calloc(count + 1, sizeof *scores);
    uint32_t *units = NULL;
    size_t unit_count = 0;
    kor_status status = keys && scores ? KOR_OK : kor_fail_memory(err);
    if (status == KOR_OK) {
        for (size_t i = 0; i < count; i++) scores[i] = pieces[i].score;
        for (size_t i = first; i < count; i++) {
            keys[i - first] = (kor_trie_key){pieces[i].text, pieces[i].len, (uint32_t)i};
        }
        status = kor_trie_build(keys, count - first, &units, &unit_count, err);
    }
    free(keys);
    if (status == KOR_OK) status = kor_unigram_bind(out, units, unit_count, scores, count, err);
    if (status != KOR_OK) {
        free(units);
        free(scores);
        return status;
    }
    (*out)->own_units = units;
    (*out)->own_scores = scores;
    return KOR_OK;
}

kor_status kor_unigram_bind(kor_unigram **out, const uint32_t *units, size_t unit_count,
                            const void *scores, size_t count, kor_error *err)
{
    *out = NULL;
    if (unit_count == 0 || count > INT32_MAX)
        return kor_fail(err, KOR_E_INPUT, "the vocabulary has an empty trie");
    kor_unigram *u = calloc(1, sizeof *u);
    if (!u) return kor_fail_memory(err);
    u->trie = (kor_trie){units, unit_count};
    u->scores = scores;
    u->count = count;
    *out = u;
    return KOR_OK;
}

kor_trie kor_unigram_trie(const kor_unigram *u)
{
    return u->trie;
}

void kor_unigram_free(kor_unigram *u)
{
    if (!u) return;
    free(u->own_units);
    free(u->own_scores);
    free(u);
}

/* ---- Encoding ---- */

/* One code point may become 18 under NFKC; the buffer has room for the text and one such burst. */
enum { BURST = 32, CODE_POINTS = KOR_TEXT_MAX + BURST, BYTES = 4 * CODE_POINTS + 4 };

typedef struct lattice {
    utf8proc_int32_t cps[CODE_POINTS];
    int32_t spare[CODE_POINTS];
    unsigned char text[BYTES]; /* normalised UTF-8 */
    double score[BYTES + 1];   /* best score of a path that ends before text[i] */
    int32_t start[BYTES + 1];
    int32_t id[BYTES + 1]; /* last piece of that path; -1: no path ends here */
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

static size_t put(unsigned char *out, uint32_t cp)
{
    return kor_utf8_encode(cp == ' ' ? SPACE : cp, (char *)out);
}

/* l->text = U+2581 if it leads, then NFKC of text with its spaces as U+2581; returns its bytes, 0
 * for an empty text. */
static size_t normalise(lattice *l, const char *text, size_t len, bool leads)
{
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
    if (len == 0) return 0;
    size_t bytes = leads ? put(l->text, SPACE) : 0, at = 0;
    /* ASCII is its own normal form. */
    size_t most = len < KOR_TEXT_MAX ? len : KOR_TEXT_MAX;
    while (at < most && (unsigned char)text[at] < 0x80)
        bytes += put(l->text + bytes, (unsigned char)text[at++]);
    if (at == most) return bytes;

    size_t n = 0;
    /* The last ASCII character may compose with what follows it: it is normalised again. */
    if (at > 0) {
        at--;
        bytes -= text[at] == ' ' ? 3 : 1;
    }
    for (size_t ascii = at; at < len && ascii + n < KOR_TEXT_MAX;) {
        uint32_t cp;
        at += kor_utf8_decode(text + at, len - at, &cp);
        int boundary = 0;
        size_t room = CODE_POINTS - n;
        utf8proc_ssize_t got = utf8proc_decompose_char((utf8proc_int32_t)cp, l->cps + n,
                                                       (utf8proc_ssize_t)room, options, &boundary);
        if (got < 0 || (size_t)got > room) break;
        n += (size_t)got;
    }
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end < n && combining_class(l->cps[end]) != 0) end++;
        if (end - i > 1) order_marks(l->cps + i, end - i, l->spare);
        i = end + 1;
    }
    utf8proc_ssize_t composed = utf8proc_normalize_utf32(l->cps, (utf8proc_ssize_t)n, options);
    for (utf8proc_ssize_t i = 0; i < composed; i++)
        bytes += put(l->text + bytes, (uint32_t)l->cps[i]);
    return bytes;
}

static size_t character_bytes(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static void extend(lattice *l, size_t from, size_t to, double score, int32_t id)
{
    /* At least as good replaces, so that of equals the later start wins; and a path whose score is
     * exactly 0 counts as none and gives way to any other. */
    if (l->score[to] != 0 && score < l->score[to]) return;
    l->score[to] = score;
    l->start[to] = (int32_t)from;
    l->id[to] = id;
}

static size_t encode(const kor_unigram *u, const char *text, size_t len, bool leads, int32_t *out,
                     size_t max, lattice *l)
{
    size_t n = normalise(l, text, len, leads);
    if (n == 0) return 0;

    /* Viterbi over end positions. A character that no piece starts with costs 0. That, and the
     * rules of extend, are quirks of the program that the base encoder's ids come from: they belong
     * to the model. */
    for (size_t i = 0; i <= n; i++) {
        l->id[i] = -1;
        l->score[i] = 0;
    }
    for (size_t i = 0, next; i < n; i = next) {
        next = i + character_bytes(l->text[i]);
        if (i > 0 && l->id[i] < 0) continue; /* no path ends here */
        bool any = false;
        uint32_t node = 0;
        /* A trie from a hostile file may have no bottom. */
        size_t end = n - i < KOR_PIECE_MAX ? n : i + KOR_PIECE_MAX;
        for (size_t j = i; j < end && (node = kor_trie_child(&u->trie, node, l->text[j])) != 0;
             j++) {
            int32_t id = kor_trie_id(&u->trie, node);
            if (id < 0 || (size_t)id >= u->count) continue;
            double score;
            memcpy(&score, u->scores + 8 * (size_t)id, 8);
            any = true;
            extend(l, i, j + 1, l->score[i] + score, id);
        }
        if (!any) extend(l, i, next, l->score[i], KOR_UNIGRAM_UNKNOWN);
    }

    /* A character that no piece ends with could leave the end unreached; take the longest path. */
    while (n > 0 && l->id[n] < 0) n--;
    /* Walk back, noting for each piece where the one after it ends; then forward, one unknown for
     * each run. */
    int32_t next = (int32_t)n;
    for (size_t at = n; at > 0;) {
        size_t from = (size_t)l->start[at];
        l->start[at] = next;
        next = (int32_t)at;
        at = from;
    }
    size_t count = 0;
    for (size_t end = (size_t)next;; end = (size_t)l->start[end]) {
        int32_t id = l->id[end];
        bool repeat =
            id == KOR_UNIGRAM_UNKNOWN && count > 0 && out[count - 1] == KOR_UNIGRAM_UNKNOWN;
        if (!repeat) {
            if (count == max) break;
            out[count++] = id;
        }
        if (end == n) break;
    }
    return count;
}

size_t kor_unigram_encode(const kor_unigram *u, const char *text, size_t len, int32_t *out,
                          size_t max, void *scratch)
{
    return encode(u, text, len, true, out, max, scratch);
}

size_t kor_unigram_encode_on(const kor_unigram *u, const char *text, size_t len, int32_t *out,
                             size_t max, void *scratch)
{
    return encode(u, text, len, false, out, max, scratch);
}
