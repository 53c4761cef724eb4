#include "http/h2_frame.h"

#include "base/arena.h"
#include "base/reader.h"

#include <assert.h>
#include <stdlib.h>

enum {
    SETTING_SIZE = 6
};

/* RFC 9113, 6.1 to 6.10: what each type demands of length and stream. */
static const struct {
    uint32_t shortest;
    uint32_t longest;
    bool on_stream;
    bool on_connection;
} rule[] = {
    [H2_DATA] = {0, H2_LENGTH_MAX, true,  false},
    [H2_HEADERS] = {0, H2_LENGTH_MAX, true,  false},
    [H2_PRIORITY] = {5, 5,             true,  false},
    [H2_RST_STREAM] = {4, 4,             true,  false},
    [H2_SETTINGS] = {0, 600,           false, true },
    [H2_PUSH_PROMISE] = {4, H2_LENGTH_MAX, true,  false},
    [H2_PING] = {8, 8,             false, true },
    [H2_GOAWAY] = {8, H2_LENGTH_MAX, false, true },
    [H2_WINDOW_UPDATE] = {4, 4,             true,  true },
    [H2_CONTINUATION] = {0, H2_LENGTH_MAX, true,  false},
};

static_assert(sizeof rule / sizeof *rule == H2_TYPE_COUNT,
              "every frame type has its rule");

struct h2_frame h2_frame_read(const uint8_t head[static H2_HEAD_SIZE])
{
    struct reader reader = reader_on((struct span){head, H2_HEAD_SIZE});
    struct h2_frame frame;

    frame.length = read_be24(&reader);
    frame.type = read_u8(&reader);
    frame.flags = read_u8(&reader);
    frame.stream = read_be32(&reader) & 0x7fffffff;
    return frame;
}

bool h2_frame_is_plausible(const struct h2_frame *frame)
{
    uint8_t type = frame->type;

    if (type >= H2_TYPE_COUNT)
        return type < 0x20; /* extensions: ALTSVC is 10, ORIGIN 12 */
    if (type == H2_SETTINGS && frame->length % SETTING_SIZE)
        return false;
    return frame->length >= rule[type].shortest &&
           frame->length <= rule[type].longest &&
           (frame->stream ? rule[type].on_stream : rule[type].on_connection);
}

void h2_cutter_init(struct h2_cutter *cutter, const struct h2_frame_sink *sink,
                    unsigned side)
{
    *cutter = (struct h2_cutter){.sink = sink, .side = (uint8_t)side};
}

void h2_cutter_release(struct h2_cutter *cutter)
{
    free(cutter->gathered);
    cutter->gathered = NULL;
}

static uint32_t gather_limit(const struct h2_cutter *cutter)
{
    return cutter->frame.type == H2_DATA ? 1 : H2_GATHER_LIMIT;
}

static void gather(struct h2_cutter *cutter, struct span bytes)
{
    uint32_t limit = gather_limit(cutter);
    uint32_t room = cutter->gathered_room ? cutter->gathered_room : 64;
    uint32_t end;

    bytes = span_head(bytes, limit - cutter->gathered_size);
    if (!bytes.size)
        return;
    end = cutter->gathered_size + (uint32_t)bytes.size;
    while (room < end)
        room *= 2;
    if (room != cutter->gathered_room) {
        cutter->gathered = must_realloc(cutter->gathered, room, 1);
        cutter->gathered_room = room;
    }
    memcpy(cutter->gathered + cutter->gathered_size, bytes.at, bytes.size);
    cutter->gathered_size = end;
}

static void finish_frame(struct h2_cutter *cutter, struct span payload)
{
    cutter->sink->frame(cutter->sink->context, cutter->side, &cutter->frame,
                        payload);
    cutter->head_size = 0;
    cutter->gathered_size = 0;
    /* a large frame is rare: its room is not kept for an idle connection */
    if (cutter->gathered_room > 256) {
        h2_cutter_release(cutter);
        cutter->gathered_room = 0;
    }
}

/* False: it makes no sense. It may still not be whole. */
static bool take_head(struct h2_cutter *cutter, struct span *bytes)
{
    size_t wanted = (size_t)H2_HEAD_SIZE - cutter->head_size;
    struct span piece = span_head(*bytes, wanted);
    const uint8_t *head = piece.at;

    if (piece.size < H2_HEAD_SIZE) {
        memcpy(cutter->head + cutter->head_size, piece.at, piece.size);
        head = cutter->head;
    }
    cutter->head_size = (uint8_t)(cutter->head_size + piece.size);
    *bytes = span_skip(*bytes, piece.size);
    if (cutter->head_size < H2_HEAD_SIZE)
        return true;
    cutter->frame = h2_frame_read(head);
    cutter->left = cutter->frame.length;
    return h2_frame_is_plausible(&cutter->frame);
}

static void tell_data(struct h2_cutter *cutter, struct span bytes)
{
    if (cutter->frame.type == H2_DATA && bytes.size)
        cutter->sink->data(cutter->sink->context, cutter->side, &cutter->frame,
                           bytes);
}

/* Most payloads lie in one segment, and are read where they are. */
static void take_whole(struct h2_cutter *cutter, struct span *bytes)
{
    struct span payload = span_head(*bytes, cutter->left);

    *bytes = span_skip(*bytes, payload.size);
    cutter->left = 0;
    tell_data(cutter, payload);
    finish_frame(cutter, span_head(payload, gather_limit(cutter)));
}

static void finish_gathered(struct h2_cutter *cutter)
{
    finish_frame(cutter,
                 (struct span){cutter->gathered, cutter->gathered_size});
}

static void take_part(struct h2_cutter *cutter, struct span *bytes)
{
    struct span piece = span_head(*bytes, cutter->left);

    gather(cutter, piece);
    cutter->left -= (uint32_t)piece.size;
    *bytes = span_skip(*bytes, piece.size);
    tell_data(cutter, piece);
    if (cutter->left == 0)
        finish_gathered(cutter);
}

bool h2_cutter_take(struct h2_cutter *cutter, struct span bytes)
{
    while (bytes.size && !cutter->lost) {
        if (cutter->head_size < H2_HEAD_SIZE && !take_head(cutter, &bytes)) {
            cutter->lost = true;
            return false;
        }
        if (cutter->head_size < H2_HEAD_SIZE)
            return true;
        if (cutter->left == cutter->frame.length && bytes.size >= cutter->left)
            take_whole(cutter, &bytes);
        else
            take_part(cutter, &bytes);
    }
    return true;
}

bool h2_cutter_skip(struct h2_cutter *cutter, uint64_t size)
{
    static const uint8_t nothing;

    if (cutter->lost)
        return false;
    if (cutter->head_size == H2_HEAD_SIZE && cutter->frame.type == H2_DATA &&
        size <= cutter->left) {
        gather(cutter, (struct span){&nothing, 1});
        cutter->left -= (uint32_t)size;
        tell_data(cutter, (struct span){NULL, (size_t)size});
        if (cutter->left == 0)
            finish_gathered(cutter);
        return true;
    }
    cutter->lost = true;
    cutter->head_size = 0;
    cutter->gathered_size = 0;
    cutter->left = 0;
    return false;
}
