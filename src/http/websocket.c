#include "http/websocket.h"

#include <string.h>

/* RFC 6455, 5.2. */
enum {
    OPCODE_BITS = 0x0f,
    MASKED = 0x80,
    LENGTH_BITS = 0x7f,
    LENGTH_16 = 126,
    LENGTH_64 = 127,
    MASK_SIZE = 4,
    OPCODE_CLOSE = 8
};

/* How many bytes the head has, by its first two, the mask not counted. */
static size_t head_needs(const uint8_t *head, size_t have)
{
    if (have < 2)
        return 2;
    switch (head[1] & LENGTH_BITS) {
    case LENGTH_16:
        return 4;
    case LENGTH_64:
        return WEBSOCKET_HEAD_SIZE;
    default:
        return 2;
    }
}

static uint64_t payload_of(const uint8_t *head, size_t size)
{
    uint64_t length = 0;

    if (size == 2)
        return head[1] & LENGTH_BITS;
    for (size_t i = 2; i < size; i++)
        length = length << 8 | head[i];
    return length;
}

/* Data and control frames; the others are reserved, and nobody sends them. */
static bool is_opcode(unsigned opcode)
{
    return opcode <= 2 || (opcode >= OPCODE_CLOSE && opcode <= 10);
}

static void begin_frame(struct websocket *websocket, struct mark at)
{
    const uint8_t *head = websocket->head;
    unsigned opcode = head[0] & OPCODE_BITS;
    uint64_t length = payload_of(head, websocket->head_size);

    /* RFC 6455, 5.2: the highest bit must be 0 */
    websocket->lost = !is_opcode(opcode) || length > INT64_MAX;
    if (websocket->lost)
        return;
    websocket->left = length + (head[1] & MASKED ? MASK_SIZE : 0);
    websocket->head_size = 0;
    if (opcode == OPCODE_CLOSE && !mark_is_set(websocket->close))
        websocket->close = at;
}

static struct span take_head(struct websocket *websocket, struct span bytes,
                             struct mark at)
{
    size_t needs = head_needs(websocket->head, websocket->head_size);
    struct span piece = span_head(bytes, needs - websocket->head_size);

    memcpy(websocket->head + websocket->head_size, piece.at, piece.size);
    websocket->head_size = (uint8_t)(websocket->head_size + piece.size);
    if (websocket->head_size == needs &&
        head_needs(websocket->head, needs) == needs)
        begin_frame(websocket, at);
    return span_skip(bytes, piece.size);
}

void websocket_take(struct websocket *websocket, struct span bytes,
                    struct mark at)
{
    while (bytes.size && !websocket->lost) {
        size_t skip =
            websocket->left < bytes.size ? (size_t)websocket->left : bytes.size;

        websocket->left -= skip;
        bytes = span_skip(bytes, skip);
        if (bytes.size)
            bytes = take_head(websocket, bytes, at);
    }
}

void websocket_skip(struct websocket *websocket, uint64_t size)
{
    if (size > websocket->left)
        websocket->lost = true;
    else
        websocket->left -= size;
}
