/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/asker.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BAD_ANSWERS = 2,    /* of a question, before it is given up */
    FAILED_IN_A_ROW = 3 /* questions, before all are */
};
#define FIRST_WAIT 0.5 /* seconds; doubled each time */
#define LONGEST_WAIT 30.0
#define LONGEST_PAUSE 300.0 /* that an endpoint may ask for */

typedef struct asking {
    kor_asker *a;
    kor_question *questions;
    size_t count, under_way;
    size_t *slot; /* [parallel] the number of the question under way + 1; 0: free */
    bool short_of_budget;
    kor_error *err;
} asking;

static void stop(kor_asker *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void stop(kor_asker *a, const char *fmt, ...)
{
    if (*a->stopped) return;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(a->stopped, sizeof a->stopped, fmt, ap);
    va_end(ap);
}

/* ---- Sending ---- */

static void look_up(kor_asker *a, kor_question *q)
{
    if (!kor_journal_find(&a->journal, q->hash, &q->asked, &q->answer, &a->remarks)) return;
    q->state = KOR_ANSWERED;
    a->reused++;
}

/* A question whose time has come, or NULL; *next is when that of one comes. */
static kor_question *next_question(asking *r, double now, double *next)
{
    *next = INFINITY;
    for (size_t i = 0; i < r->count; i++) {
        kor_question *q = &r->questions[i];
        if (q->state != KOR_WAITING) continue;
        double ready = fmax(q->ready, r->a->not_before);
        if (ready <= now) return q;
        if (ready < *next) *next = ready;
    }
    return NULL;
}

static kor_status send(asking *r, kor_question *q)
{
    kor_asker *a = r->a;
    size_t slot = 0;
    while (r->slot[slot]) slot++;
    KOR_TRY(a->api->start(a->http, slot, &q->body, r->err));
    r->slot[slot] = (size_t)(q - r->questions) + 1;
    r->under_way++;
    q->state = KOR_UNDER_WAY;
    a->requests++;
    if (q->tries++) a->retries++;
    return KOR_OK;
}

static kor_status send_all(asking *r, double *next)
{
    kor_asker *a = r->a;
    r->short_of_budget = false;
    *next = INFINITY;
    while (r->under_way < a->config.parallel && !*a->stopped) {
        kor_question *q = next_question(r, a->api->seconds(a->http), next);
        if (!q) break;
        /* What is under way may turn out cheaper than it could be: then it is asked after that. */
        if (!kor_ledger_begin(&a->ledger, q->most)) {
            r->short_of_budget = true;
            break;
        }
        KOR_TRY(send(r, q));
    }
    if (r->short_of_budget && !r->under_way)
        stop(a, "the budget is reached: %.0f tokens, $%.4f spent",
             a->ledger.spent.in + a->ledger.spent.out, kor_ledger_usd(&a->ledger, a->ledger.spent));
    return KOR_OK;
}

/* ---- Replies ---- */

static void note(kor_asker *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(kor_asker *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(a->last, sizeof a->last, fmt, ap);
    va_end(ap);
}

/* Enough of this question. Where nothing was ever answered, of all of them; else what there is
 * stays worth handing on. */
static kor_status give_up(asking *r, kor_question *q)
{
    kor_asker *a = r->a;
    q->state = KOR_GIVEN_UP;
    a->failed++;
    if (!a->answered && !a->reused)
        return kor_fail(r->err, KOR_E_IO, "%.120s: %.120s", a->config.url, a->last);
    if (++a->failed_in_a_row >= FAILED_IN_A_ROW)
        stop(a, "the endpoint answers no more: %.150s", a->last);
    return KOR_OK;
}

/* Later, with a wait that grows and is not the same for all; or never. */
static kor_status try_again(asking *r, kor_question *q, double retry_after)
{
    kor_asker *a = r->a;
    double now = a->api->seconds(a->http);
    if (retry_after > LONGEST_PAUSE) {
        note(a, "the endpoint asks to wait for %.0f seconds", retry_after);
        stop(a, "%.190s", a->last);
        return give_up(r, q);
    }
    if (q->tries > a->config.retries) return give_up(r, q);
    double wait = fmin(FIRST_WAIT * exp2((double)(q->tries - 1)), LONGEST_WAIT);
    wait *= 0.5 + 0.5 * (double)kor_random_unit(&a->random);
    q->state = KOR_WAITING;
    q->ready = now + fmax(wait, retry_after);
    if (retry_after > 0) a->not_before = fmax(a->not_before, now + retry_after);
    return KOR_OK;
}

/* It is paid, whatever it was good for. */
static kor_status account(asking *r, kor_question *q, kor_answer *answer, bool good, size_t bytes)
{
    kor_asker *a = r->a;
    if (!answer->measured)
        answer->cost = (kor_cost){q->most.in, fmin(kor_tokens_of(bytes), q->most.out)};
    kor_ledger_end(&a->ledger, q->most, answer->cost, answer->measured);
    a->here.in += answer->cost.in;
    a->here.out += answer->cost.out;
    return kor_journal_add(&a->journal, q->hash, answer, good, r->err);
}

static kor_status take_answer(asking *r, kor_question *q, const kor_http_reply *reply)
{
    kor_asker *a = r->a;
    kor_answer answer;
    bool good;
    char why[KOR_REPLY_WHY];
    const char *body = kor_str_text(&reply->body);
    kor_status status =
        kor_reply_read(&answer, &q->asked, body, reply->body.len, &good, why, r->err);
    if (status == KOR_OK) status = account(r, q, &answer, good, reply->body.len);
    if (status != KOR_OK || !good) kor_answer_free(&answer);
    KOR_TRY(status);
    if (good) {
        q->answer = answer;
        q->state = KOR_ANSWERED;
        a->answered = true;
        a->failed_in_a_row = 0;
        return KOR_OK;
    }
    note(a, "%s", why);
    return ++q->bad_answers >= BAD_ANSWERS ? give_up(r, q) : try_again(r, q, 0);
}

/* It may have been paid all the same: what has begun to answer has read the question. */
static kor_status take_failure(asking *r, kor_question *q, const kor_http_reply *reply)
{
    kor_answer nothing = {0};
    note(r->a, "%s", reply->why);
    if (reply->status == 200)
        KOR_TRY(account(r, q, &nothing, false, reply->body.len));
    else
        kor_ledger_end(&r->a->ledger, q->most, (kor_cost){0, 0}, true);
    return try_again(r, q, 0);
}

static kor_status take_status(asking *r, kor_question *q, const kor_http_reply *reply)
{
    kor_asker *a = r->a;
    long s = reply->status;
    char said[120];
    kor_reply_message(said, sizeof said, kor_str_text(&reply->body), reply->body.len,
                      a->config.key);
    kor_ledger_end(&a->ledger, q->most, (kor_cost){0, 0}, true);
    note(a, "status %ld%s%s", s, *said ? ": " : "", said);
    const char *hint = s == 401 || s == 403 ? "the key is refused: see key_env or key_file"
                       : s >= 300 && s < 400
                           ? "it sends to another address, which is not followed: see url"
                       : s == 404 || s == 405 ? "there is no such path or model: see url and model"
                                              : NULL;
    if (hint) {
        q->state = KOR_GIVEN_UP;
        return kor_fail(r->err, KOR_E_INPUT, "%.80s: %s (%.110s)", a->config.url, hint, a->last);
    }
    if (s == 408 || s == 409 || s == 425 || s == 429 || s >= 500)
        return try_again(r, q, reply->retry_after);
    q->refused = true;
    if (q->asked.kind == KOR_ASK_LETTER || a->answered) {
        /* The caller can ask otherwise, or this one text was not welcome. */
        q->state = KOR_GIVEN_UP;
        a->failed++;
        return KOR_OK;
    }
    q->state = KOR_GIVEN_UP;
    return kor_fail(r->err, KOR_E_INPUT, "%.90s: the request is refused (%.140s)", a->config.url,
                    a->last);
}

static kor_status take_reply(asking *r, const kor_http_reply *reply)
{
    kor_question *q = &r->questions[r->slot[reply->number] - 1];
    r->slot[reply->number] = 0;
    r->under_way--;
    q->state = KOR_WAITING;
    if (!reply->whole) return take_failure(r, q, reply);
    return reply->status >= 200 && reply->status < 300 ? take_answer(r, q, reply)
                                                       : take_status(r, q, reply);
}

static kor_status run(asking *r)
{
    kor_asker *a = r->a;
    for (size_t i = 0; i < r->count; i++) look_up(a, &r->questions[i]);
    for (;;) {
        double next;
        KOR_TRY(send_all(r, &next));
        if (!r->under_way && (*a->stopped || next == INFINITY)) return KOR_OK;
        double wait = fmin(fmax(next - a->api->seconds(a->http), 0), 1);
        kor_http_reply reply;
        bool there;
        KOR_TRY(a->api->wait(a->http, wait, &reply, &there, r->err));
        if (!there) continue;
        kor_status status = take_reply(r, &reply);
        kor_str_free(&reply.body);
        KOR_TRY(status);
    }
}

kor_status kor_ask(kor_asker *asker, kor_question *questions, size_t count, kor_error *err)
{
    asking r = {.a = asker, .questions = questions, .count = count, .err = err};
    if (!asker->http) {
        const kor_http_options o = {.url = asker->config.url,
                                    .key = asker->config.key,
                                    .direct = asker->config.loopback,
                                    .parallel = asker->config.parallel,
                                    .timeout_seconds = asker->config.timeout_seconds,
                                    .reply_max = KOR_REPLY_MAX};
        KOR_TRY(asker->api->open(&asker->http, &o, err));
    }
    r.slot = calloc(asker->config.parallel, sizeof *r.slot);
    if (!r.slot) return kor_fail_memory(err);
    kor_status status = run(&r);
    free(r.slot);
    if (r.under_way) {
        /* After an error what is under way is given up, with the bodies that it still reads. */
        asker->api->close(asker->http);
        asker->http = NULL;
    }
    return status;
}

void kor_questions_free(kor_question *questions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kor_str_free(&questions[i].body);
        kor_answer_free(&questions[i].answer);
    }
}
