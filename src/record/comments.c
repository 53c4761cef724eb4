#include "record/comments.h"

#include "wire/endpoint.h"

#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MOST = 4096 /* bytes kept of one text of a finding */
};

static const char *keep(struct comments *comments, const char *string)
{
    struct text text;
    const char *kept;

    text_init(&text, TEXT_MOST);
    text_add_visible(&text, span_of_text(string ? string : ""));
    kept = arena_keep(&comments->arena, span_of_text(text_string(&text)));
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

static const char *keep_endpoint(struct comments *comments,
                                 const struct endpoint *endpoint)
{
    char text[ENDPOINT_TEXT_SIZE];

    return keep(comments, endpoint_print(text, endpoint));
}

struct comments *comments_new(const struct finding *finding, nanos now)
{
    struct comments *comments = must_calloc(1, sizeof *comments);
    const struct finding_connection *connection = &finding->connection;

    arena_init(&comments->arena);
    comments->id = finding->id;
    comments->code = finding->code;
    comments->severity = finding->severity;
    comments->confidence = finding->confidence;
    comments->failed = time_of_failure(finding, now);
    comments->ended = finding->ended.frame;
    comments->first = connection->first.frame;
    comments->has_random = connection->has_tls;
    memcpy(comments->random, connection->tls.random, sizeof comments->random);
    comments->has_inner = connection->tls.has_inner;
    memcpy(comments->inner_random, connection->tls.inner_random,
           sizeof comments->inner_random);
    comments->client = keep_endpoint(comments, &connection->client);
    comments->server = keep_endpoint(comments, &connection->server);
    comments->title = keep(comments, finding->title);
    comments->explanation = keep(comments, finding->explanation);
    comments->advices = finding->advices;
    for (size_t i = 0; i < finding->advices; i++)
        comments->advice[i] = keep(comments, finding->advice[i]);
    comments->evidences = finding->evidences;
    for (size_t i = 0; i < finding->evidences; i++) {
        const struct evidence *evidence = &finding->evidence[i];

        comments->evidence[i] =
            (struct comments_evidence){.frame = evidence->at.frame,
                                       .what = keep(comments, evidence->what)};
    }
    return comments;
}

void comments_free(struct comments *comments)
{
    arena_release(&comments->arena);
    free(comments);
}

void comments_add_line(const struct comments *comments, const char *what,
                       struct text *text)
{
    text_addf(text, "whyeof: %s (%s, %s): %s", verdict_slug(comments->code),
              severity_name(comments->severity),
              confidence_name(comments->confidence), what);
}

void comments_add_headline(const struct comments *comments, struct text *text)
{
    comments_add_line(comments, comments->title, text);
    if (comments->explanation[0])
        text_addf(text, "\n%s", comments->explanation);
}

void comments_add_file_endpoint(const char *endpoint, struct text *text)
{
    for (; *endpoint; endpoint++) {
        char one[2] = {(char)(*endpoint == ':' ? '-' : *endpoint), '\0'};

        if (*endpoint != '[' && *endpoint != ']')
            text_add(text, one);
    }
}
