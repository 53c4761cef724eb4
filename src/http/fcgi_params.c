#include "http/fcgi_params.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum stage {
    STAGE_NAME_LENGTH,
    STAGE_VALUE_LENGTH,
    STAGE_NAME,
    STAGE_VALUE
};

enum {
    LONG_VALUE = 4096,
    SHORT_VALUE = 256
};

static const struct {
    const char *name;
    size_t limit;
} known[] = {
    [FCGI_METHOD] = {"REQUEST_METHOD",       SHORT_VALUE},
    [FCGI_URI] = {"REQUEST_URI",          LONG_VALUE },
    [FCGI_SCRIPT] = {"SCRIPT_NAME",          LONG_VALUE },
    [FCGI_QUERY] = {"QUERY_STRING",         LONG_VALUE },
    [FCGI_HOST] = {"HTTP_HOST",            SHORT_VALUE},
    [FCGI_AGENT] = {"HTTP_USER_AGENT",      SHORT_VALUE},
    [FCGI_REQUEST_ID] = {"HTTP_X_REQUEST_ID",    SHORT_VALUE},
    [FCGI_TRACEPARENT] = {"HTTP_TRACEPARENT",     SHORT_VALUE},
    [FCGI_FORWARDED_FOR] = {"HTTP_X_FORWARDED_FOR", SHORT_VALUE},
    [FCGI_REMOTE_ADDRESS] = {"REMOTE_ADDR",          SHORT_VALUE},
    [FCGI_REMOTE_PORT] = {"REMOTE_PORT",          SHORT_VALUE},
    [FCGI_VIA] = {"HTTP_VIA",             SHORT_VALUE},
    [FCGI_LENGTH] = {"CONTENT_LENGTH",       SHORT_VALUE},
};

static_assert(sizeof known / sizeof *known == FCGI_PARAM_COUNT,
              "every parameter has its name");

struct fcgi_params *fcgi_params_new(void)
{
    struct fcgi_params *params = must_calloc(1, sizeof *params);

    for (size_t i = 0; i < FCGI_PARAM_COUNT; i++)
        text_init(&params->value[i], known[i].limit);
    text_init(&params->target, 2 * LONG_VALUE);
    text_init(&params->client, 2 * SHORT_VALUE);
    params->param = FCGI_OTHER_PARAM;
    return params;
}

void fcgi_params_free(struct fcgi_params *params)
{
    if (!params)
        return;
    for (size_t i = 0; i < FCGI_PARAM_COUNT; i++)
        text_release(&params->value[i]);
    text_release(&params->target);
    text_release(&params->client);
    free(params);
}

static enum fcgi_param param_by_name(const struct fcgi_params *params)
{
    if (params->name_length > FCGI_NAME_SIZE)
        return FCGI_OTHER_PARAM;
    for (size_t i = 0; i < FCGI_PARAM_COUNT; i++) {
        if (strlen(known[i].name) == params->name_size &&
            memcmp(known[i].name, params->name, params->name_size) == 0)
            return (enum fcgi_param)i;
    }
    return FCGI_OTHER_PARAM;
}

/* What comes next once a part is complete; parts may be empty. */
static void go_on(struct fcgi_params *params)
{
    if (params->stage == STAGE_NAME && params->name_left == 0) {
        params->param = param_by_name(params);
        params->stage = STAGE_VALUE;
        /* of one that is repeated the last counts */
        if (params->param != FCGI_OTHER_PARAM)
            text_clear(&params->value[params->param]);
    }
    if (params->stage == STAGE_VALUE && params->value_left == 0)
        params->stage = STAGE_NAME_LENGTH;
}

/* One byte below 128, or four with the highest bit set. */
static void take_length(struct fcgi_params *params, uint8_t byte)
{
    uint32_t length;

    params->size[params->size_bytes++] = byte;
    if (params->size[0] & 0x80 && params->size_bytes < sizeof params->size)
        return;
    length = params->size[0];
    if (params->size_bytes == sizeof params->size)
        length = (uint32_t)(params->size[0] & 0x7f) << 24 |
                 (uint32_t)params->size[1] << 16 |
                 (uint32_t)params->size[2] << 8 | params->size[3];
    params->size_bytes = 0;
    if (params->stage == STAGE_NAME_LENGTH) {
        params->name_length = length;
        params->name_left = length;
        params->name_size = 0;
        params->stage = STAGE_VALUE_LENGTH;
    } else {
        params->value_left = length;
        params->stage = STAGE_NAME;
        go_on(params);
    }
}

static size_t take_name(struct fcgi_params *params, struct span bytes)
{
    struct span piece = span_head(bytes, params->name_left);
    struct span kept =
        span_head(piece, FCGI_NAME_SIZE - (size_t)params->name_size);

    if (kept.size)
        memcpy(params->name + params->name_size, kept.at, kept.size);
    params->name_size = (uint8_t)(params->name_size + kept.size);
    params->name_left -= (uint32_t)piece.size;
    go_on(params);
    return piece.size;
}

static size_t take_value(struct fcgi_params *params, struct span bytes)
{
    struct span piece = span_head(bytes, params->value_left);

    if (params->param != FCGI_OTHER_PARAM)
        text_add_bytes(&params->value[params->param], piece);
    params->value_left -= (uint32_t)piece.size;
    go_on(params);
    return piece.size;
}

void fcgi_params_take(struct fcgi_params *params, struct span bytes)
{
    while (bytes.size) {
        size_t taken = 1;

        if (params->stage == STAGE_NAME)
            taken = take_name(params, bytes);
        else if (params->stage == STAGE_VALUE)
            taken = take_value(params, bytes);
        else
            take_length(params, *bytes.at);
        bytes = span_skip(bytes, taken);
    }
}

static struct span span_of(const struct text *text)
{
    return (struct span){(const uint8_t *)text_string(text), text->size};
}

/* RFC 3875, 4.1.13 and 4.1.7; the query may be empty. */
static struct span target_of(struct fcgi_params *params)
{
    if (params->value[FCGI_URI].size)
        return span_of(&params->value[FCGI_URI]);
    text_clear(&params->target);
    text_add_bytes(&params->target, span_of(&params->value[FCGI_SCRIPT]));
    if (params->value[FCGI_QUERY].size) {
        text_add(&params->target, "?");
        text_add_bytes(&params->target, span_of(&params->value[FCGI_QUERY]));
    }
    return span_of(&params->target);
}

/* "192.0.2.1:5000", "[2001:db8::1]:5000", without a port where none is said */
static struct span client_of(struct fcgi_params *params)
{
    const struct text *address = &params->value[FCGI_REMOTE_ADDRESS];
    const struct text *port = &params->value[FCGI_REMOTE_PORT];
    bool is_v6 = strchr(text_string(address), ':') != NULL;

    text_clear(&params->client);
    text_add(&params->client, is_v6 ? "[" : "");
    text_add_bytes(&params->client, span_of(address));
    text_add(&params->client, is_v6 ? "]" : "");
    if (port->size) {
        text_add(&params->client, ":");
        text_add_bytes(&params->client, span_of(port));
    }
    return span_of(&params->client);
}

static uint64_t length_of(const struct text *text)
{
    const char *at = text_string(text);
    uint64_t length = 0;

    if (!text->size || text->size > 18)
        return HTTP_NO_LENGTH;
    for (; *at >= '0' && *at <= '9'; at++)
        length = 10 * length + (uint64_t)(*at - '0');
    return *at ? HTTP_NO_LENGTH : length;
}

/* A list that was cut has lost its end. */
static struct span forwarded_of(struct fcgi_params *params)
{
    const struct text *list = &params->value[FCGI_FORWARDED_FOR];

    if (params->value[FCGI_REMOTE_ADDRESS].size)
        return client_of(params);
    return list->size < SHORT_VALUE ? span_of(list) : (struct span){0};
}

struct http_head fcgi_params_head(struct fcgi_params *params)
{
    const struct text *value = params->value;
    uint64_t length = length_of(&value[FCGI_LENGTH]);

    return (struct http_head){
        .method = span_of(&value[FCGI_METHOD]),
        .target = target_of(params),
        .host = span_of(&value[FCGI_HOST]),
        .software = span_of(&value[FCGI_AGENT]),
        .request_id = span_of(&value[FCGI_REQUEST_ID]),
        .traceparent = span_of(&value[FCGI_TRACEPARENT]),
        .forwarded_for = forwarded_of(params),
        .has_via = value[FCGI_VIA].size > 0,
        .length = length,
        .framing = length == HTTP_NO_LENGTH || length == 0 ? FRAMING_NONE
                                                           : FRAMING_LENGTH,
    };
}
