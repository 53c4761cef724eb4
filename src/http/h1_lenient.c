/*
 * Obsolete forms that lenient receivers take and llhttp does not, whatever it
 * is told: blanks behind a chunk's size, which old servers fill the line up
 * with, and Content-Length as a list of equal numbers (RFC 9110, 8.6). A parser
 * that has stopped goes no further. So another one is brought to the same place
 * by a message made for that, gets what the first one knew, and goes on.
 */
#include "http/h1_direction.h"

#include "base/hex.h"

#include <stdio.h>

static const llhttp_settings_t quiet;

/*
 * Lenient: a message that its receiver would take must be read here too, and
 * what a strict one would refuse is not the question asked of this program.
 */
void h1_init_parser(struct h1_direction *direction,
                    const llhttp_settings_t *settings)
{
    llhttp_init(&direction->parser,
                direction->is_request ? HTTP_REQUEST : HTTP_RESPONSE, settings);
    llhttp_set_lenient_headers(&direction->parser, 1);
    llhttp_set_lenient_chunked_length(&direction->parser, 1);
    llhttp_set_lenient_keep_alive(&direction->parser, 1);
    llhttp_set_lenient_transfer_encoding(&direction->parser, 1);
    direction->parser.data = direction;
}

/* The message's own callbacks are told nothing of what is made up. */
static void bring_to(struct h1_direction *direction, const char *fields)
{
    llhttp_t old = direction->parser;
    const char *line =
        direction->is_request ? "POST / HTTP/1.1\r\n" : "HTTP/1.1 200 OK\r\n";

    h1_init_parser(direction, &quiet);
    (void)llhttp_execute(&direction->parser, line, strlen(line));
    (void)llhttp_execute(&direction->parser, fields, strlen(fields));
    direction->parser.settings = old.settings;
    direction->parser.flags = old.flags;
    direction->parser.method = old.method;
    direction->parser.http_major = old.http_major;
    direction->parser.http_minor = old.http_minor;
    direction->parser.status_code = old.status_code;
    direction->parser.upgrade = old.upgrade;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_behind_size(const struct h1_direction *direction,
                           struct span before)
{
    return is_hex_digit(before.size ? before.at[before.size - 1]
                                    : direction->last_byte);
}

static bool reads_on_in_chunk(struct h1_direction *direction,
                              struct span before, struct span rest)
{
    char fields[64];

    if (direction->framing != FRAMING_CHUNKED || !is_blank(*rest.at) ||
        !is_behind_size(direction, before))
        return false;
    (void)snprintf(fields, sizeof fields,
                   "Transfer-Encoding: chunked\r\n\r\n%llx",
                   (unsigned long long)direction->parser.content_length);
    bring_to(direction, fields);
    direction->in_blanks = true;
    return true;
}

static bool reads_on_in_list(struct h1_direction *direction, struct span rest)
{
    uint64_t length = direction->parser.content_length;

    if (*rest.at != ',' ||
        (direction->has_length && length != direction->length))
        return false;
    direction->parser.flags &= (uint16_t)~F_CONTENT_LENGTH;
    bring_to(direction, "X: 0");
    direction->has_length = true;
    direction->length = length;
    direction->in_list = true;
    direction->list_digits = false;
    return true;
}

bool h1_reads_on(struct h1_direction *direction, llhttp_errno_t error,
                 struct span piece, size_t taken)
{
    struct span before = span_head(piece, taken);
    struct span rest = span_skip(piece, taken);

    if (!rest.size)
        return false;
    if (!direction->head_done)
        return error == HPE_INVALID_CONTENT_LENGTH &&
               reads_on_in_list(direction, rest);
    return error == HPE_INVALID_CHUNK_SIZE &&
           reads_on_in_chunk(direction, before, rest);
}

size_t h1_skip_blanks(struct h1_direction *direction, struct span bytes)
{
    size_t skip = 0;

    while (skip < bytes.size && is_blank(bytes.at[skip]))
        skip++;
    direction->in_blanks = skip == bytes.size;
    return skip;
}

static bool ends_number(struct h1_direction *direction)
{
    bool unlike =
        direction->list_digits && direction->list_number != direction->length;

    direction->list_digits = false;
    if (unlike)
        h1_say_second_length(direction, true);
    return !unlike;
}

static bool takes_digit(struct h1_direction *direction, uint8_t byte)
{
    if (byte < '0' || byte > '9')
        return false;
    if (!direction->list_digits)
        direction->list_number = 0;
    direction->list_digits = true;
    direction->list_number = direction->list_number * 10 + (byte - '0');
    return direction->list_number <= direction->length;
}

bool h1_takes_list(struct h1_direction *direction, struct span piece)
{
    for (size_t i = 0; i < piece.size; i++) {
        uint8_t byte = piece.at[i];

        if (is_blank(byte) || byte == ',' ? !ends_number(direction)
                                          : !takes_digit(direction, byte))
            return false;
    }
    return true;
}

bool h1_ends_list(struct h1_direction *direction)
{
    direction->in_list = false;
    return ends_number(direction);
}
