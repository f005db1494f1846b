/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KORORA_H
#define KORORA_H

/* libkorora runs nano models: small networks that do one thing, in about a millisecond, on any CPU,
 * with nothing sent anywhere.
 *
 * A model is one GGUF file. Open it once, keep one context per thread, call it as often as you
 * like:
 *
 *     kor_error err;
 *     kor_model *model;
 *     kor_ctx *ctx;
 *     float v[512];
 *     if (kor_model_open(&model, "trunk.gguf", &err) || kor_ctx_new(&ctx, model, &err) ||
 *         kor_embed(ctx, "where did I leave the notes on the parser?", KOR_NUL, v, 512, &err))
 *         fprintf(stderr, "%s\n", err.msg);
 *
 * A model is immutable once open: any number of threads may use it at the same time, each through a
 * context of its own. The weights are a read-only mapping of the file, so processes that open the
 * same model share one copy of it in memory. A context holds all scratch memory; after
 * kor_ctx_new, no call on the hot path allocates.
 *
 * Every function that can fail returns a kor_status, KOR_OK being 0, and takes a kor_error as its
 * last argument, which may be NULL; on failure it says in one line what was wrong, where, and what
 * to do. The library never prints, never exits, and needs libc, libm and utf8proc only.
 *
 * Text is UTF-8. Any bytes are accepted: what is not UTF-8 is read as U+FFFD. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && !defined(KORORA_STATIC)
#define KOR_API __attribute__((visibility("default")))
#else
#define KOR_API
#endif

#define KORORA_VERSION "0.1.0"

/* ---- Errors ---- */

typedef enum kor_status {
    KOR_OK = 0,
    KOR_E_ARG,         /* wrong use: an argument that can never be right */
    KOR_E_INPUT,       /* bad data: a file, a row or a text that does not hold what it should */
    KOR_E_NOT_FOUND,   /* the named thing is not there */
    KOR_E_UNSUPPORTED, /* well formed, but not for this version, build or machine */
    KOR_E_MEMORY,      /* out of memory */
    KOR_E_IO,          /* the operating system refused: permissions, full disk, broken pipe */
    KOR_E_BUSY,        /* somebody else holds it; try again */
    KOR_E_DAMAGED      /* a file that Korora keeps is not what was written: no fault of who asks */
} kor_status;

/* Lives on the caller's stack. Written only on failure. msg is one NUL-terminated line of UTF-8. */
typedef struct kor_error {
    kor_status code;
    char msg[252];
} kor_error;

/* A short English name for a status, such as "bad input". Never NULL; static storage. */
KOR_API const char *kor_status_name(kor_status status);

/* ---- The simple calls ---- */

/* As a length: the text ends at its NUL byte. */
#define KOR_NUL ((size_t)-1)

typedef struct kor_model kor_model;
typedef struct kor_ctx kor_ctx;

/* Open a model file and check all of it: header, sizes, tensors, checksum. On success *out owns a
 * read-only mapping of the file (free with kor_model_close). On failure *out is NULL, and err names
 * the file, and where there is one the offset, and what was expected. out and path must not be
 * NULL. The file must not be truncated while it is open: replace a model by renaming a new file
 * over it, as korora does; a mapping of the old one stays whole. */
KOR_API kor_status kor_model_open(kor_model **out, const char *path, kor_error *err);

/* The name of the trunk that a model file stands on, such as "trunk": a model of architecture
 * "hybrid" is a small layer on an encoder that many models share. "" when it stands alone.
 * kor_model_open opens the trunk too, as NAME.gguf beside the file. */
KOR_API kor_status kor_model_trunk(const char *path, char out[64], kor_error *err);

/* As kor_model_open, with a trunk that is open already and outlives the model; NULL: as
 * kor_model_open. KOR_E_UNSUPPORTED when the model was made on another trunk. */
KOR_API kor_status kor_model_open_on(kor_model **out, const char *path, const kor_model *trunk,
                                     kor_error *err);

/* Close a model after the last of its contexts is freed. NULL is allowed. */
KOR_API void kor_model_close(kor_model *model);

/* Make a context: all the scratch memory one thread needs. Free it with kor_ctx_free, before its
 * model is closed. A context is used by one thread at a time. */
KOR_API kor_status kor_ctx_new(kor_ctx **out, const kor_model *model, kor_error *err);

/* As kor_ctx_new, on a context of the model's trunk, which is used by the same thread and freed
 * after this one. Many models on one trunk share its room, and a text that several of them are
 * asked about, one after the other, goes through the trunk once. A trunk that the model does not
 * stand on, or NULL: as kor_ctx_new. */
KOR_API kor_status kor_ctx_new_on(kor_ctx **out, const kor_model *model, kor_ctx *trunk,
                                  kor_error *err);

/* NULL is allowed. */
KOR_API void kor_ctx_free(kor_ctx *ctx);

/* Embed a text: a vector of kor_model_info.dim floats of Euclidean length 1, so that the dot
 * product of two embeddings is their cosine. text is len bytes, or ends at its NUL when len is
 * KOR_NUL; NULL is allowed when len is 0. The model reads the first max_tokens tokens and ignores
 * the rest. Text without a token is not an error: it has an embedding like any other. out holds
 * out_len floats, which must be at least dim (else KOR_E_ARG). Does not allocate. */
KOR_API kor_status kor_embed(kor_ctx *ctx, const char *text, size_t len, float *out, size_t out_len,
                             kor_error *err);

/* Ask a model with labels (head "classify" or "tags") about a text, given as for kor_embed. out[i]
 * is the probability of kor_model_label(model, i), for i below kor_model_info.labels; out_len must
 * be at least that (else KOR_E_ARG). "classify": the probabilities of one answer, with the sum 1; a
 * model whose best one is below kor_model_threshold(model, 0) abstains. "tags": each label by
 * itself; those hold that reach their own kor_model_threshold. Does not allocate. */
KOR_API kor_status kor_classify(kor_ctx *ctx, const char *text, size_t len, float *out,
                                size_t out_len, kor_error *err);

/* Ask a model of head "rank" how well a text answers a query, or how alike two texts are, each
 * given as for kor_embed. *score is the probability that it does where the model learnt from right
 * and wrong candidates, else a score on the scale of what it learnt from, from 0 on; in any case
 * texts that answer better have a higher one. The query of the last call stays read: ask about one
 * query after another. Does not allocate. */
KOR_API kor_status kor_rank(kor_ctx *ctx, const char *query, size_t query_len, const char *text,
                            size_t text_len, float *score, kor_error *err);

/* A labelled part of a text. */
typedef struct kor_span {
    size_t start, end;       /* bytes, half-open */
    size_t start_cp, end_cp; /* the same in code points; what is not UTF-8 counts as U+FFFD */
    size_t label;            /* kor_model_label has its name */
    float score;             /* the probability that exactly this is a span of this label */
} kor_span;

/* Ask a model of head "spans" for the labelled parts of a text, given as for kor_embed: names,
 * places, numbers, whatever it was made to find. Writes at most max spans to out, in the order of
 * the text, none over another, and the number written to *count. Reads at most the first
 * KOR_TEXT_MAX code points. Does not allocate. */
KOR_API kor_status kor_spans(kor_ctx *ctx, const char *text, size_t len, kor_span *out, size_t max,
                             size_t *count, kor_error *err);

/* The name of a label, UTF-8; it lives as long as the model. NULL when there is no label i. */
KOR_API const char *kor_model_label(const kor_model *model, size_t i);

/* From which probability on label i holds, 0 to 1. In a model of head "classify" it is the same for
 * all: below it the model abstains; 0: it never does. 0 when there is no label i. */
KOR_API float kor_model_threshold(const kor_model *model, size_t i);

/* ---- More about a model ---- */

typedef struct kor_model_info {
    const char *name;         /* general.name of the file, or "" */
    const char *architecture; /* "encoder"; "bag": hashed n-grams; "hybrid": both; "lora", "full" */
    const char *head;         /* what it answers: "embed", "classify", "tags", "spans", "rank" */
    const char *weights;      /* "int8" or "f32" */
    const char *license;      /* SPDX expression, or "" */
    const char *cpu;          /* the kernels in use: "scalar", "avx2", "avx512vnni" */
    const char *metric; /* what quality is: "accuracy", "micro_f1", "span_f1", or "" when unknown */
    float quality;      /* on rows it did not learn from, when it was made; 0 to 1 */
    const char *out_of_scope; /* the label of rows that it should abstain on, or "" */
    const char
        *rules;    /* of head "spans": the rules that decide what can be decided exactly, or "" */
    size_t labels; /* of heads "classify", "tags" and "spans", else 0 */
    size_t dim;    /* length of an embedding, in floats; 0 when it does not embed */
    size_t max_tokens; /* tokens read of a text; 0 when it has no tokens */
    size_t vocabulary; /* rows of the embedding table, or features of a bag */
    size_t parameters; /* weights and biases, counted */
    size_t file_bytes;
    size_t macs_per_token; /* multiply-adds of the linear layers: for each token, */
    size_t macs_per_text;  /* and once a text */
    uint64_t checksum;     /* tells two files apart: equal files, equal checksums */
} kor_model_info;

/* What a model is. The strings live as long as the model. out must not be NULL. */
KOR_API void kor_model_get_info(const kor_model *model, kor_model_info *out);

/* Split a text into the model's tokens. Writes at most max ids to out and the number written to
 * *count. Unlike kor_embed, it is not limited to max_tokens, but reads at most the first
 * KOR_TEXT_MAX code points. Does not allocate. */
KOR_API kor_status kor_tokenize(kor_ctx *ctx, const char *text, size_t len, int32_t *out,
                                size_t max, size_t *count, kor_error *err);

/* Code points of a text that are read at most; what comes after them is ignored. */
#define KOR_TEXT_MAX 16384

/* ---- Time in words ---- */

/* Every time expression of a text, and the range of instants that it means: "last Tuesday
 * afternoon", "between March and May", "every other Friday at 9". Exact rules, no model, no
 * allocation: a question takes microseconds. docs/time.md says what is understood and by which
 * convention; what cannot be resolved is found all the same, and says why. */

typedef struct kor_zone kor_zone; /* a time zone; immutable: share it between threads */

/* Open a zone: an IANA name ("Europe/Paris"), a POSIX rule ("CET-1CEST,M3.5.0,M10.5.0/3"), a fixed
 * offset ("+05:30"), or "UTC"; NULL is the user's: $TZ, else /etc/localtime, else UTC. On success
 * *out is to be closed; on failure it is NULL, and err names the zone. */
KOR_API kor_status kor_zone_open(kor_zone **out, const char *name, kor_error *err);

/* NULL is allowed. */
KOR_API void kor_zone_close(kor_zone *zone);

typedef enum kor_when_type {
    KOR_WHEN_DATE,          /* a day */
    KOR_WHEN_DATERANGE,     /* days: a week, a month, "from Monday to Friday" */
    KOR_WHEN_TIME,          /* a clock time without a day: read as the latest, or the next */
    KOR_WHEN_TIMERANGE,     /* the same from one to another, or a part of the day */
    KOR_WHEN_DATETIME,      /* a clock time on a day, an instant */
    KOR_WHEN_DATETIMERANGE, /* clock times on days */
    KOR_WHEN_DURATION,      /* "two hours": how long, not when; no range */
    KOR_WHEN_SET,           /* "every Monday": no range, but kor_when_occurrences */
    KOR_WHEN_VAGUE          /* "since the release": time, but unknown when; no range */
} kor_when_type;

typedef enum kor_when_flag {
    KOR_WHEN_RESOLVED = 1, /* the range is known; else why says why not */
    KOR_WHEN_OPEN_START = 2,
    KOR_WHEN_OPEN_END = 4,
    KOR_WHEN_APPROXIMATE = 8, /* around, about; "recently" */
    KOR_WHEN_LOOSE = 16,      /* a bare number is all there is of it: "at 3" */
    KOR_WHEN_INSIDE = 32      /* stands within a longer word: a date in a file's name */
} kor_when_flag;

/* What a name that comes back means, and which convention rules the rest. */
typedef enum kor_when_prefer { KOR_WHEN_PAST, KOR_WHEN_FUTURE } kor_when_prefer;
typedef enum kor_when_convention {
    KOR_WHEN_CALENDAR, /* as rule suites have it: "A to B" ends where B begins, ... */
    KOR_WHEN_MEMORY /* to find again what happened: B is included, "the last 3 days" are up to now
                     */
} kor_when_convention;

typedef struct kor_when_options {
    const kor_zone *zone; /* NULL: UTC */
    int64_t reference_ms; /* now, for the words: UTC milliseconds; clamped to the years 1 to 9999 */
    kor_when_prefer prefer;
    kor_when_convention convention;
    int day_first; /* 3/4/2026 is 3 April; the other reading is an alternative */
    int british;   /* holidays as in the United Kingdom where names differ */
    int southern;  /* seasons of the southern half of the earth */
} kor_when_options;

/* UTC milliseconds, half-open. An open start is the year 1, an open end the year 10000. */
typedef struct kor_when_range {
    int64_t from_ms, to_ms;
    uint32_t flags;      /* KOR_WHEN_OPEN_START, KOR_WHEN_OPEN_END */
    const char *reading; /* "past", "future", "am", "pm", "day first", "of the same week", or the
                          * convention it is by; static */
} kor_when_range;

/* What comes back: every interval units, on some weekdays, at some time. */
typedef struct kor_when_again {
    const char *unit; /* "hour", "day", "week", "month", "year"; static */
    int32_t interval;
    int32_t weekdays;     /* bit 0 is Monday; 0: not by weekday */
    int32_t nth;          /* of weekdays in the month: 1 first, -1 last; 0 each */
    int32_t month, day;   /* 0: not said */
    int32_t from_s, to_s; /* seconds after midnight; a whole day is 0 to 86400 */
} kor_when_again;

enum { KOR_WHEN_ALTERNATIVES = 6 };

typedef struct kor_when_span {
    size_t start, end;       /* bytes, half-open */
    size_t start_cp, end_cp; /* the same in code points */
    size_t lead;             /* bytes: where "on", "at", "in the" before it begin; else start */
    kor_when_type type;
    uint32_t flags;
    int64_t from_ms, to_ms; /* unset unless KOR_WHEN_RESOLVED */
    const char *grain;      /* the finest unit said: "second" to "century"; static */
    const char *rule;       /* which rule read it: "weekday", "from-to"; static */
    const char *convention; /* "calendar" or "memory"; static */
    const char *why;        /* why there is no range; NULL when there is one; static */
    const char *note;       /* what deserves a second look; NULL for nothing; static */
    size_t alternatives;    /* other readings */
    kor_when_range alternative[KOR_WHEN_ALTERNATIVES];
    int64_t months, days, seconds; /* of a duration */
    kor_when_again again;          /* of a set */
} kor_when_span;

/* The name of a type, such as "daterange". Never NULL; static. */
KOR_API const char *kor_when_type_name(kor_when_type type);

/* Find the time expressions of a text, given as for kor_embed, in their order, without overlaps.
 * Writes at most max spans to out and the number written to *count; text that has more is read no
 * further. KOR_E_ARG for NULL where it is not allowed: options, count, out unless max is 0. Does
 * not allocate; time grows with the length of the text only. */
KOR_API kor_status kor_when(const char *text, size_t len, const kor_when_options *options,
                            kor_when_span *out, size_t max, size_t *count, kor_error *err);

/* When a set falls into a window of time: at most max ranges in out, ordered; returns how many. 0
 * for any other span. */
KOR_API size_t kor_when_occurrences(const kor_when_span *span, const kor_when_options *options,
                                    int64_t from_ms, int64_t to_ms, kor_when_range *out,
                                    size_t max);

/* The version of the library, such as "0.1.0", and the name of the kernels that this process uses
 * (chosen once, at the first call; the environment variable KORORA_CPU can lower it). */
KOR_API const char *kor_version(void);
KOR_API const char *kor_cpu(void);

#ifdef __cplusplus
}
#endif
#endif
