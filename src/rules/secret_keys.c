/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/secret_keys.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Alphabets, as bits of the classes of a byte. */
enum {
    LOWER_HEX = 1, /* a-f */
    LOWER = 2,     /* g-z */
    UPPER_HEX = 4,
    UPPER = 8,
    DIGIT = 16,
    DASH = 32, /* - and _ */
    PLUS = 64, /* + / = */
    DOT = 128,
    HEX = LOWER_HEX | DIGIT,
    ANYHEX = LOWER_HEX | UPPER_HEX | DIGIT,
    CAPS = UPPER_HEX | UPPER | DIGIT,
    SMALL = LOWER_HEX | LOWER | DIGIT,
    ALNUM = CAPS | SMALL,
    URL64 = ALNUM | DASH,
    BASE64 = ALNUM | PLUS,
    ANY64 = ALNUM | PLUS | DASH,
    DOTTED = URL64 | DOT
};

static unsigned class_of(unsigned char c)
{
    if (c >= '0' && c <= '9') return DIGIT;
    if (c >= 'a' && c <= 'f') return LOWER_HEX;
    if (c >= 'g' && c <= 'z') return LOWER;
    if (c >= 'A' && c <= 'F') return UPPER_HEX;
    if (c >= 'G' && c <= 'Z') return UPPER;
    if (c == '-' || c == '_') return DASH;
    if (c == '+' || c == '/' || c == '=') return PLUS;
    if (c == '.') return DOT;
    return 0;
}

static const char api_key[] = "api-key", token[] = "token", private_key[] = "private-key",
                  password[] = "password";

typedef struct issued {
    const char *prefix;
    const char *label;          /* NULL: public */
    unsigned short least, most; /* bytes after the prefix */
    unsigned char alphabet;
    bool mixed; /* a digit and a letter are asked for after the prefix: it is a word as well */
} issued;

/* By first byte, so that a byte finds its run; longer prefixes before shorter ones. */
static const issued keys[] = {
    {"1//0", token, 30, 200, URL64, true},
    {"AAAAB3NzaC1", NULL, 16, 4000, BASE64, false},
    {"AAAAC3NzaC1", NULL, 16, 4000, BASE64, false},
    {"AAAAE2VjZHNh", NULL, 16, 4000, BASE64, false},
    {"AAAAGnNr", NULL, 16, 4000, BASE64, false},
    {"ABIA", api_key, 16, 16, CAPS, true},
    {"ACCA", api_key, 16, 16, CAPS, true},
    {"AGE-SECRET-KEY-1", private_key, 40, 70, CAPS, false},
    {"AIza", api_key, 35, 35, URL64, true},
    {"AKCp", api_key, 60, 80, ALNUM, true},
    {"AKIA", api_key, 16, 16, CAPS, true},
    {"AKID", api_key, 32, 32, ALNUM, true},
    {"AQVN", api_key, 35, 40, URL64, true},
    {"ASIA", api_key, 16, 16, CAPS, true},
    {"ATATT3", token, 50, 250, ANY64, true},
    {"ATBB", token, 24, 40, ALNUM, true},
    {"ATCTT3", token, 50, 250, ANY64, true},
    {"AC", api_key, 32, 32, HEX, true},
    {"CCIPAT_", token, 30, 90, URL64, true},
    {"CFPAT-", token, 40, 50, URL64, true},
    {"CLOJARS_", token, 60, 60, HEX, true},
    {"EAAA", token, 56, 200, URL64, true},
    {"EAA", token, 80, 400, ALNUM, true},
    {"EZAK", api_key, 54, 54, ALNUM, true},
    {"EZTK", api_key, 54, 54, ALNUM, true},
    {"FLWSECK", api_key, 20, 60, URL64, true},
    {"GOCSPX-", api_key, 24, 32, URL64, true},
    {"GR1348941", token, 20, 30, URL64, true},
    {"HRKU-", api_key, 36, 64, URL64, true},
    {"LTAI", api_key, 16, 26, ALNUM, true},
    {"NRAK-", api_key, 27, 27, CAPS, true},
    {"NRII-", api_key, 32, 32, URL64, true},
    {"NRJS-", api_key, 19, 19, HEX, true},
    {"PMAK-", api_key, 50, 70, HEX | DASH, true},
    {"SHA256:", NULL, 40, 50, BASE64, false},
    {"SG.", api_key, 40, 80, DOTTED, true},
    {"SK", api_key, 32, 32, HEX, true},
    {"age1", NULL, 50, 70, SMALL, false},
    {"aio_", api_key, 28, 28, ALNUM, true},
    {"ak_live_", api_key, 20, 80, URL64, true},
    {"api_org_", token, 30, 40, ALNUM, true},
    {"apify_api_", api_key, 30, 50, ALNUM, true},
    {"b3BlbnNzaC1rZXktdjE", private_key, 20, 8000, BASE64, false},
    {"bkua_", token, 40, 40, HEX, true},
    {"cfut_", token, 30, 80, URL64, true},
    {"cio", token, 32, 32, ALNUM, true},
    {"cmVmdGtu", token, 40, 80, ALNUM, true},
    {"dapi", token, 32, 36, HEX | DASH, true},
    {"dckr_pat_", token, 20, 60, URL64, true},
    {"dckr_oat_", token, 20, 60, URL64, true},
    {"dG9rOg", token, 30, 100, BASE64, true},
    {"doo_v1_", token, 64, 64, HEX, true},
    {"dop_v1_", token, 64, 64, HEX, true},
    {"dor_v1_", token, 64, 64, HEX, true},
    {"dp.ct.", token, 30, 60, ALNUM, true},
    {"dp.pt.", token, 30, 60, ALNUM, true},
    {"dp.sa.", token, 30, 60, ALNUM, true},
    {"dp.st.", token, 30, 80, DOTTED, true},
    {"dt0c01.", token, 80, 100, DOTTED, true},
    {"duffel_live_", api_key, 40, 50, URL64, true},
    {"duffel_test_", api_key, 40, 50, URL64, true},
    {"ecdsa-sha2-", NULL, 8, 8, ALNUM, false},
    {"figd_", token, 30, 60, URL64, true},
    {"fio-u-", token, 50, 80, URL64, true},
    {"fm1a_", token, 40, 900, ANY64, true},
    {"fm1r_", token, 40, 900, ANY64, true},
    {"fm2_", token, 40, 900, ANY64, true},
    {"fo1_", token, 40, 60, URL64, true},
    {"fw_", api_key, 20, 30, ALNUM, true},
    {"gho_", token, 30, 255, ALNUM, true},
    {"ghp_", token, 30, 255, ALNUM, true},
    {"ghr_", token, 30, 255, ALNUM, true},
    {"ghs_", token, 30, 255, ALNUM, true},
    {"ghu_", token, 30, 255, ALNUM, true},
    {"github_pat_", token, 40, 255, ALNUM | DASH, true},
    {"glagent-", token, 40, 70, URL64, true},
    {"glc_", token, 32, 400, BASE64, true},
    {"glcbt-", token, 20, 60, DOTTED, true},
    {"gldt-", token, 20, 60, DOTTED, true},
    {"glft-", token, 20, 60, DOTTED, true},
    {"glimt-", token, 20, 60, DOTTED, true},
    {"gloas-", token, 40, 80, URL64, true},
    {"glpat-", token, 20, 300, DOTTED, true},
    {"glptt-", token, 40, 40, HEX, true},
    {"glrt-", token, 20, 60, DOTTED, true},
    {"glsa_", token, 36, 50, ALNUM | DASH, true},
    {"glsoat-", token, 20, 60, DOTTED, true},
    {"gsk_", api_key, 40, 60, ALNUM, true},
    {"hf_", token, 30, 40, ALNUM, true},
    {"hvb.", token, 80, 300, URL64, true},
    {"hvs.", token, 20, 300, URL64, true},
    {"ico-", token, 32, 32, ALNUM, true},
    {"key-", api_key, 32, 32, ANYHEX, true},
    {"lin_api_", api_key, 30, 60, ALNUM, true},
    {"lin_oauth_", token, 30, 80, ALNUM, true},
    {"live_sk_", api_key, 20, 80, ALNUM, true},
    {"lsv2_", api_key, 36, 60, ALNUM | DASH, true},
    {"napi_", api_key, 40, 80, ALNUM, true},
    {"nfp_", token, 30, 50, ALNUM, true},
    {"npm_", token, 36, 36, ALNUM, true},
    {"nsec1", private_key, 50, 60, SMALL, true},
    {"ntn_", token, 40, 60, ALNUM, true},
    {"nvapi-", api_key, 60, 70, URL64, true},
    {"ops_eyJ", token, 60, 1500, URL64, true},
    {"oy2", api_key, 43, 43, SMALL, true},
    {"pat-eu1-", token, 36, 36, HEX | DASH, true},
    {"pat-na1-", token, 36, 36, HEX | DASH, true},
    {"phc_", NULL, 40, 50, ALNUM, true},
    {"phx_", api_key, 40, 50, ALNUM, true},
    {"pk.eyJ", NULL, 40, 200, DOTTED, true},
    {"pk_live_", NULL, 10, 200, ALNUM, false},
    {"pk_test_", NULL, 10, 200, ALNUM, false},
    {"pplx-", api_key, 40, 64, ALNUM, true},
    {"pscale_oauth_", token, 32, 64, DOTTED, true},
    {"pscale_pw_", password, 32, 64, DOTTED, true},
    {"pscale_tkn_", token, 32, 64, DOTTED, true},
    {"pul-", token, 40, 40, HEX, true},
    {"pypi-", token, 50, 400, URL64, true},
    {"r8_", token, 37, 40, ALNUM, true},
    {"rdme_", api_key, 60, 80, SMALL, true},
    {"re_", api_key, 30, 40, ALNUM | DASH, true},
    {"rk_live_", api_key, 10, 200, ALNUM, true},
    {"rk_test_", api_key, 10, 200, ALNUM, true},
    {"rnd_", api_key, 24, 40, ALNUM, true},
    {"rubygems_", api_key, 48, 48, HEX, true},
    {"rzp_live_", api_key, 14, 14, ALNUM, true},
    {"rzp_test_", api_key, 14, 14, ALNUM, true},
    {"sb_publishable_", NULL, 20, 60, URL64, false},
    {"sb_secret_", api_key, 20, 60, URL64, true},
    {"sbp_", token, 40, 50, HEX | DASH, true},
    {"scw_", api_key, 30, 60, ALNUM, true},
    {"secret_", token, 43, 43, ALNUM, true},
    {"sha1-", NULL, 20, 100, BASE64, false},
    {"sha256-", NULL, 20, 100, BASE64, false},
    {"sha256:", NULL, 40, 100, BASE64, false},
    {"sha384-", NULL, 20, 120, BASE64, false},
    {"sha512-", NULL, 20, 120, BASE64, false},
    {"sha512:", NULL, 40, 130, BASE64, false},
    {"shpat_", token, 32, 40, ANYHEX, true},
    {"shpca_", token, 32, 40, ANYHEX, true},
    {"shppa_", token, 32, 40, ANYHEX, true},
    {"shpss_", api_key, 32, 40, ANYHEX, true},
    {"shippo_live_", api_key, 40, 40, HEX, true},
    {"shippo_test_", api_key, 40, 40, HEX, true},
    {"sk-ant-", api_key, 30, 200, URL64, true},
    {"sk-or-v1-", api_key, 40, 80, HEX, true},
    {"sk-", api_key, 28, 250, URL64, true},
    {"sk.eyJ", token, 40, 200, DOTTED, true},
    {"sk_live_", api_key, 10, 250, ALNUM, true},
    {"sk_test_", api_key, 10, 250, ALNUM, true},
    {"sl.", token, 60, 400, URL64, true},
    {"sntrys_", token, 60, 400, ANY64, true},
    {"sntryu_", token, 64, 64, HEX, true},
    {"sq0atp-", token, 22, 22, URL64, true},
    {"sq0csp-", api_key, 43, 43, URL64, true},
    {"sqa_", token, 40, 40, HEX, true},
    {"sqp_", token, 40, 40, HEX, true},
    {"squ_", token, 40, 40, HEX, true},
    {"tfp_", token, 40, 70, URL64, true},
    {"tk-us-", api_key, 30, 60, URL64, true},
    {"tskey-api-", api_key, 20, 80, URL64, true},
    {"tskey-auth-", api_key, 20, 80, URL64, true},
    {"tskey-client-", api_key, 20, 80, URL64, true},
    {"vcp_", token, 40, 80, ALNUM, true},
    {"whsec_", api_key, 24, 70, BASE64, true},
    {"xai-", api_key, 60, 90, ALNUM, true},
    {"xapp-", token, 20, 200, URL64, true},
    {"xkeysib-", api_key, 60, 90, HEX | ALNUM | DASH, true},
    {"xoxa-", token, 10, 250, URL64, true},
    {"xoxb-", token, 10, 250, URL64, true},
    {"xoxc-", token, 10, 250, URL64, true},
    {"xoxd-", token, 10, 400, ANY64, true},
    {"xoxe-", token, 10, 250, URL64, true},
    {"xoxe.", token, 20, 250, DOTTED, true},
    {"xoxo-", token, 10, 250, URL64, true},
    {"xoxp-", token, 10, 250, URL64, true},
    {"xoxr-", token, 10, 250, URL64, true},
    {"xoxs-", token, 10, 250, URL64, true},
    {"xprv", private_key, 90, 120, ALNUM, true},
    {"xpub", NULL, 90, 120, ALNUM, false},
    {"y0_", token, 40, 90, URL64, true},
    {"ya29.", token, 30, 400, URL64, true},
};

/* A run of bytes of an alphabet, at most most long, and what it is of. */
static size_t run(const char *s, size_t n, unsigned alphabet, size_t most, unsigned *seen)
{
    size_t i = 0;
    *seen = 0;
    while (i < n && i < most) {
        unsigned class = class_of((unsigned char)s[i]);
        if (!(class & alphabet)) break;
        *seen |= class;
        i++;
    }
    return i;
}

size_t kor_secret_jwt(const char *s, size_t n)
{
    unsigned seen;
    if (n < 20 || memcmp(s, "eyJ", 3) != 0) return 0;
    size_t header = run(s, n, URL64, 4096, &seen);
    /* {"alg": or another key in quotes: the first 6 bytes, decoded. */
    if (header < 8 || header + 2 > n || s[header] != '.') return 0;
    size_t payload = run(s + header + 1, n - header - 1, URL64, 16384, &seen);
    if (payload < 4) return 0;
    size_t end = header + 1 + payload;
    for (int part = 0; part < 3 && end + 1 < n && s[end] == '.'; part++) { /* JWE has five */
        size_t next = run(s + end + 1, n - end - 1, URL64, 16384, &seen);
        if (next == 0 && part > 0) break;
        if (next == 0 && (end + 1 >= n || s[end + 1] != '.')) break;
        end += 1 + next;
    }
    return header + payload >= 24 ? end : 0;
}

static bool plain_padding(const char *s, size_t n)
{
    size_t same = 0;
    for (size_t i = 0; i < n; i++)
        if (s[i] == 'x' || s[i] == 'X' || s[i] == '0' || s[i] == '.' || s[i] == '-' ||
            s[i] == '_' || s[i] == 'n' || s[i] == 'N')
            same++;
    return same * 10 >= n * 8;
}

/* Where keys of a first byte begin in the list, and end; made by the order of the list. */
static void bounds(unsigned char first, size_t *low, size_t *high)
{
    size_t a = 0, b = sizeof keys / sizeof *keys;
    while (a < b) {
        size_t middle = (a + b) / 2;
        if ((unsigned char)keys[middle].prefix[0] < first)
            a = middle + 1;
        else
            b = middle;
    }
    *low = a;
    while (a < sizeof keys / sizeof *keys && (unsigned char)keys[a].prefix[0] == first) a++;
    *high = a;
}

/* What has no prefix but a shape of its own. */
static size_t shaped(const char *s, size_t n, const char **label)
{
    unsigned seen;
    *label = token;
    if (n > 36 && class_of((unsigned char)s[0]) & HEX && run(s, n, HEX, 33, &seen) == 32 &&
        memcmp(s + 32, "-us", 3) == 0 && s[35] >= '0' && s[35] <= '9') { /* Mailchimp */
        *label = api_key;
        return s[36] >= '0' && s[36] <= '9' ? 37 : 36;
    }
    if (s[0] == 'e' && n > 20) return kor_secret_jwt(s, n);
    if (n >= 82 && memcmp(s, "pat", 3) == 0 && s[17] == '.' &&
        run(s + 3, 14, ALNUM, 14, &seen) == 14 && run(s + 18, n - 18, HEX, 64, &seen) == 64)
        return 82;                    /* Airtable */
    if (s[0] >= '0' && s[0] <= '9') { /* Telegram: 123456789:AAxx, 33 more */
        size_t id = run(s, n, DIGIT, 11, &seen);
        if (id >= 8 && id <= 10 && id + 36 <= n && s[id] == ':' && s[id + 1] == 'A' &&
            s[id + 2] == 'A' && run(s + id + 1, n - id - 1, URL64, 36, &seen) == 35)
            return id + 36;
        return 0;
    }
    if (s[0] == 'M' || s[0] == 'N' || s[0] == 'O') { /* Discord: the id in base64, time, HMAC */
        size_t id = run(s, n, URL64, 30, &seen);
        if (id >= 23 && id <= 28 && id + 34 < n && s[id] == '.') {
            size_t time = run(s + id + 1, n - id - 1, URL64, 8, &seen);
            if (time >= 5 && time <= 7 && s[id + 1 + time] == '.') {
                size_t at = id + time + 2, mac = run(s + at, n - at, URL64, 50, &seen);
                if (mac >= 27 && mac <= 40) return at + mac;
            }
        }
        /* A private key in DER without its header. */
        static const char *const ders[] = {"MIIEpAIBAAKCAQEA",
                                           "MIIEowIBAAKCAQEA",
                                           "MIIEogIBAAKCAQEA",
                                           "MIIEpQIBAAKCAQEA",
                                           "MIIEvQIBADANBgkqhkiG9w0",
                                           "MIIEvgIBADANBgkqhkiG9w0",
                                           "MIIEvAIBADANBgkqhkiG9w0",
                                           "MIICXAIBAAKBgQ",
                                           "MIICXQIBAAKBgQ",
                                           "MIICdwIBADANBgkqhkiG9w0",
                                           "MIICdgIBADANBgkqhkiG9w0",
                                           "MIIJKQIBAAKCAgEA",
                                           "MIIJKAIBAAKCAgEA",
                                           "MIIJJwIBAAKCAgEA",
                                           "MIIJQgIBADANBgkqhkiG9w0",
                                           "MHcCAQEEI",
                                           "MIGHAgEAMBMGByqGSM49",
                                           "MC4CAQAwBQYDK2Vw",
                                           "MIGkAgEBBD"};
        for (size_t i = 0; i < sizeof ders / sizeof *ders; i++) {
            size_t length = strlen(ders[i]);
            if (n >= length && memcmp(s, ders[i], length) == 0) {
                *label = private_key;
                size_t end = run(s, n, BASE64, 16384, &seen);
                return end >= 40 ? end : 0;
            }
        }
        return 0;
    }
    return 0;
}

/* Is a run without a digit drawn at random all the same? Of 16 to 36 characters one key in 10 to
 * 500 has none. Words change case seldom; where there are capitals alone, its length must do. */
static bool is_drawn(const char *s, size_t n, const issued *k)
{
    if (k->alphabet == CAPS) return k->least == k->most;
    size_t changes = 0;
    for (size_t i = 1; i < n; i++) {
        bool upper = s[i] >= 'A' && s[i] <= 'Z', before = s[i - 1] >= 'A' && s[i - 1] <= 'Z';
        changes += upper != before;
    }
    return 3 * changes >= n && (k->alphabet & UPPER);
}

size_t kor_secret_key(const char *s, size_t n, const char **label)
{
    size_t low, high;
    unsigned seen;
    *label = NULL;
    if (n < 16) return 0;
    bounds((unsigned char)s[0], &low, &high);
    for (size_t i = low; i < high; i++) {
        const issued *k = &keys[i];
        if (k->prefix[1] != s[1] && k->prefix[1]) continue;
        size_t length = strlen(k->prefix);
        if (length + k->least > n || memcmp(s, k->prefix, length) != 0) continue;
        size_t rest = run(s + length, n - length, k->alphabet, (size_t)k->most + 1, &seen);
        while (rest > 0 && (s[length + rest - 1] == '.' || s[length + rest - 1] == '/')) rest--;
        if (rest < k->least || rest > k->most) continue;
        if (length + rest < n && class_of((unsigned char)s[length + rest]) & ALNUM) continue;
        if (k->label == NULL) {
            return length + rest;
        }
        if (k->mixed && !(seen & (ALNUM & ~DIGIT))) continue;
        if (k->mixed && !(seen & DIGIT) && !is_drawn(s + length, rest, k)) continue;
        if (plain_padding(s + length, rest)) continue;
        /* sk- and the like begin names of classes too: those have no capitals, or few digits. */
        if ((k->alphabet & DASH) && k->prefix[length - 1] == '-' && length <= 5) {
            size_t digits = 0, dashes = 0;
            for (size_t j = length; j < length + rest; j++) {
                digits += s[j] >= '0' && s[j] <= '9';
                dashes += s[j] == '-';
            }
            if (digits < 3 || (dashes > 3 && digits < 6)) continue;
        }
        *label = k->label;
        return length + rest;
    }
    size_t found = shaped(s, n, label);
    if (!found) *label = NULL;
    return found;
}
