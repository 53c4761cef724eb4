#include "tcp/tcp_kit.h"

struct listener {
    struct text told;
    bool with_acked;
};

static char letter_of(const struct conn *conn, unsigned side)
{
    return conn->endpoint[side].port == 80 ? 's' : 'c';
}

static struct text *begin_line(void *context, const struct conn *conn)
{
    struct listener *listener = context;

    if (conn->id)
        text_addf(&listener->told, "[%d] ", (int)conn->id);
    return &listener->told;
}

static void take_data(void *context, struct conn *conn, unsigned side,
                      const struct chunk *chunk)
{
    text_addf(begin_line(context, conn), "%c +%llu %.*s #%d\n",
              letter_of(conn, side),
              (unsigned long long)(chunk->offset - CONN_ORIGIN),
              (int)chunk->bytes.size, (const char *)chunk->bytes.at,
              (int)chunk->at.frame);
}

static void take_gap(void *context, struct conn *conn, unsigned side,
                     const struct chunk *chunk)
{
    assert_null(chunk->bytes.at);
    text_addf(begin_line(context, conn), "%c +%llu gap %zu #%d\n",
              letter_of(conn, side),
              (unsigned long long)(chunk->offset - CONN_ORIGIN),
              chunk->bytes.size, (int)chunk->at.frame);
}

static void take_end(void *context, struct conn *conn, unsigned side,
                     struct mark at)
{
    text_addf(begin_line(context, conn), "%c end #%d\n", letter_of(conn, side),
              (int)at.frame);
}

static void take_acked(void *context, struct conn *conn, unsigned side)
{
    if (((struct listener *)context)->with_acked)
        text_addf(begin_line(context, conn), "%c acked\n",
                  letter_of(conn, side));
}

static void write_episode(struct text *told, const struct conn *conn,
                          const struct episode *episode)
{
    static const char *const name[] = {"keep-alive", "zero-window",
                                       "retransmission", "hole"};

    text_addf(told, "  %s %c x%d", name[episode->kind],
              letter_of(conn, episode->side), (int)episode->count);
    if (episode->answered)
        text_addf(told, " answered %d", episode->answered);
    if (episode->offset)
        text_addf(told, " +%llu:%llu",
                  (unsigned long long)(episode->offset - CONN_ORIGIN),
                  (unsigned long long)episode->size);
    text_addf(told, " #%d #%d #%d", (int)episode->first.frame,
              (int)episode->second.frame, (int)episode->last.frame);
    if (episode->ended.frame)
        text_addf(told, " ended #%d", (int)episode->ended.frame);
    text_add(told, "\n");
}

static void write_reset(struct text *told, const struct conn *conn,
                        const struct reset *reset)
{
    text_addf(told, "  reset %c #%d", letter_of(conn, reset->from),
              (int)reset->at.frame);
    if (conn->flow[reset->from].isn_known)
        text_addf(told, " +%llu",
                  (unsigned long long)(reset->offset - CONN_ORIGIN));
    if (reset->has_ack)
        text_add(told, " ack");
    if (!reset->in_window)
        text_add(told, " out of window");
    if (reset->ttl != reset->usual_ttl)
        text_addf(told, " ttl %d not %d", reset->ttl, reset->usual_ttl);
    text_add(told, "\n");
}

static void take_over(void *context, struct conn *conn, enum conn_ending how)
{
    static const char *const name[] = {"open", "ended", "replaced", "evicted"};
    struct text *told = begin_line(context, conn);

    text_addf(told, "over %s", name[how]);
    if (!conn_start_seen(conn))
        text_addf(told, ", client %c guessed", letter_of(conn, conn->client));
    if (conn_is_one_way(conn))
        text_add(told, ", one way");
    if (conn->refused)
        text_add(told, ", refused");
    if (conn->data_after_reset)
        text_add(told, ", data after reset");
    if (conn->flow[conn->client].syns > 1)
        text_addf(told, ", %d SYNs", conn->flow[conn->client].syns);
    text_add(told, "\n");
    for (unsigned i = 0; i < conn->episodes; i++)
        write_episode(told, conn, &conn->episode[i]);
    for (unsigned i = 0; i < conn->resets; i++)
        write_reset(told, conn, &conn->reset[i]);
    if (conn->odd && conn->odd->ignored)
        text_addf(told, "  ignored %d\n", (int)conn->odd->ignored);
    for (unsigned side = 0; conn->odd && side < 2; side++) {
        if (mark_is_set(conn->odd->contradicted[side].first))
            text_addf(told, "  contradicted %c #%d\n", letter_of(conn, side),
                      (int)conn->odd->contradicted[side].first.frame);
    }
    if (conn->stray_resets)
        text_addf(told, "  stray resets %d\n", (int)conn->stray_resets);
}

static void give_step(struct tcp *tcp, const struct conversation *talk,
                      const struct step *step, uint64_t frame)
{
    bool by_server = step->who == 's' || step->who == 'S';
    uint16_t port = step->who == 'C' || step->who == 'S' ? 40001 : 40000;
    const struct endpoint client = {
        {4, {10, 0, 0, 1}},
        port
    };
    const struct endpoint server = {
        {4, {10, 0, 0, 2}},
        80
    };
    struct segment segment = {
        .at.time = (1000 + step->time) * NANOS_PER_MILLI,
        .at.frame = frame & 0xffffff,
        .source = by_server ? server : client,
        .destination = by_server ? client : server,
        .seq = talk->isn[by_server] + step->seq,
        .ack = step->flags & TCP_ACK ? talk->isn[!by_server] + step->ack : 0,
        .window = step->window == WINDOW_ZERO ? 0 : 1000,
        .flags = step->flags,
        .ttl = step->ttl ? step->ttl : 64,
        .has_timestamp = step->has_timestamp,
        .sum = step->sum,
        .payload = span_of_text(step->data),
        .missing = step->missing,
    };

    if (step->quoted)
        tcp_take_quoted(tcp, &segment);
    else
        tcp_take(tcp, &segment);
}

void check_conversation(const struct conversation *talk)
{
    struct listener listener = {.with_acked = talk->with_acked};
    const struct tcp_sink sink = {&listener,  take_data, take_gap, take_end,
                                  take_acked, take_over, NULL};
    struct tcp *tcp = tcp_new(&talk->options, &sink);
    uint64_t frame = 0;

    text_init(&listener.told, 4000);
    for (size_t i = 0; i < STEPS_MAX && talk->step[i].who; i++) {
        if (talk->step[i].who == '-')
            text_add(&listener.told, "--\n");
        else
            give_step(tcp, talk, &talk->step[i], ++frame);
    }
    tcp_finish(tcp);
    if (tcp_counts(tcp).held_budget)
        text_addf(&listener.told, "budget %d\n",
                  (int)tcp_counts(tcp).held_budget);
    tcp_free(tcp);
    if (strcmp(text_string(&listener.told), talk->told) != 0)
        fail_msg("%s:\n%s-- instead of\n%s", talk->name,
                 text_string(&listener.told), talk->told);
    text_release(&listener.told);
}
