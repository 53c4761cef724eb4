#include "base/mask_words.h"

#include <string.h>
#include <strings.h>

/* Where in a name a word counts. */
enum where {
    ANYWHERE, /* "myTokenId" */
    AT_END    /* behind which no letter comes: "userPin", not "pinned" */
};

/* To have another name masked: a row. `strong`: not a word that texts use
 * otherwise, so that "name: value" is taken for one. */
static const struct {
    const char *word;
    enum where where;
    bool strong;
} secrets[] = {
    {"token",     ANYWHERE, true },
    {"key",       ANYWHERE, false},
    {"sig",       ANYWHERE, false},
    {"pass",      ANYWHERE, false},
    {"password",  ANYWHERE, true },
    {"pwd",       ANYWHERE, true },
    {"secret",    ANYWHERE, true },
    {"session",   ANYWHERE, false},
    {"sess",      AT_END,   false},
    {"sid",       ANYWHERE, false},
    {"code",      ANYWHERE, false},
    {"auth",      ANYWHERE, false},
    {"authoriz",  ANYWHERE, true },
    {"cookie",    ANYWHERE, true },
    {"cred",      ANYWHERE, false},
    {"jwt",       ANYWHERE, true },
    {"bearer",    ANYWHERE, true },
    {"ticket",    ANYWHERE, false},
    {"otp",       ANYWHERE, false},
    {"nonce",     ANYWHERE, false},
    {"csrf",      ANYWHERE, true },
    {"xsrf",      ANYWHERE, true },
    {"saml",      ANYWHERE, false},
    {"assertion", ANYWHERE, false},
    {"hash",      ANYWHERE, false},
    {"hmac",      ANYWHERE, true },
    {"wsse",      ANYWHERE, true },
    {"apikey",    ANYWHERE, true },
    {"api_key",   ANYWHERE, true },
    {"api-key",   ANYWHERE, true },
    {"mac",       AT_END,   false},
    {"pin",       AT_END,   false},
    {"state",     AT_END,   false},
    {"access",    AT_END,   false},
};

/* What keys of well-known issuers begin with. */
static const char *const prefix[] = {
    "AKIA", "ASIA",        "AIza",  "ya29",   "eyJ",   "SG.",   "sk_",
    "sk-",  "pk_",         "rk_",   "ghp_",   "gho_",  "ghs_",  "ghu_",
    "ghr_", "github_pat_", "glpat", "xoxb-",  "xoxp-", "xoxa-", "xapp-",
    "npm_", "hf_",         "shpat", "dop_v1",
};

enum {
    KEY_LEAST = 16,    /* with such a beginning */
    RANDOM_LEAST = 20, /* without, in all its random-looking pieces */
    PIECE_LEAST = 4,
    TOKEN_LEAST = 16,
    CODE_LEAST = 16, /* of capitals and digits only */
    VOWELLESS = 7    /* consonants in a row that no word has */
};

static bool is_letter(char c)
{
    char lower = (char)(c | 0x20);

    return lower >= 'a' && lower <= 'z';
}

static bool stands(const char *name, size_t size, size_t at, size_t row)
{
    size_t end = at + strlen(secrets[row].word);

    if (end > size || strncasecmp(name + at, secrets[row].word,
                                  strlen(secrets[row].word)) != 0)
        return false;
    /* a capital begins another word: "pinCode" */
    return secrets[row].where == ANYWHERE || end == size ||
           !is_letter(name[end]) || name[end] < 'a';
}

bool mask_name_suggests(const char *name, size_t size, bool strong)
{
    for (size_t row = 0; row < sizeof secrets / sizeof *secrets; row++) {
        if (strong && !secrets[row].strong)
            continue;
        for (size_t at = 0; at < size; at++) {
            if (stands(name, size, at, row))
                return true;
        }
    }
    return false;
}

bool mask_is_token(const char *word, size_t size)
{
    return size >= TOKEN_LEAST && strncmp(word, "eyJ", 3) == 0 &&
           memchr(word, '.', size);
}

static bool has_prefix(const char *word, size_t size)
{
    for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++) {
        if (size >= KEY_LEAST &&
            strncmp(word, prefix[i], strlen(prefix[i])) == 0)
            return true;
    }
    return false;
}

/* RFC 9562, 4: 8-4-4-4-12 hexadecimal digits. */
static bool is_uuid(const char *word, size_t size)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (size != sizeof form - 1)
        return false;
    for (size_t i = 0; i < size; i++) {
        bool dash = form[i] == '-';

        if (dash ? word[i] != '-'
                 : !memchr("0123456789abcdefABCDEF", word[i], 22))
            return false;
    }
    return true;
}

enum letter {
    DIGIT,
    UPPER,
    LOWER
};

static enum letter letter_of(char c)
{
    if (!is_letter(c))
        return DIGIT;
    return c < 'a' ? UPPER : LOWER;
}

/* What is known of a piece of letters and digits. */
struct piece {
    size_t size;
    size_t of[3];   /* by enum letter */
    size_t changes; /* from one kind to another */
    size_t row;     /* the most consonants in a row */
};

static struct piece look_at(const char *word, size_t size)
{
    struct piece piece = {.size = size};
    size_t row = 0;

    for (size_t i = 0; i < size; i++) {
        enum letter letter = letter_of(word[i]);

        piece.of[letter]++;
        /* a capital in front is how words are written */
        if (i > 0 && letter != letter_of(word[i - 1]) &&
            !(letter == LOWER && letter_of(word[i - 1]) == UPPER))
            piece.changes++;
        row = letter != DIGIT && !strchr("aeiouyAEIOUY", word[i]) ? row + 1 : 0;
        if (row > piece.row)
            piece.row = row;
    }
    return piece;
}

/* Words of a language change between digits, capitals and small letters
 * seldom: "getUserV2" at an eighth of its letters, a random one at half. */
static bool looks_random(const struct piece *piece)
{
    if (piece->size < PIECE_LEAST)
        return false;
    if (4 * piece->changes >= piece->size || piece->row >= VOWELLESS)
        return true;
    return piece->size >= CODE_LEAST && piece->of[LOWER] == 0 &&
           piece->of[DIGIT] >= 2 && piece->of[UPPER] >= 2;
}

bool mask_is_key(const char *word, size_t size)
{
    size_t random = 0;
    size_t to;

    if (has_prefix(word, size))
        return true;
    if (size < CODE_LEAST || is_uuid(word, size))
        return false;
    for (size_t from = 0; from < size; from = to + 1) {
        struct piece piece;

        to = from;
        while (to < size && mask_is_alphanumeric((uint8_t)word[to]))
            to++;
        piece = look_at(word + from, to - from);
        if (looks_random(&piece))
            random += piece.size;
    }
    return random >= RANDOM_LEAST;
}
