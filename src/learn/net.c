/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/net.h"

#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Parameters ---- */

static size_t add_part(kor_net *net, size_t count, size_t depth, bool decays)
{
    kor_net_part *p = &net->part[net->parts];
    *p = (kor_net_part){.at = net->count, .count = count, .depth = depth, .decays = decays};
    net->count += count;
    return net->parts++;
}

static size_t add_small(kor_net *net, size_t count, size_t depth, bool decays)
{
    size_t part = add_part(net, count, depth, decays);
    net->part[part].small = net->small;
    net->small += count;
    return part;
}

static kor_net_linear add_linear(kor_net *net, size_t in, size_t out, size_t depth)
{
    kor_net_linear l = {.in = in, .out = out};
    l.w = add_part(net, in * out, depth, true);
    net->part[l.w].in = in;
    net->part[l.w].out = out;
    net->part[l.w].packed = net->packed_count;
    /* A packed matrix is wider by the columns that fill its last panel; so is its transpose. */
    size_t wide = in * kor_round_up(out, KOR_PANEL), turned = out * kor_round_up(in, KOR_PANEL);
    net->packed_count += wide > turned ? wide : turned;
    net->part[l.w].column = net->columns;
    net->columns += out;
    l.b = add_small(net, out, depth, false);
    return l;
}

static void lay_out(kor_net *net, const kor_encoder *e)
{
    net->layers = e->layers;
    net->dim = e->dim;
    net->width = e->layer[0].in;
    net->vocabulary = e->vocabulary;
    net->max_tokens = e->max_tokens;
    net->scale = (kor_real)e->embedding_scale;
    net->epsilon = (kor_real)e->norm_epsilon;
    net->act = e->activation;
    net->embedding = add_part(net, net->vocabulary * net->width, 0, true);
    net->position = add_small(net, net->max_tokens * net->width, 0, true);
    for (size_t i = 0; i < net->layers; i++) {
        const kor_encoder_layer *from = &e->layer[i];
        kor_net_layer *l = &net->layer[i];
        size_t in = from->in, out = from->out;
        *l = (kor_net_layer){.in = in, .out = out, .heads = from->heads, .hidden = from->hidden};
        l->gamma1 = add_small(net, in, i + 1, false);
        l->beta1 = add_small(net, in, i + 1, false);
        l->qkv = add_linear(net, in, 3 * in, i + 1);
        l->attention_out = add_linear(net, in, out, i + 1);
        if (from->residual.weight) l->residual = add_linear(net, in, out, i + 1);
        l->gamma2 = add_small(net, out, i + 1, false);
        l->beta2 = add_small(net, out, i + 1, false);
        l->up = add_linear(net, out, from->hidden, i + 1);
        l->down = add_linear(net, from->hidden, out, i + 1);
    }
    net->pooler = add_linear(net, net->dim, net->dim, net->layers + 1);
    net->weighted = e->token_weight != NULL;
    if (net->weighted) net->token_weight = add_small(net, net->vocabulary, net->layers + 1, false);
}

static kor_real *param(const kor_net *net, size_t part)
{
    return net->param + net->part[part].at;
}

static void copy_floats(const kor_net *net, size_t part, const float *from)
{
    kor_real *to = param(net, part);
    for (size_t i = 0; i < net->part[part].count; i++) to[i] = (kor_real)from[i];
}

/* A packed matrix (kernels.h) back to [in][out]. */
static void unpack(const kor_net *net, const kor_net_linear *to, const kor_linear *from)
{
    kor_real *w = param(net, to->w);
    size_t k4 = kor_round_up(to->in, KOR_GROUP);
    for (size_t j = 0; j < to->out; j++) {
        size_t panel = j / KOR_PANEL, column = j % KOR_PANEL;
        for (size_t i = 0; i < to->in; i++) {
            if (from->scale) {
                const int8_t *code = from->weight;
                size_t at = panel * k4 * KOR_PANEL + i / KOR_GROUP * KOR_GROUP * KOR_PANEL +
                            column * KOR_GROUP + i % KOR_GROUP;
                w[i * to->out + j] = (kor_real)(from->scale[j] * (float)code[at]);
            } else {
                const float *x = from->weight;
                size_t at = (panel * to->in + i) * KOR_PANEL + column;
                w[i * to->out + j] = (kor_real)x[at];
            }
        }
    }
    copy_floats(net, to->b, from->bias);
}

static void copy_embedding(const kor_net *net, const kor_encoder *e)
{
    kor_real *to = param(net, net->embedding);
    for (size_t i = 0; i < net->vocabulary * net->width; i++) {
        to[i] = e->embedding8
                    ? (kor_real)(e->embedding8_scale[i / net->width] * (float)e->embedding8[i])
                    : (kor_real)e->embedding[i];
    }
}

bool kor_net_can_load(const kor_encoder *encoder)
{
    return encoder && !encoder->post_norm && encoder->pooler.weight;
}

/* Aligned to cache lines, which the products like. */
static kor_real *new_reals(size_t n)
{
    return aligned_alloc(64, kor_round_up((n ? n : 1) * sizeof(kor_real), 64));
}

kor_status kor_net_load(kor_net *net, const kor_encoder *from, kor_error *err)
{
    *net = (kor_net){0};
    if (!kor_net_can_load(from)) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "only an encoder that is normalised before its parts and has a pooler can "
                        "be trained");
    }
    lay_out(net, from);
    net->param = new_reals(net->count);
    net->packed = new_reals(net->packed_count);
    net->packed_turned = new_reals(net->packed_count);
    net->column_scale = new_reals(net->columns);
    if (!net->param || !net->packed || !net->packed_turned || !net->column_scale)
        return kor_fail_memory(err);
    copy_embedding(net, from);
    copy_floats(net, net->position, from->position);
    for (size_t i = 0; i < net->layers; i++) {
        const kor_net_layer *to = &net->layer[i];
        const kor_encoder_layer *l = &from->layer[i];
        copy_floats(net, to->gamma1, l->norm1.gamma);
        copy_floats(net, to->beta1, l->norm1.beta);
        copy_floats(net, to->gamma2, l->norm2.gamma);
        copy_floats(net, to->beta2, l->norm2.beta);
        unpack(net, &to->qkv, &l->qkv);
        unpack(net, &to->attention_out, &l->attention_out);
        if (to->residual.in) unpack(net, &to->residual, &l->residual);
        unpack(net, &to->up, &l->up);
        unpack(net, &to->down, &l->down);
    }
    unpack(net, &net->pooler, &from->pooler);
    for (size_t i = 0; net->weighted && i < net->vocabulary; i++) {
        double code = from->token_weight[i];
        param(net, net->token_weight)[i] = (kor_real)(code / KOR_TOKEN_WEIGHT_STEPS * log(2));
    }
    kor_net_refresh_all(net);
    return KOR_OK;
}

kor_status kor_net_weigh(kor_net *net, const float *weight, kor_error *err)
{
    size_t count = net->count;
    kor_real *param = new_reals(count + net->vocabulary);
    if (!param) return kor_fail_memory(err);
    memcpy(param, net->param, count * sizeof *param);
    free(net->param);
    net->param = param;
    net->weighted = true;
    net->token_weight = add_small(net, net->vocabulary, net->layers + 1, false);
    for (size_t i = 0; i < net->vocabulary; i++)
        param[count + i] = (kor_real)log((double)weight[i]);
    return KOR_OK;
}

void kor_net_free(kor_net *net)
{
    free(net->param);
    free(net->packed);
    free(net->packed_turned);
    free(net->column_scale);
    *net = (kor_net){0};
}

/* ---- Packing ---- */

void kor_net_pack(kor_real *to, const kor_real *w, size_t ld, size_t k, size_t n)
{
    for (size_t p = 0; p < n; p += KOR_PANEL) {
        size_t wide = n - p < KOR_PANEL ? n - p : KOR_PANEL;
        for (size_t i = 0; i < k; i++, to += KOR_PANEL) {
            const kor_real *from = w + i * ld + p;
            for (size_t j = 0; j < wide; j++) to[j] = from[j];
            for (size_t j = wide; j < KOR_PANEL; j++) to[j] = 0;
        }
    }
}

void kor_net_pack_turned(kor_real *to, const kor_real *w, size_t ld, size_t n, size_t k)
{
    for (size_t p = 0; p < n; p += KOR_PANEL) {
        size_t wide = n - p < KOR_PANEL ? n - p : KOR_PANEL;
        for (size_t i = 0; i < k; i++, to += KOR_PANEL) {
            const kor_real *from = w + p * ld + i;
            for (size_t j = 0; j < wide; j++) to[j] = from[j * ld];
            for (size_t j = wide; j < KOR_PANEL; j++) to[j] = 0;
        }
    }
}

static kor_real rounded(kor_real x, kor_real scale)
{
    return (kor_real)rint((double)(x / scale)) * scale;
}

/* Both packed forms of a matrix become what they are in int8: see kor_pack_i8. */
static void round_packed(kor_net *net, const kor_net_part *p, const kor_real *w)
{
    kor_real *scale = net->column_scale + p->column, *to = net->packed + p->packed,
             *turned = net->packed_turned + p->packed;
    for (size_t j = 0; j < p->out; j++) scale[j] = 0;
    for (size_t i = 0; i < p->in * p->out; i++) {
        kor_real size = w[i] < 0 ? -w[i] : w[i], *top = &scale[i % p->out];
        *top = size > *top ? size : *top;
    }
    for (size_t j = 0; j < p->out; j++) scale[j] = scale[j] > 0 ? scale[j] / 127 : 1;
    for (size_t j = 0; j < p->out; j += KOR_PANEL) {
        for (size_t i = 0; i < p->in; i++, to += KOR_PANEL) {
            for (size_t l = 0; l < KOR_PANEL && j + l < p->out; l++)
                to[l] = rounded(to[l], scale[j + l]);
        }
    }
    for (size_t i = 0; i < p->in; i += KOR_PANEL) {
        for (size_t j = 0; j < p->out; j++, turned += KOR_PANEL) {
            for (size_t l = 0; l < KOR_PANEL; l++) turned[l] = rounded(turned[l], scale[j]);
        }
    }
}

void kor_net_refresh(kor_net *net, size_t part)
{
    const kor_net_part *p = &net->part[part];
    if (!p->in) return;
    kor_net_pack(net->packed + p->packed, param(net, part), p->out, p->in, p->out);
    kor_net_pack_turned(net->packed_turned + p->packed, param(net, part), p->out, p->in, p->out);
    if (net->rounded) round_packed(net, p, param(net, part));
}

void kor_net_refresh_all(kor_net *net)
{
    for (size_t i = 0; i < net->parts; i++) kor_net_refresh(net, i);
}

/* ---- To int8 ---- */

/* The numbers of a part as floats in arena; NULL when memory is out. */
static float *floats_of(const kor_net *net, size_t part, kor_arena *arena)
{
    size_t n = net->part[part].count;
    float *to = kor_arena_array(arena, n, sizeof *to);
    for (size_t i = 0; to && i < n; i++) to[i] = (float)param(net, part)[i];
    return to;
}

static bool linear_to_int8(const kor_net *net, const kor_net_linear *from, kor_linear *to,
                           kor_arena *arena)
{
    *to = (kor_linear){.in = from->in, .out = from->out};
    if (!from->in) return true;
    kor_arena scratch = {0};
    int8_t *code = kor_arena_alloc(arena, kor_packed_i8_size(from->in, from->out));
    float *scale = kor_arena_array(arena, from->out, sizeof *scale);
    float *w = floats_of(net, from->w, &scratch);
    to->bias = floats_of(net, from->b, arena);
    if (code && scale && w) kor_pack_i8(code, scale, w, from->in, from->out);
    kor_arena_free(&scratch);
    to->weight = code;
    to->scale = scale;
    return code && scale && w && to->bias;
}

static bool weights_of_tokens(const kor_net *net, kor_encoder *to, kor_arena *arena)
{
    if (!net->weighted) return true;
    int8_t *code = kor_arena_alloc(arena, net->vocabulary);
    const kor_real *logarithm = param(net, net->token_weight);
    for (size_t i = 0; code && i < net->vocabulary; i++) {
        double x = rint((double)logarithm[i] / log(2) * KOR_TOKEN_WEIGHT_STEPS);
        code[i] = (int8_t)fmin(fmax(x, INT8_MIN), INT8_MAX);
    }
    to->token_weight = code;
    return code != NULL;
}

/* One scale a row. */
static bool embedding_to_int8(const kor_net *net, kor_encoder *to, kor_arena *arena)
{
    size_t rows = net->vocabulary, n = net->width;
    int8_t *code = kor_arena_array(arena, rows, n);
    float *scale = kor_arena_array(arena, rows, sizeof *scale);
    if (!code || !scale) return false;
    for (size_t i = 0; i < rows; i++) {
        const kor_real *from = param(net, net->embedding) + i * n;
        float top = 0;
        for (size_t j = 0; j < n; j++) top = fmaxf(top, fabsf((float)from[j]));
        scale[i] = top > 0 ? top / 127 : 1;
        for (size_t j = 0; j < n; j++) {
            code[i * n + j] = (int8_t)lrintf((float)from[j] / scale[i]);
        }
    }
    to->embedding8 = code;
    to->embedding8_scale = scale;
    return true;
}

kor_status kor_net_to_int8(const kor_net *net, kor_encoder *out, kor_arena *arena, kor_error *err)
{
    *out = (kor_encoder){.layers = net->layers,
                         .dim = net->dim,
                         .max_tokens = net->max_tokens,
                         .vocabulary = net->vocabulary,
                         .parameters = net->count,
                         .embedding_scale = (float)net->scale,
                         .norm_epsilon = (float)net->epsilon,
                         .activation = net->act};
    out->position = floats_of(net, net->position, arena);
    bool ok =
        embedding_to_int8(net, out, arena) && weights_of_tokens(net, out, arena) && out->position;
    for (size_t i = 0; ok && i < net->layers; i++) {
        const kor_net_layer *from = &net->layer[i];
        kor_encoder_layer *l = &out->layer[i];
        *l = (kor_encoder_layer){
            .in = from->in, .out = from->out, .heads = from->heads, .hidden = from->hidden};
        l->norm1 =
            (kor_norm){floats_of(net, from->gamma1, arena), floats_of(net, from->beta1, arena)};
        l->norm2 =
            (kor_norm){floats_of(net, from->gamma2, arena), floats_of(net, from->beta2, arena)};
        ok = l->norm1.gamma && l->norm1.beta && l->norm2.gamma && l->norm2.beta &&
             linear_to_int8(net, &from->qkv, &l->qkv, arena) &&
             linear_to_int8(net, &from->attention_out, &l->attention_out, arena) &&
             linear_to_int8(net, &from->residual, &l->residual, arena) &&
             linear_to_int8(net, &from->up, &l->up, arena) &&
             linear_to_int8(net, &from->down, &l->down, arena);
    }
    ok = ok && linear_to_int8(net, &net->pooler, &out->pooler, arena);
    return ok ? KOR_OK : kor_fail_memory(err);
}
