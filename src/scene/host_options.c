#include "scene/host_options.h"

void host_options_init(struct host_options *options)
{
    *options = (struct host_options){
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

static bool read_mss(struct host_options *options, struct words *words)
{
    return read_said(words, "mss", UINT16_MAX, &options->mss);
}

static bool read_nomss(struct host_options *options, struct words *words)
{
    (void)words;
    options->mss.is = false;
    return true;
}

static bool read_ws(struct host_options *options, struct words *words)
{
    return read_said(words, "ws", 14, &options->scale);
}

static bool read_nows(struct host_options *options, struct words *words)
{
    (void)words;
    options->scale.is = false;
    return true;
}

static bool read_sackok(struct host_options *options, struct words *words)
{
    (void)words;
    options->sack_permitted = true;
    return true;
}

static bool read_nosack(struct host_options *options, struct words *words)
{
    (void)words;
    options->sack_permitted = false;
    return true;
}

static bool read_ts(struct host_options *options, struct words *words)
{
    options->timestamps = true;
    options->timestamps_said = true;
    if (!words_at_number(words))
        return true;
    if (!read_said(words, "ts", UINT32_MAX, &options->timestamp))
        return false;
    if (!words_at_number(words))
        return true;
    return read_said(words, "ts echo", UINT32_MAX, &options->echo);
}

static bool read_nots(struct host_options *options, struct words *words)
{
    (void)words;
    options->timestamps = false;
    return true;
}

static bool read_win(struct host_options *options, struct words *words)
{
    return read_said(words, "win", INT64_C(65535) << 14, &options->window);
}

static bool read_ttl(struct host_options *options, struct words *words)
{
    int64_t ttl;

    if (!words_number(words, "ttl", 0, 255, &ttl))
        return false;
    options->ttl = (uint8_t)ttl;
    return true;
}

static bool read_id(struct host_options *options, struct words *words)
{
    return read_said(words, "id", UINT16_MAX, &options->ip_id);
}

static bool read_isn(struct host_options *options, struct words *words)
{
    return read_said(words, "isn", UINT32_MAX, &options->isn);
}

static bool read_like(struct host_options *options, struct words *words)
{
    options->like_macos = words_take(words, "macos");
    if (!options->like_macos && !words_take(words, "linux"))
        return words_fail(words, "like linux or macos?");
    return true;
}

/* To add a host option: the word, and who takes what follows. */
static const struct {
    const char *word;
    bool (*read)(struct host_options *options, struct words *words);
} host_options_words[] = {
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

bool host_options_read(struct host_options *options, struct words *words,
                       bool *taken)
{
    *taken = false;
    for (size_t i = 0;
         i < sizeof host_options_words / sizeof *host_options_words; i++) {
        if (!words_take(words, host_options_words[i].word))
            continue;
        *taken = true;
        return host_options_words[i].read(options, words);
    }
    return true;
}
