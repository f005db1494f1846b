/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/metrics.h"

#include "base/arena.h"

#include <math.h>
#include <stdlib.h>

enum { CONFUSION_LABELS = 4096 }; /* with more of them no table is kept */

void kor_wilson(size_t right, size_t n, double *low, double *high)
{
    *low = 0;
    *high = 1;
    if (!n) return;
    const double z = 1.959963984540054, count = (double)n, p = (double)right / count;
    double middle = (p + z * z / (2 * count)) / (1 + z * z / count);
    double half = z / (1 + z * z / count) * sqrt(p * (1 - p) / count + z * z / (4 * count * count));
    *low = fmax(0, middle - half);
    *high = fmin(1, middle + half);
}

kor_status kor_metrics_new(kor_metrics *out, size_t labels, bool tags, kor_error *err)
{
    *out = (kor_metrics){.tags = tags, .labels = labels};
    out->classes = calloc(labels + 1, sizeof *out->classes);
    bool table = !tags && labels <= CONFUSION_LABELS;
    if (table) out->confusion = calloc(labels * labels + 1, sizeof *out->confusion);
    if (out->classes && (out->confusion || !table)) return KOR_OK;
    kor_metrics_free(out);
    return kor_fail_memory(err);
}

static bool has(const uint32_t *labels, size_t count, size_t label)
{
    for (size_t i = 0; i < count; i++) {
        if (labels[i] == label) return true;
    }
    return false;
}

static void add_confidence(kor_metrics *m, double p, bool right)
{
    size_t bin = p < 1 ? (size_t)(p * KOR_CALIBRATION_BINS) : KOR_CALIBRATION_BINS - 1;
    m->bin[bin].count++;
    m->bin[bin].correct += right;
    m->bin[bin].confidence += p;
}

static void add_tags(kor_metrics *m, const float *p, const float *thresholds,
                     const uint32_t *labels, size_t count)
{
    bool same = true;
    for (size_t l = 0, next = 0; l < m->labels; l++) {
        bool given = p[l] >= thresholds[l], held = next < count && labels[next] == l;
        next += held;
        m->classes[l].support += held;
        m->classes[l].answered += given;
        m->classes[l].correct += given && held;
        same &= given == held;
    }
    m->right += same;
}

static void add_class(kor_metrics *m, size_t best, double p, const float *thresholds, size_t label)
{
    bool right = best == label, below = p < (double)thresholds[0];
    m->classes[label].support++;
    m->classes[best].answered++;
    m->classes[best].correct += right;
    if (m->confusion) m->confusion[label * m->labels + best]++;
    m->right += right;
    m->below += below;
    m->kept_right += right && !below;
}

void kor_metrics_add(kor_metrics *m, const float *p, const float *thresholds,
                     const uint32_t *labels, size_t label_count)
{
    size_t best = 0;
    for (size_t l = 1; l < m->labels; l++) {
        if (p[l] > p[best]) best = l;
    }
    double confidence = (double)p[best];
    if (!m->tags && label_count == 1 && labels[0] == UINT32_MAX) {
        m->outside++;
        m->outside_below += confidence < (double)thresholds[0];
        return;
    }
    bool first = has(labels, label_count, best);
    m->n++;
    m->first_right += first;
    m->all_labels += label_count;
    add_confidence(m, confidence, first);
    if (m->tags)
        add_tags(m, p, thresholds, labels, label_count);
    else
        add_class(m, best, confidence, thresholds, labels[0]);
}

kor_status kor_metrics_new_spans(kor_metrics *out, size_t labels, kor_error *err)
{
    KOR_TRY(kor_metrics_new(out, labels, true, err));
    out->tags = false;
    out->spans = true;
    return KOR_OK;
}

void kor_metrics_add_spans(kor_metrics *m, const kor_metrics_span *found, size_t count,
                           const kor_metrics_span *has, size_t has_count)
{
    size_t right = 0;
    for (size_t i = 0; i < has_count; i++) m->classes[has[i].label].support++;
    for (size_t i = 0, j = 0; i < count; i++) {
        const kor_metrics_span *s = &found[i];
        while (j < has_count && has[j].start < s->start) j++;
        bool same = j < has_count && has[j].start == s->start && has[j].end == s->end &&
                    has[j].label == s->label;
        m->classes[s->label].answered++;
        m->classes[s->label].correct += same;
        add_confidence(m, s->score, same);
        right += same;
    }
    m->n++;
    m->right += right == count && count == has_count;
}

static double share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

void kor_metrics_finish(kor_metrics *m)
{
    size_t used = 0, binned = 0, support = 0, answered = 0, correct = 0;
    double f1 = 0;
    for (size_t l = 0; l < m->labels; l++) {
        kor_class_score *c = &m->classes[l];
        c->precision = share(c->correct, c->answered);
        c->recall = share(c->correct, c->support);
        c->f1 = share(2 * c->correct, c->support + c->answered);
        support += c->support;
        answered += c->answered;
        correct += c->correct;
        if (!c->support && !c->answered) continue;
        used++;
        f1 += c->f1;
    }
    m->accuracy = share(m->right, m->n);
    kor_wilson(m->right, m->n, &m->accuracy_low, &m->accuracy_high);
    m->macro_f1 = used ? f1 / (double)used : 0;
    m->micro_f1 = share(2 * correct, support + answered);
    m->precision = share(correct, answered);
    m->recall = share(correct, support);
    m->p_at_1 = share(m->first_right, m->n);
    m->r_at_1 = share(m->first_right, m->all_labels);
    m->ece = 0;
    for (size_t b = 0; b < KOR_CALIBRATION_BINS; b++) {
        m->ece += fabs(m->bin[b].confidence - (double)m->bin[b].correct);
        binned += m->bin[b].count;
    }
    m->ece = binned ? m->ece / (double)binned : 0;
    m->abstained = share(m->below, m->n);
    m->kept_accuracy = share(m->kept_right, m->n - m->below);
    m->right_or_abstained = share(m->kept_right + m->below, m->n);
    m->outside_recall = share(m->outside_below, m->outside);
}

void kor_metrics_free(kor_metrics *m)
{
    free(m->classes);
    free(m->confusion);
    *m = (kor_metrics){0};
}
