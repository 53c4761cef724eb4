#include "wire/mirror.h"

#include "base/reader.h"

enum {
    EDGE = 8,        /* bytes of the payload's start and end that count */
    HOPS_BETWEEN = 2 /* routers between two recording places, at most */
};

#define WITH_ID_LIMIT    (100 * NANOS_PER_MILLI)
#define COPY_MAY_TAKE    (10 * NANOS_PER_SECOND)
#define WITHOUT_ID_LIMIT (1 * NANOS_PER_MILLI)

void mirror_init(struct mirror *mirror)
{
    *mirror = (struct mirror){0};
}

/* Spreads every bit of `value` over the digest: multiply, then fold. */
static uint64_t mix(uint64_t digest, uint64_t value)
{
    digest = (digest ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ (digest >> 29);
}

static uint64_t mix_endpoint(uint64_t digest, const struct endpoint *endpoint)
{
    uint64_t half[2];

    memcpy(half, endpoint->address.byte, sizeof half);
    digest = mix(digest, half[0] ^ endpoint->port);
    if (endpoint->address.version == 6)
        digest = mix(digest, half[1]);
    return digest;
}

static uint64_t mix_payload(uint64_t digest, const struct segment *segment)
{
    struct span payload = segment->payload;
    uint64_t size = payload.size + (uint64_t)segment->missing;
    struct reader front = reader_on(payload);
    struct reader back;

    if (size == 0)
        return digest;
    digest = mix(digest, size);
    if (payload.size < EDGE) {
        while (front.rest.size)
            digest = mix(digest, read_u8(&front));
        return digest;
    }
    back = reader_on(span_skip(payload, payload.size - EDGE));
    digest = mix(digest, read_be64(&front));
    return mix(digest, read_be64(&back));
}

static uint64_t pair(uint32_t high, uint32_t low)
{
    return ((uint64_t)high << 32) | low;
}

static uint64_t digest_of(const struct segment *s)
{
    uint64_t digest = s->source.address.version;

    digest = mix_endpoint(digest, &s->source);
    digest = mix_endpoint(digest, &s->destination);
    digest = mix(digest, pair(s->seq, s->ack));
    digest =
        mix(digest, pair(((uint32_t)s->window << 16) | s->ip_id, s->flags));
    if (s->has_timestamp)
        digest = mix(digest, pair(s->timestamp, s->timestamp_echo));
    for (size_t i = 0; i < s->sacks; i++)
        digest = mix(digest, pair(s->sack[i].start, s->sack[i].end));
    return mix_payload(digest, s);
}

/*
 * A packet that is seen twice on its way may take its time in between. Whoever
 * sends again writes another identification (RFC 6864, 4.3) and, later, another
 * timestamp; a copy has those of the first, or has passed more routers.
 */
static bool is_copy(const struct segment *segment, uint32_t place,
                    const struct mirror_set *set, size_t way)
{
    nanos apart = nanos_between(set->time[way], segment->at.time);
    int hops = set->ttl[way] - segment->ttl;

    if (apart < 0)
        apart = -apart;
    if (segment->has_timestamp && apart > WITH_ID_LIMIT)
        return apart <= COPY_MAY_TAKE;
    if (segment->ip_id != 0)
        return apart <= WITH_ID_LIMIT || (apart <= COPY_MAY_TAKE && hops != 0);
    if (apart > WITHOUT_ID_LIMIT)
        return false;
    return place != set->place[way] || segment->has_timestamp ||
           segment->payload.size + segment->missing > 0 ||
           (hops != 0 && hops >= -HOPS_BETWEEN && hops <= HOPS_BETWEEN);
}

bool mirror_take(struct mirror *mirror, const struct segment *segment,
                 uint32_t place)
{
    uint64_t digest = digest_of(segment);
    struct mirror_set *set = &mirror->set[digest >> 56];
    size_t way;

    for (way = 0; way < MIRROR_WAYS_KEPT; way++) {
        if (set->digest[way] == digest && is_copy(segment, place, set, way))
            return true;
    }
    way = set->next;
    set->digest[way] = digest;
    set->time[way] = segment->at.time;
    set->place[way] = place;
    set->ttl[way] = segment->ttl;
    set->next = (uint8_t)((way + 1) % MIRROR_WAYS_KEPT);
    return false;
}
