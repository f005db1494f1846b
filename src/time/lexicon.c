/* SPDX-License-Identifier: Apache-2.0 */
#include "time/lexicon.h"

#include <string.h>

enum {
    AMBIGUOUS = KOR_WORD_AMBIGUOUS,
    SINGULAR = KOR_WORD_SINGULAR,
    ABBREVIATED = KOR_WORD_ABBREVIATED,
    PLURAL = KOR_WORD_PLURAL,
    LONGEST = 13
};

typedef struct entry {
    char text[LONGEST + 1];
    uint8_t word; /* a kor_word */
    uint8_t flags;
    int16_t value;
} entry;

/* In the order of strcmp. */
static const entry lexicon[] = {
    {"a", KOR_WORD_ARTICLE, 0, 1},
    {"about", KOR_WORD_APPROX, 0, 0},
    {"academic", KOR_WORD_FISCAL, AMBIGUOUS, 0},
    {"advent", KOR_WORD_HOLIDAY, 0, 0},
    {"after", KOR_WORD_AFTER, 0, 0},
    {"afternoon", KOR_WORD_PART, 0, KOR_PART_AFTERNOON},
    {"afternoons", KOR_WORD_PART, PLURAL, KOR_PART_AFTERNOON},
    {"ago", KOR_WORD_AGO, 0, -1},
    {"all", KOR_WORD_WHOLE, 0, 0},
    {"am", KOR_WORD_MERIDIEM, AMBIGUOUS, 0},
    {"ampm", KOR_WORD_MERIDIEM, 0, 1},
    {"an", KOR_WORD_ARTICLE, 0, 1},
    {"and", KOR_WORD_AND, 0, 0},
    {"annual", KOR_WORD_OFTEN, 0, KOR_UNIT_YEAR},
    {"annually", KOR_WORD_OFTEN, 0, KOR_UNIT_YEAR},
    {"another", KOR_WORD_ANOTHER, 0, 0},
    {"any", KOR_WORD_EVERY, 0, 0},
    {"anzac", KOR_WORD_HOLIDAY, 0, 0},
    {"approx", KOR_WORD_APPROX, 0, 0},
    {"approximately", KOR_WORD_APPROX, 0, 0},
    {"apr", KOR_WORD_MONTH, ABBREVIATED, 4},
    {"april", KOR_WORD_MONTH, 0, 4},
    {"armistice", KOR_WORD_HOLIDAY, 0, 0},
    {"around", KOR_WORD_APPROX, 0, 0},
    {"arvo", KOR_WORD_PART, 0, KOR_PART_AFTERNOON},
    {"asap", KOR_WORD_VAGUE, 0, 0},
    {"ascension", KOR_WORD_HOLIDAY, 0, 0},
    {"ash", KOR_WORD_HOLIDAY, 0, 0},
    {"at", KOR_WORD_AT, 0, 0},
    {"aug", KOR_WORD_MONTH, ABBREVIATED, 8},
    {"august", KOR_WORD_MONTH, AMBIGUOUS, 8},
    {"australia", KOR_WORD_HOLIDAY, 0, 0},
    {"autumn", KOR_WORD_SEASON, 0, 2},
    {"bastille", KOR_WORD_HOLIDAY, 0, 0},
    {"before", KOR_WORD_BEFORE, 0, 0},
    {"beginning", KOR_WORD_SLICE_OF, 0, KOR_SLICE_BEGINNING},
    {"between", KOR_WORD_BETWEEN, 0, 0},
    {"biweekly", KOR_WORD_OFTEN, 0, KOR_UNIT_FORTNIGHT},
    {"black", KOR_WORD_HOLIDAY, 0, 0},
    {"bonfire", KOR_WORD_HOLIDAY, 0, 0},
    {"boxing", KOR_WORD_HOLIDAY, 0, 0},
    {"breakfast", KOR_WORD_PART, AMBIGUOUS, KOR_PART_BREAKFAST},
    {"burns", KOR_WORD_HOLIDAY, 0, 0},
    {"business", KOR_WORD_WORK, 0, 0},
    {"by", KOR_WORD_BY, 0, 0},
    {"canada", KOR_WORD_HOLIDAY, 0, 0},
    {"candlemas", KOR_WORD_HOLIDAY, 0, 0},
    {"centuries", KOR_WORD_UNIT, 0, KOR_UNIT_CENTURY},
    {"century", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_CENTURY},
    {"chanukah", KOR_WORD_HOLIDAY, 0, 0},
    {"children", KOR_WORD_HOLIDAY, 0, 0},
    {"childrens", KOR_WORD_HOLIDAY, 0, 0},
    {"chinese", KOR_WORD_HOLIDAY, 0, 0},
    {"christmas", KOR_WORD_HOLIDAY, 0, 0},
    {"cinco", KOR_WORD_HOLIDAY, 0, 0},
    {"circa", KOR_WORD_APPROX, 0, 0},
    {"clean", KOR_WORD_HOLIDAY, 0, 0},
    {"clock", KOR_WORD_OCLOCK, 0, 0},
    {"cob", KOR_WORD_ABBREVIATION, 0, KOR_UNIT_DAY},
    {"columbus", KOR_WORD_HOLIDAY, 0, 0},
    {"coming", KOR_WORD_NEXT, 0, KOR_CHOICE_COMING},
    {"corpus", KOR_WORD_HOLIDAY, 0, 0},
    {"couple", KOR_WORD_SOME, 0, 2},
    {"current", KOR_WORD_THIS, 0, 1},
    {"cy", KOR_WORD_FISCAL, 0, 2},
    {"cyber", KOR_WORD_HOLIDAY, 0, 0},
    {"d", KOR_WORD_LETTER, 0, KOR_UNIT_DAY},
    {"daily", KOR_WORD_OFTEN, 0, KOR_UNIT_DAY},
    {"day", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_DAY},
    {"days", KOR_WORD_UNIT, 0, KOR_UNIT_DAY},
    {"daytime", KOR_WORD_PART, 0, KOR_PART_DAYTIME},
    {"dec", KOR_WORD_MONTH, ABBREVIATED | AMBIGUOUS, 12},
    {"decade", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_DECADE},
    {"decades", KOR_WORD_UNIT, 0, KOR_UNIT_DECADE},
    {"december", KOR_WORD_MONTH, 0, 12},
    {"dinner", KOR_WORD_PART, AMBIGUOUS, KOR_PART_DINNER},
    {"dinnertime", KOR_WORD_PART, AMBIGUOUS, KOR_PART_DINNER},
    {"diwali", KOR_WORD_HOLIDAY, 0, 0},
    {"dozen", KOR_WORD_SCALE, 0, 12},
    {"during", KOR_WORD_DURING, 0, 0},
    {"dussehra", KOR_WORD_HOLIDAY, 0, 0},
    {"each", KOR_WORD_EVERY, 0, 0},
    {"earlier", KOR_WORD_SLICE, 0, KOR_SLICE_SO_FAR},
    {"early", KOR_WORD_SLICE, 0, KOR_SLICE_FIRST},
    {"earth", KOR_WORD_HOLIDAY, 0, 0},
    {"easter", KOR_WORD_HOLIDAY, 0, 0},
    {"eid", KOR_WORD_HOLIDAY, 0, 0},
    {"eidul", KOR_WORD_HOLIDAY, 0, 0},
    {"eight", KOR_WORD_COUNT, 0, 8},
    {"eighteen", KOR_WORD_COUNT, 0, 18},
    {"eighteenth", KOR_WORD_ORDINAL, 0, 18},
    {"eighth", KOR_WORD_ORDINAL, 0, 8},
    {"eighties", KOR_WORD_DECADE, 0, 80},
    {"eighty", KOR_WORD_COUNT, 0, 80},
    {"eleven", KOR_WORD_COUNT, 0, 11},
    {"eleventh", KOR_WORD_ORDINAL, 0, 11},
    {"emancipation", KOR_WORD_HOLIDAY, 0, 0},
    {"end", KOR_WORD_SLICE_OF, 0, KOR_SLICE_LAST},
    {"entire", KOR_WORD_WHOLE, 0, 0},
    {"eod", KOR_WORD_ABBREVIATION, 0, KOR_UNIT_DAY},
    {"eom", KOR_WORD_ABBREVIATION, 0, KOR_UNIT_MONTH},
    {"eoq", KOR_WORD_ABBREVIATION, 0, KOR_UNIT_QUARTER},
    {"eow", KOR_WORD_ABBREVIATION, 0, KOR_UNIT_WEEK},
    {"eoy", KOR_WORD_ABBREVIATION, 0, KOR_UNIT_YEAR},
    {"epiphany", KOR_WORD_HOLIDAY, 0, 0},
    {"eve", KOR_WORD_PART, AMBIGUOUS, KOR_PART_EVENING},
    {"evening", KOR_WORD_PART, 0, KOR_PART_EVENING},
    {"evenings", KOR_WORD_PART, PLURAL, KOR_PART_EVENING},
    {"every", KOR_WORD_EVERY, 0, 0},
    {"fall", KOR_WORD_SEASON, AMBIGUOUS, 2},
    {"father", KOR_WORD_HOLIDAY, 0, 0},
    {"fathers", KOR_WORD_HOLIDAY, 0, 0},
    {"feb", KOR_WORD_MONTH, ABBREVIATED, 2},
    {"february", KOR_WORD_MONTH, 0, 2},
    {"few", KOR_WORD_SOME, 0, 3},
    {"fifteen", KOR_WORD_COUNT, 0, 15},
    {"fifteenth", KOR_WORD_ORDINAL, 0, 15},
    {"fifth", KOR_WORD_ORDINAL, 0, 5},
    {"fifties", KOR_WORD_DECADE, 0, 50},
    {"fifty", KOR_WORD_COUNT, 0, 50},
    {"first", KOR_WORD_ORDINAL, 0, 1},
    {"fiscal", KOR_WORD_FISCAL, 0, 0},
    {"five", KOR_WORD_COUNT, 0, 5},
    {"flag", KOR_WORD_HOLIDAY, 0, 0},
    {"following", KOR_WORD_NEXT, 0, KOR_CHOICE_NEXT},
    {"for", KOR_WORD_FOR, 0, 0},
    {"forties", KOR_WORD_DECADE, 0, 40},
    {"fortnight", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_FORTNIGHT},
    {"fortnightly", KOR_WORD_OFTEN, 0, KOR_UNIT_FORTNIGHT},
    {"fortnights", KOR_WORD_UNIT, 0, KOR_UNIT_FORTNIGHT},
    {"forty", KOR_WORD_COUNT, 0, 40},
    {"four", KOR_WORD_COUNT, 0, 4},
    {"fourteen", KOR_WORD_COUNT, 0, 14},
    {"fourteenth", KOR_WORD_ORDINAL, 0, 14},
    {"fourth", KOR_WORD_ORDINAL, 0, 4},
    {"freedom", KOR_WORD_HOLIDAY, 0, 0},
    {"fri", KOR_WORD_WEEKDAY, ABBREVIATED, 4},
    {"friday", KOR_WORD_WEEKDAY, 0, 4},
    {"fridays", KOR_WORD_WEEKDAY, PLURAL, 4},
    {"from", KOR_WORD_FROM, 0, 0},
    {"full", KOR_WORD_WHOLE, 0, 0},
    {"fy", KOR_WORD_FISCAL, 0, 1},
    {"german", KOR_WORD_HOLIDAY, 0, 0},
    {"good", KOR_WORD_HOLIDAY, 0, 0},
    {"greater", KOR_WORD_MORE, 0, 1},
    {"groundhog", KOR_WORD_HOLIDAY, 0, 0},
    {"guy", KOR_WORD_HOLIDAY, 0, 0},
    {"h", KOR_WORD_LETTER, 0, KOR_UNIT_HOUR},
    {"half", KOR_WORD_HALF, 0, 0},
    {"halloween", KOR_WORD_HOLIDAY, 0, 0},
    {"hanukkah", KOR_WORD_HOLIDAY, 0, 0},
    {"hence", KOR_WORD_AGO, 0, 1},
    {"holi", KOR_WORD_HOLIDAY, 0, 0},
    {"holy", KOR_WORD_HOLIDAY, 0, 0},
    {"hour", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_HOUR},
    {"hourly", KOR_WORD_OFTEN, 0, KOR_UNIT_HOUR},
    {"hours", KOR_WORD_UNIT, 0, KOR_UNIT_HOUR},
    {"hr", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_HOUR},
    {"hrs", KOR_WORD_UNIT, 0, KOR_UNIT_HOUR},
    {"hundred", KOR_WORD_SCALE, 0, 100},
    {"in", KOR_WORD_IN, 0, 0},
    {"inauguration", KOR_WORD_HOLIDAY, 0, 0},
    {"independence", KOR_WORD_HOLIDAY, 0, 0},
    {"int", KOR_WORD_HOLIDAY, 0, 0},
    {"international", KOR_WORD_HOLIDAY, 0, 0},
    {"ish", KOR_WORD_ISH, 0, 0},
    {"jan", KOR_WORD_MONTH, ABBREVIATED | AMBIGUOUS, 1},
    {"january", KOR_WORD_MONTH, 0, 1},
    {"jubilee", KOR_WORD_HOLIDAY, 0, 0},
    {"jul", KOR_WORD_MONTH, ABBREVIATED, 7},
    {"july", KOR_WORD_MONTH, 0, 7},
    {"jun", KOR_WORD_MONTH, ABBREVIATED, 6},
    {"june", KOR_WORD_MONTH, 0, 6},
    {"juneteenth", KOR_WORD_HOLIDAY, 0, 0},
    {"king", KOR_WORD_HOLIDAY, 0, 0},
    {"kings", KOR_WORD_HOLIDAY, 0, 0},
    {"kwanzaa", KOR_WORD_HOLIDAY, 0, 0},
    {"labor", KOR_WORD_HOLIDAY, 0, 0},
    {"labour", KOR_WORD_HOLIDAY, 0, 0},
    {"last", KOR_WORD_LAST, 0, KOR_CHOICE_LAST},
    {"late", KOR_WORD_SLICE, 0, KOR_SLICE_LAST},
    {"lately", KOR_WORD_VAGUE, 0, 30},
    {"later", KOR_WORD_SLICE, 0, KOR_SLICE_LATER},
    {"latest", KOR_WORD_LAST, 0, KOR_CHOICE_LAST},
    {"lent", KOR_WORD_HOLIDAY, 0, 0},
    {"less", KOR_WORD_MORE, 0, -1},
    {"lunar", KOR_WORD_HOLIDAY, 0, 0},
    {"lunch", KOR_WORD_PART, AMBIGUOUS, KOR_PART_LUNCH},
    {"lunchtime", KOR_WORD_PART, AMBIGUOUS, KOR_PART_LUNCH},
    {"m", KOR_WORD_LETTER, 0, KOR_UNIT_MINUTE},
    {"mar", KOR_WORD_MONTH, ABBREVIATED | AMBIGUOUS, 3},
    {"march", KOR_WORD_MONTH, AMBIGUOUS, 3},
    {"mardi", KOR_WORD_HOLIDAY, 0, 0},
    {"martin", KOR_WORD_HOLIDAY, 0, 0},
    {"maundy", KOR_WORD_HOLIDAY, 0, 0},
    {"may", KOR_WORD_MONTH, AMBIGUOUS, 5},
    {"memorial", KOR_WORD_HOLIDAY, 0, 0},
    {"mid", KOR_WORD_SLICE, 0, KOR_SLICE_MIDDLE},
    {"midday", KOR_WORD_CLOCK, 0, 720},
    {"middle", KOR_WORD_SLICE_OF, 0, KOR_SLICE_MIDDLE},
    {"midnight", KOR_WORD_CLOCK, 0, 1440},
    {"midsummer", KOR_WORD_HOLIDAY, 0, 0},
    {"min", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_MINUTE},
    {"mins", KOR_WORD_UNIT, 0, KOR_UNIT_MINUTE},
    {"minute", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_MINUTE},
    {"minutes", KOR_WORD_UNIT, 0, KOR_UNIT_MINUTE},
    {"mlk", KOR_WORD_HOLIDAY, 0, 0},
    {"mon", KOR_WORD_WEEKDAY, ABBREVIATED | AMBIGUOUS, 0},
    {"monday", KOR_WORD_WEEKDAY, 0, 0},
    {"mondays", KOR_WORD_WEEKDAY, PLURAL, 0},
    {"month", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_MONTH},
    {"monthly", KOR_WORD_OFTEN, 0, KOR_UNIT_MONTH},
    {"months", KOR_WORD_UNIT, 0, KOR_UNIT_MONTH},
    {"more", KOR_WORD_MORE, 0, 1},
    {"morning", KOR_WORD_PART, 0, KOR_PART_MORNING},
    {"mornings", KOR_WORD_PART, PLURAL, KOR_PART_MORNING},
    {"mos", KOR_WORD_UNIT, 0, KOR_UNIT_MONTH},
    {"mother", KOR_WORD_HOLIDAY, 0, 0},
    {"mothers", KOR_WORD_HOLIDAY, 0, 0},
    {"mtd", KOR_WORD_ABBREVIATION, 0, 100 + KOR_UNIT_MONTH},
    {"mths", KOR_WORD_UNIT, 0, KOR_UNIT_MONTH},
    {"my", KOR_WORD_MY, 0, 0},
    {"national", KOR_WORD_HOLIDAY, 0, 0},
    {"nd", KOR_WORD_ORDINAL_SUFFIX, 0, 0},
    {"new", KOR_WORD_HOLIDAY, 0, 0},
    {"next", KOR_WORD_NEXT, 0, KOR_CHOICE_NEXT},
    {"night", KOR_WORD_PART, 0, KOR_PART_NIGHT},
    {"nightly", KOR_WORD_OFTEN, 0, KOR_UNIT_DAY},
    {"nights", KOR_WORD_PART, PLURAL, KOR_PART_NIGHT},
    {"nighttime", KOR_WORD_PART, 0, KOR_PART_NIGHT},
    {"nikolaus", KOR_WORD_HOLIDAY, 0, 0},
    {"nine", KOR_WORD_COUNT, 0, 9},
    {"nineteen", KOR_WORD_COUNT, 0, 19},
    {"nineteenth", KOR_WORD_ORDINAL, 0, 19},
    {"nineties", KOR_WORD_DECADE, 0, 90},
    {"ninety", KOR_WORD_COUNT, 0, 90},
    {"ninth", KOR_WORD_ORDINAL, 0, 9},
    {"nite", KOR_WORD_PART, 0, KOR_PART_NIGHT},
    {"no", KOR_WORD_NO, 0, 0},
    {"noon", KOR_WORD_CLOCK, 0, 720},
    {"noontime", KOR_WORD_CLOCK, 0, 720},
    {"noughties", KOR_WORD_DECADE, 0, 2000},
    {"nov", KOR_WORD_MONTH, ABBREVIATED, 11},
    {"november", KOR_WORD_MONTH, 0, 11},
    {"now", KOR_WORD_NOW, 0, 0},
    {"nowruz", KOR_WORD_HOLIDAY, 0, 0},
    {"nye", KOR_WORD_HOLIDAY, 0, 0},
    {"o", KOR_WORD_O, 0, 0},
    {"oct", KOR_WORD_MONTH, ABBREVIATED, 10},
    {"october", KOR_WORD_MONTH, 0, 10},
    {"of", KOR_WORD_OF, 0, 0},
    {"on", KOR_WORD_ON, 0, 0},
    {"once", KOR_WORD_TIMES, 0, 0},
    {"one", KOR_WORD_COUNT, 0, 1},
    {"onward", KOR_WORD_ONWARD, 0, 0},
    {"onwards", KOR_WORD_ONWARD, 0, 0},
    {"or", KOR_WORD_OR, 0, 0},
    {"other", KOR_WORD_OTHER, 0, 0},
    {"our", KOR_WORD_MY, 0, 0},
    {"over", KOR_WORD_DURING, 0, 0},
    {"overnight", KOR_WORD_VAGUE, 0, 0},
    {"p", KOR_WORD_P, 0, 0},
    {"palm", KOR_WORD_HOLIDAY, 0, 0},
    {"pancake", KOR_WORD_HOLIDAY, 0, 0},
    {"passover", KOR_WORD_HOLIDAY, 0, 0},
    {"past", KOR_WORD_LAST, 0, KOR_CHOICE_PAST},
    {"patrick", KOR_WORD_HOLIDAY, 0, 0},
    {"pentecost", KOR_WORD_HOLIDAY, 0, 0},
    {"pesach", KOR_WORD_HOLIDAY, 0, 0},
    {"pm", KOR_WORD_MERIDIEM, 0, 12},
    {"president", KOR_WORD_HOLIDAY, 0, 0},
    {"presidents", KOR_WORD_HOLIDAY, 0, 0},
    {"previous", KOR_WORD_LAST, 0, KOR_CHOICE_OF},
    {"prior", KOR_WORD_LAST, 0, KOR_CHOICE_OF},
    {"q", KOR_WORD_QUARTER, 0, KOR_UNIT_QUARTER},
    {"qtd", KOR_WORD_ABBREVIATION, 0, 100 + KOR_UNIT_QUARTER},
    {"qtr", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_QUARTER},
    {"qtrs", KOR_WORD_UNIT, 0, KOR_UNIT_QUARTER},
    {"quarter", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_QUARTER},
    {"quarterly", KOR_WORD_OFTEN, 0, KOR_UNIT_QUARTER},
    {"quarters", KOR_WORD_UNIT, 0, KOR_UNIT_QUARTER},
    {"ramadan", KOR_WORD_HOLIDAY, 0, 0},
    {"rd", KOR_WORD_ORDINAL_SUFFIX, 0, 0},
    {"recent", KOR_WORD_LAST, 0, KOR_CHOICE_PAST},
    {"recently", KOR_WORD_VAGUE, 0, 30},
    {"remainder", KOR_WORD_SLICE_OF, 0, KOR_SLICE_REST},
    {"remembrance", KOR_WORD_HOLIDAY, 0, 0},
    {"republic", KOR_WORD_HOLIDAY, 0, 0},
    {"rest", KOR_WORD_SLICE_OF, 0, KOR_SLICE_REST},
    {"rosh", KOR_WORD_HOLIDAY, 0, 0},
    {"roughly", KOR_WORD_APPROX, 0, 0},
    {"s", KOR_WORD_LETTER, 0, KOR_UNIT_SECOND},
    {"saint", KOR_WORD_HOLIDAY, 0, 0},
    {"same", KOR_WORD_THIS, 0, 1},
    {"sat", KOR_WORD_WEEKDAY, ABBREVIATED | AMBIGUOUS, 5},
    {"saturday", KOR_WORD_WEEKDAY, 0, 5},
    {"saturdays", KOR_WORD_WEEKDAY, PLURAL, 5},
    {"school", KOR_WORD_FISCAL, AMBIGUOUS, 0},
    {"sec", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_SECOND},
    {"second", KOR_WORD_ORDINAL, AMBIGUOUS, 2},
    {"seconds", KOR_WORD_UNIT, 0, KOR_UNIT_SECOND},
    {"secs", KOR_WORD_UNIT, 0, KOR_UNIT_SECOND},
    {"semester", KOR_WORD_UNIT, SINGULAR | AMBIGUOUS, KOR_UNIT_HALF},
    {"sep", KOR_WORD_MONTH, ABBREVIATED, 9},
    {"sept", KOR_WORD_MONTH, ABBREVIATED, 9},
    {"september", KOR_WORD_MONTH, 0, 9},
    {"seven", KOR_WORD_COUNT, 0, 7},
    {"seventeen", KOR_WORD_COUNT, 0, 17},
    {"seventeenth", KOR_WORD_ORDINAL, 0, 17},
    {"seventh", KOR_WORD_ORDINAL, 0, 7},
    {"seventies", KOR_WORD_DECADE, 0, 70},
    {"seventy", KOR_WORD_COUNT, 0, 70},
    {"several", KOR_WORD_SOME, 0, 3},
    {"shrove", KOR_WORD_HOLIDAY, 0, 0},
    {"since", KOR_WORD_SINCE, 0, 0},
    {"singles", KOR_WORD_HOLIDAY, 0, 0},
    {"six", KOR_WORD_COUNT, 0, 6},
    {"sixteen", KOR_WORD_COUNT, 0, 16},
    {"sixteenth", KOR_WORD_ORDINAL, 0, 16},
    {"sixth", KOR_WORD_ORDINAL, 0, 6},
    {"sixties", KOR_WORD_DECADE, 0, 60},
    {"sixty", KOR_WORD_COUNT, 0, 60},
    {"someday", KOR_WORD_VAGUE, 0, 0},
    {"soon", KOR_WORD_VAGUE, 0, 0},
    {"spring", KOR_WORD_SEASON, AMBIGUOUS, 0},
    {"st", KOR_WORD_ORDINAL_SUFFIX, 0, 0},
    {"start", KOR_WORD_SLICE_OF, 0, KOR_SLICE_BEGINNING},
    {"starting", KOR_WORD_STARTING, 0, 0},
    {"summer", KOR_WORD_SEASON, 0, 1},
    {"sun", KOR_WORD_WEEKDAY, ABBREVIATED | AMBIGUOUS, 6},
    {"sunday", KOR_WORD_WEEKDAY, 0, 6},
    {"sundays", KOR_WORD_WEEKDAY, PLURAL, 6},
    {"t", KOR_WORD_T, 0, 0},
    {"tax", KOR_WORD_HOLIDAY, 0, 0},
    {"teacher", KOR_WORD_HOLIDAY, 0, 0},
    {"teachers", KOR_WORD_HOLIDAY, 0, 0},
    {"ten", KOR_WORD_COUNT, 0, 10},
    {"tens", KOR_WORD_DECADE, AMBIGUOUS, 10},
    {"tenth", KOR_WORD_ORDINAL, 0, 10},
    {"th", KOR_WORD_ORDINAL_SUFFIX, 0, 0},
    {"than", KOR_WORD_THAN, 0, 0},
    {"thanks", KOR_WORD_HOLIDAY, 0, 0},
    {"thanksgiving", KOR_WORD_HOLIDAY, 0, 0},
    {"that", KOR_WORD_THIS, 0, 2},
    {"the", KOR_WORD_THE, 0, 0},
    {"third", KOR_WORD_ORDINAL, 0, 3},
    {"thirteen", KOR_WORD_COUNT, 0, 13},
    {"thirteenth", KOR_WORD_ORDINAL, 0, 13},
    {"thirties", KOR_WORD_DECADE, 0, 30},
    {"thirtieth", KOR_WORD_ORDINAL, 0, 30},
    {"thirty", KOR_WORD_COUNT, 0, 30},
    {"this", KOR_WORD_THIS, 0, 0},
    {"thousand", KOR_WORD_SCALE, 0, 1000},
    {"three", KOR_WORD_COUNT, 0, 3},
    {"thrice", KOR_WORD_TIMES, 0, 0},
    {"through", KOR_WORD_TO, 0, 0},
    {"throughout", KOR_WORD_DURING, 0, 0},
    {"thru", KOR_WORD_TO, 0, 0},
    {"thu", KOR_WORD_WEEKDAY, ABBREVIATED, 3},
    {"thur", KOR_WORD_WEEKDAY, ABBREVIATED, 3},
    {"thurs", KOR_WORD_WEEKDAY, ABBREVIATED, 3},
    {"thursday", KOR_WORD_WEEKDAY, 0, 3},
    {"thursdays", KOR_WORD_WEEKDAY, PLURAL, 3},
    {"til", KOR_WORD_UNTIL, 0, 0},
    {"till", KOR_WORD_UNTIL, 0, 0},
    {"tmr", KOR_WORD_DAY, 0, 1},
    {"tmrw", KOR_WORD_DAY, 0, 1},
    {"to", KOR_WORD_TO, 0, 0},
    {"today", KOR_WORD_DAY, 0, 0},
    {"tomo", KOR_WORD_DAY, 0, 1},
    {"tomorrow", KOR_WORD_DAY, 0, 1},
    {"tonight", KOR_WORD_TONIGHT, 0, 0},
    {"tonite", KOR_WORD_TONIGHT, 0, 0},
    {"tue", KOR_WORD_WEEKDAY, ABBREVIATED, 1},
    {"tues", KOR_WORD_WEEKDAY, ABBREVIATED, 1},
    {"tuesday", KOR_WORD_WEEKDAY, 0, 1},
    {"tuesdays", KOR_WORD_WEEKDAY, PLURAL, 1},
    {"turn", KOR_WORD_SLICE_OF, AMBIGUOUS, KOR_SLICE_BEGINNING},
    {"twelfth", KOR_WORD_ORDINAL, 0, 12},
    {"twelve", KOR_WORD_COUNT, 0, 12},
    {"twenties", KOR_WORD_DECADE, 0, 20},
    {"twentieth", KOR_WORD_ORDINAL, 0, 20},
    {"twenty", KOR_WORD_COUNT, 0, 20},
    {"twice", KOR_WORD_TIMES, 0, 0},
    {"two", KOR_WORD_COUNT, 0, 2},
    {"unity", KOR_WORD_HOLIDAY, 0, 0},
    {"until", KOR_WORD_UNTIL, 0, 0},
    {"upcoming", KOR_WORD_NEXT, 0, KOR_CHOICE_COMING},
    {"valentine", KOR_WORD_HOLIDAY, 0, 0},
    {"valentines", KOR_WORD_HOLIDAY, 0, 0},
    {"vesak", KOR_WORD_HOLIDAY, 0, 0},
    {"veterans", KOR_WORD_HOLIDAY, 0, 0},
    {"victory", KOR_WORD_HOLIDAY, 0, 0},
    {"w", KOR_WORD_LETTER, 0, KOR_UNIT_WEEK},
    {"walpurgis", KOR_WORD_HOLIDAY, 0, 0},
    {"wed", KOR_WORD_WEEKDAY, ABBREVIATED | AMBIGUOUS, 2},
    {"wedn", KOR_WORD_WEEKDAY, ABBREVIATED, 2},
    {"wednesday", KOR_WORD_WEEKDAY, 0, 2},
    {"wednesdays", KOR_WORD_WEEKDAY, PLURAL, 2},
    {"weds", KOR_WORD_WEEKDAY, ABBREVIATED, 2},
    {"week", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_WEEK},
    {"weekday", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_WORKDAY},
    {"weekdays", KOR_WORD_OFTEN, 0, KOR_UNIT_WORKDAY},
    {"weekend", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_WEEKEND},
    {"weekends", KOR_WORD_UNIT, 0, KOR_UNIT_WEEKEND},
    {"weekly", KOR_WORD_OFTEN, 0, KOR_UNIT_WEEK},
    {"weeks", KOR_WORD_UNIT, 0, KOR_UNIT_WEEK},
    {"whit", KOR_WORD_HOLIDAY, 0, 0},
    {"whitsun", KOR_WORD_HOLIDAY, 0, 0},
    {"whole", KOR_WORD_WHOLE, 0, 0},
    {"winter", KOR_WORD_SEASON, 0, 3},
    {"within", KOR_WORD_WITHIN, 0, 0},
    {"wk", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_WEEK},
    {"wks", KOR_WORD_UNIT, 0, KOR_UNIT_WEEK},
    {"women", KOR_WORD_HOLIDAY, 0, 0},
    {"womens", KOR_WORD_HOLIDAY, 0, 0},
    {"work", KOR_WORD_WORK, 0, 0},
    {"workday", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_WORKDAY},
    {"workdays", KOR_WORD_UNIT, 0, KOR_UNIT_WORKDAY},
    {"working", KOR_WORD_WORK, 0, 0},
    {"wtd", KOR_WORD_ABBREVIATION, 0, 100 + KOR_UNIT_WEEK},
    {"xmas", KOR_WORD_HOLIDAY, 0, 0},
    {"y", KOR_WORD_LETTER, 0, KOR_UNIT_YEAR},
    {"yday", KOR_WORD_DAY, 0, -1},
    {"year", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_YEAR},
    {"yearly", KOR_WORD_OFTEN, 0, KOR_UNIT_YEAR},
    {"years", KOR_WORD_UNIT, 0, KOR_UNIT_YEAR},
    {"yesterday", KOR_WORD_DAY, 0, -1},
    {"yom", KOR_WORD_HOLIDAY, 0, 0},
    {"your", KOR_WORD_MY, 0, 0},
    {"yr", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_YEAR},
    {"yrs", KOR_WORD_UNIT, 0, KOR_UNIT_YEAR},
    {"ys", KOR_WORD_UNIT, 0, KOR_UNIT_YEAR},
    {"ytd", KOR_WORD_ABBREVIATION, 0, 100 + KOR_UNIT_YEAR},
    {"yuandan", KOR_WORD_HOLIDAY, 0, 0},
    {"z", KOR_WORD_Z, 0, 0},
    {"zero", KOR_WORD_COUNT, 0, 0},
};

static const entry *look_up(const char *lower)
{
    size_t low = 0, high = sizeof lexicon / sizeof lexicon[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(lower, lexicon[middle].text);
        if (order == 0) return &lexicon[middle];
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* ---- Slips of the pen ---- */

/* Long words that few others resemble. */
static const char *const careful[] = {
    "afternoon", "april",   "august",   "christmas", "december", "evening",
    "february",  "friday",  "january",  "midnight",  "monday",   "morning",
    "november",  "october", "saturday", "september", "sunday",   "thursday",
    "tomorrow",  "tonight", "tuesday",  "wednesday", "weekend",  "yesterday",
};

/* What is a word of its own, though one slip away from one of those. */
static const char *const others[] = {
    "apron",     "evenings", "gust",     "mooring", "morningside", "mourning",  "roving",
    "sundae",    "sundry",   "sunder",   "warning", "weekended",   "weekender", "augusta",
    "decnumber", "augustus", "eventing", "juneau",  "midnights",   "mondays",
};

/* Slips that turn a into b: letters left out, put in, changed or swapped with their neighbour;
 * counted up to 3. The optimal string alignment distance, row by row. */
static int slips(const char *a, size_t n, const char *b, size_t m)
{
    int rows[3][LONGEST + 3];
    for (size_t j = 0; j <= m; j++) rows[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *row = rows[i % 3], *above = rows[(i - 1) % 3], *over = rows[(i + 1) % 3];
        int least = row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best) best = above[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                over[j - 2] + 1 < best) {
                best = over[j - 2] + 1;
            }
            row[j] = best;
            if (best < least) least = best;
        }
        if (least > 2) return 3;
    }
    return rows[n % 3][m];
}

/* One slip in a word of five letters or more; two in one of eight, when it begins as it should. */
static const entry *look_up_slip(const char *lower, size_t len)
{
    static const char firsts[] = "adefjmnostwy";
    if (len < 5 || len > LONGEST - 2 || !strchr(firsts, lower[0])) return NULL;
    for (size_t i = 0; i < sizeof careful / sizeof *careful; i++) {
        const char *right = careful[i];
        size_t size = strlen(right);
        if (right[0] != lower[0] || size > len + 2 || len > size + 2) continue;
        int allowed = size >= 8 && right[1] == lower[1] && right[size - 1] != 'd' ? 2 : 1;
        if (slips(lower, len, right, size) > allowed) continue;
        for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
            if (strcmp(lower, others[k]) == 0) return NULL;
        }
        return look_up(right);
    }
    return NULL;
}

bool kor_lexicon_find(kor_lexeme *out, const unsigned char *word, size_t len)
{
    if (len == 2 && memcmp(word, "\xc2\xbd", 2) == 0) { /* U+00BD, a half */
        *out = (kor_lexeme){KOR_WORD_HALF, 0, 0};
        return true;
    }
    if (len == 0 || len > LONGEST) return false;
    char lower[LONGEST + 1] = {0};
    for (size_t i = 0; i < len; i++) {
        if (word[i] >= 0x80 || word[i] == '_') return false;
        lower[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + ('a' - 'A') : word[i]);
    }
    const entry *found = look_up(lower);
    uint8_t slip = 0;
    if (!found) {
        found = look_up_slip(lower, len);
        slip = KOR_WORD_SLIP;
    }
    if (!found) return false;
    *out = (kor_lexeme){found->word, (uint8_t)(found->flags | slip), found->value};
    return true;
}
