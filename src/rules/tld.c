/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/tld.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 24 }; /* bytes of the longest one here */

/* In the order of their bytes. */
static const char *const known[] = {
    "abogado",    "ac",          "academy",      "accountant",   "accountants", "ad",
    "ads",        "ae",          "aero",         "af",           "africa",      "ag",
    "agency",     "ai",          "al",           "allianz",      "ally",        "alsace",
    "am",         "amazon",      "amsterdam",    "android",      "ao",          "apartments",
    "app",        "apple",       "aq",           "ar",           "army",        "arpa",
    "art",        "arte",        "as",           "asia",         "at",          "attorney",
    "au",         "audi",        "audio",        "autos",        "aw",          "aws",
    "ax",         "az",          "azure",        "ba",           "baby",        "band",
    "bank",       "bar",         "barcelona",    "barclays",     "bargains",    "basketball",
    "bayern",     "bb",          "bbc",          "bcn",          "bd",          "be",
    "beauty",     "beer",        "berlin",       "best",         "bet",         "bf",
    "bg",         "bh",          "bi",           "bible",        "bid",         "bike",
    "bio",        "biz",         "bj",           "black",        "blog",        "blue",
    "bm",         "bmw",         "bn",           "bo",           "boats",       "bond",
    "boo",        "bosch",       "boston",       "boutique",     "box",         "br",
    "bradesco",   "broker",      "brussels",     "bs",           "bt",          "build",
    "builders",   "business",    "buzz",         "bw",           "by",          "bz",
    "bzh",        "ca",          "cafe",         "cam",          "camera",      "camp",
    "canon",      "capetown",    "capital",      "car",          "care",        "cars",
    "casa",       "cash",        "casino",       "cat",          "catering",    "cc",
    "cd",         "center",      "cern",         "cf",           "cfd",         "cg",
    "ch",         "channel",     "charity",      "chat",         "cheap",       "chrome",
    "church",     "ci",          "city",         "cityeats",     "ck",          "cl",
    "cleaning",   "click",       "clinic",       "clothing",     "cloud",       "club",
    "cm",         "cn",          "co",           "codes",        "coffee",      "college",
    "cologne",    "com",         "community",    "company",      "computer",    "construction",
    "consulting", "contact",     "contractors",  "cool",         "coop",        "corsica",
    "coupons",    "courses",     "cr",           "credit",       "creditcard",  "cricket",
    "cruises",    "cu",          "cv",           "cw",           "cx",          "cy",
    "cymru",      "cyou",        "cz",           "dad",          "date",        "dating",
    "day",        "de",          "deals",        "degree",       "delivery",    "democrat",
    "dental",     "dentist",     "design",       "dev",          "dhl",         "diamonds",
    "digital",    "directory",   "discount",     "dj",           "dk",          "dm",
    "dnp",        "do",          "doctor",       "dog",          "domains",     "download",
    "dubai",      "durban",      "dvag",         "dz",           "earth",       "ec",
    "edu",        "education",   "ee",           "eg",           "email",       "energy",
    "engineer",   "engineering", "enterprises",  "equipment",    "er",          "es",
    "esq",        "estate",      "et",           "eu",           "eus",         "events",
    "exchange",   "expert",      "exposed",      "express",      "fage",        "fail",
    "fairwinds",  "faith",       "family",       "fans",         "farm",        "fashion",
    "ferrero",    "fi",          "film",         "finance",      "financial",   "fit",
    "fitness",    "fj",          "fk",           "flickr",       "flights",     "flowers",
    "fm",         "fo",          "foo",          "food",         "football",    "forex",
    "forsale",    "forum",       "foundation",   "fr",           "fresenius",   "frl",
    "frogans",    "frontdoor",   "fun",          "fund",         "furniture",   "futbol",
    "fyi",        "ga",          "gal",          "gallery",      "gallo",       "game",
    "games",      "garden",      "gay",          "gd",           "ge",          "gent",
    "gf",         "gg",          "gh",           "gi",           "gifts",       "gives",
    "giving",     "gl",          "glass",        "gle",          "global",      "gm",
    "gmail",      "gmbh",        "gmx",          "gn",           "gold",        "golf",
    "goog",       "google",      "gop",          "gov",          "gp",          "gq",
    "gr",         "graphics",    "green",        "gripe",        "grocery",     "group",
    "gs",         "gt",          "gu",           "guide",        "guitars",     "guru",
    "gw",         "gy",          "hair",         "hamburg",      "hangout",     "haus",
    "hdfc",       "health",      "healthcare",   "help",         "helsinki",    "hisamitsu",
    "hitachi",    "hiv",         "hk",           "hm",           "hn",          "hockey",
    "holiday",    "homes",       "honda",        "horse",        "hospital",    "host",
    "hosting",    "hotel",       "hotels",       "hotmail",      "house",       "how",
    "hr",         "ht",          "hu",           "hughes",       "hyundai",     "ibm",
    "icu",        "id",          "ie",           "il",           "im",          "immo",
    "immobilien", "in",          "inc",          "industries",   "infiniti",    "info",
    "ing",        "ink",         "institute",    "insurance",    "int",         "international",
    "intuit",     "io",          "iq",           "ir",           "irish",       "is",
    "islam",      "ist",         "istanbul",     "it",           "itau",        "je",
    "jetzt",      "jewelry",     "jm",           "jo",           "jobs",        "joburg",
    "jp",         "juegos",      "kaufen",       "ke",           "kg",          "kh",
    "ki",         "kim",         "kitchen",      "kiwi",         "km",          "kn",
    "koeln",      "kosher",      "kp",           "kpmg",         "kr",          "krd",
    "kw",         "ky",          "kyoto",        "kz",           "la",          "lamer",
    "lancaster",  "land",        "lat",          "latino",       "law",         "lawyer",
    "lb",         "lc",          "lease",        "leclerc",      "legal",       "lexus",
    "lgbt",       "li",          "liaison",      "lidl",         "life",        "lifestyle",
    "lighting",   "limited",     "limo",         "lincoln",      "linde",       "link",
    "live",       "lixil",       "lk",           "llc",          "loan",        "loans",
    "locker",     "locus",       "lol",          "london",       "lotto",       "love",
    "lr",         "ls",          "lt",           "ltd",          "lu",          "lundbeck",
    "luxe",       "luxury",      "lv",           "ly",           "ma",          "madrid",
    "mail",       "maison",      "makeup",       "management",   "mango",       "market",
    "marketing",  "markets",     "mba",          "mc",           "mckinsey",    "md",
    "me",         "media",       "medical",      "melbourne",    "meme",        "memorial",
    "menu",       "mg",          "mh",           "miami",        "microsoft",   "mil",
    "mk",         "ml",          "mm",           "mn",           "mo",          "mobi",
    "moda",       "moe",         "mom",          "money",        "monster",     "mortgage",
    "moscow",     "motorcycles", "mov",          "movie",        "mp",          "mq",
    "mr",         "ms",          "mt",           "mu",           "museum",      "music",
    "mv",         "mw",          "mx",           "my",           "mz",          "na",
    "nagoya",     "name",        "navy",         "nc",           "ne",          "net",
    "network",    "news",        "nexus",        "nf",           "ng",          "ngo",
    "ni",         "nike",        "ninja",        "nl",           "no",          "nokia",
    "norton",     "nowruz",      "np",           "nr",           "nrw",         "nu",
    "nyc",        "nz",          "observer",     "okinawa",      "oldnavy",     "om",
    "one",        "ong",         "onion",        "onl",          "online",      "ooo",
    "oracle",     "orange",      "org",          "organic",      "osaka",       "ovh",
    "pa",         "page",        "paris",        "partners",     "party",       "pe",
    "pet",        "pf",          "pg",           "ph",           "pharmacy",    "phd",
    "photo",      "photography", "photos",       "piaget",       "pics",        "pictet",
    "pictures",   "pink",        "pioneer",      "pizza",        "pk",          "pl",
    "place",      "play",        "plumbing",     "plus",         "pm",          "pn",
    "pnc",        "pohl",        "poker",        "politie",      "porsche",     "pr",
    "praxi",      "press",       "pro",          "prof",         "promo",       "properties",
    "property",   "protection",  "ps",           "pt",           "pub",         "pw",
    "py",         "qa",          "quebec",       "quest",        "racing",      "radio",
    "re",         "realestate",  "realty",       "recipes",      "red",         "rehab",
    "reise",      "reisen",      "ren",          "rent",         "rentals",     "repair",
    "report",     "republican",  "research",     "rest",         "restaurant",  "review",
    "reviews",    "ricoh",       "rio",          "rip",          "ro",          "rocks",
    "rs",         "rsvp",        "ru",           "rugby",        "ruhr",        "run",
    "rw",         "sa",          "saarland",     "sale",         "salon",       "sandvik",
    "sarl",       "sb",          "sbs",          "sc",           "school",      "schule",
    "schwarz",    "science",     "scot",         "sd",           "se",          "security",
    "sener",      "service",     "services",     "sexy",         "sg",          "sh",
    "shell",      "shoes",       "shop",         "show",         "si",          "singles",
    "site",       "sk",          "ski",          "skin",         "sl",          "sm",
    "sn",         "sncf",        "so",           "soccer",       "social",      "software",
    "solar",      "solutions",   "sony",         "soy",          "spa",         "space",
    "sr",         "srl",         "ss",           "st",           "stada",       "stockholm",
    "store",      "stream",      "studio",       "study",        "style",       "su",
    "sucks",      "supplies",    "supply",       "support",      "surf",        "surgery",
    "suzuki",     "sv",          "swatch",       "swiss",        "sx",          "sy",
    "sydney",     "system",      "systems",      "sz",           "taipei",      "tatar",
    "tattoo",     "tax",         "taxi",         "tc",           "td",          "team",
    "tech",       "technology",  "tel",          "temasek",      "tennis",      "tf",
    "tg",         "th",          "thd",          "theater",      "theatre",     "tickets",
    "tips",       "tires",       "tirol",        "tj",           "tjx",         "tk",
    "tl",         "tm",          "tn",           "to",           "today",       "tokyo",
    "tools",      "top",         "tours",        "town",         "toyota",      "toys",
    "tr",         "trade",       "trading",      "training",     "travel",      "tt",
    "tube",       "tunes",       "tv",           "tw",           "tz",          "ua",
    "ug",         "uk",          "university",   "uno",          "uol",         "us",
    "uy",         "uz",          "va",           "vacations",    "vana",        "vc",
    "ve",         "vegas",       "ventures",     "versicherung", "vet",         "vg",
    "vi",         "viajes",      "video",        "villas",       "vin",         "vip",
    "vision",     "viva",        "vlaanderen",   "vn",           "vodka",       "volvo",
    "vote",       "voting",      "voyage",       "vu",           "wales",       "wang",
    "watch",      "web",         "webcam",       "website",      "wedding",     "weibo",
    "wf",         "wien",        "wiki",         "win",          "wine",        "winners",
    "wme",        "work",        "works",        "world",        "wow",         "ws",
    "wtf",        "xfinity",     "xyz",          "yachts",       "yahoo",       "yandex",
    "ye",         "yoga",        "yokohama",     "youtube",      "yt",          "za",
    "zappos",     "zip",         "zm",           "zone",         "zuerich",     "zw",
    "ελ",         "ευ",          "бг",           "бел",          "дети",        "ею",
    "ком",        "мкд",         "мон",          "москва",       "онлайн",      "орг",
    "рус",        "рф",          "сайт",         "срб",          "укр",         "қаз",
    "հայ",        "ישראל",       "קום",          "الجزائر",      "السعودية",    "المغرب",
    "امارات",     "ایران",       "بھارت",        "تونس",         "سورية",       "شبكة",
    "عمان",       "فلسطين",      "قطر",          "مصر",          "موقع",        "پاکستان",
    "भारत",       "संगठन",        "বাংলা",        "ভারত",         "இந்தியா",      "இலங்கை",
    "భారత్",        "คอม",         "ไทย",          "გე",           "みんな",      "コム",
    "ストア",     "セール",      "ファッション", "中国",         "中國",        "中文网",
    "公司",       "台湾",        "台灣",         "商城",         "在线",        "新加坡",
    "澳門",       "移动",        "网址",         "网络",         "香港",        "닷컴",
    "한국"};

static const char *const local[] = {"corp",      "example", "home", "internal", "intra",
                                    "intranet",  "invalid", "lan",  "local",    "localdomain",
                                    "localhost", "private", "svc",  "test"};

static int compare(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

static bool is_in(const char *const *list, size_t count, const char *label, size_t len)
{
    char key[LONGEST + 1];
    if (!len || len > LONGEST || memchr(label, 0, len)) return false;
    for (size_t i = 0; i < len; i++)
        key[i] = (char)(label[i] >= 'A' && label[i] <= 'Z' ? label[i] + 32 : label[i]);
    key[len] = 0;
    return bsearch(key, list, count, sizeof *list, compare);
}

bool kor_tld_known(const char *label, size_t len)
{
    if (len > 4 && len <= 63 && strncasecmp(label, "xn--", 4) == 0) return true;
    return is_in(known, sizeof known / sizeof *known, label, len);
}

bool kor_tld_is_local(const char *label, size_t len)
{
    return is_in(local, sizeof local / sizeof *local, label, len);
}
