/*
 * The TCP header (RFC 9293, 3.1) and the options that matter here.
 */
#include "wire/decode.h"

enum {
    TCP_HEADER = 20,
    SCALE_MAX = 14, /* RFC 7323, 2.3 */
    OPTION_END = 0,
    OPTION_NOP = 1
};

static void read_mss(struct reader *option, struct segment *segment)
{
    segment->mss = read_be16(option);
    segment->has_mss = true;
}

static void read_scale(struct reader *option, struct segment *segment)
{
    uint8_t scale = read_u8(option);

    segment->scale = scale > SCALE_MAX ? SCALE_MAX : scale;
    segment->has_scale = true;
}

static void read_sack(struct reader *option, struct segment *segment)
{
    segment->sacks = 0;
    while (option->rest.size >= 8 && segment->sacks < SEGMENT_SACK_KEPT) {
        segment->sack[segment->sacks].start = read_be32(option);
        segment->sack[segment->sacks].end = read_be32(option);
        segment->sacks++;
    }
}

static void read_timestamp(struct reader *option, struct segment *segment)
{
    segment->timestamp = read_be32(option);
    segment->timestamp_echo = read_be32(option);
    segment->has_timestamp = true;
}

/*
 * To add an option: its kind, its size with kind and size bytes (0: any), and
 * who reads its value. One of another size is passed over.
 */
static const struct option {
    uint8_t size;
    void (*read)(struct reader *option, struct segment *segment);
} options[] = {
    [2] = {4,  read_mss      },
    [3] = {3,  read_scale    },
    [5] = {0,  read_sack     },
    [8] = {10, read_timestamp},
};

/* RFC 7323, appendix A: as nearly every segment has it, and nothing else. */
static bool is_timestamp_alone(struct reader rest)
{
    return rest.rest.size == 12 && read_be32(&rest) == 0x0101080a;
}

/* Stops at the first option that makes no sense; what was read stays. */
static void read_options(struct reader rest, struct segment *segment)
{
    if (is_timestamp_alone(rest)) {
        read_skip(&rest, 4);
        read_timestamp(&rest, segment);
        return;
    }
    while (rest.rest.size) {
        uint8_t kind = read_u8(&rest);
        struct reader value;
        uint8_t size;

        if (kind == OPTION_NOP)
            continue;
        if (kind == OPTION_END)
            return;
        size = read_u8(&rest);
        if (size < 2)
            return;
        value = reader_on(read_span(&rest, size - 2u));
        if (rest.overrun)
            return;
        if (kind < sizeof options / sizeof *options && options[kind].read &&
            (options[kind].size == size || options[kind].size == 0))
            options[kind].read(&value, segment);
    }
}

static uint32_t add_words(uint32_t sum, struct span bytes)
{
    struct reader r = reader_on(bytes);

    while (r.rest.size >= 2)
        sum += read_be16(&r);
    return sum;
}

/* RFC 9293, 3.1: over a pseudo header too; in all it adds up to ones. */
static bool is_sum_right(const struct segment *segment, struct span header)
{
    size_t size = segment->source.address.version == 4 ? 4 : 16;
    uint32_t sum = 6 + (uint32_t)header.size;

    sum = add_words(sum, (struct span){segment->source.address.byte, size});
    sum =
        add_words(sum, (struct span){segment->destination.address.byte, size});
    sum = add_words(sum, header);
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

/*
 * Ports 16 and 16, sequence 32, acknowledgement 32, data offset 4, reserved
 * 4, flags 8, window 16, checksum 16, urgent pointer 16, options, payload.
 */
bool decode_tcp(struct decoding *decoding)
{
    struct segment *segment = decoding->segment;
    struct span *rest = &decoding->bytes.rest;
    uint32_t size = (uint32_t)rest->size + decoding->absent;
    struct span all = *rest;
    struct reader r = read_part(&decoding->bytes, TCP_HEADER);
    uint32_t header;

    if (size < TCP_HEADER)
        return decode_ignore(decoding, WIRE_MALFORMED);
    if (r.overrun)
        return decode_ignore(decoding, WIRE_CUT_SHORT);
    segment->source.port = read_be16(&r);
    segment->destination.port = read_be16(&r);
    segment->seq = read_be32(&r);
    segment->ack = read_be32(&r);
    header = (read_u8(&r) >> 4) * 4u;
    segment->flags = read_u8(&r);
    segment->window = read_be16(&r);
    if (header < TCP_HEADER || header > size)
        return decode_ignore(decoding, WIRE_MALFORMED);
    if (!(segment->flags & TCP_ACK))
        segment->ack = 0;
    /* Cut inside the options: those before the cut are still good. */
    read_options(reader_on(span_head(*rest, header - TCP_HEADER)), segment);
    segment->payload = span_skip(*rest, header - TCP_HEADER);
    segment->missing = size - header - (uint32_t)segment->payload.size;
    segment->sum = SUM_UNKNOWN;
    if ((segment->flags & (TCP_SYN | TCP_FIN | TCP_RST)) && size == header &&
        all.size == size)
        segment->sum = is_sum_right(segment, all) ? SUM_GOOD : SUM_BAD;
    return true;
}
