/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase.h"

/* ---- What has no range ---- */

/* "3 hours", "all week", "another day", "the hour" */
bool kor_read_duration(kor_reader *r)
{
    kor_reader s = *r;
    kor_unit unit;
    kor_amount amount = {0};
    const kor_token t = *kor_peek(&s, 0);
    if (t.joined) return false;
    bool whole = kor_take(&s, KOR_WORD_WHOLE), another = !whole && kor_take(&s, KOR_WORD_ANOTHER);
    if (!whole && !another && kor_word_ahead(&s, 0) == KOR_WORD_THE) {
        s.at++;
        whole = kor_take(&s, KOR_WORD_WHOLE);
        if (!whole) {
            if (!kor_is_text(&s, 0, "hour") || kor_behind(r, 1)->word != KOR_WORD_FOR) return false;
            whole = true;
        }
    }
    if (whole || another) {
        if (kor_is_mark(&s, 0, '-')) s.at++;
        const kor_token *name = kor_peek(&s, 0);
        if (name->word != KOR_WORD_UNIT || !(name->flags & KOR_WORD_SINGULAR)) return false;
        if (!kor_read_unit(&s, &unit) || (whole && unit < KOR_UNIT_HOUR)) return false;
        amount = (kor_amount){.unit = (uint8_t)unit, .count = 1};
        kor_amount_add(&amount, unit, 1000);
    } else {
        if (!kor_read_amount(&s, true, &amount)) return false;
        kor_word before = kor_behind(r, 1)->word, next = kor_word_ahead(&s, 0);
        bool placed = before == KOR_WORD_FOR || before == KOR_WORD_IN ||
                      before == KOR_WORD_WITHIN || before == KOR_WORD_EVERY || amount.mixed ||
                      amount.unit == KOR_UNIT_HOUR;
        if (amount.letters && !placed) return false;
        /* "a week" counts as well as "one week"; "a day's work", "two day old" do not matter */
        if (t.word == KOR_WORD_ARTICLE && next == KOR_WORD_OF) return false;
        if (amount.count > 9999 && amount.unit > KOR_UNIT_HOUR) return false;
    }
    if (kor_is_mark(&s, 0, '%')) return false;
    s.e->kind = KOR_EXPR_DURATION;
    s.e->amount = amount;
    *r = s;
    return true;
}

/* Things that happen, at a time that only the reader's own notes can tell. */
static bool is_event(const kor_reader *r, size_t ahead)
{
    static const char *const events[] = {
        "release",   "launch",    "meeting",    "deploy",     "deployment",  "outage",  "incident",
        "migration", "party",     "conference", "interview",  "wedding",     "war",     "election",
        "pandemic",  "crash",     "upgrade",    "demo",       "deadline",    "exam",    "trip",
        "vacation",  "holidays",  "move",       "accident",   "surgery",     "funeral", "retreat",
        "offsite",   "workshop",  "merger",     "layoffs",    "acquisition", "standup", "kickoff",
        "review",    "concert",   "flight",     "earthquake", "lockdown",    "strike",  "reorg",
        "rollout",   "hackathon",
    };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (kor_is_text(r, ahead, events[i])) return true;
    }
    return false;
}

static bool set_vague(kor_reader *r, const kor_reader *s, const char *why)
{
    s->e->kind = KOR_EXPR_VAGUE;
    s->e->why = why;
    *r = *s;
    return true;
}

/* "since the release", "soon", "a while ago" */
bool kor_read_vague(kor_reader *r)
{
    kor_reader s = *r;
    const kor_token t = *kor_peek(&s, 0);
    if (t.joined) return false;
    if (t.word == KOR_WORD_SINCE || t.word == KOR_WORD_BEFORE || t.word == KOR_WORD_AFTER ||
        t.word == KOR_WORD_DURING || t.word == KOR_WORD_UNTIL) {
        s.at++;
        bool the = kor_take(&s, KOR_WORD_THE) || kor_take(&s, KOR_WORD_MY);
        bool last = kor_take_text(&s, "last");
        if ((!the && !last) || !is_event(&s, 0) || kor_is_text(r, 0, "over") ||
            kor_is_text(r, 0, "throughout"))
            return false;
        s.at++;
        kor_word next = kor_word_ahead(&s, 0);
        const kor_token *mark = kor_peek(&s, 0);
        if (next == KOR_WORD_NONE && !kor_is_text(&s, 0, "i") && !kor_is_text(&s, 0, "we") &&
            t.word != KOR_WORD_SINCE)
            return false;
        if (next == KOR_WORD_MARK && mark->glued && kor_peek(&s, 1)->glued &&
            kor_word_ahead(&s, 1) != KOR_WORD_MARK)
            return false;
        return set_vague(r, &s, "when that was is not said here");
    }
    if (t.word == KOR_WORD_VAGUE) {
        s.at++;
        const kor_token *before = kor_behind(r, 1);
        if (kor_words_is(r->words, before, "most") || kor_words_is(r->words, before, "as") ||
            kor_words_is(r->words, before, "more"))
            return false;
        if (t.value == 0) return set_vague(r, &s, "says no time");
        kor_node roll = kor_new_node(KOR_NODE_ROLL);
        kor_amount_add(&roll.amount, KOR_UNIT_DAY, t.value * 1000);
        roll.amount.unit = KOR_UNIT_DAY;
        roll.amount.count = t.value;
        roll.sign = -1;
        s.e->root = kor_add_node(&s, roll);
        s.e->approximate = true;
        *r = s;
        return s.e->root >= 0;
    }
    if (kor_take(&s, KOR_WORD_THE) && kor_take(&s, KOR_WORD_OTHER) && kor_take_text(&s, "day")) {
        kor_node roll = kor_new_node(KOR_NODE_ROLL);
        kor_amount_add(&roll.amount, KOR_UNIT_DAY, 7000);
        roll.amount.unit = KOR_UNIT_DAY;
        roll.amount.count = 7;
        roll.sign = -1;
        s.e->root = kor_add_node(&s, roll);
        s.e->approximate = true;
        *r = s;
        return s.e->root >= 0;
    }
    s = *r;
    if (kor_take_text(&s, "as") && kor_take_text(&s, "soon") && kor_take_text(&s, "as") &&
        kor_take_text(&s, "possible")) {
        return set_vague(r, &s, "says no time");
    }
    s = *r;
    if (kor_take(&s, KOR_WORD_ARTICLE) &&
        (kor_take_text(&s, "while") || kor_take_text(&s, "bit")) && kor_take(&s, KOR_WORD_AGO)) {
        return set_vague(r, &s, "says no time");
    }
    return false;
}
