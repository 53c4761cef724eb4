#include "scene/line.h"

#include "base/bytes.h"
#include "scene/h2_words.h"

#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool add_payload(struct line *line, struct words *words,
                        struct span piece)
{
    size_t size = line->payload.size + piece.size;
    uint8_t *joined;

    if (size > PACKET_PAYLOAD_MAX)
        return words_fail(words, "more payload than one packet takes (%d)",
                          PACKET_PAYLOAD_MAX);
    joined = arena_alloc(words->arena, size + 1);
    if (line->payload.size)
        memcpy(joined, line->payload.at, line->payload.size);
    if (piece.size)
        memcpy(joined + line->payload.size, piece.at, piece.size);
    line->payload = (struct span){joined, size};
    return true;
}

/* `count` bytes that repeat the letters from `first` to `last`. */
static bool add_filling(struct line *line, struct words *words, uint8_t first,
                        uint8_t last)
{
    int64_t count;
    uint8_t *piece;

    if (!words_number(words, "size", 0, PACKET_PAYLOAD_MAX, &count))
        return false;
    piece = arena_alloc(words->arena, (size_t)count + 1);
    for (int64_t i = 0; i < count; i++)
        piece[i] = (uint8_t)(first + i % (last - first + 1));
    return add_payload(line, words, (struct span){piece, (size_t)count});
}

static bool read_zeros(struct line *line, struct words *words)
{
    return add_filling(line, words, 0, 0);
}

static bool read_bytes(struct line *line, struct words *words)
{
    return add_filling(line, words, 'a', 'z');
}

static bool read_hex(struct line *line, struct words *words)
{
    const char *text = "";
    uint8_t *piece;
    size_t size;

    if (!words_any(words, "hex digits", &text))
        return false;
    size = strlen(text) / 2;
    if (strlen(text) % 2 || text[strspn(text, "0123456789abcdefABCDEF")])
        return words_fail(words, "not hex digits in pairs: '%s'", text);
    piece = arena_alloc(words->arena, size + 1);
    for (size_t i = 0; i < size; i++) {
        char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};

        piece[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return add_payload(line, words, (struct span){piece, size});
}

static bool read_h2(struct line *line, struct words *words)
{
    struct text frame;
    bool read;

    text_init(&frame, PACKET_PAYLOAD_MAX + 1);
    read = h2_words_read(words, &frame) &&
           add_payload(line, words, text_span(&frame));
    text_release(&frame);
    return read;
}

static bool read_number(struct words *words, const char *what,
                        struct line_number *number)
{
    const struct word *word = words_peek(words);
    bool has_sign = word && (*word->text == '+' || *word->text == '-');

    number->kind = has_sign ? NUMBER_RELATIVE : NUMBER_ABSOLUTE;
    return words_number(words, what, -INT64_C(0xffffffff), 0xffffffff,
                        &number->value);
}

static bool read_seq(struct line *line, struct words *words)
{
    return read_number(words, "seq", &line->seq);
}

static bool read_ack(struct line *line, struct words *words)
{
    line->ack.kind = NUMBER_AUTOMATIC;
    if (words_take(words, "all"))
        return true;
    return read_number(words, "ack", &line->ack);
}

static bool read_sack(struct line *line, struct words *words)
{
    const char *text = "";
    unsigned long start, end;
    char *rest;

    if (!words_any(words, "sack block", &text))
        return false;
    start = strtoul(text, &rest, 10);
    end = *rest == '-' ? strtoul(rest + 1, &rest, 10) : 0;
    if (*rest || end <= start || end > UINT32_MAX)
        return words_fail(words, "a sack block is A-B, not '%s'", text);
    if (line->sacks == PACKET_SACKS_MAX)
        return words_fail(words, "too many sack blocks");
    line->sack[line->sacks].start = (int64_t)start;
    line->sack[line->sacks++].end = (int64_t)end;
    return true;
}

static bool read_duration_if_any(struct words *words, const char *what,
                                 struct said *said)
{
    if (!words_at_number(words))
        return true;
    said->is = true;
    return words_seconds(words, what, &said->value);
}

static bool read_late(struct line *line, struct words *words)
{
    line->late = true;
    return read_duration_if_any(words, "late", &line->late_by);
}

static bool read_twice(struct line *line, struct words *words)
{
    line->twice = true;
    return read_duration_if_any(words, "twice", &line->twice_by);
}

static bool read_cut(struct line *line, struct words *words)
{
    line->cut.is = true;
    return words_number(words, "cut", 0, INT32_MAX, &line->cut.value);
}

static bool read_as(struct line *line, struct words *words)
{
    return words_any(words, "name", &line->as);
}

static bool read_again(struct line *line, struct words *words)
{
    line->again = true;
    return !words_take(words, "of") ||
           words_any(words, "name", &line->again_of);
}

static const struct {
    const char *word;
    uint8_t flag;
} flag_words[] = {
    {"FIN", FLAG_FIN},
    {"SYN", FLAG_SYN},
    {"RST", FLAG_RST},
    {"PSH", FLAG_PSH},
    {"ACK", FLAG_ACK},
    {"URG", FLAG_URG},
};

/* To add a word with more behind it: the word, and who takes the rest. */
static const struct {
    const char *word;
    bool (*read)(struct line *line, struct words *words);
} packet_words[] = {
    {"zeros", read_zeros},
    {"bytes", read_bytes},
    {"hex",   read_hex  },
    {"h2",    read_h2   },
    {"seq",   read_seq  },
    {"ack",   read_ack  },
    {"sack",  read_sack },
    {"late",  read_late },
    {"twice", read_twice},
    {"cut",   read_cut  },
    {"as",    read_as   },
    {"again", read_again},
};

static bool read_flag(struct line *line, struct words *words)
{
    for (size_t i = 0; i < COUNT(flag_words); i++) {
        if (!words_take(words, flag_words[i].word))
            continue;
        line->flags |= flag_words[i].flag;
        return true;
    }
    return false;
}

static bool read_switch(struct line *line, struct words *words)
{
    const struct {
        const char *word;
        bool *on;
    } switches[] = {
        {"noack",        &line->no_ack      },
        {"nopsh",        &line->no_psh      },
        {"probe",        &line->probe       },
        {"window-probe", &line->window_probe},
        {"lose",         &line->lose        },
        {"drop",         &line->drop        },
    };

    for (size_t i = 0; i < COUNT(switches); i++) {
        if (!words_take(words, switches[i].word))
            continue;
        *switches[i].on = true;
        return true;
    }
    return false;
}

/* The word and what belongs to it. */
static bool read_word(struct line *line, struct words *words)
{
    const struct word *word = words_peek(words);
    bool taken;

    if (word->quoted) {
        words->next++;
        return add_payload(line, words,
                           (struct span){(const uint8_t *)word->text,
                                         word->size});
    }
    if (read_flag(line, words) || read_switch(line, words))
        return true;
    for (size_t i = 0; i < COUNT(packet_words); i++) {
        if (words_take(words, packet_words[i].word))
            return packet_words[i].read(line, words);
    }
    if (!host_options_read(&line->host_options, words, &taken))
        return false;
    return taken || words_fail(words, "unknown word '%s'", word->text);
}

bool line_read(struct line *line, struct words *words)
{
    if (!words_peek(words))
        return words_fail(words, "a packet without a word");
    while (words_peek(words)) {
        if (!read_word(line, words))
            return false;
    }
    if (line->again && line->payload.size)
        return words_fail(words, "what is sent again has its payload");
    return true;
}
