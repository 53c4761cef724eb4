/* What a FastCGI application answers. */
#include "http/fcgi_inner.h"

void fcgi_begin_answer(struct fcgi *fcgi)
{
    if (fcgi->begun)
        return;
    fcgi->begun = true;
    cgi_head_begin(&fcgi->head, fcgi->spare);
    fcgi_say_start(fcgi, 1 - fcgi->client, HTTP_RESPONSE_START);
}

static void say_fault(const struct fcgi *fcgi, enum fault_kind kind,
                      struct span bytes)
{
    unsigned side = 1 - fcgi->client;
    struct http_event event = fcgi_event(fcgi, side, HTTP_FAULT);
    struct http_fault fault = {
        .kind = kind,
        .at = fcgi->mark,
        .offset =
            kind == FAULT_FIELD ? fcgi->line_at : fcgi->record[side].offset,
        .name = "FastCGI",
        .taken_by_some = kind == FAULT_FIELD && fcgi->head.is_taken_by_some,
    };

    bytes = span_head(bytes, FAULT_BYTES_KEPT);
    fault.size = (uint8_t)bytes.size;
    if (bytes.size)
        memcpy(fault.bytes, bytes.at, bytes.size);
    event.fault = &fault;
    fcgi_say(fcgi, &event);
}

static void end_head(struct fcgi *fcgi)
{
    struct http_event event =
        fcgi_event(fcgi, 1 - fcgi->client, HTTP_RESPONSE_HEAD);
    struct http_head head = cgi_head_tell(&fcgi->head);

    head.closes = !fcgi->keeps;
    event.head = &head;
    fcgi_say(fcgi, &event);
    fcgi->head_done = true;
    cgi_head_release(&fcgi->head, fcgi->spare);
}

/* Some of STDOUT: gives how many bytes of it are the header section's. */
static size_t take_head(struct fcgi *fcgi, struct span piece)
{
    uint64_t begin = fcgi->at[1 - fcgi->client] - piece.size;
    size_t taken = 0;
    bool done = false;

    while (taken < piece.size && !done) {
        if (cgi_head_begins_line(&fcgi->head))
            fcgi->line_at = begin + taken;
        taken += cgi_head_take(&fcgi->head, span_skip(piece, taken), &done);
        if (fcgi->head.is_bad)
            say_fault(fcgi, FAULT_FIELD,
                      span_of_text(text_string(&fcgi->head.line)));
    }
    fcgi_say_bytes(fcgi, 1 - fcgi->client, taken, 0);
    if (done)
        end_head(fcgi);
    return taken;
}

/* 5.5. What ends before its header section does is no answer. What was aborted
 * may be cut, and nobody waits for it. */
static void end_request(struct fcgi *fcgi)
{
    struct http_event event =
        fcgi_event(fcgi, 1 - fcgi->client, HTTP_RESPONSE_END);

    if (fcgi->aborted)
        event.kind = HTTP_LOST;
    else
        fcgi_say_bytes(fcgi, 1 - fcgi->client, 0, 0);
    if (!fcgi->aborted && !fcgi->head_done)
        say_fault(fcgi, FAULT_NO_HEAD,
                  (struct span){fcgi->body, sizeof fcgi->body});
    cgi_head_release(&fcgi->head, fcgi->spare);
    fcgi->answered = false;
    fcgi_say(fcgi, &event);
}

bool fcgi_is_of_answer(const struct fcgi *fcgi)
{
    const struct fcgi_record *record = &fcgi->record[1 - fcgi->client];

    return fcgi->answered && record->id == fcgi->id &&
           (record->type == FCGI_STDOUT || record->type == FCGI_STDERR ||
            record->type == FCGI_END_REQUEST);
}

void fcgi_take_answer(struct fcgi *fcgi, struct span piece)
{
    const struct fcgi_record *record = &fcgi->record[1 - fcgi->client];
    size_t taken = 0;

    if (!fcgi_is_of_answer(fcgi))
        return;
    if (record->type == FCGI_STDOUT) {
        if (!fcgi->head_done)
            taken = take_head(fcgi, piece);
        if (taken < piece.size)
            fcgi_say_bytes(fcgi, 1 - fcgi->client, piece.size - taken,
                           piece.size - taken);
    } else if (record->type == FCGI_STDERR) {
        fcgi_say_bytes(fcgi, 1 - fcgi->client, 0, 0);
    } else {
        fcgi_keep_body(fcgi, record, piece);
        if (fcgi_record_is_whole(record))
            end_request(fcgi);
    }
}
