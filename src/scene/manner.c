#include "scene/manner.h"

void manner_init(struct manner *manner)
{
    *manner = (struct manner){
        .mss = {true, 1460},
        .scale = {true, 7   },
        .sack_permitted = true,
        .ttl = 64,
    };
}

static bool read_said(struct words *words, const char *what, int64_t high,
                      struct said *said)
{
    said->is = true;
    return words_number(words, what, 0, high, &said->value);
}

static bool read_mss(struct manner *manner, struct words *words)
{
    return read_said(words, "mss", UINT16_MAX, &manner->mss);
}

static bool read_nomss(struct manner *manner, struct words *words)
{
    (void)words;
    manner->mss.is = false;
    return true;
}

static bool read_ws(struct manner *manner, struct words *words)
{
    return read_said(words, "ws", 14, &manner->scale);
}

static bool read_nows(struct manner *manner, struct words *words)
{
    (void)words;
    manner->scale.is = false;
    return true;
}

static bool read_sackok(struct manner *manner, struct words *words)
{
    (void)words;
    manner->sack_permitted = true;
    return true;
}

static bool read_nosack(struct manner *manner, struct words *words)
{
    (void)words;
    manner->sack_permitted = false;
    return true;
}

static bool read_ts(struct manner *manner, struct words *words)
{
    manner->timestamps = true;
    manner->timestamps_said = true;
    if (!words_at_number(words))
        return true;
    if (!read_said(words, "ts", UINT32_MAX, &manner->timestamp))
        return false;
    if (!words_at_number(words))
        return true;
    return read_said(words, "ts echo", UINT32_MAX, &manner->echo);
}

static bool read_nots(struct manner *manner, struct words *words)
{
    (void)words;
    manner->timestamps = false;
    return true;
}

static bool read_win(struct manner *manner, struct words *words)
{
    return read_said(words, "win", INT64_C(65535) << 14, &manner->window);
}

static bool read_ttl(struct manner *manner, struct words *words)
{
    int64_t ttl;

    if (!words_number(words, "ttl", 0, 255, &ttl))
        return false;
    manner->ttl = (uint8_t)ttl;
    return true;
}

static bool read_id(struct manner *manner, struct words *words)
{
    return read_said(words, "id", UINT16_MAX, &manner->ip_id);
}

static bool read_isn(struct manner *manner, struct words *words)
{
    return read_said(words, "isn", UINT32_MAX, &manner->isn);
}

static bool read_like(struct manner *manner, struct words *words)
{
    manner->like_macos = words_take(words, "macos");
    if (!manner->like_macos && !words_take(words, "linux"))
        return words_fail(words, "like linux or macos?");
    return true;
}

/* To add a word about the manner: the word, and who takes what follows. */
static const struct {
    const char *word;
    bool (*read)(struct manner *manner, struct words *words);
} manner_words[] = {
    {"mss",    read_mss   },
    {"nomss",  read_nomss },
    {"ws",     read_ws    },
    {"nows",   read_nows  },
    {"sackok", read_sackok},
    {"nosack", read_nosack},
    {"ts",     read_ts    },
    {"nots",   read_nots  },
    {"win",    read_win   },
    {"ttl",    read_ttl   },
    {"id",     read_id    },
    {"isn",    read_isn   },
    {"like",   read_like  },
};

bool manner_read(struct manner *manner, struct words *words, bool *taken)
{
    *taken = false;
    for (size_t i = 0; i < sizeof manner_words / sizeof *manner_words; i++) {
        if (!words_take(words, manner_words[i].word))
            continue;
        *taken = true;
        return manner_words[i].read(manner, words);
    }
    return true;
}
