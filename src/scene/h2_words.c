#include "scene/h2_words.h"

#include "base/bytes.h"
#include "scene/hpack.h"

#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* RFC 9113, 6. */
enum {
    TYPE_DATA,
    TYPE_HEADERS,
    TYPE_PRIORITY,
    TYPE_RST_STREAM,
    TYPE_SETTINGS,
    TYPE_PUSH_PROMISE,
    TYPE_PING,
    TYPE_GOAWAY,
    TYPE_WINDOW_UPDATE,
    TYPE_CONTINUATION
};

enum {
    FLAG_H2_ACK = 0x1,
    FLAG_H2_END_STREAM = 0x1,
    FLAG_H2_END_HEADERS = 0x4,
    FLAG_H2_PADDED = 0x8,
    FLAG_H2_PRIORITY = 0x20
};

enum {
    FRAME_MAX = 80000, /* more than a packet takes */
    STREAM_MAX = INT32_MAX,
    CONTINUATIONS_MAX = 2000,
    PING_SIZE = 8
};

/* A frame while its words are read. */
struct frame {
    uint8_t type;
    uint8_t flags;
    uint32_t stream;
    bool is_raw; /* as it is said */
    bool padded;
    int64_t padding;
    int64_t continuations;
    struct text payload; /* without padding */
};

static bool read_u32(struct words *words, const char *what, int64_t high,
                     uint32_t *number)
{
    int64_t value;

    if (!words_number(words, what, 0, high, &value))
        return false;
    *number = (uint32_t)value;
    return true;
}

static bool read_stream(struct words *words, struct frame *frame)
{
    return read_u32(words, "stream", STREAM_MAX, &frame->stream);
}

static void put_frame(struct text *out, const struct frame *frame,
                      struct span payload)
{
    size_t size = payload.size;

    if (frame->padded)
        size += 1 + (size_t)frame->padding;
    put_u8(out, (unsigned)(size >> 16));
    put_be16(out, (unsigned)size);
    put_u8(out, frame->type);
    put_u8(out, frame->flags);
    put_be32(out, frame->stream);
    if (frame->padded)
        put_u8(out, (unsigned)frame->padding);
    text_add_bytes(out, payload);
    if (frame->padded)
        put_zeros(out, (size_t)frame->padding);
}

/* "name=value", as many as there are; the name of a pseudo-header has its
 * colon. */
static bool read_fields(struct words *words, struct frame *frame)
{
    const struct word *word;

    while ((word = words_peek(words)) && word->quoted) {
        const char *equals = memchr(word->text, '=', word->size);
        struct span all = {(const uint8_t *)word->text, word->size};
        size_t name;

        if (!equals)
            return words_fail(words, "a field is \"name=value\"");
        name = (size_t)(equals - word->text);
        hpack_add(&frame->payload, span_head(all, name),
                  span_skip(all, name + 1));
        words->next++;
    }
    return true;
}

/* [end] [pad N] [priority] [continued [N]] in any order. */
static bool read_modifiers(struct words *words, struct frame *frame)
{
    for (;;) {
        if (words_take(words, "end")) {
            frame->flags |= FLAG_H2_END_STREAM;
        } else if (words_take(words, "pad")) {
            frame->flags |= FLAG_H2_PADDED;
            frame->padded = true;
            if (!words_number(words, "padding", 0, 255, &frame->padding))
                return false;
        } else if (words_take(words, "priority")) {
            frame->flags |= FLAG_H2_PRIORITY;
        } else if (words_take(words, "continued")) {
            frame->continuations = 1;
            if (words_at_number(words) &&
                !words_number(words, "continuations", 1, CONTINUATIONS_MAX,
                              &frame->continuations))
                return false;
        } else {
            return true;
        }
    }
}

/* The block in equal parts, the last one with END_HEADERS. */
static void put_block(struct text *out, struct frame *frame)
{
    struct span rest = text_span(&frame->payload);
    size_t frames = 1 + (size_t)frame->continuations;
    size_t part = (rest.size + frames - 1) / frames;

    for (size_t i = 1; i <= frames; i++) {
        if (i == frames)
            frame->flags |= FLAG_H2_END_HEADERS;
        put_frame(out, frame, span_head(rest, part));
        rest = span_skip(rest, part);
        frame->type = TYPE_CONTINUATION;
        frame->flags = 0;
        frame->padded = false;
    }
}

static bool read_headers(struct words *words, struct frame *frame)
{
    if (!read_stream(words, frame) || !read_modifiers(words, frame))
        return false;
    if (frame->flags & FLAG_H2_PRIORITY) {
        put_be32(&frame->payload, 0); /* depends on nothing */
        put_u8(&frame->payload, 15);  /* weight 16 */
    }
    return read_fields(words, frame);
}

static bool read_push(struct words *words, struct frame *frame)
{
    uint32_t promised;

    if (!read_stream(words, frame) ||
        !read_u32(words, "promised stream", STREAM_MAX, &promised) ||
        !read_modifiers(words, frame))
        return false;
    put_be32(&frame->payload, promised);
    return read_fields(words, frame);
}

/* A piece of DATA; `taken` when there was one. */
static bool read_piece(struct words *words, struct text *payload, bool *taken)
{
    const struct word *word = words_peek(words);
    int64_t count;

    *taken = true;
    if (word && word->quoted) {
        text_add_bytes(payload,
                       (struct span){(const uint8_t *)word->text, word->size});
        words->next++;
    } else if (words_take(words, "zeros")) {
        if (!words_number(words, "size", 0, FRAME_MAX, &count))
            return false;
        put_zeros(payload, (size_t)count);
    } else {
        *taken = false;
    }
    return true;
}

static bool read_data(struct words *words, struct frame *frame)
{
    bool taken = true;

    if (!read_stream(words, frame) || !read_modifiers(words, frame))
        return false;
    while (taken) {
        if (!read_piece(words, &frame->payload, &taken))
            return false;
    }
    return true;
}

static const char *const code_name[] = {
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
};

/* RFC 9113, 7: by name or number. */
static bool read_code(struct words *words, struct frame *frame)
{
    uint32_t code = 0;

    while (code < COUNT(code_name) && !words_take(words, code_name[code]))
        code++;
    if (code == COUNT(code_name) &&
        !read_u32(words, "error code", UINT32_MAX, &code))
        return false;
    put_be32(&frame->payload, code);
    return true;
}

static bool read_rst(struct words *words, struct frame *frame)
{
    return read_stream(words, frame) && read_code(words, frame);
}

static bool read_goaway(struct words *words, struct frame *frame)
{
    uint32_t last;
    bool taken;

    if (!read_u32(words, "last stream", STREAM_MAX, &last))
        return false;
    put_be32(&frame->payload, last);
    if (!read_code(words, frame) || !read_piece(words, &frame->payload, &taken))
        return false;
    return true;
}

static bool read_window(struct words *words, struct frame *frame)
{
    uint32_t size;

    if (!read_stream(words, frame) ||
        !read_u32(words, "increment", INT32_MAX, &size))
        return false;
    put_be32(&frame->payload, size);
    return true;
}

static bool read_ping(struct words *words, struct frame *frame)
{
    if (words_take(words, "ack"))
        frame->flags |= FLAG_H2_ACK;
    put_zeros(&frame->payload, PING_SIZE);
    return true;
}

/* RFC 9113, 6.5.2. */
static const struct {
    const char *name;
    uint16_t id;
} settings[] = {
    {"table-size=",     1},
    {"push=",           2},
    {"max-streams=",    3},
    {"initial-window=", 4},
    {"frame-size=",     5},
    {"header-list=",    6},
};

/* Whether the next word is a setting, which is then taken. */
static bool take_setting(struct words *words, struct frame *frame)
{
    const struct word *word = words_peek(words);

    for (size_t i = 0; word && !word->quoted && i < COUNT(settings); i++) {
        struct span text = {(const uint8_t *)word->text, word->size};
        const char *number = word->text + strlen(settings[i].name);
        char *end;
        unsigned long value;

        if (!span_starts_with(text, settings[i].name))
            continue;
        value = strtoul(number, &end, 10);
        if (end == number || *end || value > UINT32_MAX)
            return false;
        put_be16(&frame->payload, settings[i].id);
        put_be32(&frame->payload, (uint32_t)value);
        words->next++;
        return true;
    }
    return false;
}

static bool read_settings(struct words *words, struct frame *frame)
{
    if (words_take(words, "ack"))
        frame->flags |= FLAG_H2_ACK;
    while (take_setting(words, frame))
        ;
    return true;
}

static bool read_raw(struct words *words, struct frame *frame)
{
    const char *hex = "";
    uint32_t type, flags;

    if (!read_u32(words, "type", UINT8_MAX, &type) ||
        !read_u32(words, "flags", UINT8_MAX, &flags) ||
        !read_stream(words, frame))
        return false;
    frame->is_raw = true;
    frame->type = (uint8_t)type;
    frame->flags = (uint8_t)flags;
    if (words_take(words, "hex") && !words_any(words, "hex digits", &hex))
        return false;
    if (strlen(hex) % 2 || hex[strspn(hex, "0123456789abcdefABCDEF")])
        return words_fail(words, "not hex digits in pairs: '%s'", hex);
    for (; *hex; hex += 2) {
        char pair[3] = {hex[0], hex[1], '\0'};

        put_u8(&frame->payload, (unsigned)strtoul(pair, NULL, 16));
    }
    return true;
}

/* To add a frame: its word, its type, and who takes the rest. */
static const struct {
    const char *word;
    uint8_t type;
    bool (*read)(struct words *words, struct frame *frame);
} frames[] = {
    {"settings", TYPE_SETTINGS,      read_settings},
    {"headers",  TYPE_HEADERS,       read_headers },
    {"data",     TYPE_DATA,          read_data    },
    {"rst",      TYPE_RST_STREAM,    read_rst     },
    {"goaway",   TYPE_GOAWAY,        read_goaway  },
    {"window",   TYPE_WINDOW_UPDATE, read_window  },
    {"ping",     TYPE_PING,          read_ping    },
    {"push",     TYPE_PUSH_PROMISE,  read_push    },
    {"raw",      0,                  read_raw     },
};

static bool has_block(const struct frame *frame)
{
    return frame->type == TYPE_HEADERS || frame->type == TYPE_PUSH_PROMISE;
}

bool h2_words_read(struct words *words, struct text *out)
{
    if (words_take(words, "preface")) {
        text_add(out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        return true;
    }
    for (size_t i = 0; i < COUNT(frames); i++) {
        struct frame frame = {.type = frames[i].type};
        bool read;

        if (!words_take(words, frames[i].word))
            continue;
        text_init(&frame.payload, FRAME_MAX);
        read = frames[i].read(words, &frame);
        if (read && has_block(&frame) && !frame.is_raw)
            put_block(out, &frame);
        else if (read)
            put_frame(out, &frame, text_span(&frame.payload));
        text_release(&frame.payload);
        return read;
    }
    return words_fail(words, "no frame of HTTP/2: '%s'",
                      words_peek(words) ? words_peek(words)->text : "");
}
