#include "record/comments.h"

#include "wire/endpoint.h"

#include <stdlib.h>

enum {
    TEXT_MOST = 4096 /* bytes kept of one text of a finding */
};

static const char *keep(struct caption *caption, const char *string)
{
    struct text text;
    const char *kept;

    text_init(&text, TEXT_MOST);
    text_add_visible(&text, span_of_text(string ? string : ""));
    kept = arena_keep(&caption->arena, span_of_text(text_string(&text)));
    text_release(&text);
    return kept;
}

static nanos time_of_failure(const struct finding *finding, nanos now)
{
    if (mark_is_set(finding->ended))
        return finding->ended.time;
    if (finding->evidences)
        return finding->evidence[finding->evidences - 1].at.time;
    return now;
}

static const char *keep_endpoint(struct caption *caption,
                                 const struct endpoint *endpoint)
{
    char text[ENDPOINT_TEXT_SIZE];

    return keep(caption, endpoint_print(text, endpoint));
}

struct caption *caption_new(const struct finding *finding, nanos now)
{
    struct caption *caption = must_calloc(1, sizeof *caption);
    const struct conn *conn = &finding->incident->conn;

    arena_init(&caption->arena);
    caption->id = finding->id;
    caption->code = finding->code;
    caption->severity = finding->severity;
    caption->confidence = finding->confidence;
    caption->failed = time_of_failure(finding, now);
    caption->ended = finding->ended.frame;
    caption->first = conn->first.frame;
    caption->client = keep_endpoint(caption, &conn->endpoint[conn->client]);
    caption->server =
        keep_endpoint(caption, &conn->endpoint[conn_server(conn)]);
    caption->title = keep(caption, finding->title);
    caption->explanation = keep(caption, finding->explanation);
    caption->advices = finding->advices;
    for (size_t i = 0; i < finding->advices; i++)
        caption->advice[i] = keep(caption, finding->advice[i]);
    caption->evidences = finding->evidences;
    for (size_t i = 0; i < finding->evidences; i++) {
        const struct evidence *evidence = &finding->evidence[i];

        caption->evidence[i] =
            (struct caption_evidence){.frame = evidence->at.frame,
                                      .what = keep(caption, evidence->what)};
    }
    return caption;
}

void caption_free(struct caption *caption)
{
    arena_release(&caption->arena);
    free(caption);
}

void caption_add_line(const struct caption *caption, const char *what,
                      struct text *text)
{
    text_addf(text, "whyeof: %s (%s, %s): %s", verdict_slug(caption->code),
              severity_name(caption->severity),
              confidence_name(caption->confidence), what);
}

void caption_add_headline(const struct caption *caption, struct text *text)
{
    caption_add_line(caption, caption->title, text);
    if (caption->explanation[0])
        text_addf(text, "\n%s", caption->explanation);
}

void caption_add_file_endpoint(const char *endpoint, struct text *text)
{
    for (; *endpoint; endpoint++) {
        char one[2] = {*endpoint == ':' ? '-' : *endpoint, '\0'};

        if (*endpoint != '[' && *endpoint != ']')
            text_add(text, one);
    }
}
