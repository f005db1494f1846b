/* SPDX-License-Identifier: Apache-2.0 */
/* What the tools are called, take and give: JSON Schema 2020-12, as the protocol wants it, and the
 * check of what comes in against it. */
#include "serve/mcp_inner.h"

#include <string.h>

/* ---- Parts ---- */

#define TEXT(most, about)                                                                          \
    "{\"type\":\"string\",\"minLength\":1,\"maxLength\":" #most ",\"description\":\"" about "\"}"
#define ID(about) "{\"type\":[\"string\",\"integer\"],\"description\":\"" about "\"}"
#define NUMBER(least, most, usual, about)                                                          \
    "{\"type\":\"integer\",\"minimum\":" #least ",\"maximum\":" #most ",\"default\":" #usual       \
    ",\"description\":\"" about "\"}"
#define STRING "{\"type\":\"string\"}"
#define COUNT "{\"type\":\"integer\"}"
#define SCORE "{\"type\":\"number\"}"
#define OBJECT "{\"type\":\"object\"}"

#define WANTED                                                                                                                                                                                             \
    "\"kind\":" TEXT(                                                                                                                                                                                      \
        200,                                                                                                                                                                                               \
        "Only events of this kind, or of one of several with commas: note, todo, "                                                                                                                         \
        "code, command, chat, mail, document, event, link, error, data") ",\"tag\":" TEXT(200,                                                                                                             \
                                                                                          "Only "                                                                                                          \
                                                                                          "events"                                                                                                         \
                                                                                          " about"                                                                                                         \
                                                                                          " this,"                                                                                                         \
                                                                                          " or "                                                                                                           \
                                                                                          "one "                                                                                                           \
                                                                                          "of "                                                                                                            \
                                                                                          "severa"                                                                                                         \
                                                                                          "l "                                                                                                             \
                                                                                          "with "                                                                                                          \
                                                                                          "commas"                                                                                                         \
                                                                                          ": "                                                                                                             \
                                                                                          "travel"                                                                                                         \
                                                                                          ", "                                                                                                             \
                                                                                          "work") ",\"entity\":" TEXT(200,                                                                                 \
                                                                                                                      "Only events that name this person, project, place or thing") ",\"link\":" TEXT(200, \
                                                                                                                                                                                                      "Only events with a link that has this in it, or of this kind")

/* An event in short. */
#define BRIEF                                                                                      \
    "\"id\":" STRING ",\"time\":" STRING ",\"source\":" STRING ",\"app\":" STRING                  \
    ",\"title\":" STRING ",\"text\":" STRING                                                       \
    ",\"truncated\":{\"type\":\"boolean\"},\"url\":" STRING
#define BRIEF_NEEDED "\"id\",\"time\",\"source\",\"title\",\"text\",\"url\""

/* Ends that are open are null. */
#define RANGE                                                                                      \
    "{\"type\":[\"object\",\"null\"],\"properties\":{\"from\":{\"type\":[\"string\",\"null\"]},"   \
    "\"to\":{\"type\":[\"string\",\"null\"]},\"zone\":" STRING ",\"rule\":" STRING "}}"

#define SCHEMA(properties, required)                                                               \
    "{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required "]"
#define INPUT(properties, required) SCHEMA(properties, required) ",\"additionalProperties\":false}"
#define OUTPUT(properties, required) SCHEMA(properties, required) "}"

#define READS "{\"readOnlyHint\":true,\"idempotentHint\":true,\"openWorldHint\":false}"
#define STORES                                                                                     \
    "{\"readOnlyHint\":false,\"destructiveHint\":false,\"idempotentHint\":false,"                  \
    "\"openWorldHint\":false}"
#define REMOVES                                                                                    \
    "{\"readOnlyHint\":false,\"destructiveHint\":true,\"idempotentHint\":true,"                    \
    "\"openWorldHint\":false}"

/* ---- Tools ---- */

static const struct {
    const char *name, *title, *description, *input, *output, *annotations;
} tools[] = {
    {"search", "Search the memory",
     "Find events of the user's own work by a question in plain words. Time words in it "
     "(yesterday, last Tuesday afternoon, in March, 3 days ago) are read in the user's zone and "
     "filter before anything is ranked; the range used comes back. A question of nothing but time "
     "words gives the latest events of that time. When nothing is found, the explanation says "
     "which filter left nothing, and elsewhere has what the same words find at other times.",
     INPUT(
         "\"query\":" TEXT(
             4096,
             "What is looked for, with time words if there are any") ","
                                                                     "\"from\":" TEXT(
                                                                         64,
                                                                         "Only from then on, "
                                                                         "whatever the words "
                                                                         "say: 2026-11-20, or "
                                                                         "RFC 3339") ","
                                                                                     "\"to\""
                                                                                     ":" TEXT(
                                                                                         64,
                                                                                         "Only "
                                                                                         "before "
                                                                                         "then") "," WANTED
                                                                                                 ","
                                                                                                 "\"limit\":" NUMBER(
                                                                                                     1,
                                                                                                     50,
                                                                                                     8,
                                                                                                     "Results at most"),
         "\"query\""),
     OUTPUT("\"results\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{" BRIEF
            ",\"score\":" SCORE "},\"required\":[" BRIEF_NEEDED ",\"score\"]}},\"range\":" RANGE
            ",\"elsewhere\":{\"type\":\"array\",\"description\":\"Where that time has nothing: "
            "what the words find at other times\",\"items\":" OBJECT "}"
            ",\"searched_for\":" STRING ",\"counts\":" OBJECT ",\"explanation\":" STRING,
            "\"results\",\"range\",\"counts\""),
     READS},
    {"fetch", "Fetch one event",
     "One event whole: its text, time, source, and what the models say of it (kind, tags, people, "
     "links, times it speaks of). Texts longer than 64 kB come in parts: go on at next_offset.",
     INPUT("\"id\":" ID(
               "The id of a result, or its memory://event/ address") ","
                                                                     "\"offset\":" NUMBER(
                                                                         0, 1048576, 0,
                                                                         "Where in the text to "
                                                                         "begin, in bytes"),
           "\"id\""),
     OUTPUT("\"id\":" STRING ",\"title\":" STRING ",\"text\":" STRING ",\"url\":" STRING
            ",\"metadata\":" OBJECT ",\"annotations\":{\"type\":\"array\",\"items\":" OBJECT
            "},\"times\":{\"type\":\"array\",\"items\":" OBJECT "},\"next_offset\":" COUNT,
            "\"id\",\"title\",\"text\",\"url\",\"metadata\",\"annotations\""),
     READS},
    {"timeline", "What was done when",
     "The events of a day or a range, gathered into stretches of work with their titles and "
     "counts, and what else speaks of that time. Without a time: the three days up to the latest "
     "event.",
     INPUT("\"when\":" TEXT(
               200, "A day or range: today, yesterday, last week, 2026-11-20, in March") "," WANTED,
           ""),
     OUTPUT("\"range\":" RANGE ",\"events\":" COUNT
            ",\"days\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
            "\"day\":" STRING ",\"events\":" COUNT
            ",\"stretches\":{\"type\":\"array\",\"items\":" OBJECT
            "}},\"required\":[\"day\",\"events\",\"stretches\"]}},"
            "\"speaking_of_it\":{\"type\":\"array\",\"items\":" OBJECT
            "},\"truncated\":{\"type\":\"boolean\"},\"explanation\":" STRING,
            "\"range\",\"events\",\"days\",\"speaking_of_it\""),
     READS},
    {"related", "What belongs to an event",
     "Events connected with one: those that name the same people, projects or links, and those "
     "near in meaning, each with the reason.",
     INPUT("\"id\":" ID("The id of the event") ",\"limit\":" NUMBER(1, 50, 8, "Results at most"),
           "\"id\""),
     OUTPUT("\"results\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{" BRIEF
            ",\"score\":" SCORE ",\"cosine\":" SCORE ",\"shared\":" STRING
            "},\"required\":[" BRIEF_NEEDED ",\"score\"]}},\"explanation\":" STRING,
            "\"results\""),
     READS},
    {"resolve_time", "What time words mean",
     "Every time expression of a text as a half-open range with offset, in the user's zone, read "
     "exactly as search, timeline and forget read it; with the other readings where there are any.",
     INPUT("\"text\":" TEXT(
               4096,
               "The words: 'every other Tuesday at 9', 'the week before last'") ","
                                                                                "\"now\":" TEXT(
                                                                                    64,
                                                                                    "Read them as "
                                                                                    "if it were "
                                                                                    "then: RFC "
                                                                                    "3339") ","
                                                                                            "\"pref"
                                                                                            "er\":{"
                                                                                            "\"type"
                                                                                            "\":"
                                                                                            "\"stri"
                                                                                            "ng\","
                                                                                            "\"enum"
                                                                                            "\":["
                                                                                            "\"past"
                                                                                            "\","
                                                                                            "\"futu"
                                                                                            "re\"],"
                                                                                            "\"defa"
                                                                                            "ult\":"
                                                                                            "\"past"
                                                                                            "\","
                                                                                            "\"desc"
                                                                                            "riptio"
                                                                                            "n\":"
                                                                                            "\"Whet"
                                                                                            "her a "
                                                                                            "name "
                                                                                            "that "
                                                                                            "comes "
                                                                                            "back "
                                                                                            "is "
                                                                                            "the "
                                                                                            "latest"
                                                                                            " one "
                                                                                            "or "
                                                                                            "the "
                                                                                            "next\""
                                                                                            "}",
           "\"text\""),
     OUTPUT("\"spans\":{\"type\":\"array\",\"items\":" OBJECT "},\"zone\":" STRING
            ",\"reference\":" STRING ",\"explanation\":" STRING,
            "\"spans\",\"zone\",\"reference\""),
     READS},
    {"remember", "Remember something",
     "Store one thing: a decision, a fact, a link. Secrets are cut out before it is stored, and "
     "what the user has excluded is not stored; the answer says so.",
     INPUT(
         "\"text\":" TEXT(
             100000,
             "What to remember, in words that make sense alone") ","
                                                                 "\"title\":" TEXT(300, "A title") ",\"url\":" TEXT(
                                                                     2000,
                                                                     "Where it can be "
                                                                     "found") ","
                                                                              "\"at\""
                                                                              ":" TEXT(64,
                                                                                       "When it "
                                                                                       "happened"
                                                                                       ", if "
                                                                                       "not "
                                                                                       "now: "
                                                                                       "RFC "
                                                                                       "3339, "
                                                                                       "or time "
                                                                                       "words"),
         "\"text\""),
     OUTPUT("\"stored\":{\"type\":\"boolean\"},\"id\":" STRING ",\"time\":" STRING
            ",\"cut\":" OBJECT ",\"excluded\":" OBJECT ",\"explanation\":" STRING,
            "\"stored\",\"time\""),
     STORES},
    {"forget", "Forget events for good",
     "Take events out of the memory; they cannot be brought back. First a dry run, which shows "
     "what fits and gives a token. Then, when the user agrees to just that, the same again with "
     "dry_run false and the token. All that is given must hold of an event.",
     INPUT(
         "\"ids\":{\"type\":\"array\",\"maxItems\":1000,\"items\":" ID(
             "An event") ",\"description\":\"Only these events\"},"
                         "\"when\":" TEXT(
                             200,
                             "Only of this time: yesterday, last week") ","
                                                                        "\"from\":" TEXT(
                                                                            64,
                                                                            "Onl"
                                                                            "y "
                                                                            "fro"
                                                                            "m "
                                                                            "the"
                                                                            "n "
                                                                            "on") ",\"to\""
                                                                                  ":" TEXT(
                                                                                      64,
                                                                                      "Onl"
                                                                                      "y "
                                                                                      "bef"
                                                                                      "ore"
                                                                                      " "
                                                                                      "the"
                                                                                      "n") ","
                                                                                           "\"sourc"
                                                                                           "e"
                                                                                           "\""
                                                                                           ":" TEXT(
                                                                                               100,
                                                                                               "Onl"
                                                                                               "y"
                                                                                               " of"
                                                                                               " "
                                                                                               "thi"
                                                                                               "s"
                                                                                               " so"
                                                                                               "u"
                                                                                               "rce"
                                                                                               ":"
                                                                                               " gi"
                                                                                               "t"
                                                                                               ", "
                                                                                               "she"
                                                                                               "l"
                                                                                               "l, "
                                                                                               "not"
                                                                                               "e") ","
                                                                                                    "\"app\":" TEXT(
                                                                                                        200,
                                                                                                        "Only of this program") ","
                                                                                                                                "\"site\":" TEXT(
                                                                                                                                    200,
                                                                                                                                    "Only pages of this host and those under it") ","
                                                                                                                                                                                  "\"match\":" TEXT(
                                                                                                                                                                                      1000,
                                                                                                                                                                                      "Only events with all of these words") ","
                                                                                                                                                                                                                             "\"dry_run\":{\"type\":\"boolean\",\"default\":true,\"description\":\"Only say what would be forgotten\"},"
                                                                                                                                                                                                                             "\"token\":" TEXT(
                                                                                                                                                                                                                                 64,
                                                                                                                                                                                                                                 "What the dry run gave"),
         ""),
     OUTPUT("\"dry_run\":{\"type\":\"boolean\"},\"events\":" COUNT ",\"range\":" RANGE
            ",\"sample\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{" BRIEF
            "},\"required\":[" BRIEF_NEEDED "]}},\"token\":" STRING
            ",\"in_the_log\":{\"type\":\"boolean\"},\"explanation\":" STRING,
            "\"dry_run\",\"events\",\"range\""),
     REMOVES},
};

json_t *kor_mcp_tools_json(void)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < sizeof tools / sizeof *tools; i++) {
        json_t *o = json_object();
        json_object_set_new(o, "name", json_string(tools[i].name));
        json_object_set_new(o, "title", json_string(tools[i].title));
        json_object_set_new(o, "description", json_string(tools[i].description));
        json_object_set_new(o, "inputSchema", json_loads(tools[i].input, 0, NULL));
        json_object_set_new(o, "outputSchema", json_loads(tools[i].output, 0, NULL));
        json_object_set_new(o, "annotations", json_loads(tools[i].annotations, 0, NULL));
        if (json_object_size(o) != 6 || json_array_append_new(list, o) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* ---- Checking ---- */

static bool is_type(const char *type, const json_t *v)
{
    if (strcmp(type, "string") == 0) return json_is_string(v);
    if (strcmp(type, "integer") == 0) return json_is_integer(v);
    if (strcmp(type, "number") == 0) return json_is_number(v);
    if (strcmp(type, "boolean") == 0) return json_is_boolean(v);
    if (strcmp(type, "array") == 0) return json_is_array(v);
    if (strcmp(type, "object") == 0) return json_is_object(v);
    return strcmp(type, "null") == 0 && json_is_null(v);
}

static bool type_fits(const json_t *type, const json_t *v, const char *place, kor_str *why)
{
    const char *only = json_string_value(type);
    json_t *one;
    size_t i;
    if (!type || (only && is_type(only, v))) return true;
    json_array_foreach(type, i, one)
    {
        if (is_type(json_string_value(one), v)) return true;
    }
    kor_str_printf(why, "%s must be of type ", place);
    if (only) kor_str_puts(why, only);
    json_array_foreach(type, i, one)
    {
        kor_str_printf(why, "%s%s", i ? " or " : "", json_string_value(one));
    }
    return false;
}

static bool size_fits(const json_t *schema, const json_t *v, const char *place, kor_str *why)
{
    const json_t *least = json_object_get(schema, "minimum"),
                 *most = json_object_get(schema, "maximum"),
                 *longest = json_object_get(schema, "maxLength"),
                 *items = json_object_get(schema, "maxItems");
    if (json_is_integer(v) && ((least && json_integer_value(v) < json_integer_value(least)) ||
                               (most && json_integer_value(v) > json_integer_value(most)))) {
        kor_str_printf(why, "%s must be between %lld and %lld", place,
                       (long long)json_integer_value(least), (long long)json_integer_value(most));
        return false;
    }
    if (json_is_string(v) && json_object_get(schema, "minLength") && !json_string_length(v)) {
        kor_str_printf(why, "%s is empty", place);
        return false;
    }
    /* In characters, as schemas count. */
    if (json_is_string(v) && longest &&
        kor_code_points(json_string_value(v), json_string_length(v)) >
            (size_t)json_integer_value(longest)) {
        kor_str_printf(why, "%s is longer than %lld characters", place,
                       (long long)json_integer_value(longest));
        return false;
    }
    if (json_is_array(v) && items && json_array_size(v) > (size_t)json_integer_value(items)) {
        kor_str_printf(why, "%s has more than %lld items", place,
                       (long long)json_integer_value(items));
        return false;
    }
    return true;
}

static bool enum_fits(const json_t *list, const json_t *v, const char *place, kor_str *why)
{
    json_t *one;
    size_t i;
    if (!list) return true;
    json_array_foreach(list, i, one)
    {
        if (json_equal(one, v)) return true;
    }
    kor_str_printf(why, "%s must be ", place);
    json_array_foreach(list, i, one)
    {
        kor_str_printf(why, "%s%s", i ? " or " : "", json_string_value(one));
    }
    return false;
}

static bool object_fits(const json_t *schema, const json_t *v, kor_str *why)
{
    const json_t *properties = json_object_get(schema, "properties");
    const char *key;
    json_t *value, *name;
    size_t i;
    json_array_foreach(json_object_get(schema, "required"), i, name)
    {
        if (json_object_get(v, json_string_value(name))) continue;
        kor_str_printf(why, "%s is missing", json_string_value(name));
        return false;
    }
    json_object_foreach((json_t *)v, key, value)
    {
        const json_t *of = json_object_get(properties, key);
        if (of && !kor_mcp_fits(of, value, key, why)) return false;
        if (of || !json_is_false(json_object_get(schema, "additionalProperties"))) continue;
        kor_str_printf(why, "unknown argument '%.60s'; there are:", key);
        json_object_foreach((json_t *)properties, key, value)
        {
            kor_str_printf(why, " %s", key);
        }
        return false;
    }
    return true;
}

bool kor_mcp_fits(const json_t *schema, const json_t *value, const char *place, kor_str *why)
{
    if (!type_fits(json_object_get(schema, "type"), value, place, why) ||
        !size_fits(schema, value, place, why) ||
        !enum_fits(json_object_get(schema, "enum"), value, place, why))
        return false;
    if (json_is_object(value)) return object_fits(schema, value, why);
    const json_t *items = json_object_get(schema, "items");
    json_t *one;
    size_t i;
    json_array_foreach(value, i, one)
    {
        if (items && !kor_mcp_fits(items, one, place, why)) return false;
    }
    return true;
}
