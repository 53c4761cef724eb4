#include "tls/watch.h"

#include "base/arena.h"
#include "base/reader.h"
#include "tls/direction.h"
#include "tls/hello.h"

#include <stdlib.h>

enum {
    HEADER = 5,
    FULL_SIZE = 1 << 14,
    REQUEST_LEAST = 64, /* "GET / HTTP/1.1", a Host, and the record's own */
    RECORD_SIZE = (1 << 14) + 2048, /* RFC 5246, 6.2.3 */
    /* Two bytes of an alert, the content's type, and a tag of 16; of TLS 1.2
       an explicit nonce of 8, or CBC's blocks, in place of the type. */
    ALERT_SIZE_13 = 19,
    ALERT_PLAIN_SIZE = 2,
    CLOSE_NOTIFY = 0
};

bool tls_watch_begins(const struct chunk *chunk)
{
    const struct span bytes = chunk->bytes;

    return bytes.size > 0 && bytes.at[0] == TLS_HANDSHAKE &&
           (bytes.size < 2 || bytes.at[1] == 3) &&
           (bytes.size < 6 || bytes.at[5] == TLS_CLIENT_HELLO);
}

static void note_alert(struct tls_side_facts *facts, const struct chunk *chunk,
                       uint8_t code, bool fatal)
{
    if (code == CLOSE_NOTIFY && !mark_is_set(facts->notify))
        facts->notify = chunk->at;
    if (mark_is_set(facts->alert) && (facts->alert_fatal || !fatal))
        return;
    facts->alert = chunk->at;
    facts->alert_ack = chunk->ack;
    facts->alert_code = code;
    facts->alert_fatal = fatal;
}

/* In TLS 1.3 all that is encrypted says that it is data. */
static bool is_alert_long(const struct tls_facts *facts, uint8_t kind,
                          uint16_t size)
{
    if (kind == TLS_ALERT)
        return true;
    return kind == TLS_APPLICATION_DATA && size == ALERT_SIZE_13 &&
           facts->version >= TLS_1_3;
}

/* Of the handshake, too, as far as that is encrypted like data. */
static bool is_data(const struct tls_facts *facts, unsigned side, uint8_t kind,
                    uint16_t size)
{
    return kind == TLS_APPLICATION_DATA && !is_alert_long(facts, kind, size) &&
           (facts->version < TLS_1_3 ||
            mark_is_set(facts->side[facts->client].finished)) &&
           facts->side[side].cipher.frame > 0;
}

/* The header of a record with data has come; `offset`: where it began. */
static void begin_data(struct tls_facts *facts, unsigned side, uint16_t size,
                       const struct chunk *chunk, uint64_t offset)
{
    struct tls_burst *burst = &facts->burst;

    if (side != facts->client) {
        facts->answered = chunk->at;
        if (mark_is_set(burst->start) && !mark_is_set(burst->answer)) {
            burst->answer = chunk->at;
            burst->answer_begin = offset;
        }
        return;
    }
    if (!mark_is_set(burst->start) ||
        (mark_is_set(facts->answered) &&
         facts->answered.frame > burst->last.frame))
        *burst = (struct tls_burst){.start = chunk->at,
                                    .begin = offset,
                                    .first_size = size};
    burst->last = chunk->at;
    burst->bytes += size;
    burst->has_full |= size >= FULL_SIZE;
}

/* A record's header is there. */
static void begin_record(struct tls_watch *watch, unsigned side,
                         const struct chunk *chunk, uint64_t offset)
{
    struct tls_watch_side *state = &watch->side[side];
    struct tls_facts *facts = &watch->facts;
    struct tls_side_facts *mine = &facts->side[side];
    uint8_t kind = state->header[0];
    uint16_t size =
        (uint16_t)((unsigned)state->header[3] << 8 | state->header[4]);

    if (kind < TLS_CHANGE_CIPHER_SPEC || kind > TLS_APPLICATION_DATA + 1 ||
        state->header[1] != 3 || size > RECORD_SIZE) {
        facts->strange = true;
        return;
    }
    state->left = size;
    mine->last = chunk->at;
    mine->last_size = size;
    mine->last_came = 0;
    mine->cut = size > 0;
    mine->is_data = is_data(facts, side, kind, size);
    if (kind == TLS_CHANGE_CIPHER_SPEC && !mark_is_set(mine->cipher))
        mine->cipher = chunk->at;
    if (kind == TLS_APPLICATION_DATA && !mark_is_set(mine->first))
        mine->first = chunk->at;
    if (mine->is_data)
        begin_data(facts, side, size, chunk, offset);
}

/* The bytes of a record that are in the chunk. */
static void take_record(struct tls_watch *watch, unsigned side,
                        struct span bytes, const struct chunk *chunk)
{
    struct tls_facts *facts = &watch->facts;
    struct tls_side_facts *mine = &facts->side[side];
    const struct tls_watch_side *state = &watch->side[side];
    uint8_t kind = state->header[0];
    bool is_clear = !mark_is_set(mine->cipher) || facts->version >= TLS_1_3;

    mine->last = chunk->at;
    mine->last_came = (uint16_t)(mine->last_came + bytes.size);
    if (kind == TLS_HANDSHAKE && is_clear)
        tls_watch_messages(watch, side, bytes, chunk);
    if (kind == TLS_ALERT && mine->last_size == ALERT_PLAIN_SIZE &&
        bytes.size == ALERT_PLAIN_SIZE)
        note_alert(mine, chunk, bytes.at[1], bytes.at[0] == 2);
}

/* A record is whole. */
static void end_record(struct tls_watch *watch, unsigned side,
                       const struct chunk *chunk)
{
    struct tls_facts *facts = &watch->facts;
    struct tls_side_facts *mine = &facts->side[side];
    uint8_t kind = watch->side[side].header[0];

    mine->cut = false;
    if (is_alert_long(facts, kind, mine->last_size)) {
        if (mine->last_size != ALERT_PLAIN_SIZE)
            note_alert(mine, chunk, TLS_NO_ALERT, false);
        return;
    }
    /* TLS 1.2: Finished; the client's first one of TLS 1.3 is that, too */
    if (kind == TLS_HANDSHAKE && mark_is_set(mine->cipher))
        mine->finished = chunk->at;
    if (kind != TLS_APPLICATION_DATA)
        return;
    if (facts->version >= TLS_1_3 && side == facts->client &&
        !mark_is_set(mine->finished)) {
        mine->finished = chunk->at;
        return;
    }
    /* the server's handshake has as many records as it likes */
    if (facts->version >= TLS_1_3 && side != facts->client &&
        !mark_is_set(facts->side[facts->client].finished))
        return;
    if (!mark_is_set(mine->data))
        mine->data = chunk->at;
    mine->datas++;
}

void tls_watch_take(struct tls_watch *watch, unsigned side,
                    const struct chunk *chunk)
{
    struct tls_watch_side *state = &watch->side[side];
    struct span bytes = chunk->bytes;
    uint64_t offset = chunk->offset;

    while (bytes.size && !watch->facts.lost && !watch->facts.strange) {
        struct span piece;

        if (state->header_size < HEADER) {
            state->header[state->header_size++] = bytes.at[0];
            bytes = span_skip(bytes, 1);
            offset++;
            if (state->header_size < HEADER)
                continue;
            begin_record(watch, side, chunk, offset - HEADER);
        }
        piece = span_head(bytes, state->left);
        if (piece.size)
            take_record(watch, side, piece, chunk);
        state->left = (uint16_t)(state->left - piece.size);
        bytes = span_skip(bytes, piece.size);
        offset += piece.size;
        if (side == watch->facts.client &&
            is_data(&watch->facts, side, state->header[0],
                    watch->facts.side[side].last_size))
            watch->facts.burst.end = offset;
        if (state->left)
            return;
        end_record(watch, side, chunk);
        state->header_size = 0;
    }
    /* a header that is not whole is a cut record, too */
    if (state->header_size > 0) {
        watch->facts.side[side].cut = true;
        watch->facts.side[side].is_data = false;
    }
}

/* What was taken for an alert, by its length, is one that can be named now; or
 * it is none. */
static void open_alert(struct tls_side_facts *facts, uint8_t content,
                       const struct chunk *plain)
{
    bool is_this = facts->alert_code == TLS_NO_ALERT &&
                   mark_is_set(facts->alert) &&
                   facts->alert.frame == plain->at.frame;

    if (is_this)
        facts->alert = (struct mark){0};
    if (content == TLS_ALERT && plain->bytes.size >= ALERT_PLAIN_SIZE)
        note_alert(facts, plain, plain->bytes.at[1], plain->bytes.at[0] == 2);
}

void tls_watch_opened(struct tls_watch *watch, unsigned side, uint8_t content,
                      const struct chunk *plain, size_t record)
{
    struct tls_facts *facts = &watch->facts;

    facts->opened = true;
    if (content == TLS_ALERT || record == HEADER + ALERT_SIZE_13)
        open_alert(&facts->side[side], content, plain);
    if (content == TLS_HANDSHAKE && !facts->lost && !facts->strange)
        tls_watch_messages(watch, side, plain->bytes, plain);
}

void tls_watch_gap(struct tls_watch *watch)
{
    watch->facts.lost = true;
}

void tls_watch_release(struct tls_watch *watch)
{
    free(watch->side[0].hello);
    free(watch->side[1].hello);
    watch->side[0].hello = watch->side[1].hello = NULL;
}

bool tls_is_established(const struct tls_facts *facts)
{
    const struct tls_side_facts *client = &facts->side[facts->client];
    const struct tls_side_facts *server = &facts->side[1 - facts->client];

    if (facts->version >= TLS_1_3)
        return mark_is_set(client->finished);
    return (mark_is_set(client->finished) && mark_is_set(server->finished)) ||
           client->datas > 0 || server->datas > 0;
}

/* What the client sent last, if it can be taken for a request. */
static const struct tls_burst *asked_last(const struct tls_facts *facts)
{
    const struct tls_burst *burst = &facts->burst;

    if (facts->lost || facts->strange || !tls_is_established(facts) ||
        facts->chose_h2 || (facts->offers_h2 && !facts->chose) ||
        !mark_is_set(burst->start) || facts->side[facts->client].cut)
        return NULL;
    /* a body, or what is too short to be a request */
    return burst->has_full || burst->first_size < REQUEST_LEAST ? NULL : burst;
}

const struct tls_burst *tls_unanswered(const struct tls_facts *facts)
{
    const struct tls_burst *burst = asked_last(facts);

    if (!burst || facts->side[1 - facts->client].cut)
        return NULL;
    return mark_is_set(facts->answered) &&
                   facts->answered.frame > burst->start.frame
               ? NULL
               : burst;
}

bool tls_is_cut(const struct tls_facts *facts, unsigned side)
{
    return !facts->lost && !facts->strange && facts->side[side].cut &&
           facts->side[side].is_data;
}

const struct tls_burst *tls_cut_answer(const struct tls_facts *facts)
{
    const struct tls_burst *burst = asked_last(facts);

    return burst && mark_is_set(burst->answer) &&
                   tls_is_cut(facts, 1 - facts->client)
               ? burst
               : NULL;
}
