#include "diagnose/finding_builder.h"

#include "diagnose/facts_stall.h"

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
