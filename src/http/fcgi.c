#include "http/fcgi.h"

#include "base/arena.h"
#include "http/fcgi_inner.h"

#include <stdlib.h>

struct fcgi *fcgi_new(const struct http_sink *sink, struct conn *conn,
                      unsigned client, struct head **spare)
{
    struct fcgi *fcgi = must_calloc(1, sizeof *fcgi);

    fcgi->sink = sink;
    fcgi->conn = conn;
    fcgi->client = (uint8_t)client;
    fcgi->spare = spare;
    return fcgi;
}

static void end_heads(struct fcgi *fcgi)
{
    fcgi_params_free(fcgi->params);
    fcgi->params = NULL;
    cgi_head_release(&fcgi->head, fcgi->spare);
}

void fcgi_free(struct fcgi *fcgi)
{
    if (!fcgi)
        return;
    end_heads(fcgi);
    free(fcgi);
}

void fcgi_lose(struct fcgi *fcgi, unsigned side)
{
    fcgi->lost[side] = true;
}

void fcgi_tell(const struct fcgi *fcgi, struct http_facts *facts)
{
    facts->protocol = PROTOCOL_FASTCGI;
    facts->broken = fcgi->broken;
    facts->minor = 1;
}

struct http_event fcgi_event(const struct fcgi *fcgi, unsigned side,
                             enum http_event_kind kind)
{
    return (struct http_event){.kind = kind,
                               .side = side,
                               .stream = fcgi->requests,
                               .at = fcgi->mark,
                               .offset = fcgi->at[side],
                               .is_fastcgi = true};
}

void fcgi_say(const struct fcgi *fcgi, const struct http_event *event)
{
    fcgi->sink->event(fcgi->sink->context, fcgi->conn, event);
}

void fcgi_say_bytes(const struct fcgi *fcgi, unsigned side, size_t size,
                    size_t body)
{
    struct http_event event =
        fcgi_event(fcgi, side,
                   side == fcgi->client ? HTTP_REQUEST_BYTES
                                        : HTTP_RESPONSE_BYTES);

    event.size = size;
    event.body = body;
    fcgi_say(fcgi, &event);
}

/* It begins with the record whose header has just come. */
void fcgi_say_start(const struct fcgi *fcgi, unsigned side,
                    enum http_event_kind kind)
{
    struct http_event event = fcgi_event(fcgi, side, kind);

    event.at = fcgi->record[side].at;
    event.offset = fcgi->record[side].offset;
    fcgi_say(fcgi, &event);
}

/* What of the open request goes on in that flow cannot be followed. */
static void lose(struct fcgi *fcgi, unsigned side, enum http_event_kind why,
                 uint64_t size)
{
    struct http_event event = fcgi_event(fcgi, side, why);

    event.size = size;
    fcgi_say(fcgi, &event);
    fcgi->broken += why == HTTP_BROKEN;
    fcgi->lost[side] = true;
    fcgi->record[side] = (struct fcgi_record){0};
    if (side == fcgi->client) {
        fcgi->asked = false;
        fcgi_params_free(fcgi->params);
        fcgi->params = NULL;
    } else {
        fcgi->answered = false;
        cgi_head_release(&fcgi->head, fcgi->spare);
    }
}

static void stop(struct fcgi *fcgi)
{
    lose(fcgi, fcgi->client, HTTP_LOST, 0);
    lose(fcgi, 1 - fcgi->client, HTTP_LOST, 0);
    fcgi->stopped = true;
}

/* 5.1. What was open before has not ended where it should. */
static void begin_request(struct fcgi *fcgi)
{
    if (fcgi->answered) {
        stop(fcgi);
        return;
    }
    if (fcgi->asked)
        lose(fcgi, fcgi->client, HTTP_LOST, 0);
    end_heads(fcgi);
    fcgi->lost[fcgi->client] = false;
    fcgi->id = fcgi->record[fcgi->client].id;
    fcgi->asked = true;
    fcgi->answered = true;
    fcgi->begun = false;
    fcgi->head_done = false;
    fcgi->aborted = false;
    fcgi->params = fcgi_params_new();
    fcgi->requests++;
    fcgi_say_start(fcgi, fcgi->client, HTTP_REQUEST_START);
}

/* 3.4: the empty PARAMS record. */
static void end_params(struct fcgi *fcgi)
{
    struct http_event event = fcgi_event(fcgi, fcgi->client, HTTP_REQUEST_HEAD);
    struct http_head head = fcgi_params_head(fcgi->params);

    head.closes = !fcgi->keeps;
    event.head = &head;
    fcgi_say(fcgi, &event);
    fcgi_params_free(fcgi->params);
    fcgi->params = NULL;
}

static void end_stdin(struct fcgi *fcgi)
{
    struct http_event event = fcgi_event(fcgi, fcgi->client, HTTP_REQUEST_END);

    fcgi_say_bytes(fcgi, fcgi->client, 0, 0);
    fcgi_say(fcgi, &event);
    fcgi->asked = false;
}

static void take_client_head(struct fcgi *fcgi)
{
    const struct fcgi_record *record = &fcgi->record[fcgi->client];
    bool is_open = fcgi->asked && record->id == fcgi->id;

    if (record->type == FCGI_BEGIN_REQUEST)
        begin_request(fcgi);
    else if (record->type == FCGI_ABORT_REQUEST && record->id == fcgi->id)
        fcgi->aborted = true;
    else if (is_open && record->length == 0 && record->type == FCGI_PARAMS &&
             fcgi->params)
        end_params(fcgi);
    else if (is_open && record->length == 0 && record->type == FCGI_STDIN &&
             !fcgi->params)
        end_stdin(fcgi);
}

void fcgi_keep_body(struct fcgi *fcgi, const struct fcgi_record *record,
                    struct span piece)
{
    size_t from = record->length - record->content - piece.size;

    if (from < sizeof fcgi->body && piece.size)
        memcpy(fcgi->body + from, piece.at,
               span_head(piece, sizeof fcgi->body - from).size);
}

static void take_client_content(struct fcgi *fcgi, struct span piece)
{
    const struct fcgi_record *record = &fcgi->record[fcgi->client];

    if (!fcgi->asked || record->id != fcgi->id)
        return;
    if (record->type == FCGI_BEGIN_REQUEST) {
        fcgi_keep_body(fcgi, record, piece);
        fcgi->keeps = fcgi->body[2] & 1;
        fcgi_say_bytes(fcgi, fcgi->client, 0, 0);
    } else if (record->type == FCGI_PARAMS && fcgi->params) {
        fcgi_params_take(fcgi->params, piece);
        fcgi_say_bytes(fcgi, fcgi->client, piece.size, 0);
    } else if (record->type == FCGI_STDIN && !fcgi->params) {
        fcgi_say_bytes(fcgi, fcgi->client, piece.size, piece.size);
    }
}

static void take_step(struct fcgi *fcgi, unsigned side, enum fcgi_step step,
                      struct span piece)
{
    if (step == FCGI_HEAD && side == fcgi->client)
        take_client_head(fcgi);
    else if (step == FCGI_HEAD && fcgi_is_of_answer(fcgi))
        fcgi_begin_answer(fcgi);
    else if (step == FCGI_CONTENT && side == fcgi->client)
        take_client_content(fcgi, piece);
    else if (step == FCGI_CONTENT)
        fcgi_take_answer(fcgi, piece);
}

/* After a loss: may the segment be one that begins with a record to read? */
static bool finds_record(struct fcgi *fcgi, unsigned side, struct span bytes)
{
    if (!fcgi->lost[side])
        return true;
    if (side == fcgi->client
            ? fcgi_begins(bytes)
            : fcgi->answered && fcgi_is_answer(bytes, fcgi->id))
        fcgi->lost[side] = false;
    return !fcgi->lost[side];
}

void fcgi_data(struct fcgi *fcgi, unsigned side, const struct chunk *chunk)
{
    struct span rest = chunk->bytes;

    fcgi->mark = chunk->at;
    if (fcgi->stopped || !finds_record(fcgi, side, rest))
        return;
    while (rest.size && !fcgi->lost[side] && !fcgi->stopped) {
        uint64_t offset = chunk->offset + (chunk->bytes.size - rest.size);
        struct span piece;
        enum fcgi_step step = fcgi_record_read(&fcgi->record[side], &rest,
                                               offset, chunk->at, &piece);

        fcgi->at[side] = chunk->offset + (chunk->bytes.size - rest.size);
        if (step == FCGI_BAD)
            lose(fcgi, side, HTTP_BROKEN, 0);
        else
            take_step(fcgi, side, step, piece);
    }
}

/* Missing bytes of a body are counted; others of a stream are needed. */
static bool is_in_body(const struct fcgi *fcgi, unsigned side)
{
    const struct fcgi_record *record = &fcgi->record[side];

    if (side == fcgi->client)
        return fcgi->asked && !fcgi->params && record->type == FCGI_STDIN;
    return record->type == FCGI_STDOUT && fcgi->head_done;
}

static bool is_needed(const struct fcgi *fcgi, unsigned side)
{
    const struct fcgi_record *record = &fcgi->record[side];

    if (record->content == 0 || record->id != fcgi->id)
        return false;
    if (side == fcgi->client)
        return fcgi->asked && !is_in_body(fcgi, side);
    return fcgi_is_of_answer(fcgi) && !is_in_body(fcgi, side) &&
           record->type != FCGI_STDERR;
}

void fcgi_gap(struct fcgi *fcgi, unsigned side, const struct chunk *gap)
{
    struct fcgi_record *record = &fcgi->record[side];
    uint64_t size = gap->bytes.size;
    struct http_event event;
    uint32_t before = record->content;

    fcgi->mark = gap->at;
    fcgi->at[side] = gap->offset;
    if (fcgi->stopped || fcgi->lost[side])
        return;
    if (is_needed(fcgi, side)) {
        lose(fcgi, side, HTTP_LOST, size);
        return;
    }
    size = fcgi_record_skip(record, size);
    fcgi->at[side] += gap->bytes.size - size;
    if (record->content < before && record->id == fcgi->id &&
        is_in_body(fcgi, side)) {
        event = fcgi_event(fcgi, side, HTTP_SKIPPED);
        event.size = before - record->content;
        fcgi_say(fcgi, &event);
    }
    if (size)
        lose(fcgi, side, HTTP_LOST, size);
}
