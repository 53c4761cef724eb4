#include "http/h1_direction.h"

#include <strings.h>

/*
 * llhttp is asked to pause at the end of each message: only then does it say
 * where in the bytes that end was.
 */

static struct h1_direction *direction_of(llhttp_t *parser)
{
    return parser->data;
}

static int on_message_begin(llhttp_t *parser)
{
    struct h1_direction *direction = direction_of(parser);
    struct http_event event;

    direction->stream =
        h1_begin_message(direction->messages, direction->is_request, false);
    /* whether the answer to a request that is lost has a body is not known */
    if (direction->stream == 0 && direction->messages->requests_lost)
        direction->doubted = true;
    direction->in_message = true;
    direction->head_done = false;
    direction->interim = false;
    direction->no_body = false;
    direction->framing = FRAMING_NONE;
    direction->left = 0;
    direction->has_length = false;
    direction->in_list = false;
    if (!direction->head)
        direction->head = head_take(direction->messages->spare);
    h1_direction_event(direction, HTTP_REQUEST_START, HTTP_RESPONSE_START,
                       &event);
    h1_say(direction->messages, &event);
    return 0;
}

static struct span piece_of(const char *at, size_t size)
{
    return (struct span){(const uint8_t *)at, size};
}

static int on_url(llhttp_t *parser, const char *at, size_t size)
{
    if (direction_of(parser)->head)
        text_add_bytes(&direction_of(parser)->head->target, piece_of(at, size));
    return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t size)
{
    if (direction_of(parser)->head)
        head_add_name(direction_of(parser)->head, piece_of(at, size));
    return 0;
}

static int on_header_field_complete(llhttp_t *parser)
{
    if (direction_of(parser)->head)
        head_end_name(direction_of(parser)->head);
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t size)
{
    struct h1_direction *direction = direction_of(parser);

    direction->value_at =
        direction->offset + (uint64_t)((const uint8_t *)at - direction->piece);
    if (direction->in_list)
        return h1_takes_list(direction, piece_of(at, size)) ? HPE_OK : HPE_USER;
    if (direction->head)
        head_add_value(direction->head, piece_of(at, size));
    return 0;
}

/*
 * llhttp refuses a second Content-Length, whatever it is; its receivers take
 * the same one again (RFC 9110, 8.6). So each is taken off it, to be given back
 * at the header section's end.
 */
static int take_length(llhttp_t *parser)
{
    struct h1_direction *direction = direction_of(parser);
    bool second = direction->has_length;
    bool unlike = second && parser->content_length != direction->length;

    if (second)
        h1_say_second_length(direction, unlike);
    direction->has_length = true;
    direction->length = parser->content_length;
    parser->content_length = 0;
    parser->flags &= (uint16_t)~F_CONTENT_LENGTH;
    return unlike ? HPE_USER : HPE_OK;
}

static int on_header_value_complete(llhttp_t *parser)
{
    if (direction_of(parser)->head)
        head_end_value(direction_of(parser)->head);
    if (direction_of(parser)->in_list)
        return h1_ends_list(direction_of(parser)) ? HPE_OK : HPE_USER;
    return parser->flags & F_CONTENT_LENGTH ? take_length(parser) : HPE_OK;
}

/* See take_length. */
static void give_length_back(llhttp_t *parser)
{
    const struct h1_direction *direction = direction_of(parser);

    if (!direction->has_length)
        return;
    parser->content_length = direction->length;
    parser->flags |= F_CONTENT_LENGTH;
}

/* What is said of a body that does not come tells how long one is that does. */
static void note_withheld(struct h1_direction *direction)
{
    bool chunked = direction->parser.flags & F_CHUNKED;

    direction->withheld =
        chunked || (direction->has_length && direction->length > 0);
    direction->withheld_length = chunked ? HTTP_NO_LENGTH : direction->length;
}

/*
 * RFC 9112, 6.3. llhttp_message_needs_eof only tells the truth here. The
 * framing of an answer without a body is set by what it answers.
 */
static void find_framing(struct h1_direction *direction)
{
    const llhttp_t *parser = &direction->parser;
    unsigned status = direction->is_request ? 0 : parser->status_code;

    direction->left = 0;
    direction->framing = FRAMING_NONE;
    if (status / 100 == 1)
        return;
    direction->withheld = false;
    if (direction->no_body || status == 204 || status == 304) {
        note_withheld(direction);
        return;
    }
    if (parser->flags & F_CHUNKED) {
        direction->framing = FRAMING_CHUNKED;
    } else if (parser->flags & F_CONTENT_LENGTH) {
        direction->framing = FRAMING_LENGTH;
        direction->left = parser->content_length;
    } else if (!direction->is_request && llhttp_message_needs_eof(parser)) {
        direction->framing = FRAMING_CLOSE;
    }
}

/* RFC 9112, 9.3. */
static bool says_close(const llhttp_t *parser)
{
    if (parser->http_major == 1 && parser->http_minor == 0)
        return !(parser->flags & F_CONNECTION_KEEP_ALIVE);
    return parser->flags & F_CONNECTION_CLOSE;
}

/* llhttp does not know yet that an answer to HEAD or CONNECT has no body, and
 * would say that the close must end it. */
static bool announces_close(const struct h1_direction *direction)
{
    return direction->no_body ? says_close(&direction->parser)
                              : !llhttp_should_keep_alive(&direction->parser);
}

static void tell_head(const struct h1_direction *direction,
                      struct http_head *head)
{
    const llhttp_t *parser = &direction->parser;

    memset(head, 0, sizeof *head);
    head->length =
        direction->framing == FRAMING_LENGTH ? direction->left : HTTP_NO_LENGTH;
    head->framing = direction->framing;
    head->closes = announces_close(direction);
    head->says_close = says_close(parser);
    head->is_http10 = parser->http_major == 1 && parser->http_minor == 0;
    if (direction->is_request)
        head->method = span_of_text(llhttp_method_name(parser->method));
    else
        head->status = parser->status_code;
    if (direction->head)
        head_tell(direction->head, head);
}

/* What a 101 makes of the connection (RFC 9110, 7.8), in small letters. */
static bool offers(const struct h1_direction *direction, const char *protocol)
{
    struct http_head head = {.status = 101};
    size_t size = strlen(protocol);

    if (!direction->head)
        return false;
    head_tell(direction->head, &head);
    return head.upgrade.size == size &&
           strncasecmp((const char *)head.upgrade.at, protocol, size) == 0;
}

static void take_response_head(struct h1_direction *direction)
{
    const llhttp_t *parser = &direction->parser;
    uint16_t status = parser->status_code;

    if (!direction->messages->major)
        h1_note_version(direction->messages, parser);
    /* to h2c: the response proper comes on stream 1 (RFC 7540, 3.2) */
    direction->interim =
        status / 100 == 1 && (status != 101 || offers(direction, "h2c"));
    direction->messages->websocket =
        status == 101 && offers(direction, "websocket");
    direction->no_body =
        h1_answers_without_body(direction->messages, direction->stream, status);
}

static int on_headers_complete(llhttp_t *parser)
{
    struct h1_direction *direction = direction_of(parser);
    struct http_event event;
    struct http_head head;

    direction->head_done = true;
    give_length_back(parser);
    if (direction->is_request) {
        direction->asks_tunnel =
            parser->method == HTTP_CONNECT || parser->upgrade;
        h1_request_head(direction->messages, direction->stream, parser->method);
        h1_note_version(direction->messages, parser);
    } else {
        take_response_head(direction);
    }
    find_framing(direction);
    tell_head(direction, &head);
    h1_direction_event(direction, HTTP_REQUEST_HEAD,
                       direction->interim ? HTTP_INTERIM : HTTP_RESPONSE_HEAD,
                       &event);
    event.head = &head;
    h1_say(direction->messages, &event);
    if (direction->is_request)
        h1_keep_settings(direction->messages, head.h2_settings);
    head_give(direction->messages->spare, direction->head);
    direction->head = NULL;
    return direction->no_body ? 1 : 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t size)
{
    struct h1_direction *direction = direction_of(parser);

    if (!direction->is_request && parser->status_code == 400)
        h1_bad_request_body(direction->messages, piece_of(at, size));
    direction->body += size;
    if (direction->framing == FRAMING_LENGTH)
        direction->left -= size < direction->left ? size : direction->left;
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    direction_of(parser)->completed = true;
    return HPE_PAUSED;
}

const llhttp_settings_t h1_direction_settings = {
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
