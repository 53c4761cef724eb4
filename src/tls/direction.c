#include "tls/epochs.h"

#include "base/arena.h"

#include <openssl/crypto.h>
#include <stdlib.h>

enum {
    RECORD_ROOM = TLS_HEADER_SIZE + TLS_FRAGMENT_SIZE,
    FAILURES_MOST = 8,
    GUESSES_MOST = 64
};

void tls_direction_release(struct tls_direction *direction)
{
    tls_opener_free(direction->opener);
    OPENSSL_cleanse(direction->traffic, sizeof direction->traffic);
    free(direction->held);
}

static size_t record_size(const uint8_t *header)
{
    return TLS_HEADER_SIZE + (size_t)(header[3] << 8 | header[4]);
}

static bool is_header(const uint8_t *header)
{
    return header[0] >= TLS_CHANGE_CIPHER_SPEC &&
           header[0] <= TLS_APPLICATION_DATA && header[1] == 3 &&
           header[2] <= 4 && record_size(header) <= RECORD_ROOM;
}

/*
 * What lies before `until` is not known. Of so many records it was wrapped in
 * the plaintext is what their wrapping leaves.
 */
static void tell_lost(const struct tls_reader *reader, uint64_t until,
                      uint64_t records, const struct chunk *at)
{
    struct tls_direction *direction = reader->direction;
    struct chunk gap = *at;
    uint64_t size;
    uint64_t wrapping = 0;

    if (until <= direction->next)
        return;
    size = until - direction->next;
    direction->next = until;
    if (direction->epoch != TLS_EPOCH_TRAFFIC)
        return;
    if (records < size)
        wrapping = records * tls_opener_overhead(direction->opener);
    size = size > wrapping ? size - wrapping : 1;
    gap.bytes = (struct span){NULL, (size_t)size};
    gap.offset = until - size;
    reader->gap(reader->context, &gap);
}

static void hand_on(const struct tls_reader *reader, const struct chunk *at,
                    uint64_t end, size_t record, size_t size, uint8_t content)
{
    struct tls_direction *direction = reader->direction;
    struct chunk plain = *at;

    direction->failures = 0;
    direction->next = end;
    plain.bytes = (struct span){reader->scratch, size};
    plain.offset = end - size;
    reader->plain(reader->context, content, &plain, record);
}

static bool is_clear(const struct tls_direction *direction, uint8_t content)
{
    return content == TLS_CHANGE_CIPHER_SPEC ||
           (direction->epoch == TLS_EPOCH_CLEAR &&
            content != TLS_APPLICATION_DATA);
}

/* A whole record, which ends at offset `end`. */
static bool take_record(const struct tls_reader *reader, struct span record,
                        uint64_t end, const struct chunk *at)
{
    struct tls_direction *direction = reader->direction;
    uint8_t content;
    int size;

    if (is_clear(direction, record.at[0])) {
        if (!reader->clear(reader->context, record))
            return false;
        direction->next = end;
        return true;
    }
    if (!reader->ring)
        return false;
    size = epochs_open(reader, record, &content);
    if (size >= 0) {
        hand_on(reader, at, end, record.size, (size_t)size, content);
        return true;
    }
    direction->sequence++;
    direction->dead |= ++direction->failures >= FAILURES_MOST;
    tell_lost(reader, end, 1, at);
    return true;
}

static void hold(struct tls_direction *direction, struct chunk *chunk,
                 size_t size)
{
    struct span more = span_head(chunk->bytes, size);

    if (!more.size)
        return;
    if (!direction->held)
        direction->held = must_realloc(NULL, RECORD_ROOM, 1);
    memcpy(direction->held + direction->held_size, more.at, more.size);
    direction->held_size += more.size;
    chunk->bytes = span_skip(chunk->bytes, more.size);
    chunk->offset += more.size;
}

static void drop_held(struct tls_direction *direction, size_t size)
{
    direction->held_size -= size;
    if (direction->held_size) {
        memmove(direction->held, direction->held + size, direction->held_size);
        return;
    }
    free(direction->held);
    direction->held = NULL;
}

/* Goes on with the record that is held. */
static bool take_held(const struct tls_reader *reader, struct chunk *chunk)
{
    struct tls_direction *direction = reader->direction;
    size_t size;

    if (direction->held_size < TLS_HEADER_SIZE)
        hold(direction, chunk, TLS_HEADER_SIZE - direction->held_size);
    if (direction->held_size < TLS_HEADER_SIZE)
        return true;
    if (!is_header(direction->held))
        return false;
    size = record_size(direction->held);
    if (direction->held_size < size)
        hold(direction, chunk, size - direction->held_size);
    if (direction->held_size < size)
        return true;
    if (!take_record(reader, (struct span){direction->held, size},
                     chunk->offset - (direction->held_size - size), chunk))
        return false;
    drop_held(direction, size);
    return true;
}

/* Behind a hole more than one may have been held. */
static bool holds_record(const struct tls_direction *direction)
{
    return direction->held_size >= TLS_HEADER_SIZE && !direction->lost &&
           !direction->dead &&
           record_size(direction->held) <= direction->held_size;
}

/* The next record, if all of it is in the chunk. */
static bool take_next(const struct tls_reader *reader, struct chunk *chunk)
{
    struct span record = chunk->bytes;

    if (record.size < TLS_HEADER_SIZE || record.size < record_size(record.at)) {
        if (record.size >= TLS_HEADER_SIZE && !is_header(record.at))
            return false;
        hold(reader->direction, chunk, record.size);
        return true;
    }
    if (!is_header(record.at))
        return false;
    record.size = record_size(record.at);
    if (!take_record(reader, record, chunk->offset + record.size, chunk))
        return false;
    chunk->bytes = span_skip(chunk->bytes, record.size);
    chunk->offset += record.size;
    return true;
}

/* The rest of a record that has a hole is of no use. */
static void take_skipped(const struct tls_reader *reader, struct chunk *chunk)
{
    struct tls_direction *direction = reader->direction;
    size_t size = span_head(chunk->bytes, direction->skip).size;

    chunk->bytes = span_skip(chunk->bytes, size);
    chunk->offset += size;
    direction->skip -= size;
    if (direction->skip)
        return;
    direction->sequence++;
    tell_lost(reader, chunk->offset, 1, chunk);
}

/* Does the record at this place of what is held open? Ends the search if so. */
static bool try_place(const struct tls_reader *reader, size_t place,
                      const struct chunk *at)
{
    struct tls_direction *direction = reader->direction;
    uint64_t begin = at->offset - direction->held_size + place;
    struct span record = {direction->held + place,
                          record_size(direction->held + place)};
    uint64_t sequence = direction->sequence;
    uint8_t content;
    int size;

    direction->dead |= ++direction->guesses > GUESSES_MOST;
    if (direction->dead || is_clear(direction, record.at[0]))
        return false;
    size = epochs_open(reader, record, &content);
    if (size < 0)
        return false;
    direction->lost = false;
    tell_lost(reader, begin,
              direction->sequence > sequence
                  ? direction->sequence - sequence - 1
                  : 0,
              at);
    hand_on(reader, at, begin + record.size, record.size, (size_t)size,
            content);
    drop_held(direction, place + record.size);
    return true;
}

/* Looks for a record behind a hole. */
static void take_lost(const struct tls_reader *reader, struct chunk *chunk)
{
    struct tls_direction *direction = reader->direction;
    size_t place = 0;

    hold(direction, chunk, RECORD_ROOM - direction->held_size);
    while (!direction->dead &&
           place + TLS_HEADER_SIZE <= direction->held_size) {
        const uint8_t *header = direction->held + place;

        if (!is_header(header) || record_size(header) <= TLS_HEADER_SIZE) {
            place++;
            continue;
        }
        if (place + record_size(header) > direction->held_size)
            break;
        if (try_place(reader, place, chunk))
            return;
        place++;
    }
    if (place)
        drop_held(direction, place);
}

bool tls_direction_take(const struct tls_reader *reader, struct chunk *chunk)
{
    struct tls_direction *direction = reader->direction;
    bool good = true;

    if (direction->next == 0)
        direction->next = chunk->offset;
    while (good && (chunk->bytes.size || holds_record(direction))) {
        if (direction->dead) {
            chunk->offset += chunk->bytes.size;
            chunk->bytes.size = 0;
            tell_lost(reader, chunk->offset, 0, chunk);
        } else if (direction->skip) {
            take_skipped(reader, chunk);
        } else if (direction->lost) {
            take_lost(reader, chunk);
        } else if (direction->held_size) {
            good = take_held(reader, chunk);
        } else {
            good = take_next(reader, chunk);
        }
    }
    return good;
}

void tls_direction_end(const struct tls_reader *reader, const struct chunk *end)
{
    if (reader->direction->lost || reader->direction->skip)
        tell_lost(reader, end->offset, 0, end);
}

void tls_direction_gap(const struct tls_reader *reader, const struct chunk *gap)
{
    struct tls_direction *direction = reader->direction;
    size_t size = gap->bytes.size;
    size_t rest = direction->skip;

    if (direction->lost || direction->dead) {
        if (direction->held)
            drop_held(direction, direction->held_size);
        return;
    }
    if (!rest && direction->held_size >= TLS_HEADER_SIZE)
        rest = record_size(direction->held) - direction->held_size;
    if (direction->held)
        drop_held(direction, direction->held_size);
    direction->skip = 0;
    if (rest > size) {
        direction->skip = rest - size;
        return;
    }
    if (rest == size) {
        direction->sequence++;
        tell_lost(reader, gap->offset + size, 1, gap);
        return;
    }
    direction->lost = true;
}
