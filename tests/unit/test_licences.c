/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/licences.h"

#include <string.h>

static void expect(const char *expression, kor_licence_use use, const char *part)
{
    char why[KOR_LICENCE_WHY];
    kor_licence_use got = kor_licence_check(expression, why);
    if (got != use || (use != KOR_LICENCE_SHIPS && !strstr(why, part)))
        fail_msg("'%s': %d, expected %d; '%s', expected '%s' in it", expression, (int)got, (int)use,
                 why, part);
}

static void test_licences_that_ship(void **state)
{
    (void)state;
    static const char *const good[] = {"Apache-2.0",
                                       "MIT",
                                       "BSD-2-Clause",
                                       "BSD-3-Clause",
                                       "ISC",
                                       "CC0-1.0",
                                       "CC-BY-3.0",
                                       "CC-BY-4.0",
                                       "PDDL-1.0",
                                       "ODC-By-1.0",
                                       "Unicode-3.0",
                                       "Unlicense",
                                       "own",
                                       "cc-by-4.0",
                                       "Apache-2.0+",
                                       " MIT ",
                                       "CC-BY-4.0 AND MIT",
                                       "own AND (MIT OR CC-BY-NC-4.0)",
                                       "CC-BY-SA-4.0 OR MIT",
                                       "Apache-2.0 WITH LLVM-exception",
                                       "((MIT))"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) expect(good[i], KOR_LICENCE_SHIPS, "");
}

static void test_licences_that_do_not_ship_say_why(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"CC-BY-NC-4.0", "CC-BY-NC-4.0: it is for non-commercial use only"},
        {"CC-BY-NC-SA-3.0", "non-commercial"},
        {"CC-BY-SA-4.0", "the same licence"},
        {"ODbL-1.0", "the same licence"},
        {"CC-BY-ND-4.0", "no derivatives"},
        {"GPL-3.0-only", "the same licence"},
        {"AGPL-3.0-or-later", "the same licence"},
        {"LGPL-2.1+", "LGPL-2.1: what is made"},
        {"LicenseRef-research-only", "for research only"},
        {"LicenseRef-NDA", "not on the list"}, /* no -ND */
        {"NOASSERTION", "nothing is known"},
        {"unknown", "nothing is known"},
        {"CC-BY-2.0", "not on the list"},
        {"MIT AND CC-BY-NC-4.0", "CC-BY-NC-4.0: "},
        {"CC-BY-NC-4.0 AND MIT", "CC-BY-NC-4.0: "},
        {"MIT OR ISC AND GPL-2.0-only AND own", NULL}, /* AND binds closer: MIT alone will do */
        {"(MIT OR ISC) AND GPL-2.0-only", "GPL-2.0-only: "},
        {"GPL-2.0-only OR CC-BY-NC-4.0", "CC-BY-NC-4.0: "},
        {"GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only: "},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect(bad[i][0], bad[i][1] ? KOR_LICENCE_KEPT : KOR_LICENCE_SHIPS, bad[i][1]);
}

static void test_licences_that_are_no_expression(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "ends too early"},
        {"CC BY 4.0", "'BY' is out of place"},
        {"MIT AND", "ends too early"},
        {"AND MIT", "'AND' is out of place"},
        {"MIT and ISC", "'and' is out of place"},
        {"MIT, ISC", "', ISC' is no id"},
        {"(MIT", "ends too early"},
        {"MIT)", "')' is out of place"},
        {"()", "')' is out of place"},
        {"MIT WITH", "ends too early"},
        {"+", "'+' is out of place"},
        {"M\xc3\xadT", "is no id"},
        {"MIT\nAND ISC", "is no id"},
        {"((((((((((((((((((((MIT))))))))))))))))))))", "'(' is out of place"},
        {"a234567890123456789012345678901234567890123456789012345678901234567890", "is no id"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect(bad[i][0], KOR_LICENCE_MALFORMED, bad[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_licences_that_ship),
        cmocka_unit_test(test_licences_that_do_not_ship_say_why),
        cmocka_unit_test(test_licences_that_are_no_expression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
