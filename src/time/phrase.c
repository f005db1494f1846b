/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase.h"

const kor_token *kor_peek(const kor_reader *r, size_t ahead)
{
    static const kor_token end = {.word = KOR_WORD_END};
    const kor_token *t = kor_words_at(r->words, r->at + ahead);
    return t->apart && r->at + ahead > r->words->first ? &end : t;
}

const kor_token *kor_behind(const kor_reader *r, size_t back)
{
    static const kor_token end = {.word = KOR_WORD_END};
    if (r->at < back) return &end;
    for (size_t i = r->at - back + 1; i <= r->at; i++) {
        if (kor_words_at(r->words, i)->apart) return &end;
    }
    return kor_words_at(r->words, r->at - back);
}

bool kor_is_text(const kor_reader *r, size_t ahead, const char *word)
{
    return kor_words_is(r->words, kor_peek(r, ahead), word);
}

bool kor_take_text(kor_reader *r, const char *word)
{
    bool found = kor_is_text(r, 0, word);
    r->at += found;
    return found;
}

int kor_add_node(kor_reader *r, kor_node node)
{
    if (r->e->count >= KOR_NODES) return KOR_NO_NODE;
    r->e->node[r->e->count] = node;
    return r->e->count++;
}

kor_node kor_new_node(kor_node_kind kind)
{
    return (kor_node){.kind = (uint8_t)kind,
                      .unit = KOR_UNIT_DAY,
                      .child = KOR_NO_NODE,
                      .second = KOR_NO_NODE,
                      .weekday = -1};
}

int kor_wrap(kor_reader *r, kor_node node, int child)
{
    node.child = (int8_t)child;
    return kor_add_node(r, node);
}

int kor_unit_node(kor_reader *r, kor_unit unit, int32_t n)
{
    kor_node node = kor_new_node(KOR_NODE_UNIT);
    node.unit = (uint8_t)unit;
    node.n = n;
    return kor_add_node(r, node);
}

bool kor_is_day(const kor_expr *e, int i)
{
    if (i < 0) return false;
    const kor_node *node = &e->node[i];
    switch (node->kind) {
    case KOR_NODE_WEEKDAY:
    case KOR_NODE_HOLIDAY: return true;
    case KOR_NODE_UNIT: return node->unit == KOR_UNIT_DAY;
    case KOR_NODE_DATE: return node->day != 0;
    case KOR_NODE_NTH:
        return node->count <= 1 &&
               (node->weekday >= 0 || node->unit == KOR_UNIT_DAY || node->unit == KOR_UNIT_WORKDAY);
    case KOR_NODE_SHIFT: return node->amount.seconds == 0;
    default: return false;
    }
}
