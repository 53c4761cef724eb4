#include "report/why.h"

#include "base/mask.h"

#include <stdarg.h>

/* Of the server's log, about the end of what is judged. */
enum {
    EVENTS_BEFORE = 6,
    EVENTS_AFTER = 3
};

enum {
    LABEL = 12, /* of facts */
    ANSWER = 8, /* of rules */
    LINE_SIZE = 4096
};

/* One incident on its way out. */
struct sheet {
    const struct page *page;
    const struct report_options *options;
    nanos zero;
    const struct why *why;
    struct text text;
};

__attribute__((format(printf, 3, 4))) static void
write_line(struct sheet *sheet, const char *label, const char *format, ...)
{
    char text[LINE_SIZE];
    char head[LABEL + 1];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)snprintf(head, sizeof head, "  %s", label);
    page_paragraph(sheet->page, LABEL, head, text);
}

/* What is gathered in sheet->text. */
static void write_gathered(struct sheet *sheet, const char *label)
{
    if (sheet->text.size)
        write_line(sheet, label, "%s", text_string(&sheet->text));
    text_clear(&sheet->text);
}

/* "#4 at 0.012345 s" */
static void add_mark(struct sheet *sheet, struct mark at)
{
    text_addf(&sheet->text, "#%" PRIu64 " at %.6f s", mark_frame(at),
              nanos_seconds(nanos_between(sheet->zero, at.time)));
}

static void add_duration(struct sheet *sheet, const char *before,
                         nanos duration, const char *after)
{
    char text[NANOS_TEXT_SIZE];

    text_addf(&sheet->text, "%s%s%s", before,
              nanos_print_duration(text, duration), after);
}

static void write_title(struct sheet *sheet)
{
    const struct exchange *x = sheet->why->facts.x;
    bool show = sheet->options->show_secrets;

    if (!x) {
        page_ink(sheet->page, INK_BOLD, "the connection itself");
        (void)fputc('\n', sheet->page->out);
        return;
    }
    mask_add(&sheet->text, span_of_text(x->method ? x->method : "a request"),
             MASK_TEXT, show);
    text_add(&sheet->text, " ");
    mask_add(&sheet->text, span_of_text(x->target ? x->target : ""),
             MASK_TARGET, show);
    page_ink(sheet->page, INK_BOLD, "%s %" PRIu64,
             x->is_h2 ? "stream" : "exchange", x->stream);
    (void)fprintf(sheet->page->out, "  %s\n", text_string(&sheet->text));
    text_clear(&sheet->text);
}

static void write_message(struct sheet *sheet, const char *label,
                          const struct message *message, unsigned status)
{
    if (!mark_is_set(message->start)) {
        write_line(sheet, label, "not a byte of it");
        return;
    }
    if (status)
        text_addf(&sheet->text, "%u, ", status);
    text_add(&sheet->text, "from ");
    add_mark(sheet, message->start);
    if (mark_is_set(message->end)) {
        text_add(&sheet->text, ", complete with ");
        add_mark(sheet, message->end);
    } else {
        text_add(&sheet->text, ", not complete; its last byte is in ");
        add_mark(sheet, message->last);
    }
    text_addf(&sheet->text, ", %" PRIu64 " bytes", message->bytes);
    write_gathered(sheet, label);
}

static void write_end(struct sheet *sheet)
{
    const struct facts *f = &sheet->why->facts;
    bool of_stream = f->x && f->x->h2 && mark_is_set(f->x->h2->reset);

    if (f->closing.by == CLOSED_BY_NOBODY) {
        text_add(&sheet->text, "nobody had by the end of what is judged, ");
        add_mark(sheet, f->end);
    } else {
        text_addf(&sheet->text, "first by the %s, with %s ",
                  f->server_closed ? "server" : "client",
                  of_stream             ? "an RST_STREAM,"
                  : f->closing.by_reset ? "an RST,"
                                        : "a FIN,");
        add_mark(sheet, f->closing.at);
        if (f->x && f->server_closed && !of_stream)
            text_add(&sheet->text, f->covers
                                       ? "; it acknowledges all that came of "
                                         "the request"
                                       : "; it does not acknowledge all that "
                                         "came of the request");
    }
    write_gathered(sheet, "closed");
}

static void write_times(struct sheet *sheet)
{
    const struct facts *f = &sheet->why->facts;

    add_duration(sheet, "", f->wait,
                 f->x ? " from the request to the end" : " in all");
    if (f->quiet > 0)
        add_duration(sheet, ", ", f->quiet, " since anything of it moved");
    if (f->x && f->idle >= 0)
        add_duration(sheet, "; idle for ", f->idle, " before the request");
    write_gathered(sheet, "waited");
}

static void add_episode(struct sheet *sheet, const struct episode *episode,
                        const char *what, const char *count)
{
    if (!episode)
        return;
    text_addf(&sheet->text, "%s%s ", sheet->text.size ? "; " : "", what);
    add_duration(sheet, "for ", episode_lasted(&sheet->why->facts, episode),
                 " from ");
    add_mark(sheet, episode->first);
    text_addf(&sheet->text, " (%u %s)", episode->count, count);
}

static void write_episodes(struct sheet *sheet)
{
    const struct facts *f = &sheet->why->facts;

    add_episode(sheet, f->client_window, "the client's window is 0", "probes");
    add_episode(sheet, f->server_window, "the server's window is 0", "probes");
    add_episode(sheet, f->client_retransmission,
                "the client's bytes are sent again", "times");
    add_episode(sheet, f->server_retransmission,
                "the server's bytes are sent again", "times");
    add_episode(sheet, f->client_probes, "the client probes (keep-alive)",
                "probes");
    add_episode(sheet, f->server_probes, "the server probes (keep-alive)",
                "probes");
    write_gathered(sheet, "meanwhile");
}

static void add_set(struct sheet *sheet, const char *what,
                    const struct durations *set)
{
    char text[NANOS_TEXT_SIZE];

    if (!set->samples)
        return;
    text_addf(&sheet->text, "%s%s: %" PRIu64 ", after %s",
              sheet->text.size ? "; " : "", what, set->samples,
              nanos_print_duration(text, set->shortest));
    if (set->longest > set->shortest)
        add_duration(sheet, " to ", set->longest, "");
}

/* What all exchanges with this server say. */
static void write_server(struct sheet *sheet)
{
    const struct server_facts *known = sheet->why->facts.known;

    add_set(sheet, "answered whole", &known->success);
    add_set(sheet, "cut by the server", &known->cut);
    add_set(sheet, "reset (INTERNAL_ERROR)", &known->reset);
    add_set(sheet, "closed while idle", &known->idle);
    add_set(sheet, "given up by the client", &known->client_gave_up);
    add_set(sheet, "answered 502, 503 or 504", &known->gateway);
    write_gathered(sheet, "its server");
}

/* What befell its server's clients about then. */
static void write_events(struct sheet *sheet)
{
    const struct server_log *log = sheet->why->facts.known->log;
    size_t after = 0;

    if (!log)
        return;
    while (after < log->count &&
           server_log_at(log, after)->at.frame <= sheet->why->facts.end.frame)
        after++;
    for (size_t i = after < EVENTS_BEFORE ? 0 : after - EVENTS_BEFORE;
         i < log->count && i < after + EVENTS_AFTER; i++) {
        const struct log_entry *entry = server_log_at(log, i);

        text_add(&sheet->text, sheet->text.size ? "; " : "");
        add_mark(sheet, entry->at);
        text_addf(&sheet->text, " %s", log_kind_name(entry->kind));
        if (entry->took > 0)
            add_duration(sheet, " after ", entry->took, "");
    }
    write_gathered(sheet, "its log");
}

static void add_window(struct sheet *sheet, const char *of,
                       const struct h2_window *window)
{
    struct mark end = sheet->why->facts.end;
    const struct h2_window then = h2_window_then(window, end);
    nanos longest = h2_window_longest(window, end);

    text_addf(&sheet->text, "%s %" PRId64, of, h2_window_left(&then));
    if (longest > 0)
        add_duration(sheet, " (used up for ", longest, ")");
}

/* HTTP/2: the credit that was left at the end. */
static void write_windows(struct sheet *sheet)
{
    const struct exchange_h2 *h2 = sheet->why->facts.x->h2;

    for (unsigned i = 0; h2 && i < MESSAGES; i++) {
        text_addf(&sheet->text, "%sfor the %s ", i ? "; " : "bytes left ",
                  i == MESSAGE_REQUEST ? "request:" : "answer:");
        if (!h2->known[i]) {
            text_add(&sheet->text, "not known");
            continue;
        }
        add_window(sheet, "stream", &h2->stream[i]);
        add_window(sheet, ", connection", &h2->connection[i]);
    }
    write_gathered(sheet, "windows");
}

/* Whose turn it was, and that the parts are the whole. */
static void write_turns(struct sheet *sheet)
{
    const struct turns turns = turns_of(&sheet->why->facts);

    for (unsigned i = 0; i < HOLDER_COUNT; i++) {
        if (turns.of[i])
            text_addf(&sheet->text, "%s%s %.9f s",
                      sheet->text.size ? " + " : "",
                      holder_name((enum holder)i), nanos_seconds(turns.of[i]));
    }
    if (sheet->text.size)
        text_addf(&sheet->text, " = %.9f s from its first byte to the end",
                  nanos_seconds(turns_total(&turns)));
    write_gathered(sheet, "turns");
}

static void write_facts(struct sheet *sheet)
{
    const struct exchange *x = sheet->why->facts.x;

    if (x) {
        write_message(sheet, "request", &x->request, 0);
        write_message(sheet, "answer", &x->response, x->status);
        write_windows(sheet);
    }
    write_end(sheet);
    write_times(sheet);
    write_turns(sheet);
    write_episodes(sheet);
    write_server(sheet);
    write_events(sheet);
}

static void write_doubts(struct sheet *sheet)
{
    const struct why *why = sheet->why;

    if (!why->doubt)
        write_line(sheet, "doubt", "none");
    for (size_t i = 0; i < DOUBT_ROWS; i++) {
        if (why->doubts[i])
            write_line(sheet, "doubt", "%s: %s", doubt_name(why->doubts[i]),
                       doubt_list[i].signature);
    }
}

/*
 * Of the rules that decide the first yes is the verdict; what holds as well is
 * in brackets.
 */
static void write_rules(struct sheet *sheet, enum scope scope,
                        const bool holds[static RULE_COUNT], bool decides)
{
    bool decided = !decides || sheet->why->went_well;

    write_line(sheet, "scope", "%s: %s%s", scope_slug(scope), scope_what(scope),
               decides ? "" : " (asked as if there were no doubt)");
    for (size_t i = 0; i < RULE_COUNT; i++) {
        const struct rule *rule = &rule_list[i];
        bool told = holds[i] && !decided;

        if (!rule_is_in(rule, scope))
            continue;
        text_addf(&sheet->text, "%s: %s", verdict_slug(rule->code),
                  rule->signature);
        page_paragraph(sheet->page, ANSWER,
                       told       ? "  YES"
                       : holds[i] ? "  (yes)"
                                  : "  no",
                       text_string(&sheet->text));
        text_clear(&sheet->text);
        decided |= told;
    }
}

static void write_outcome(struct sheet *sheet)
{
    const struct why *why = sheet->why;
    const struct finding *finding = why->finding;

    if (why->went_well)
        write_line(sheet, "told", "nothing: %s",
                   why->facts.x ? "it came to its end, and nothing about it "
                                  "called for a judgement"
                                : "its exchanges are judged, and nothing else "
                                  "about it called for a judgement");
    else if (finding && !why->hidden)
        write_line(sheet, "told", "%s, %s (%s): %s",
                   verdict_slug(finding->code),
                   severity_name(finding->severity),
                   confidence_name(finding->confidence), finding->title);
    else if (finding)
        write_line(sheet, "told",
                   "nothing: %s is hidden by --only, --ignore "
                   "or --stream",
                   verdict_slug(finding->code));
    else if (why->doubt)
        write_line(sheet, "told", "nothing: it cannot be judged (%s)",
                   doubt_name(why->doubt));
    else
        write_line(sheet, "told", "nothing: no rule holds");
}

void why_write(const struct page *page, const struct report_options *options,
               nanos zero, const struct why *why)
{
    struct sheet sheet = {
        .page = page, .options = options, .zero = zero, .why = why};

    text_init(&sheet.text, LINE_SIZE);
    write_title(&sheet);
    write_facts(&sheet);
    write_doubts(&sheet);
    if (why->anyway)
        write_rules(&sheet, why->anyway, why->stands, true);
    write_rules(&sheet, why->scope, why->holds, !why->doubt);
    write_outcome(&sheet);
    text_release(&sheet.text);
}
