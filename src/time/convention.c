/* SPDX-License-Identifier: Apache-2.0 */
#include "time/convention.h"

const kor_convention kor_convention_calendar = {
    .name = "calendar",
    .year_away = true,
    .shift_ahead = true,
    .short_night = true,
    .instant_ms = 1000,
    .now_ms = 1000,
    .part =
        {
            [KOR_PART_NONE] = {0, 1440},
            [KOR_PART_MORNING] = {480, 720},
            [KOR_PART_AFTERNOON] = {720, 960},
            [KOR_PART_EVENING] = {960, 1200},
            [KOR_PART_NIGHT] = {1200, 1440},
            [KOR_PART_LUNCH] = {660, 780},
            [KOR_PART_DINNER] = {960, 1200},
            [KOR_PART_BREAKFAST] = {480, 720},
            [KOR_PART_DAYTIME] = {480, 1080},
            [KOR_PART_WORK] = {480, 1080},
            [KOR_PART_AM] = {480, 720},
            [KOR_PART_PM] = {720, 960},
        },
};

const kor_convention kor_convention_memory = {
    .name = "memory",
    .last_in = true,
    .to_now = true,
    .thirds = true,
    .sensible_hours = true,
    .day_bounds = true,
    .after_day = true,
    .midnight_after = true,
    .whole_past = true,
    .instant_ms = 60000,
    .now_ms = 1,
    .part =
        {
            [KOR_PART_NONE] = {0, 1440},
            [KOR_PART_MORNING] = {360, 720},
            [KOR_PART_AFTERNOON] = {720, 1080},
            [KOR_PART_EVENING] = {1080, 1440},
            [KOR_PART_NIGHT] = {1080, 1800},
            [KOR_PART_LUNCH] = {720, 840},
            [KOR_PART_DINNER] = {1080, 1320},
            [KOR_PART_BREAKFAST] = {360, 600},
            [KOR_PART_DAYTIME] = {360, 1080},
            [KOR_PART_WORK] = {540, 1080},
            [KOR_PART_AM] = {0, 720},
            [KOR_PART_PM] = {720, 1440},
        },
};
