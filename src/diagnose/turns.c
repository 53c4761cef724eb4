/*
 * Spans of time are laid over one another, each with its holder, and the one on
 * top has the moment: at the bottom whose turn it is by the messages, above it
 * what hindered that side.
 */
#include "diagnose/turns.h"

#include "diagnose/facts_h2.h"
#include "diagnose/facts_stall.h"

#include <assert.h>
#include <stdlib.h>

enum {
    /* every episode, the messages, two times of four windows, and the rest */
    SPANS_ROOM = CONN_EPISODES_ROOM + 24
};

struct held_span {
    nanos from;
    nanos until;
    enum holder holder;
};

struct ledger {
    const struct facts *f;
    nanos from;
    nanos until;
    struct held_span span[SPANS_ROOM]; /* what comes later is on top */
    size_t spans;
};

const char *holder_name(enum holder holder)
{
    static const char *const name[] = {
        [HOLDER_CLIENT] = "client",
        [HOLDER_SERVER] = "server",
        [HOLDER_NETWORK] = "network",
        [HOLDER_CLIENT_WINDOW] = "client-window",
        [HOLDER_SERVER_WINDOW] = "server-window",
        [HOLDER_H2_STREAM_WINDOW] = "h2-stream-window",
        [HOLDER_H2_CONNECTION_WINDOW] = "h2-connection-window",
        [HOLDER_STREAM_LIMIT] = "stream-limit",
        [HOLDER_CONTINUE] = "continue",
        [HOLDER_UPSTREAM] = "upstream",
        [HOLDER_UNSEEN] = "unseen",
    };

    static_assert(sizeof name / sizeof *name == HOLDER_COUNT,
                  "every holder has its name");
    return name[holder];
}

/* What lies outside the exchange's own time is cut off. */
static void lay(struct ledger *ledger, nanos from, nanos until,
                enum holder holder)
{
    if (from < ledger->from)
        from = ledger->from;
    if (until > ledger->until)
        until = ledger->until;
    if (from >= until)
        return;
    assert(ledger->spans < SPANS_ROOM);
    ledger->span[ledger->spans++] =
        (struct held_span){.from = from, .until = until, .holder = holder};
}

/* When the server's turn began: not set, it never did. */
static nanos turn_of_server(const struct ledger *ledger)
{
    const struct message *request = &ledger->f->x->request;

    if (!mark_is_set(request->start))
        return ledger->from;
    return mark_is_set(request->end) ? request->end.time : ledger->until;
}

static bool is_window_unknown(const struct exchange *x)
{
    const struct exchange_h2 *h2 = x->h2;

    return x->windows_lost || (h2 && (!h2->known[MESSAGE_REQUEST] ||
                                      !h2->known[MESSAGE_RESPONSE]));
}

/* Of the server's time what the leg behind it took. */
static void lay_upstream(struct ledger *ledger, nanos turn)
{
    const struct leg_pair *pair = &ledger->f->around->upstream;

    /* who has not sent all of it on is not waiting yet */
    if (pair->sure != LEG_SURE || pair->is_earlier ||
        (pair->leg.exchange && !pair->leg.request_whole))
        return;
    lay(ledger, pair->since.time > turn ? pair->since.time : turn,
        pair->leg.how == LEG_OPEN ? ledger->until : pair->leg.end.time,
        HOLDER_UPSTREAM);
}

/* The server's FIN does not acknowledge it: it was on its way till then. */
static bool is_unread(const struct facts *f)
{
    return f->server_closed && !f->closing.by_reset && !f->x->is_h2 &&
           f->request_whole && !f->response_begun &&
           f->closing.acks != CONN_NO_OFFSET &&
           f->closing.acks <= f->x->request.begin;
}

static void lay_messages(struct ledger *ledger)
{
    const struct exchange *x = ledger->f->x;
    nanos turn = turn_of_server(ledger);
    bool unknown = is_window_unknown(x);

    lay(ledger, ledger->from, turn,
        x->request.lost || unknown ? HOLDER_UNSEEN : HOLDER_CLIENT);
    lay(ledger, turn, ledger->until,
        x->response.lost || unknown ? HOLDER_UNSEEN : HOLDER_SERVER);
    lay_upstream(ledger, turn);
    if (is_unread(ledger->f))
        lay(ledger, turn, ledger->until, HOLDER_NETWORK);
    /* it is whole, and on its way; in a tunnel nobody's turn is known */
    if (mark_is_set(x->response.end) && mark_is_set(x->request.end) &&
        x->response.end.time >= turn)
        lay(ledger, x->response.end.time, ledger->until,
            x->tunnel ? HOLDER_UNSEEN : HOLDER_NETWORK);
}

static void lay_continue(struct ledger *ledger)
{
    const struct exchange *x = ledger->f->x;

    if (!x->expects_continue || !mark_is_set(x->request.head))
        return;
    if (waits_for_continue(ledger->f))
        lay(ledger, x->request.head.time, ledger->until, HOLDER_CONTINUE);
    else if (mark_is_set(x->interim))
        lay(ledger, x->request.head.time, x->interim.time, HOLDER_CONTINUE);
}

static void lay_stream_limit(struct ledger *ledger)
{
    if (ledger->f->x->is_h2 && waits_at_stream_limit(ledger->f))
        lay(ledger, turn_of_server(ledger), ledger->until, HOLDER_STREAM_LIMIT);
}

/* Of a message only the time in which its sender had something to send. */
static void lay_window(struct ledger *ledger, unsigned message,
                       const struct h2_blocking *blocking, enum holder holder)
{
    const struct exchange *x = ledger->f->x;
    struct mark begun =
        message == MESSAGE_REQUEST ? x->request.head : x->response.start;
    const struct h2_blocking *b = blocking;

    if (!mark_is_set(begun))
        return;
    if (mark_is_set(b->from))
        lay(ledger, b->from.time > begun.time ? b->from.time : begun.time,
            b->until.time, holder);
    if (mark_is_set(b->since))
        lay(ledger, b->since.time > begun.time ? b->since.time : begun.time,
            ledger->until, holder);
}

static void lay_windows(struct ledger *ledger)
{
    const struct exchange_h2 *h2 = ledger->f->x->h2;

    for (unsigned i = 0; h2 && i < MESSAGES; i++) {
        if (!h2->known[i])
            continue;
        lay_window(ledger, i, &h2->stream[i].blocking, HOLDER_H2_STREAM_WINDOW);
        lay_window(ledger, i, &h2->connection[i].blocking,
                   HOLDER_H2_CONNECTION_WINDOW);
    }
}

static void lay_episodes(struct ledger *ledger, enum episode_kind kind)
{
    const struct facts *f = ledger->f;

    for (unsigned i = 0; i < f->conn->episodes; i++) {
        const struct episode *episode = &f->conn->episode[i];
        enum holder holder = kind == EPISODE_RETRANSMISSION ? HOLDER_NETWORK
                             : episode->side == f->conn->client
                                 ? HOLDER_CLIENT_WINDOW
                                 : HOLDER_SERVER_WINDOW;

        if (episode->kind != kind || episode->count == 0 ||
            !episode_is_of_exchange(f, episode))
            continue;
        lay(ledger, episode->first.time,
            nanos_after(episode->first.time, episode_lasted(f, episode)),
            holder);
    }
}

/* Not one of them is answered: the host, or the path to it, is gone. */
static void lay_unanswered_probes(struct ledger *ledger)
{
    struct silence s;

    if (find_silence(ledger->f, &s) && s.episode->kind == EPISODE_KEEPALIVE)
        lay(ledger, s.episode->first.time, ledger->until, HOLDER_NETWORK);
}

/* Later bytes came, those before them never did. */
static void lay_hole(struct ledger *ledger)
{
    const struct facts *f = ledger->f;

    if (!f->response_whole && has_unfilled_hole(f->server))
        lay(ledger, f->server->last_data.time, ledger->until, HOLDER_NETWORK);
    if (is_unheard_by_server(f))
        lay(ledger, f->progress.time, ledger->until, HOLDER_NETWORK);
    if (was_unheard_by_server(f))
        lay(ledger, f->x->pause.time, f->x->pause_end.time, HOLDER_NETWORK);
    if (!f->request_whole && !f->x->is_h2 && has_unfilled_hole(f->client))
        lay(ledger, f->client->last_data.time, ledger->until, HOLDER_NETWORK);
}

static int by_time(const void *left, const void *right)
{
    nanos a = *(const nanos *)left;
    nanos b = *(const nanos *)right;

    return (a > b) - (a < b);
}

/* The one on top. */
static enum holder holder_between(const struct ledger *ledger, nanos from,
                                  nanos until)
{
    for (size_t i = ledger->spans; i-- > 0;) {
        const struct held_span *span = &ledger->span[i];

        if (span->from <= from && span->until >= until)
            return span->holder;
    }
    return HOLDER_UNSEEN;
}

static struct turns add_up(const struct ledger *ledger)
{
    struct turns turns = {0};
    nanos edge[2 * SPANS_ROOM];
    size_t edges = 0;

    for (size_t i = 0; i < ledger->spans; i++) {
        edge[edges++] = ledger->span[i].from;
        edge[edges++] = ledger->span[i].until;
    }
    if (edges)
        qsort(edge, edges, sizeof *edge, by_time);
    for (size_t i = 1; i < edges; i++)
        turns.of[holder_between(ledger, edge[i - 1], edge[i])] +=
            edge[i] - edge[i - 1];
    return turns;
}

struct turns turns_of(const struct facts *f)
{
    struct ledger ledger = {.f = f};
    struct mark first;

    if (!f->x)
        return (struct turns){0};
    first = mark_is_set(f->x->request.start) ? f->x->request.start
                                             : f->x->response.start;
    ledger.from = first.time;
    ledger.until = nanos_after(first.time, facts_passed(first, f->end));
    lay_messages(&ledger);
    lay_stream_limit(&ledger);
    lay_continue(&ledger);
    lay_windows(&ledger);
    lay_episodes(&ledger, EPISODE_RETRANSMISSION);
    lay_unanswered_probes(&ledger);
    lay_hole(&ledger);
    lay_episodes(&ledger, EPISODE_ZERO_WINDOW);
    return add_up(&ledger);
}

nanos turns_total(const struct turns *turns)
{
    nanos total = 0;

    for (unsigned i = 0; i < HOLDER_COUNT; i++)
        total += turns->of[i];
    return total;
}
