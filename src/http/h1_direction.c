#include "http/h1_direction.h"

#include "base/hex.h"

#include <assert.h>

static void start_parser(struct h1_direction *direction)
{
    h1_init_parser(direction, &h1_direction_settings);
    direction->in_message = false;
    direction->in_blanks = false;
    direction->in_list = false;
    direction->completed = false;
    direction->body = 0;
}

void h1_direction_init(struct h1_direction *direction,
                       struct h1_messages *messages, unsigned side,
                       bool is_request)
{
    *direction = (struct h1_direction){.messages = messages,
                                       .side = (uint8_t)side,
                                       .is_request = is_request,
                                       .state = H1_DIRECTION_READING};
    start_parser(direction);
}

void h1_direction_release(struct h1_direction *direction)
{
    head_give(direction->messages->spare, direction->head);
    direction->head = NULL;
}

static void say_bytes(struct h1_direction *direction, uint64_t size)
{
    struct http_event event;

    if (direction->in_message && !direction->interim &&
        (size || direction->body)) {
        h1_direction_event(direction, HTTP_REQUEST_BYTES, HTTP_RESPONSE_BYTES,
                           &event);
        event.size = size;
        event.body = direction->body;
        h1_say(direction->messages, &event);
    }
    direction->body = 0;
}

/* 1xx responses come before the one that answers (RFC 9110, 15.2). */
static void end_response(const struct h1_direction *direction,
                         const struct http_event *ended)
{
    uint16_t status = direction->parser.status_code;

    if (direction->is_request)
        return;
    if (!direction->interim)
        h1_response_ended(direction->messages, ended, status);
    else if (status == 101)
        h1_becomes_h2(direction->messages);
}

static bool is_reading(const struct h1_direction *direction)
{
    return direction->state == H1_DIRECTION_READING &&
           !direction->messages->opaque;
}

static bool is_lost(const struct h1_direction *direction)
{
    return direction->state == H1_DIRECTION_LOST &&
           !direction->messages->opaque;
}

static void finish_message(struct h1_direction *direction)
{
    struct http_event event;

    h1_direction_event(direction, HTTP_REQUEST_END, HTTP_RESPONSE_END, &event);
    direction->completed = false;
    direction->in_message = false;
    direction->broken_before = false;
    if (!direction->interim)
        direction->ended = direction->at;
    end_response(direction, &event);
    if (!direction->interim)
        h1_say(direction->messages, &event);
}

/* The framing is gone until a segment begins a message. */
static void lose(struct h1_direction *direction, enum http_event_kind why,
                 uint64_t size)
{
    struct http_event event;

    h1_direction_event(direction, why, why, &event);
    event.size = size;
    if (!direction->in_message)
        event.stream = 0;
    h1_say(direction->messages, &event);
    direction->state = H1_DIRECTION_LOST;
    direction->in_message = false;
    direction->interim = false;
    direction->ended = (struct mark){0};
    head_give(direction->messages->spare, direction->head);
    direction->head = NULL;
}

/* The bytes are no HTTP. */
static void break_off(struct h1_direction *direction)
{
    if (!direction->broken_before)
        h1_broken(direction->messages);
    direction->broken_before = true;
    lose(direction, HTTP_BROKEN, 0);
}

/* One call of llhttp; gives how many bytes it took. */
static size_t read_some(struct h1_direction *direction, struct span bytes)
{
    const char *at = (const char *)bytes.at;
    bool began = !direction->in_message;
    size_t taken = bytes.size;
    llhttp_errno_t error;

    direction->piece = bytes.at;
    error = llhttp_execute(&direction->parser, at, bytes.size);
    if (error != HPE_OK)
        taken = (size_t)(llhttp_get_error_pos(&direction->parser) - at);
    direction->offset += taken;
    if (error == HPE_OK || error == HPE_PAUSED) {
        direction->last_byte = bytes.at[bytes.size - 1];
        say_bytes(direction, taken);
        if (error == HPE_PAUSED)
            llhttp_resume(&direction->parser);
        if (direction->completed)
            finish_message(direction);
    } else if (error == HPE_PAUSED_UPGRADE) {
        /* until the answer says otherwise, HTTP goes on */
        say_bytes(direction, taken);
        if (direction->completed)
            finish_message(direction);
        llhttp_resume_after_upgrade(&direction->parser);
    } else {
        say_bytes(direction, taken);
        h1_say_fault(direction, error, bytes, taken, began);
        if (!h1_reads_on(direction, error, bytes, taken))
            break_off(direction);
    }
    return taken;
}

/* Reads what a message begins with, as far as it came in pieces. */
static void begin_again(struct h1_direction *direction)
{
    start_parser(direction);
    direction->state = H1_DIRECTION_READING;
    if (!direction->is_request)
        h1_begin_message(direction->messages, false, true);
}

/*
 * Does the chunk, with what was carried over, begin a message? What may still
 * become one is carried on; `rest` is what is left to read.
 */
static bool finds_message(struct h1_direction *direction, struct span *rest)
{
    enum sniffed wanted =
        direction->is_request ? SNIFFED_REQUEST : SNIFFED_RESPONSE;
    size_t before = direction->carry_size;
    struct span piece = span_head(*rest, SNIFF_SIZE - before);
    enum sniffed found;

    memcpy(direction->carry + before, piece.at, piece.size);
    found = sniff((struct span){direction->carry, before + piece.size});
    direction->carry_size = 0;
    if (found == wanted) {
        begin_again(direction);
        /* the parser takes what came before first */
        if (before)
            (void)read_some(direction, (struct span){direction->carry, before});
        return true;
    }
    if (found == SNIFFED_MORE && before + piece.size < SNIFF_SIZE) {
        direction->carry_size = (uint8_t)(before + piece.size);
        return false;
    }
    /* not with what was carried over; but perhaps without it */
    if (before == 0 || sniff(span_head(*rest, SNIFF_SIZE)) != wanted)
        return false;
    begin_again(direction);
    return true;
}

/* False: nothing is left to read. Digits would be taken for more of the size.
 */
static bool skip_blanks(struct h1_direction *direction, struct span *rest)
{
    size_t skip = h1_skip_blanks(direction, *rest);

    say_bytes(direction, skip);
    direction->offset += skip;
    *rest = span_skip(*rest, skip);
    if (rest->size && is_hex_digit(*rest->at))
        break_off(direction);
    return rest->size && is_reading(direction);
}

size_t h1_direction_read(struct h1_direction *direction,
                         const struct chunk *chunk)
{
    struct span rest = chunk->bytes;

    direction->at = chunk->at;
    direction->offset = chunk->offset;
    if (is_lost(direction) && rest.size && !finds_message(direction, &rest))
        return rest.size;
    while (rest.size && is_reading(direction)) {
        if (h1_is_stray(direction, rest)) {
            break_off(direction);
            break;
        }
        if (direction->in_blanks && !skip_blanks(direction, &rest))
            break;
        rest = span_skip(rest, read_some(direction, rest));
    }
    return rest.size;
}

/*
 * Inside a body of known length the parser is told to expect less. The last
 * byte is given to it, so that it ends the message itself; bodies are not
 * kept, so which byte it is does not matter.
 */
static uint64_t skip_in_body(struct h1_direction *direction, uint64_t size)
{
    static const uint8_t any_byte = ' ';
    uint64_t skip = size < direction->left ? size : direction->left - 1;
    struct http_event event;

    direction->left -= skip;
    direction->parser.content_length -= skip;
    direction->offset += skip;
    h1_direction_event(direction, HTTP_SKIPPED, HTTP_SKIPPED, &event);
    event.size = skip;
    h1_say(direction->messages, &event);
    if (skip < size) {
        (void)read_some(direction, (struct span){&any_byte, 1});
        skip++;
    }
    return skip;
}

void h1_direction_skip(struct h1_direction *direction, const struct chunk *gap)
{
    uint64_t size = gap->bytes.size;

    direction->at = gap->at;
    direction->offset = gap->offset;
    direction->carry_size = 0;
    direction->doubted = true;
    direction->messages->requests_lost |= direction->is_request;
    if (is_lost(direction))
        lose(direction, HTTP_LOST, size);
    if (!is_reading(direction))
        return;
    if (direction->in_message && direction->head_done &&
        direction->framing == FRAMING_CLOSE) {
        struct http_event event;

        h1_direction_event(direction, HTTP_SKIPPED, HTTP_SKIPPED, &event);
        event.size = size;
        h1_say(direction->messages, &event);
        return;
    }
    if (direction->in_message && direction->head_done && direction->left > 0)
        size -= skip_in_body(direction, size);
    if (size)
        lose(direction, HTTP_LOST, size);
}

void h1_direction_end(struct h1_direction *direction, struct mark at)
{
    direction->at = at;
    if (!is_reading(direction))
        return;
    (void)llhttp_finish(&direction->parser);
    if (direction->completed)
        finish_message(direction);
}
