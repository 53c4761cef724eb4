#include "http/lane.h"

/*
 * llhttp is asked to pause at the end of each message: only then does it say
 * where in the bytes that end was.
 */

static struct lane *lane_of(llhttp_t *parser)
{
    return parser->data;
}

struct http_event lane_event(const struct lane *lane,
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

/* llhttp does not know yet that an answer to HEAD or CONNECT has no body, and
 * would say that the close must end it (RFC 9112, 9.3). */
static bool announces_close(const struct lane *lane)
{
    const llhttp_t *parser = &lane->parser;

    if (!lane->no_body)
        return !llhttp_should_keep_alive(parser);
    if (parser->http_major == 1 && parser->http_minor == 0)
        return !(parser->flags & F_CONNECTION_KEEP_ALIVE);
    return parser->flags & F_CONNECTION_CLOSE;
}

static struct http_head lane_head(const struct lane *lane)
{
    const llhttp_t *parser = &lane->parser;
    struct http_head head = {
        .length = lane->framing == FRAMING_LENGTH ? lane->left : HTTP_NO_LENGTH,
        .framing = lane->framing,
        .status = lane->is_request ? 0 : parser->status_code,
        .closes = announces_close(lane),
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

    if (!lane->is_request && parser->status_code == 400)
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

const llhttp_settings_t lane_settings = {
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
