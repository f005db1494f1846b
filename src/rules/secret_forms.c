/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/secret_forms.h"

#include <stdint.h>
#include <string.h>

enum { READ = 256 };

/* For each letter, those that often come after it in words of European languages. */
static const char *const after[26] = {"bcdfgilmnprstuvwy",
                                      "aeilorsu",
                                      "aehiklotrus",
                                      "aeilorsu",
                                      "abcdefghilmnoprstuvwxz",
                                      "aefilortu",
                                      "aehilnorsu",
                                      "aeilmnrtou",
                                      "acdefgklmnoprstvz",
                                      "aeou",
                                      "aeilnosrt",
                                      "adefiklmostuy",
                                      "abeimopsu",
                                      "acdefgiknorstu",
                                      "abcdefglmnoprstuvw",
                                      "aehiloprstu",
                                      "u",
                                      "abcdegiklmnorstuvy",
                                      "acehiklmnopstuwy",
                                      "aehiloprstuwyz",
                                      "abcdefglmnprst",
                                      "aeiou",
                                      "aehinors",
                                      "aeipt",
                                      "aelmnost",
                                      "aeiouz"};

static bool common_pair(unsigned a, unsigned b)
{
    const char *list = after[a];
    for (size_t i = 0; list[i]; i++)
        if ((unsigned)(list[i] - 'a') == b) return true;
    return false;
}

/* log2 of 0 to 32, in 64ths. */
static const unsigned short logs[33] = {0,   0,   64,  101, 128, 149, 165, 180, 192, 203, 213,
                                        221, 229, 237, 244, 250, 256, 262, 267, 272, 277, 281,
                                        285, 290, 293, 297, 301, 304, 308, 311, 314, 317, 320};

static unsigned log_of(unsigned x)
{
    unsigned more = 0;
    while (x > 32) x /= 2, more += 64;
    return logs[x] + more;
}

void kor_secret_form_of(const char *s, size_t n, kor_secret_form *form)
{
    unsigned char counts[256] = {0};
    unsigned class_before = 0, letter_before = 26;
    size_t read = n < READ ? n : READ;
    *form = (kor_secret_form){.n = n, .hex = n > 0, .base64 = n > 0};
    for (size_t i = 0; i < read; i++) {
        unsigned char c = (unsigned char)s[i];
        unsigned class, letter = 26;
        if (c >= 'a' && c <= 'z')
            form->lower++, class = 1, letter = c - 'a';
        else if (c >= 'A' && c <= 'Z')
            form->upper++, class = 2, letter = c - 'A';
        else if (c >= '0' && c <= '9')
            form->digits++, class = 3;
        else if (c == ' ' || c == '\t' || c == '\n')
            form->spaces++, class = 4;
        else if (c >= 0x80)
            form->others++, class = 1;
        else
            form->symbols++, class = 5;
        if (class == 4 || class == 5) {
            form->hex = false;
            bool last = c == '=' && i + 2 >= n;
            if (!last && c != '+' && c != '/' && c != '-' && c != '_') form->base64 = false;
        }
        if (c >= 0x80) form->hex = form->base64 = false;
        if (letter < 26 && letter > 5) form->hex = false;
        if (class_before && class != class_before) form->changes++;
        class_before = class;
        if (letter < 26 && letter_before < 26) {
            form->pairs++;
            form->common += common_pair(letter_before, letter);
        }
        letter_before = letter;
        if (counts[c]++ == 0) form->distinct++;
        if (counts[c] == 255) counts[c] = 254;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < 256 && read; i++)
        if (counts[i] > 1) sum += counts[i] * log_of(counts[i]);
    if (read) form->entropy = (log_of((unsigned)read) - sum / (unsigned)read) * 10 / 64;
    if (form->upper && form->lower && form->changes > 0 && form->hex) form->hex = form->digits > 0;
}

unsigned kor_secret_wordiness(const kor_secret_form *form)
{
    return form->pairs ? form->common * 100 / form->pairs : 100;
}

bool kor_secret_uuid(const char *s, size_t n)
{
    if (n != 36) return false;
    for (size_t i = 0; i < n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f') ||
                   (s[i] >= 'A' && s[i] <= 'F');
        if (dash ? s[i] != '-' : !hex) return false;
    }
    return true;
}
