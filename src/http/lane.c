#include "http/lane.h"

#include <assert.h>

/*
 * Lenient: a message that its receiver would take must be read here too, and
 * what a strict one would refuse is not the question asked of this program.
 */
static void start_parser(struct lane *lane)
{
    llhttp_init(&lane->parser, lane->is_request ? HTTP_REQUEST : HTTP_RESPONSE,
                &lane_settings);
    llhttp_set_lenient_headers(&lane->parser, 1);
    llhttp_set_lenient_chunked_length(&lane->parser, 1);
    llhttp_set_lenient_keep_alive(&lane->parser, 1);
    llhttp_set_lenient_transfer_encoding(&lane->parser, 1);
    lane->parser.data = lane;
    lane->in_message = false;
    lane->completed = false;
    lane->body = 0;
}

void lane_init(struct lane *lane, struct h1 *h1, unsigned side, bool is_request)
{
    *lane = (struct lane){.h1 = h1,
                          .side = (uint8_t)side,
                          .is_request = is_request,
                          .state = LANE_READING};
    start_parser(lane);
}

void lane_release(struct lane *lane)
{
    head_free(lane->head);
    lane->head = NULL;
}

static void say_bytes(struct lane *lane, uint64_t size)
{
    struct http_event event;

    if (lane->in_message && !lane->interim && (size || lane->body)) {
        event = lane_event(lane, HTTP_REQUEST_BYTES, HTTP_RESPONSE_BYTES);
        event.size = size;
        event.body = lane->body;
        h1_say(lane->h1, &event);
    }
    lane->body = 0;
}

static void finish_message(struct lane *lane)
{
    struct http_event event =
        lane_event(lane, HTTP_REQUEST_END, HTTP_RESPONSE_END);

    lane->completed = false;
    lane->in_message = false;
    lane->broken_before = false;
    h1_finish_message(lane->h1, lane, lane->parser.status_code);
    if (!lane->interim)
        h1_say(lane->h1, &event);
}

/* The framing is gone until a segment begins a message. */
static void lose(struct lane *lane, enum http_event_kind why, uint64_t size)
{
    struct http_event event = lane_event(lane, why, why);

    event.size = size;
    if (!lane->in_message)
        event.stream = 0;
    h1_say(lane->h1, &event);
    lane->state = LANE_LOST;
    lane->in_message = false;
    lane->interim = false;
    head_free(lane->head);
    lane->head = NULL;
}

/* One call of llhttp; gives how many bytes it took. */
static size_t read_some(struct lane *lane, struct span bytes)
{
    const char *at = (const char *)bytes.at;
    llhttp_errno_t error = llhttp_execute(&lane->parser, at, bytes.size);
    size_t taken = bytes.size;

    if (error != HPE_OK)
        taken = (size_t)(llhttp_get_error_pos(&lane->parser) - at);
    lane->offset += taken;
    if (error == HPE_OK || error == HPE_PAUSED) {
        say_bytes(lane, taken);
        if (error == HPE_PAUSED)
            llhttp_resume(&lane->parser);
        if (lane->completed)
            finish_message(lane);
    } else if (error == HPE_PAUSED_UPGRADE) {
        /* until the answer says otherwise, HTTP goes on */
        say_bytes(lane, taken);
        if (lane->completed)
            finish_message(lane);
        llhttp_resume_after_upgrade(&lane->parser);
    } else {
        say_bytes(lane, taken);
        if (!lane->broken_before)
            h1_broken(lane->h1);
        lane->broken_before = true;
        lose(lane, HTTP_BROKEN, 0);
    }
    return taken;
}

/* Reads what a message begins with, as far as it came in pieces. */
static void begin_again(struct lane *lane)
{
    start_parser(lane);
    lane->state = LANE_READING;
    if (!lane->is_request)
        h1_begin_message(lane->h1, false, true);
}

/*
 * Does the chunk, with what was carried over, begin a message? What may still
 * become one is carried on; `rest` is what is left to read.
 */
static bool finds_message(struct lane *lane, struct span *rest)
{
    enum sniffed wanted = lane->is_request ? SNIFFED_REQUEST : SNIFFED_RESPONSE;
    size_t before = lane->carry_size;
    struct span piece = span_head(*rest, SNIFF_SIZE - before);
    enum sniffed found;

    memcpy(lane->carry + before, piece.at, piece.size);
    found = sniff((struct span){lane->carry, before + piece.size});
    lane->carry_size = 0;
    if (found == wanted) {
        begin_again(lane);
        /* the parser takes what came before first */
        if (before)
            (void)read_some(lane, (struct span){lane->carry, before});
        return true;
    }
    if (found == SNIFFED_MORE && before + piece.size < SNIFF_SIZE) {
        lane->carry_size = (uint8_t)(before + piece.size);
        return false;
    }
    /* not with what was carried over; but perhaps without it */
    if (before == 0 || sniff(span_head(*rest, SNIFF_SIZE)) != wanted)
        return false;
    begin_again(lane);
    return true;
}

size_t lane_read(struct lane *lane, const struct chunk *chunk)
{
    struct span rest = chunk->bytes;

    lane->at = chunk->at;
    lane->offset = chunk->offset;
    if (lane->state == LANE_LOST && rest.size && !finds_message(lane, &rest))
        return rest.size;
    while (rest.size && lane->state == LANE_READING)
        rest = span_skip(rest, read_some(lane, rest));
    return rest.size;
}

/*
 * Inside a body of known length the parser is told to expect less. The last
 * byte is given to it, so that it ends the message itself; bodies are not
 * kept, so which byte it is does not matter.
 */
static uint64_t skip_in_body(struct lane *lane, uint64_t size)
{
    static const uint8_t any_byte = ' ';
    uint64_t skip = size < lane->left ? size : lane->left - 1;
    struct http_event event;

    lane->left -= skip;
    lane->parser.content_length -= skip;
    lane->offset += skip;
    event = lane_event(lane, HTTP_SKIPPED, HTTP_SKIPPED);
    event.size = skip;
    h1_say(lane->h1, &event);
    if (skip < size) {
        (void)read_some(lane, (struct span){&any_byte, 1});
        skip++;
    }
    return skip;
}

void lane_skip(struct lane *lane, const struct chunk *gap)
{
    uint64_t size = gap->bytes.size;

    lane->at = gap->at;
    lane->offset = gap->offset;
    lane->carry_size = 0;
    if (lane->state == LANE_LOST)
        lose(lane, HTTP_LOST, size);
    if (lane->state != LANE_READING)
        return;
    if (lane->in_message && lane->head_done && lane->framing == FRAMING_CLOSE) {
        struct http_event event = lane_event(lane, HTTP_SKIPPED, HTTP_SKIPPED);

        event.size = size;
        h1_say(lane->h1, &event);
        return;
    }
    if (lane->in_message && lane->head_done && lane->left > 0)
        size -= skip_in_body(lane, size);
    if (size)
        lose(lane, HTTP_LOST, size);
}

void lane_end(struct lane *lane, struct mark at)
{
    lane->at = at;
    if (lane->state != LANE_READING)
        return;
    (void)llhttp_finish(&lane->parser);
    if (lane->completed)
        finish_message(lane);
}
