/* SPDX-License-Identifier: Apache-2.0 */
/* AdamW: Adam with decay that is apart from the gradient (Loshchilov and Hutter 2019). */
#ifndef KOR_ADAMW_H
#define KOR_ADAMW_H

#include <math.h>
#include <stddef.h>

typedef struct kor_adamw {
    float rate, decay;
    float by;   /* what gradients are multiplied by, for clipping */
    float step; /* of training, the first is 1 */
} kor_adamw;

/* One step of w[n] against gradient[n], with the moments m[n] and v[n]. */
static inline void kor_adamw_step(const kor_adamw *a, float *w, const float *gradient, float *m,
                                  float *v, size_t n)
{
    const float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
    float fix1 = 1 / (1 - powf(beta1, a->step)), fix2 = 1 / (1 - powf(beta2, a->step)), by = a->by,
          rate = a->rate, decay = a->decay;
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i] * by;
        m[i] = beta1 * m[i] + (1 - beta1) * g;
        v[i] = beta2 * v[i] + (1 - beta2) * g * g;
        w[i] -= rate * (m[i] * fix1 / (sqrtf(v[i] * fix2) + epsilon) + decay * w[i]);
    }
}

/* The share of the highest rate at a step: it rises over the first warm steps, then falls to 0 as a
 * cosine. */
static inline float kor_schedule(size_t step, size_t steps, float warm)
{
    float at = (float)step;
    if (at < warm) return at / warm;
    return 0.5f * (1 + cosf(3.14159265f * (at - warm) / ((float)steps - warm)));
}

#endif
