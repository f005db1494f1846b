/* SPDX-License-Identifier: Apache-2.0 */
#include "model/spans.h"

#include <math.h>
#include <string.h>

/* ---- Binding ---- */

typedef struct binder {
    const kor_gguf *file;
    kor_tagger *out;
    kor_error *err;
} binder;

static kor_status bind_tensor(const binder *b, const char *name, kor_tensor_type type, size_t n,
                              size_t m, const void **out)
{
    const kor_tensor *t = NULL;
    KOR_TRY(
        kor_gguf_get_tensor(b->file, name, type, (size_t[KOR_GGUF_DIMS]){n, m, 1, 1}, &t, b->err));
    *out = t->data;
    return KOR_OK;
}

static kor_status bind_floats(const binder *b, const char *name, size_t n, size_t m,
                              const float **out)
{
    const void *data = NULL;
    KOR_TRY(bind_tensor(b, name, KOR_TENSOR_F32, n, m, &data));
    *out = data;
    for (size_t i = 0; i < n * m; i++) {
        if (!isfinite((*out)[i]))
            return kor_fail(b->err, KOR_E_INPUT, "tensor '%s': %zu is not a number", name, i);
    }
    return KOR_OK;
}

/* A list that starts at 0, never falls and ends at end. */
static kor_status check_rising(const binder *b, const char *name, const uint32_t *list, size_t n,
                               size_t end)
{
    if (list[0] != 0 || list[n - 1] != end)
        return kor_fail(b->err, KOR_E_INPUT, "tensor '%s' does not span 0 to %zu", name, end);
    for (size_t i = 1; i < n; i++) {
        if (list[i] < list[i - 1])
            return kor_fail(b->err, KOR_E_INPUT, "tensor '%s' falls at %zu", name, i);
    }
    return KOR_OK;
}

static size_t length_of(const binder *b, const char *name, size_t most)
{
    const kor_tensor *t = kor_gguf_tensor(b->file, name);
    return t && t->shape[0] <= most ? t->shape[0] : 0;
}

static kor_status bind_table(const binder *b)
{
    kor_tagger *s = b->out;
    const void *data = NULL;
    s->rows = length_of(b, "spans.keys", KOR_SPANS_ROWS);
    s->entries = length_of(b, "spans.tag", KOR_SPANS_ENTRIES);
    if (!s->rows || !s->entries) {
        return kor_fail(b->err, KOR_E_INPUT,
                        "tensors 'spans.keys' and 'spans.tag' must be 1 to %d and 1 to %d long",
                        KOR_SPANS_ROWS, KOR_SPANS_ENTRIES);
    }
    KOR_TRY(bind_tensor(b, "spans.keys", KOR_TENSOR_I32, s->rows, 1, &data));
    s->keys = data;
    size_t places = length_of(b, "spans.first", ((size_t)1 << KOR_SPANS_BITS) + 1);
    while (s->bits < KOR_SPANS_BITS && ((size_t)1 << s->bits) + 1 < places) s->bits++;
    places = ((size_t)1 << s->bits) + 1;
    KOR_TRY(bind_tensor(b, "spans.first", KOR_TENSOR_I32, places, 1, &data));
    s->first = data;
    KOR_TRY(bind_tensor(b, "spans.start", KOR_TENSOR_I32, s->rows + 1, 1, &data));
    s->start = data;
    KOR_TRY(bind_tensor(b, "spans.tag", KOR_TENSOR_I8, s->entries, 1, &data));
    s->tag = data;
    KOR_TRY(bind_tensor(b, "spans.code", KOR_TENSOR_I8, s->entries, 1, &data));
    s->code = data;
    KOR_TRY(check_rising(b, "spans.first", s->first, places, s->rows));
    KOR_TRY(check_rising(b, "spans.start", s->start, s->rows + 1, s->entries));
    for (size_t i = 0; i < s->entries; i++) {
        if (s->tag[i] >= s->tags) {
            return kor_fail(b->err, KOR_E_INPUT, "tensor 'spans.tag': %zu is %u of %zu tags", i,
                            (unsigned)s->tag[i], s->tags);
        }
    }
    return KOR_OK;
}

kor_status kor_spans_bind(kor_tagger *out, const kor_gguf *file, size_t labels, kor_error *err)
{
    *out = (kor_tagger){.labels = labels};
    binder b = {file, out, err};
    if (labels < 1 || labels > KOR_CRF_LABELS) {
        return kor_fail(err, KOR_E_INPUT, "%zu labels; head spans has 1 to %d", labels,
                        KOR_CRF_LABELS);
    }
    uint32_t version = 0;
    KOR_TRY(kor_gguf_get_u32(file, "korora.spans.features", &version, err));
    if (version != KOR_WORD_FEATURES_VERSION) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "features of words of version %u; korora %s has version %d", version,
                        KORORA_VERSION, KOR_WORD_FEATURES_VERSION);
    }
    KOR_TRY(kor_gguf_get_f32(file, "korora.temperature", &out->temperature, err));
    out->tags = kor_crf_tags(labels);
    out->crf.labels = labels;
    KOR_TRY(bind_table(&b));
    KOR_TRY(bind_floats(&b, "spans.scale", out->tags, 1, &out->scale));
    KOR_TRY(bind_floats(&b, "spans.crf.start", labels + 1, 1, &out->crf.start));
    KOR_TRY(bind_floats(&b, "spans.crf.transition", labels + 1, out->tags, &out->crf.transition));
    return bind_floats(&b, "spans.crf.inside", labels, 2, &out->crf.inside);
}

/* ---- The pieces of a text ---- */

static bool ends_sentence(const kor_span_pieces *p, size_t i)
{
    const kor_word *w = &p->words[i];
    char c = p->cut.text[w->start];
    return w->end == w->start + 1 && (c == '.' || c == '!' || c == '?') &&
           p->words[i + 1].gap != KOR_GAP_NONE;
}

/* Where to cut KOR_SPANS_WORDS words that are not all. */
static size_t place_of_cut(const kor_span_pieces *p)
{
    for (size_t i = KOR_SPANS_WORDS - 1; i > KOR_SPANS_WORDS / 2; i--) {
        if (p->words[i].gap == KOR_GAP_LINE) return i;
    }
    for (size_t i = KOR_SPANS_WORDS - 1; i > KOR_SPANS_WORDS / 2; i--) {
        if (ends_sentence(p, i - 1)) return i;
    }
    return KOR_SPANS_WORDS;
}

size_t kor_span_pieces_next(kor_span_pieces *p)
{
    p->held -= p->given;
    memmove(p->words, p->words + p->given, p->held * sizeof *p->words);
    p->held += kor_wordcut_read(&p->cut, p->words + p->held, KOR_SPANS_WORDS - p->held);
    p->given = p->held < KOR_SPANS_WORDS ? p->held : place_of_cut(p);
    return p->given;
}

/* ---- Answers ---- */

static void *take(uintptr_t *at, size_t bytes)
{
    uintptr_t p = *at;
    *at = p + (bytes + 63) / 64 * 64;
    return (void *)p;
}

/* Returns the end of the layout, where the chain's own begins. */
static uintptr_t lay_out(kor_spans_work *w, size_t labels, uintptr_t base)
{
    size_t tags = kor_crf_tags(labels);
    uintptr_t at = base;
    w->words = take(&at, KOR_SPANS_WORDS * sizeof *w->words);
    w->traits = take(&at, KOR_SPANS_WORDS * sizeof *w->traits);
    w->emissions = take(&at, KOR_SPANS_WORDS * tags * sizeof *w->emissions);
    w->tags = take(&at, KOR_SPANS_WORDS);
    w->sums = take(&at, tags * sizeof *w->sums);
    return at;
}

size_t kor_spans_scratch(size_t labels)
{
    kor_spans_work w;
    return (size_t)lay_out(&w, labels, 0) + kor_crf_scratch(labels, KOR_SPANS_WORDS);
}

void kor_spans_lay_out(kor_spans_work *out, const kor_tagger *spans, void *memory)
{
    uintptr_t end = lay_out(out, spans->labels, (uintptr_t)memory);
    kor_crf_lay_out(&out->crf, spans->labels, KOR_SPANS_WORDS, (void *)end);
    kor_crf_weigh(&out->crf, &spans->crf, spans->temperature);
}

static size_t find_row(const kor_tagger *s, uint32_t key)
{
    size_t place = s->bits ? key >> (32 - s->bits) : 0;
    for (size_t row = s->first[place], end = s->first[place + 1]; row < end; row++) {
        if (s->keys[row] == key) return row;
    }
    return s->rows;
}

void kor_spans_emit(const kor_tagger *s, kor_spans_work *w, const char *text, size_t count)
{
    kor_word_traits_read(w->traits, text, w->words, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t keys[KOR_WORD_FEATURES];
        size_t n = kor_word_features(w->words, w->traits, count, i, keys);
        memset(w->sums, 0, s->tags * sizeof *w->sums);
        for (size_t j = 0; j < n; j++) {
            size_t row = find_row(s, keys[j]);
            if (row == s->rows) continue;
            for (size_t e = s->start[row]; e < s->start[row + 1]; e++)
                w->sums[s->tag[e]] += s->code[e];
        }
        float *out = w->emissions + i * s->tags;
        for (size_t k = 0; k < s->tags; k++) out[k] = (float)w->sums[k] * s->scale[k];
    }
}

size_t kor_spans_decode(const kor_tagger *s, kor_spans_work *w, size_t count, kor_word_span *out)
{
    size_t n = 0;
    kor_crf_best(&w->crf, &s->crf, w->emissions, count, w->tags);
    for (size_t i = 0; i < count;) {
        size_t tag = w->tags[i], from = i++;
        if (tag == KOR_CRF_O) continue;
        size_t label = tag - 1;
        while (i < count && w->tags[i] == kor_crf_inside(s->labels, label)) i++;
        out[n++] = (kor_word_span){from, i, label, 0};
    }
    if (!n) return 0;
    (void)kor_crf_sum(&w->crf, w->emissions, count, s->temperature);
    for (size_t i = 0; i < n; i++) {
        double p = kor_crf_span(&w->crf, count, out[i].from, out[i].to, out[i].label);
        out[i].score = (float)fmin(1, fmax(0, p));
    }
    return n;
}
