/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rulespans.h"

#include "text/utf8.h"

#include <math.h>
#include <string.h>

kor_status kor_rule_spans_bind(const kor_rules **out, const kor_gguf *file, kor_error *err)
{
    kor_bytes name = {0};
    char text[40] = "";
    uint32_t version = 0;
    KOR_TRY(kor_gguf_get_string(file, "korora.rules", &name, err));
    if (name.len < sizeof text) memcpy(text, name.data, name.len);
    *out = name.len < sizeof text && !memchr(text, 0, name.len) ? kor_rules_find(text) : NULL;
    if (!*out) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "rules '%.*s': this version has links and secrets",
                        (int)(name.len < 40 ? name.len : 40), name.data);
    }
    KOR_TRY(kor_gguf_get_u32(file, "korora.rules.version", &version, err));
    if (version == (*out)->version) return KOR_OK;
    return kor_fail(err, KOR_E_UNSUPPORTED, "rules '%s' of version %u; korora %s has version %u",
                    text, version, KORORA_VERSION, (*out)->version);
}

size_t kor_rule_spans_decide(const float *logits, size_t labels, float temperature, bool sure,
                             float *score)
{
    size_t best = sure ? 0 : labels, count = labels + !sure;
    for (size_t i = 0; i < labels; i++)
        if (logits[i] > logits[best]) best = i;
    if (!score) return best;
    float sum = 0;
    for (size_t i = 0; i < count; i++) sum += expf((logits[i] - logits[best]) / temperature);
    *score = 1 / sum;
    return best;
}

/* The label of a candidate, or m->labels. */
static size_t label_of(const kor_rule_spans *m, const char *text, size_t len,
                       const kor_candidate *c, float *logits, void *scratch, float *score)
{
    char read[KOR_RULES_READ];
    size_t label = 0;
    *score = 1;
    if (c->label) {
        while (label < m->labels && strcmp(m->label[label], c->label) != 0) label++;
        return label;
    }
    kor_bag_forward(m->bag, read, m->rules->read(text, len, c, read), logits, scratch);
    return kor_rule_spans_decide(logits, m->labels, m->temperature, c->sure, score);
}

size_t kor_rule_spans_find(const kor_rule_spans *m, const char *text, size_t len, kor_span *out,
                           size_t max, float *logits, void *scratch)
{
    size_t count = 0, at = 0, byte = 0, cp = 0;
    kor_candidate c;
    while (count < max && m->rules->next(text, len, &at, &c)) {
        kor_span s = {.start = c.start, .end = c.end};
        s.label = label_of(m, text, len, &c, logits, scratch, &s.score);
        if (s.label == m->labels) continue;
        uint32_t any;
        for (; byte < s.start; cp++) byte += kor_utf8_decode(text + byte, len - byte, &any);
        s.start_cp = cp;
        for (; byte < s.end; cp++) byte += kor_utf8_decode(text + byte, len - byte, &any);
        s.end_cp = cp;
        out[count++] = s;
    }
    return count;
}
