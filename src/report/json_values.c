#include "report/json_values.h"

#include "base/mask.h"
#include "base/text.h"
#include "report/grpc.h"
#include "wire/endpoint.h"

enum {
    TEXT_LIMIT = 1 << 16,
    KEY_SIZE = 32
};

json_t *json_seconds(nanos duration)
{
    return json_real(nanos_seconds(duration));
}

json_t *json_moment(const struct report *report, struct mark mark)
{
    if (!mark_is_set(mark))
        return json_null();
    return json_seconds(nanos_between(report->zero, mark.time));
}

json_t *json_time(nanos time)
{
    char text[NANOS_TEXT_SIZE];

    if (time == NANOS_NEVER)
        return json_null();
    return json_string(nanos_print_time(text, time));
}

json_t *json_text(const char *text)
{
    struct text visible;
    json_t *json;

    if (!text)
        return json_null();
    text_init(&visible, TEXT_LIMIT);
    text_add_visible(&visible, span_of_text(text));
    json = json_string(text_string(&visible));
    text_release(&visible);
    return json;
}

json_t *json_count(uint64_t count)
{
    if (count == HTTP_NO_LENGTH)
        return json_null();
    return json_integer((json_int_t)(count > INT64_MAX ? INT64_MAX : count));
}

json_t *json_endpoint_name(const struct endpoint *endpoint)
{
    char text[ENDPOINT_TEXT_SIZE];

    return json_string(endpoint_print(text, endpoint));
}

json_t *json_host_name(const struct endpoint *endpoint)
{
    char text[ENDPOINT_TEXT_SIZE];

    return json_string(endpoint_print_host(text, endpoint));
}

void json_set_endpoint(json_t *json, const char *role,
                       const struct endpoint *endpoint)
{
    char key[KEY_SIZE];

    json_object_set_new(json, role, json_endpoint_name(endpoint));
    (void)snprintf(key, sizeof key, "%s_ip", role);
    json_object_set_new(json, key, json_host_name(endpoint));
    (void)snprintf(key, sizeof key, "%s_port", role);
    json_object_set_new(json, key, json_integer(endpoint->port));
}

const char *protocol_version(enum http_protocol protocol, uint8_t minor)
{
    if (protocol == PROTOCOL_HTTP1)
        return minor == 0 ? "http/1.0" : "http/1.1";
    return http_protocol_name(protocol);
}

json_t *json_wire(struct span wire, enum mask_kind kind,
                  const struct report_options *options)
{
    struct text text;
    json_t *json;

    text_init(&text, TEXT_LIMIT);
    mask_add(&text, wire, kind, options->show_secrets);
    json = json_string(text_string(&text));
    text_release(&text);
    return json;
}

/* A name that was not seen, or not understood, is none. */
static json_t *json_name(const char *name, enum mask_kind kind,
                         const struct report_options *options)
{
    if (!name || !name[0])
        return json_null();
    return json_wire(span_of_text(name), kind, options);
}

/* From its path on (RFC 9112, 3.2); nothing of an authority alone, or "*". */
static const char *behind_authority(const char *target)
{
    const char *authority = strstr(target, "://");

    if (target[0] == '/')
        return target;
    if (!authority || authority > target + strcspn(target, "/?#"))
        return "";
    authority += strlen("://");
    return authority + strcspn(authority, "/?#");
}

static json_t *part(const char *text, size_t size)
{
    return size ? json_stringn(text, size) : json_null();
}

/* The target, and its path and query, which are masked as it is. */
static void set_target(json_t *json, const struct exchange *x,
                       const struct report_options *options)
{
    json_t *target = json_name(x->target, MASK_TARGET, options);
    const char *masked = json_string_value(target);
    const char *path = masked ? behind_authority(masked) : "";
    size_t size = strcspn(path, "?#");
    const char *query = path[size] == '?' ? path + size + 1 : "";

    json_object_set_new(json, "target", target);
    json_object_set_new(json, "path", part(path, size));
    json_object_set_new(json, "query", part(query, strcspn(query, "#")));
}

static json_t *message_count(const struct message *message)
{
    return message->messages == HTTP_MESSAGES_UNKNOWN
               ? json_null()
               : json_integer((json_int_t)message->messages);
}

/* Their keys go behind those that are there. */
static void add_all(json_t *json, json_t *more)
{
    json_object_update(json, more);
    json_decref(more);
}

/* What was asked. */
static json_t *request_facts(const struct exchange *x,
                             const struct report_options *options)
{
    json_t *json =
        json_pack("{s:I, s:o, s:o}", "index", (json_int_t)x->stream,
                  "stream_id",
                  x->is_h2 ? json_integer((json_int_t)x->stream) : json_null(),
                  "method", json_name(x->method, MASK_TEXT, options));

    set_target(json, x, options);
    json_object_set_new(json, "host",
                        json_name(x->host, MASK_AUTHORITY, options));
    return json;
}

/* What came of it, in counts. */
static json_t *response_facts(const struct exchange *x)
{
    bool answered = mark_is_set(x->response.start);

    return json_pack(
        "{s:o, s:o, s:I, s:I, s:I, s:o, s:I}", "status",
        x->status ? json_integer(x->status) : json_null(), "grpc_status",
        x->has_grpc_status ? json_integer((json_int_t)x->grpc_status)
                           : json_null(),
        "request_bytes", (json_int_t)x->request.bytes, "request_body",
        (json_int_t)x->request.body, "response_bytes",
        (json_int_t)x->response.bytes, "body_expected",
        json_count(answered ? x->response.expected : HTTP_NO_LENGTH),
        "body_received", (json_int_t)x->response.body);
}

json_t *json_exchange_facts(const struct exchange *x,
                            const struct report_options *options)
{
    json_t *json = request_facts(x, options);

    add_all(json, response_facts(x));
    if (x->opaque)
        json_object_set_new(json, "opaque", json_true());
    if (x->grpc_message) {
        struct text message;

        text_init(&message, TEXT_LIMIT);
        grpc_add_message(&message, x, options->show_secrets);
        json_object_set_new(json, "grpc_message",
                            json_string(text_string(&message)));
        text_release(&message);
    }
    if (x->is_grpc || x->request.messages || x->response.messages)
        json_object_set_new(json, "grpc_messages",
                            json_pack("{s:o, s:o}", "request",
                                      message_count(&x->request), "response",
                                      message_count(&x->response)));
    return json;
}

json_t *json_turns(const struct turns *turns)
{
    json_t *json = json_object();

    for (unsigned i = 0; i < HOLDER_COUNT; i++)
        json_object_set_new(json, holder_name((enum holder)i),
                            json_seconds(turns->of[i]));
    return json;
}

void json_set_leg(json_t *json, const char *name, const struct other_leg *leg)
{
    if (!leg->known)
        return;
    json_object_set_new(json, name,
                        json_pack("{s:I, s:o, s:b}", "connection",
                                  (json_int_t)leg->connection, "index",
                                  leg->stream
                                      ? json_integer((json_int_t)leg->stream)
                                      : json_null(),
                                  "sure", leg->sure));
}

json_t *json_exchange(const struct report *report,
                      const struct report_options *options,
                      const struct listed_exchange *exchange)
{
    const struct exchange *x = exchange->x;
    json_t *json = json_exchange_facts(x, options);

    json_object_set_new(json, "connection",
                        json_integer((json_int_t)exchange->connection));
    json_set_endpoint(json, "client", &exchange->client);
    json_set_endpoint(json, "server", &exchange->server);
    json_object_set_new(json, "complete", json_boolean(exchange->complete));
    json_object_set_new(json, "not_judged",
                        exchange->not_judged
                            ? json_string(doubt_name(exchange->not_judged))
                            : json_null());
    json_object_set_new(json, "frames",
                        json_pack("[I, I]", (json_int_t)x->request.start.frame,
                                  (json_int_t)(x->response.last.frame
                                                   ? x->response.last.frame
                                                   : x->request.last.frame)));
    json_object_set_new(json, "request_s",
                        json_moment(report, x->request.start));
    json_object_set_new(json, "request_complete_s",
                        json_moment(report, x->request.end));
    json_object_set_new(json, "first_byte_s",
                        json_moment(report, x->response.start));
    json_object_set_new(json, "last_byte_s",
                        json_moment(report, x->response.last));
    json_object_set_new(json, "time_s", json_turns(&exchange->turns));
    json_set_leg(json, "upstream", &exchange->upstream);
    return json;
}
