#include "diagnose/finding_builder.h"

#include "diagnose/facts_stall.h"

#include "diagnose/h2_code.h"

#include "base/arena.h"
#include "base/mask.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    TEXT_SIZE = 8192 /* more than any explanation has */
};

__attribute__((format(printf, 2, 0))) static const char *
say(struct finding *finding, const char *format, va_list args)
{
    char text[TEXT_SIZE];

    (void)vsnprintf(text, sizeof text, format, args);
    return arena_keep(&finding->arena, span_of_text(text));
}

const char *finding_say(struct finding *finding, const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = say(finding, format, args);
    va_end(args);
    return text;
}

const char *finding_quote(const struct facts *f, struct finding *finding,
                          struct span wire)
{
    struct text text;
    const char *quote;

    text_init(&text, TEXT_SIZE);
    mask_add(&text, wire, MASK_TEXT, f->settings->show_secrets);
    quote = arena_keep(&finding->arena, span_of_text(text_string(&text)));
    text_release(&text);
    return quote;
}

void finding_cite(struct finding *finding, struct mark at, enum witness from,
                  const char *format, ...)
{
    va_list args;

    if (!mark_is_set(at))
        return;
    assert(finding->evidences < FINDING_EVIDENCE_MAX);
    va_start(args, format);
    finding->evidence[finding->evidences++] = (struct evidence){
        .at = at, .from = from, .what = say(finding, format, args)};
    va_end(args);
}

void finding_explain(struct finding *finding, const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = say(finding, format, args);
    va_end(args);
    if (finding->explanation)
        text = finding_say(finding, "%s %s", finding->explanation, text);
    finding->explanation = text;
}

void finding_advise(struct finding *finding, const char *format, ...)
{
    va_list args;

    if (finding->advices == FINDING_ADVICE_MAX)
        return;
    va_start(args, format);
    finding->advice[finding->advices++] = say(finding, format, args);
    va_end(args);
}

void finding_alternative(struct finding *finding, enum verdict code,
                         const char *why_possible, const char *settled_by)
{
    if (finding->alternatives == FINDING_ALTERNATIVES_MAX)
        return;
    finding->alternative[finding->alternatives++] =
        (struct alternative){code, why_possible, settled_by};
}

const char *finding_duration(struct finding *finding, nanos duration)
{
    char text[NANOS_TEXT_SIZE];

    return finding_say(finding, "%s", nanos_print_duration(text, duration));
}

const char *finding_range(struct finding *finding, const struct durations *set)
{
    const char *low = finding_duration(finding, set->shortest);
    const char *high = finding_duration(finding, set->longest);

    return strcmp(low, high) == 0 ? low
                                  : finding_say(finding, "%s to %s", low, high);
}

static enum witness witness_of(const struct facts *f, unsigned side)
{
    return side == f->conn->client ? FROM_CLIENT : FROM_SERVER;
}

static void cite_request(struct finding *finding, const struct facts *f)
{
    const struct message *request = &f->x->request;
    const char *again =
        mark_is_set(f->x->idle_since)
            ? finding_say(finding, ", %s after the response before it",
                          finding_duration(finding, f->idle))
            : "";

    if (f->server->lost == 0)
        finding_cite(finding, f->x->idle_since, FROM_SERVER,
                     "the response before this request is complete");
    if (f->request_whole && request->start.frame == request->end.frame) {
        finding_cite(finding, request->start, FROM_CLIENT,
                     "the request: %" PRIu64 " bytes%s", request->bytes, again);
        return;
    }
    finding_cite(finding, request->start, FROM_CLIENT, "the request begins%s",
                 again);
    if (f->request_whole)
        finding_cite(finding, request->end, FROM_CLIENT,
                     "the request is complete: %" PRIu64 " bytes",
                     request->bytes);
    else if (request->last.frame != request->start.frame)
        finding_cite(finding, request->last, FROM_CLIENT,
                     "the last of the request that came: %" PRIu64 " bytes",
                     request->bytes);
}

static void cite_response(struct finding *finding, const struct facts *f)
{
    const struct message *response = &f->x->response;

    finding_cite(finding, f->x->interim, FROM_SERVER, "an interim response");
    if (!f->response_begun && !f->left)
        return;
    if (f->x->status)
        finding_cite(finding, response->start, FROM_SERVER,
                     "the response begins%s: %u",
                     f->response_begun ? "" : ", too late", f->x->status);
    else
        finding_cite(finding, response->start, FROM_SERVER,
                     "the response begins%s",
                     f->response_begun ? "" : ", too late");
    if (response->last.frame == response->start.frame)
        return;
    finding_cite(finding, response->last, FROM_SERVER,
                 f->left ? "the rest of the response, too late: %" PRIu64
                           " body bytes in all"
                 : f->response_whole && exchange_is_short(f->x)
                     ? "ends the stream, too soon: %" PRIu64 " body bytes"
                 : f->response_whole ? "the response is complete: %" PRIu64
                                       " body bytes"
                                     : "the last byte of the response: %" PRIu64
                                       " body bytes so far",
                 response->body);
}

static void cite_probes(struct finding *finding, const struct facts *f,
                        const struct episode *episode)
{
    const char *name;
    nanos every;

    if (!episode)
        return;
    name = witness_of(f, episode->side) == FROM_CLIENT ? "client" : "server";
    every = episode->count > 1
                ? nanos_between(episode->first.time, episode->last.time) /
                      (nanos)(episode->count - 1)
                : 0;
    finding_cite(
        finding, episode->first, witness_of(f, episode->side),
        "%u TCP keep-alive probe%s of the %s begin%s here, %u answered%s",
        episode->count, episode->count > 1 ? "s" : "", name,
        episode->count > 1 ? "" : "s", episode->answered,
        every ? finding_say(finding, ", every %s",
                            finding_duration(finding, every))
              : "");
}

static void cite_window(struct finding *finding, const struct facts *f,
                        const struct episode *episode)
{
    if (!episode)
        return;
    finding_cite(finding, episode->first, witness_of(f, episode->side),
                 "advertises window 0 (%s in all, %u probe%s)",
                 finding_duration(finding, episode_lasted(f, episode)),
                 episode->count, episode->count == 1 ? "" : "s");
    if (!episode_lasts(episode))
        finding_cite(finding, episode->ended, witness_of(f, episode->side),
                     "opens its window again");
}

static void cite_retransmission(struct finding *finding, const struct facts *f,
                                const struct episode *episode)
{
    if (!episode)
        return;
    if (episode->needless)
        finding_cite(finding, episode->first, witness_of(f, episode->side),
                     "sends again what was acknowledged, as if no ACK came");
    else if (episode->after_ack)
        finding_cite(finding, episode->first, witness_of(f, 1u - episode->side),
                     "acknowledges what came before, and not the rest");
    else
        finding_cite(finding, episode->first, witness_of(f, episode->side),
                     "sends bytes that are not acknowledged");
    finding_cite(finding, episode->second, witness_of(f, episode->side),
                 "sends them again, %u time%s until #%" PRIu64, episode->count,
                 episode->count == 1 ? "" : "s", mark_frame(episode->last));
    if (!episode_lasts(episode))
        finding_cite(finding, episode->ended, witness_of(f, 1u - episode->side),
                     "acknowledges them at last");
}

static const char *what_fin_covers(const struct facts *f)
{
    if (f->covers)
        return f->request_whole ? "; it acknowledges the whole request"
                                : "; it acknowledges all that came of the "
                                  "request";
    if (f->closing.acks != CONN_NO_OFFSET &&
        f->closing.acks > f->x->request.begin)
        return "; it acknowledges only a part of the request";
    return "; it does not acknowledge the request";
}

static void cite_fin(struct finding *finding, const struct facts *f,
                     unsigned side)
{
    const struct flow *flow = &f->conn->flow[side];
    bool first =
        mark_is_set(flow->fin) && f->closing.at.frame == flow->fin.frame;
    const char *acks = "";

    if (f->x && !f->x->tunnel && first && f->server_closed)
        acks = what_fin_covers(f);
    finding_cite(finding, flow->fin, witness_of(f, side), "closes (FIN%s)%s",
                 first ? ", the first to do so" : "", acks);
}

static void cite_resets(struct finding *finding, const struct facts *f)
{
    for (unsigned i = 0; i < f->conn->resets && i < 2; i++) {
        const struct reset *reset = &f->conn->reset[i];
        const char *ttl = "";

        if (reset->usual_ttl && reset->ttl != reset->usual_ttl)
            ttl = finding_say(finding,
                              "; its TTL is %u, that of other packets %u",
                              reset->ttl, reset->usual_ttl);
        finding_cite(finding, reset->at, witness_of(f, reset->from),
                     reset->has_ack
                         ? "resets (RST, ACK)%s"
                         : "resets (RST without ACK: there is no such "
                           "connection any more)%s",
                     ttl);
    }
}

static void cite_stream_reset(struct finding *finding, const struct facts *f)
{
    const struct exchange_h2 *h2 = f->x->h2;

    if (h2)
        finding_cite(finding, h2->reset,
                     h2->reset_by_client ? FROM_CLIENT : FROM_SERVER,
                     "resets the stream (RST_STREAM, %s)",
                     h2_code_name(h2->reset_code));
}

void finding_timeline(struct finding *finding, const struct facts *f)
{
    if (f->x) {
        cite_request(finding, f);
        cite_response(finding, f);
        cite_stream_reset(finding, f);
    }
    cite_probes(finding, f, f->client_probes);
    cite_probes(finding, f, f->server_probes);
    cite_window(finding, f, f->client_window);
    cite_window(finding, f, f->server_window);
    cite_retransmission(finding, f, f->client_retransmission);
    cite_retransmission(finding, f, f->server_retransmission);
    if (!f->incident->is_complete || !f->x || f->client_closed ||
        f->x->tunnel) {
        cite_fin(finding, f, 0);
        cite_fin(finding, f, 1);
        cite_resets(finding, f);
    }
}

void finding_bound_confidence(struct finding *finding, const struct facts *f)
{
    bool is_open = finding->symptom == SYMPTOM_HANG && may_go_on_unseen(f);

    if ((finding->alternatives || is_open) &&
        finding->confidence == CONFIDENCE_CERTAIN)
        finding->confidence = CONFIDENCE_LIKELY;
}

void finding_sort(struct finding *finding)
{
    for (size_t i = 1; i < finding->evidences; i++) {
        struct evidence moved = finding->evidence[i];
        size_t k = i;

        for (; k > 0 && finding->evidence[k - 1].at.frame > moved.at.frame; k--)
            finding->evidence[k] = finding->evidence[k - 1];
        finding->evidence[k] = moved;
    }
}

void finding_weigh_drops(struct finding *finding, const struct facts *f)
{
    uint64_t drops = f->around->drops;

    if (!drops)
        return;
    if (finding->confidence > CONFIDENCE_POSSIBLE)
        finding->confidence--;
    finding_explain(finding,
                    "The capture dropped %" PRIu64 " packet%s while this went "
                    "on: what it rests on may be among them.",
                    drops, drops == 1 ? "" : "s");
}

/* An episode that was not kept may have held it up as well. */
static void weigh_lost_episodes(struct finding *finding, const struct facts *f)
{
    if (f->forgotten < f->settings->stall_threshold)
        return;
    if (finding->confidence > CONFIDENCE_POSSIBLE)
        finding->confidence = CONFIDENCE_POSSIBLE;
    finding_explain(
        finding,
        "This connection was held up more often than is kept: of "
        "other episodes, none longer than %s, nothing else is known "
        "here.",
        finding_duration(finding, f->forgotten));
}

/* What an exchange that is not followed holds, or waits for, is not known. */
static void weigh_unfollowed(struct finding *finding, const struct facts *f)
{
    uint64_t count = f->incident->unfollowed;

    if (!count)
        return;
    if (finding->confidence > CONFIDENCE_POSSIBLE)
        finding->confidence--;
    finding_explain(finding,
                    "%" PRIu64 " more exchange%s of this connection %s not "
                    "followed: more were waiting at once than are kept.",
                    count, count == 1 ? "" : "s", count == 1 ? "was" : "were");
}

void finding_weigh_episodes(struct finding *finding, const struct facts *f)
{
    const struct reset *reset = f->closing.reset;

    weigh_lost_episodes(finding, f);
    weigh_unfollowed(finding, f);
    if (f->closing.by_reset && !reset->in_window) {
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_explain(
            finding, "The RST's sequence number is outside the window: it "
                     "has the ACK and the timestamps of its sender's socket, "
                     "which is gone, but its receiver ignores it (RFC 9293, "
                     "3.10.7.4).");
    }
    if (f->conn->stray_resets)
        finding_explain(finding,
                        "%u RST%s outside the window, from no socket of this "
                        "connection, %s not counted: a host ignores %s.",
                        f->conn->stray_resets,
                        f->conn->stray_resets == 1 ? "" : "s",
                        f->conn->stray_resets == 1 ? "is" : "are",
                        f->conn->stray_resets == 1 ? "it" : "them");
}
