#include "http/lane.h"

#include <assert.h>

/*
 * llhttp is asked to pause at the end of each message: only then does it say
 * where in the bytes that end was.
 */

static struct lane *lane_of(llhttp_t *parser)
{
    return parser->data;
}

static struct http_event lane_event(const struct lane *lane,
                                    enum http_event_kind request,
                                    enum http_event_kind response)
{
    return (struct http_event){.kind = lane->is_request ? request : response,
                               .side = lane->side,
                               .stream = lane->stream,
                               .at = lane->at,
                               .offset = lane->offset};
}

static int on_message_begin(llhttp_t *parser)
{
    struct lane *lane = lane_of(parser);
    struct http_event event;

    lane->stream = h1_begin_message(lane->h1, lane->is_request, false);
    lane->in_message = true;
    lane->head_done = false;
    lane->interim = false;
    lane->no_body = false;
    lane->framing = FRAMING_NONE;
    lane->left = 0;
    if (!lane->head)
        lane->head = head_new();
    event = lane_event(lane, HTTP_REQUEST_START, HTTP_RESPONSE_START);
    h1_say(lane->h1, &event);
    return 0;
}

static struct span piece_of(const char *at, size_t size)
{
    return (struct span){(const uint8_t *)at, size};
}

static int on_url(llhttp_t *parser, const char *at, size_t size)
{
    if (lane_of(parser)->head)
        text_add_bytes(&lane_of(parser)->head->target, piece_of(at, size));
    return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t size)
{
    if (lane_of(parser)->head)
        head_add_name(lane_of(parser)->head, piece_of(at, size));
    return 0;
}

static int on_header_field_complete(llhttp_t *parser)
{
    if (lane_of(parser)->head)
        head_end_name(lane_of(parser)->head);
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t size)
{
    if (lane_of(parser)->head)
        head_add_value(lane_of(parser)->head, piece_of(at, size));
    return 0;
}

static int on_header_value_complete(llhttp_t *parser)
{
    if (lane_of(parser)->head)
        head_end_value(lane_of(parser)->head);
    return 0;
}

/*
 * RFC 9112, 6.3. llhttp_message_needs_eof only tells the truth here. The
 * framing of an answer without a body is set by what it answers.
 */
static void find_framing(struct lane *lane)
{
    const llhttp_t *parser = &lane->parser;
    unsigned status = lane->is_request ? 0 : parser->status_code;

    lane->left = 0;
    lane->framing = FRAMING_NONE;
    if (lane->no_body || status / 100 == 1 || status == 204 || status == 304)
        return;
    if (parser->flags & F_CHUNKED) {
        lane->framing = FRAMING_CHUNKED;
    } else if (parser->flags & F_CONTENT_LENGTH) {
        lane->framing = FRAMING_LENGTH;
        lane->left = parser->content_length;
    } else if (!lane->is_request && llhttp_message_needs_eof(parser)) {
        lane->framing = FRAMING_CLOSE;
    }
}

static struct http_head lane_head(const struct lane *lane)
{
    const llhttp_t *parser = &lane->parser;
    struct http_head head = {
        .length = lane->framing == FRAMING_LENGTH ? lane->left : HTTP_NO_LENGTH,
        .framing = lane->framing,
        .status = lane->is_request ? 0 : parser->status_code,
        .major = parser->http_major,
        .minor = parser->http_minor,
        .closes = !llhttp_should_keep_alive(parser),
    };

    if (lane->is_request)
        head.method = span_of_text(llhttp_method_name(parser->method));
    if (lane->head)
        head_tell(lane->head, &head);
    return head;
}

/* 101 to h2c: the response proper comes on stream 1 (RFC 7540, 3.2). */
static bool offers_h2(const struct lane *lane)
{
    struct http_head head = {.status = 101};

    if (!lane->head)
        return false;
    head_tell(lane->head, &head);
    return head.upgrade.size == 3 && memcmp(head.upgrade.at, "h2c", 3) == 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct lane *lane = lane_of(parser);
    struct http_event event;
    struct http_head head;

    lane->head_done = true;
    if (lane->is_request) {
        h1_request_head(lane->h1, lane->stream, parser->method);
    } else {
        unsigned status = parser->status_code;

        lane->interim = status / 100 == 1 && (status != 101 || offers_h2(lane));
        lane->no_body = h1_answers_without_body(lane->h1, lane->stream,
                                                parser->status_code);
    }
    find_framing(lane);
    head = lane_head(lane);
    event = lane_event(lane, HTTP_REQUEST_HEAD,
                       lane->interim ? HTTP_INTERIM : HTTP_RESPONSE_HEAD);
    event.head = &head;
    h1_say(lane->h1, &event);
    head_free(lane->head);
    lane->head = NULL;
    return lane->no_body ? 1 : 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t size)
{
    struct lane *lane = lane_of(parser);

    if (!lane->is_request && parser->status_code == 400 && lane->body == 0)
        h1_bad_request_body(lane->h1, piece_of(at, size));
    lane->body += size;
    if (lane->framing == FRAMING_LENGTH)
        lane->left -= size < lane->left ? size : lane->left;
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    lane_of(parser)->completed = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/*
 * Lenient: a message that its receiver would take must be read here too, and
 * what a strict one would refuse is not the question asked of this program.
 */
static void start_parser(struct lane *lane)
{
    llhttp_init(&lane->parser, lane->is_request ? HTTP_REQUEST : HTTP_RESPONSE,
                &settings);
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

    if (!lane->interim && (size || lane->body)) {
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

static bool begins_message(const struct lane *lane, struct span bytes)
{
    return sniff(bytes) ==
           (lane->is_request ? SNIFFED_REQUEST : SNIFFED_RESPONSE);
}

size_t lane_read(struct lane *lane, const struct chunk *chunk)
{
    struct span rest = chunk->bytes;

    lane->at = chunk->at;
    lane->offset = chunk->offset;
    if (lane->state == LANE_LOST && begins_message(lane, rest)) {
        start_parser(lane);
        lane->state = LANE_READING;
        if (!lane->is_request)
            h1_begin_message(lane->h1, false, true);
    }
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
    if (skip < size) {
        (void)read_some(lane, (struct span){&any_byte, 1});
        skip++;
    }
    event = lane_event(lane, HTTP_SKIPPED, HTTP_SKIPPED);
    event.size = skip;
    h1_say(lane->h1, &event);
    return skip;
}

void lane_skip(struct lane *lane, const struct chunk *gap)
{
    uint64_t size = gap->bytes.size;

    lane->at = gap->at;
    lane->offset = gap->offset;
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
