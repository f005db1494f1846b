/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/secret_words.h"

#include <stdint.h>
#include <string.h>

typedef struct entry {
    const char *text;
    unsigned char word;
} entry;

enum {
    PW = KOR_WORD_PASSWORD,
    PH = KOR_WORD_PHRASE,
    PIN = KOR_WORD_PIN,
    COD = KOR_WORD_CODE,
    LOG = KOR_WORD_LOGIN,
    WI = KOR_WORD_WIFI,
    TOK = KOR_WORD_TOKEN,
    SEC = KOR_WORD_SECRET,
    API = KOR_WORD_API_KEY,
    KEY = KOR_WORD_KEY,
    PRI = KOR_WORD_PRIVATE_KEY,
    CAR = KOR_WORD_CARD,
    BAN = KOR_WORD_BANK,
    IDN = KOR_WORD_ID,
    HSH = KOR_WORD_HASH,
    PUB = KOR_WORD_PUBLIC,
    LONGEST = 64, /* bytes of a name that are read */
    PART = 40     /* of a part of it */
};

/* In the order of their bytes: they are searched by halves. */
static const entry words[] = {{"1password", PW},
                              {"2fa", PIN},
                              {"aadhaar", IDN},
                              {"aadhar", IDN},
                              {"aba", BAN},
                              {"acc", BAN},
                              {"acceso", LOG},
                              {"accesskey", API},
                              {"accesso", LOG},
                              {"accesstoken", TOK},
                              {"account", BAN},
                              {"accountkey", API},
                              {"accounts", BAN},
                              {"acct", BAN},
                              {"adgangskode", PW},
                              {"ahv", IDN},
                              {"aktivierungscode", PIN},
                              {"alarmcode", COD},
                              {"amex", CAR},
                              {"anmeldedaten", LOG},
                              {"anmeldung", LOG},
                              {"api-key", API},
                              {"apikey", API},
                              {"apikeys", API},
                              {"appkey", API},
                              {"appsecret", SEC},
                              {"ausweis", IDN},
                              {"auth", TOK},
                              {"authkey", API},
                              {"authorisation", TOK},
                              {"authorization", TOK},
                              {"authtoken", TOK},
                              {"avs", IDN},
                              {"bank", BAN},
                              {"banking", BAN},
                              {"bankkonto", BAN},
                              {"bankleitzahl", BAN},
                              {"bearer", TOK},
                              {"bestätigungscode", PIN},
                              {"bic", BAN},
                              {"bitwarden", PW},
                              {"blob", HSH},
                              {"blz", BAN},
                              {"bsb", BAN},
                              {"bsn", IDN},
                              {"build-id", HSH},
                              {"card", CAR},
                              {"cardnumber", CAR},
                              {"cards", CAR},
                              {"carta", CAR},
                              {"carte", CAR},
                              {"cartão", CAR},
                              {"cert", PUB},
                              {"certificate", PUB},
                              {"checking", BAN},
                              {"checksum", HSH},
                              {"checksums", HSH},
                              {"chiave", KEY},
                              {"cid", HSH},
                              {"clave", PW},
                              {"clientsecret", SEC},
                              {"clé", KEY},
                              {"code", COD},
                              {"code-pin", COD},
                              {"codes", COD},
                              {"codice", COD},
                              {"codice-fiscale", IDN},
                              {"codigo", COD},
                              {"combination", COD},
                              {"combo", COD},
                              {"commit", HSH},
                              {"compte", BAN},
                              {"conta", BAN},
                              {"conto", BAN},
                              {"contrasena", PW},
                              {"contraseña", PW},
                              {"contraseñas", PW},
                              {"cookie", TOK},
                              {"cookies", TOK},
                              {"cpf", IDN},
                              {"cpr", IDN},
                              {"crc", HSH},
                              {"crc32", HSH},
                              {"cred", LOG},
                              {"credential", LOG},
                              {"credentials", LOG},
                              {"credit", CAR},
                              {"creditcard", CAR},
                              {"creds", LOG},
                              {"csc", PIN},
                              {"csrf", TOK},
                              {"cuenta", BAN},
                              {"curp", IDN},
                              {"cvc", PIN},
                              {"cvv", PIN},
                              {"cvv2", PIN},
                              {"código", COD},
                              {"dbpass", PW},
                              {"debit", CAR},
                              {"digest", HSH},
                              {"discover", CAR},
                              {"dni", IDN},
                              {"doorcode", COD},
                              {"encryptionkey", API},
                              {"entsperrcode", PIN},
                              {"etag", HSH},
                              {"fingerprint", HSH},
                              {"fiscale", IDN},
                              {"fodselsnummer", IDN},
                              {"freischaltcode", PIN},
                              {"fødselsnummer", IDN},
                              {"geheim", SEC},
                              {"geheimnis", SEC},
                              {"geheimzahl", PIN},
                              {"geslo", PW},
                              {"guid", HSH},
                              {"hash", HSH},
                              {"hashes", HSH},
                              {"haslo", PW},
                              {"hasła", PW},
                              {"hasło", PW},
                              {"hesla", PW},
                              {"heslo", PW},
                              {"hetu", IDN},
                              {"hmac", SEC},
                              {"hotspot", WI},
                              {"iban", BAN},
                              {"identifiants", LOG},
                              {"identified", PW},
                              {"idnr", IDN},
                              {"inloggegevens", LOG},
                              {"insee", IDN},
                              {"integrity", HSH},
                              {"jelszo", PW},
                              {"jelszó", PW},
                              {"jeton", TOK},
                              {"jsessionid", TOK},
                              {"jwt", TOK},
                              {"kaart", CAR},
                              {"karte", CAR},
                              {"kartennummer", CAR},
                              {"kartenprüfnummer", PIN},
                              {"keepass", PW},
                              {"keepassxc", PW},
                              {"kennwort", PW},
                              {"kennwörter", PW},
                              {"key", KEY},
                              {"keypad", COD},
                              {"keypair", PRI},
                              {"keypass", PW},
                              {"keys", KEY},
                              {"kodeord", PW},
                              {"konto", BAN},
                              {"kontonr", BAN},
                              {"kontonummer", BAN},
                              {"kreditkarte", CAR},
                              {"lastpass", PW},
                              {"licensekey", API},
                              {"llave", KEY},
                              {"lockbox", COD},
                              {"locker", COD},
                              {"log-in", LOG},
                              {"login", LOG},
                              {"logins", LOG},
                              {"logon", LOG},
                              {"losen", PW},
                              {"losenord", PW},
                              {"losungswort", PW},
                              {"lozinka", PW},
                              {"lösen", PW},
                              {"lösenord", PW},
                              {"macaroon", TOK},
                              {"maestro", CAR},
                              {"masterauth", PW},
                              {"mastercard", CAR},
                              {"masterkey", API},
                              {"md5", HSH},
                              {"mdp", PW},
                              {"mfa", PIN},
                              {"mnemonic", PH},
                              {"mnemonics", PH},
                              {"mypass", PW},
                              {"mysqli", LOG},
                              {"mysqli_connect", LOG},
                              {"national", IDN},
                              {"nationalid", IDN},
                              {"networkcredential", LOG},
                              {"nhs", IDN},
                              {"nie", IDN},
                              {"nif", IDN},
                              {"nino", IDN},
                              {"nir", IDN},
                              {"nonce", HSH},
                              {"oauth", TOK},
                              {"oauth2", TOK},
                              {"otp", PIN},
                              {"padlock", COD},
                              {"pan", CAR},
                              {"parent", HSH},
                              {"parol", PW},
                              {"parola", PW},
                              {"parole", PW},
                              {"parolă", PW},
                              {"parool", PW},
                              {"pasaporte", IDN},
                              {"pass", PW},
                              {"passcode", PIN},
                              {"passcodes", PIN},
                              {"passe", PW},
                              {"passeport", IDN},
                              {"passkey", PW},
                              {"passord", PW},
                              {"passphrase", PH},
                              {"passphrases", PH},
                              {"passport", IDN},
                              {"passw", PW},
                              {"passwd", PW},
                              {"password", PW},
                              {"passwordless", PW},
                              {"passwords", PW},
                              {"passwort", PW},
                              {"passwrd", PW},
                              {"passwörter", PW},
                              {"passwörtern", PW},
                              {"pasword", PW},
                              {"pat", TOK},
                              {"pdo", LOG},
                              {"persnr", IDN},
                              {"personalausweis", IDN},
                              {"personnr", IDN},
                              {"personnummer", IDN},
                              {"pesel", IDN},
                              {"pgpassword", PW},
                              {"phpsessid", TOK},
                              {"phrase", PH},
                              {"pin", PIN},
                              {"pincode", PIN},
                              {"pins", PIN},
                              {"privatekey", PRI},
                              {"privkey", PRI},
                              {"prüfziffer", PIN},
                              {"psk", WI},
                              {"psswd", PW},
                              {"psw", PW},
                              {"pswd", PW},
                              {"pub", PUB},
                              {"public", PUB},
                              {"publickey", PUB},
                              {"publishable", PUB},
                              {"puk", PIN},
                              {"pw", PW},
                              {"pwd", PW},
                              {"pwds", PW},
                              {"pword", PW},
                              {"pwr", PW},
                              {"pws", PW},
                              {"recovery", PH},
                              {"refreshtoken", TOK},
                              {"reisepass", IDN},
                              {"rekening", BAN},
                              {"rekeningnummer", BAN},
                              {"requirepass", PW},
                              {"resolved", HSH},
                              {"rev", HSH},
                              {"revision", HSH},
                              {"rib", BAN},
                              {"rijksregisternummer", IDN},
                              {"rodne", IDN},
                              {"rodné", IDN},
                              {"rootpass", PW},
                              {"routing", BAN},
                              {"salasana", PW},
                              {"salt", HSH},
                              {"savings", BAN},
                              {"schluessel", KEY},
                              {"schlüssel", KEY},
                              {"secret", SEC},
                              {"secretkey", API},
                              {"secrets", SEC},
                              {"securite", IDN},
                              {"seed", PH},
                              {"seedphrase", PH},
                              {"senha", PW},
                              {"senhas", PW},
                              {"sessid", TOK},
                              {"session", TOK},
                              {"sessionid", TOK},
                              {"sessions", TOK},
                              {"sha", HSH},
                              {"sha1", HSH},
                              {"sha256", HSH},
                              {"sha384", HSH},
                              {"sha512", HSH},
                              {"sicherheitscode", PIN},
                              {"sid", TOK},
                              {"sifre", PW},
                              {"sig", TOK},
                              {"signature", HSH},
                              {"signin", LOG},
                              {"signingkey", API},
                              {"sin", IDN},
                              {"slaptazodis", PW},
                              {"slaptažodis", PW},
                              {"sleutel", KEY},
                              {"social", IDN},
                              {"sort", BAN},
                              {"sozialversicherungsnummer", IDN},
                              {"sshpass", PW},
                              {"ssn", IDN},
                              {"sso", TOK},
                              {"steuer", IDN},
                              {"steuer-id", IDN},
                              {"steuerid", IDN},
                              {"steueridentifikationsnummer", IDN},
                              {"steuernummer", IDN},
                              {"storepass", PW},
                              {"svnr", IDN},
                              {"swift", BAN},
                              {"sécu", IDN},
                              {"sécurité", IDN},
                              {"tan", PIN},
                              {"tarjeta", CAR},
                              {"tax", IDN},
                              {"taxid", IDN},
                              {"tfn", IDN},
                              {"thumbprint", HSH},
                              {"ticket-granting", TOK},
                              {"tin", IDN},
                              {"token", TOK},
                              {"tokens", TOK},
                              {"totp", PIN},
                              {"tree", HSH},
                              {"türcode", COD},
                              {"unlock", COD},
                              {"userpass", PW},
                              {"uuid", HSH},
                              {"versicherungsnummer", IDN},
                              {"visa", CAR},
                              {"wachtwoord", PW},
                              {"wachtwoorden", PW},
                              {"webhook", TOK},
                              {"wep", WI},
                              {"wi-fi", WI},
                              {"wif", PRI},
                              {"wifi", WI},
                              {"wlan", WI},
                              {"wpa", WI},
                              {"wpa2", WI},
                              {"wpa3", WI},
                              {"xprv", PRI},
                              {"xsrf", TOK},
                              {"zugang", LOG},
                              {"zugangscode", PIN},
                              {"zugangsdaten", LOG},
                              {"şifre", PW},
                              {"şifresi", PW},
                              {"κωδικός", PW},
                              {"Код", COD},
                              {"ПАРОЛЬ", PW},
                              {"Пароль", PW},
                              {"ключ", KEY},
                              {"код", COD},
                              {"паролем", PW},
                              {"пароли", PW},
                              {"пароль", PW},
                              {"паролю", PW},
                              {"пароля", PW},
                              {"סיסמא", PW},
                              {"סיסמה", PW},
                              {"パスワード", PW},
                              {"口令", PW},
                              {"密码", PW},
                              {"密碼", PW},
                              {"비밀번호", PW},
                              {"암호", PW}};

/* Ends of words that are written as one: dbpassword, Gastpasswort, accesstoken. */
static const entry endings[] = {
    {"password", PW},   {"passwort", PW}, {"passwd", PW},     {"kennwort", PW},
    {"wachtwoord", PW}, {"pwd", PW},      {"passphrase", PH}, {"token", TOK},
    {"secret", SEC},    {"apikey", API},  {"passcode", PIN},  {"accesskey", API},
    {"secretkey", API}, {"lösenord", PW}, {"nummer", BAN},    {"schlüssel", KEY},
    {"pass", PW},
};

static int order(const char *s, size_t n, const char *entry_text)
{
    int sign = strncmp(s, entry_text, n);
    return sign ? sign : entry_text[n] ? -1 : 0;
}

/* Which second letters the words have that begin with a letter; bit 26: any other sign. */
static const uint32_t seconds[26] = {
    0x30bc8f,  0x140911,  0x436c991, 0x6112,    0x82000, 0x4024100, 0x100010, 0x5011,  0x200a,
    0x440010,  0x24011,   0x4004901, 0x1002029, 0x4191,  0x80001,   0x5601d9, 0x0,     0x4110,
    0x46c4995, 0x40241a1, 0x142000,  0x110,     0x8911,  0x48000,   0x0,      0x100000};

static kor_secret_word look_up(const char *s, size_t n)
{
    if (s[0] >= 'a' && s[0] <= 'z' && n > 1) {
        unsigned second = s[1] >= 'a' && s[1] <= 'z' ? (unsigned)(s[1] - 'a') : 26;
        if (!(seconds[s[0] - 'a'] & 1u << second)) return KOR_WORD_NONE;
    }
    size_t low = 0, high = sizeof words / sizeof *words;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int sign = order(s, n, words[middle].text);
        if (sign == 0) return (kor_secret_word)words[middle].word;
        if (sign < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return KOR_WORD_NONE;
}

static kor_secret_word by_ending(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t length = strlen(endings[i].text);
        if (n > length && s[n - 1] == endings[i].text[length - 1] &&
            memcmp(s + n - length, endings[i].text, length) == 0) {
            /* bypass, compass, trespass, surpass, encompass, overpass, underpass */
            if (length == 4 &&
                (s[n - 5] == 'm' || s[n - 5] == 'y' || s[n - 5] == 's' || s[n - 5] == 'r'))
                return KOR_WORD_NONE;
            if (endings[i].word == BAN && strncmp(s, "konto", 5) != 0) return KOR_WORD_NONE;
            return (kor_secret_word)endings[i].word;
        }
    }
    return KOR_WORD_NONE;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* api_key, access_key, client_secret: what stands before makes it another. */
static kor_secret_word combine(kor_secret_word before, kor_secret_word word, const char *earlier,
                               size_t earlier_n)
{
    if (before == KOR_WORD_PUBLIC || before == KOR_WORD_HASH) {
        /* hashed_password and password_hash are checksums; session_token after sha is not. */
        if (word == KOR_WORD_KEY || word == KOR_WORD_PASSWORD) return before;
    }
    if (word == KOR_WORD_KEY) {
        static const char *const kinds[] = {
            "api",         "access", "secret",   "account",    "encryption",   "signing",
            "master",      "app",    "auth",     "license",    "licence",      "service",
            "storage",     "shared", "consumer", "deploy",     "admin",        "server",
            "client",      "live",   "product",  "activation", "subscription", "function",
            "application", "aes",    "hmac",     "rpc",        "integration"};
        if (before == KOR_WORD_WIFI) return KOR_WORD_WIFI;
        if (before == KOR_WORD_SECRET || before == KOR_WORD_API_KEY || before == KOR_WORD_TOKEN)
            return KOR_WORD_API_KEY;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (strlen(kinds[i]) == earlier_n && memcmp(kinds[i], earlier, earlier_n) == 0)
                return KOR_WORD_API_KEY;
        if (earlier_n == 7 && memcmp(earlier, "private", 7) == 0) return KOR_WORD_PRIVATE_KEY;
    }
    return word;
}

kor_secret_word kor_secret_word_of(const char *name, size_t n, size_t *part)
{
    char fold[LONGEST] = {0};
    kor_secret_word found = KOR_WORD_NONE, previous = KOR_WORD_NONE;
    size_t earlier = 0, earlier_n = 0;
    if (n > LONGEST) name += n - LONGEST, n = LONGEST;
    for (size_t i = 0; i < n; i++) fold[i] = is_upper(name[i]) ? (char)(name[i] + 32) : name[i];
    if (part) *part = n;
    if (n <= PART) {
        kor_secret_word whole = look_up(fold, n);
        if (whole) return whole;
    }
    for (size_t i = 0; i < n;) {
        if (name[i] == '_' || name[i] == '-' || name[i] == '.') {
            i++;
            continue;
        }
        size_t end = i + 1;
        /* A part ends at a sign, where a capital follows a small letter, and before the last of
         * several capitals that a small letter follows. */
        while (end < n && name[end] != '_' && name[end] != '-' && name[end] != '.' &&
               !(is_upper(name[end]) && (is_lower(name[end - 1]) || is_digit(name[end - 1]))) &&
               !(is_upper(name[end]) && end + 1 < n && is_lower(name[end + 1]) &&
                 is_upper(name[end - 1])))
            end++;
        kor_secret_word word = KOR_WORD_NONE;
        if (end - i <= PART && end - i > 1) {
            size_t length = end - i;
            word = look_up(fold + i, length);
            while (!word && length > 3 && is_digit(fold[i + length - 1])) /* password1, token2 */
                word = look_up(fold + i, --length);
            if (!word && end - i > 4) word = by_ending(fold + i, end - i);
        }
        if (word) {
            word = combine(previous, word, fold + earlier, earlier_n);
            bool negative = found == KOR_WORD_HASH || found == KOR_WORD_PUBLIC;
            if (!negative || word == KOR_WORD_HASH || word == KOR_WORD_PUBLIC ||
                word == KOR_WORD_API_KEY) {
                found = word;
                if (part) *part = end;
            }
            previous = word;
        }
        earlier = i, earlier_n = end - i;
        i = end;
    }
    return found;
}

const char *kor_secret_word_name(kor_secret_word word)
{
    static const char *const names[] = {"none", "password", "phrase", "pin",  "code",  "login",
                                        "wifi", "token",    "secret", "api",  "key",   "private",
                                        "card", "bank",     "id",     "hash", "public"};
    return (size_t)word < sizeof names / sizeof *names ? names[word] : "none";
}
