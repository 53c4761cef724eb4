/*
 * What cannot be as it is in HTTP/1, told by where the parser stopped. Nothing
 * is told of a flow whose beginning or other bytes are missing: what looks like
 * a message there may be the midst of a body.
 */
#include "base/hex.h"
#include "http/h1_direction.h"
#include "http/sniff.h"

enum {
    SHOWN_BEFORE = 8,   /* bytes before the one that stopped it */
    SEGMENT_LEAST = 536 /* a segment that another follows (RFC 9293, 3.7.1) */
};

static bool is_sure(const struct h1_direction *direction)
{
    return !direction->doubted && conn_start_seen(direction->messages->conn);
}

static struct http_fault fault_at(const struct h1_direction *direction,
                                  enum fault_kind kind, struct span bytes)
{
    struct http_fault fault = {.kind = kind, .at = direction->at};
    struct span shown = span_head(bytes, FAULT_BYTES_KEPT);

    fault.size = (uint8_t)shown.size;
    if (shown.size)
        memcpy(fault.bytes, shown.at, shown.size);
    return fault;
}

static void say_fault(const struct h1_direction *direction, uint64_t stream,
                      const struct http_fault *fault)
{
    struct http_event event;

    h1_direction_event(direction, HTTP_FAULT, HTTP_FAULT, &event);
    event.stream = stream;
    event.fault = fault;
    if (stream)
        h1_say(direction->messages, &event);
}

/*
 * The body that the answer before promised and may not have: it is as long, or
 * fills its segment, or begins with a chunk's size. Nagle's algorithm holds it
 * back until the next request has come (RFC 9293, 3.7.4).
 */
static bool is_withheld_body(const struct h1_direction *direction,
                             struct span bytes)
{
    uint64_t length = direction->withheld_length;
    size_t digits = 0;

    if (!direction->withheld)
        return false;
    while (digits < bytes.size && is_hex_digit(bytes.at[digits]))
        digits++;
    if (length == HTTP_NO_LENGTH)
        return digits > 0 && digits < bytes.size && bytes.at[digits] == '\r';
    if (bytes.size < length)
        return bytes.size >= SEGMENT_LEAST;
    return bytes.size == length ||
           sniff(span_head(span_skip(bytes, length), SNIFF_SIZE)) ==
               SNIFFED_RESPONSE;
}

/* Its message was read in the same segment, so they are no other's; or it had
 * promised them. */
static bool is_behind(const struct h1_direction *direction, struct span piece,
                      bool began)
{
    return began && mark_is_set(direction->ended) &&
           (direction->stream == 0 ||
            direction->ended.frame == direction->at.frame ||
            is_withheld_body(direction, piece));
}

/*
 * llhttp passes over the two bytes behind a chunk, whatever they are: where no
 * line ends before what it takes for a size, it was they that were wrong.
 */
static bool is_end_of_chunk(struct span before)
{
    while (before.size && is_hex_digit(before.at[before.size - 1]))
        before.size--;
    return before.size >= 2 && before.at[before.size - 1] != '\n';
}

/* A bare line feed behind a chunk's size, or blanks, which old servers fill the
 * line up with. */
static bool is_obsolete_chunk(struct span before, struct span rest)
{
    if (!rest.size)
        return false;
    return *rest.at == ' ' || *rest.at == '\t' ||
           (*rest.at == '\n' && before.size &&
            is_hex_digit(before.at[before.size - 1]));
}

/*
 * Seen with curl 7.88.1, CPython 3.11, Go 1.19 and Node 20: of these one or
 * more take a field that is not quite one, unlike lengths, a number with
 * something before or behind it, 0x before a chunk's size, another version or
 * small letters. What is left all of them refuse.
 */
static bool is_taken_by_some(enum fault_kind kind, llhttp_errno_t error,
                             struct span before, struct span rest)
{
    uint8_t at = rest.size ? *rest.at : 0;
    uint8_t last = before.size ? before.at[before.size - 1] : 0;

    switch (kind) {
    case FAULT_START_LINE:
        return error == HPE_INVALID_VERSION || at == 'h';
    case FAULT_LENGTH:
        return at == '+' || at == ' ' || (last >= '0' && last <= '9') ||
               (last == ' ' && before.size > 1 &&
                before.at[before.size - 2] >= '0' &&
                before.at[before.size - 2] <= '9');
    case FAULT_CHUNK:
        return at == 'x' || at == 'X';
    default:
        return true;
    }
}

static enum fault_kind kind_in_head(llhttp_errno_t error)
{
    switch (error) {
    case HPE_INVALID_CONSTANT:
    case HPE_INVALID_VERSION:
    case HPE_INVALID_STATUS:
    case HPE_INVALID_METHOD:
    case HPE_INVALID_URL:
        return FAULT_START_LINE;
    case HPE_INVALID_HEADER_TOKEN:
    case HPE_UNEXPECTED_SPACE:
    case HPE_LF_EXPECTED:
    case HPE_STRICT:
        return FAULT_FIELD;
    default:
        return FAULT_NONE;
    }
}

static enum fault_kind kind_of(const struct h1_direction *direction,
                               llhttp_errno_t error, struct span before,
                               struct span rest)
{
    /* RFC 9110, 8.6: a list of one value may be taken as that value */
    if (error == HPE_INVALID_CONTENT_LENGTH)
        return rest.size && *rest.at == ',' ? FAULT_LENIENT : FAULT_LENGTH;
    if (!direction->head_done)
        return kind_in_head(error);
    if (direction->framing != FRAMING_CHUNKED)
        return FAULT_NONE;
    if (error == HPE_INVALID_CHUNK_SIZE || error == HPE_STRICT ||
        error == HPE_LF_EXPECTED)
        return is_obsolete_chunk(before, rest) ? FAULT_LENIENT : FAULT_CHUNK;
    return kind_in_head(error) == FAULT_FIELD ? FAULT_FIELD : FAULT_NONE;
}

/*
 * HTTP/0.9 has no status line, and is answered in itself; and behind a request
 * for a tunnel whatever it carries may come, before what grants it, too.
 */
static bool is_no_message(const struct h1_direction *direction,
                          enum fault_kind kind)
{
    return kind == FAULT_START_LINE &&
           (direction->is_request ? direction->asks_tunnel
                                  : !direction->messages->major);
}

void h1_say_fault(const struct h1_direction *direction, llhttp_errno_t error,
                  struct span piece, size_t taken, bool began)
{
    size_t shown = taken < SHOWN_BEFORE ? 0 : taken - SHOWN_BEFORE;
    uint64_t stream = direction->stream;
    struct span before = span_head(piece, taken);
    struct span rest = span_skip(piece, taken);
    enum fault_kind kind = kind_of(direction, error, before, rest);
    struct http_fault fault;

    if (is_behind(direction, piece, began) && !direction->head_done) {
        kind = FAULT_BEHIND;
        stream = direction->messages->answered;
    }
    if (began && (kind == FAULT_BEHIND || kind == FAULT_START_LINE))
        shown = 0;
    if (!kind || !is_sure(direction) || is_no_message(direction, kind))
        return;
    fault = fault_at(direction, kind, span_skip(piece, shown));
    fault.offset = direction->offset - taken + shown;
    fault.taken_by_some = is_taken_by_some(kind, error, before, rest);
    fault.name = kind == FAULT_CHUNK && is_end_of_chunk(before)
                     ? "HPE_STRICT"
                     : llhttp_errno_name(error);
    say_fault(direction, stream, &fault);
}

void h1_say_second_length(const struct h1_direction *direction, bool unlike)
{
    struct http_fault fault;

    if (!is_sure(direction))
        return;
    fault = fault_at(direction, unlike ? FAULT_LENGTH : FAULT_LENIENT,
                     span_of_text("Content-Length"));
    fault.offset = direction->value_at;
    fault.taken_by_some = true;
    fault.name = llhttp_errno_name(HPE_UNEXPECTED_CONTENT_LENGTH);
    say_fault(direction, direction->stream, &fault);
}

/* A method that is not known, in a line that could be a request's. */
static bool may_be_request(struct span bytes)
{
    while (bytes.size && *bytes.at >= 'A' && *bytes.at <= 'Z')
        bytes = span_skip(bytes, 1);
    return bytes.size == 0 || *bytes.at == ' ' || *bytes.at == '-' ||
           *bytes.at == '_';
}

/* What grants a tunnel may come later, or be missing. */
bool h1_is_stray(const struct h1_direction *direction, struct span bytes)
{
    struct http_fault fault;

    if (!direction->is_request || direction->in_message ||
        !mark_is_set(direction->ended) || !is_sure(direction) ||
        direction->asks_tunnel ||
        sniff(span_head(bytes, SNIFF_SIZE)) != SNIFFED_OTHER ||
        may_be_request(bytes))
        return false;
    fault = fault_at(direction, FAULT_BEHIND, bytes);
    fault.offset = direction->offset;
    fault.name = llhttp_errno_name(HPE_INVALID_METHOD);
    say_fault(direction, direction->messages->requests, &fault);
    return true;
}
