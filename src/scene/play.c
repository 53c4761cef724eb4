#include "scene/play.h"

#include "scene/address.h"

#include <assert.h>

enum {
    CLIENT_ISN = 1000000,
    SERVER_ISN = 5000000,
    CLIENT_ID = 0x1000,
    SERVER_ID = 0x8000,
    SYN_WINDOW = 64240,
    WINDOW = 64256, /* divides by 2^7 */
    /* Timestamps begin apart, as those of two hosts do. */
    CLIENT_TIMESTAMP = 100000,
    SERVER_TIMESTAMP = 900000
};

static void restart(struct side *side, int which)
{
    bool client = which == SIDE_CLIENT;
    struct side fresh = {
        .address = side->address,
        .port = side->port,
        .host_options = side->host_options,
        .isn = client ? CLIENT_ISN : SERVER_ISN,
        .next_id = client ? CLIENT_ID : SERVER_ID,
    };

    if (fresh.host_options.isn.is)
        fresh.isn = (uint32_t)fresh.host_options.isn.value;
    if (fresh.host_options.ip_id.is) {
        fresh.next_id = (uint16_t)fresh.host_options.ip_id.value;
        fresh.fixed_id = fresh.next_id == 0;
    }
    *side = fresh;
}

void play_init(struct play *play)
{
    *play = (struct play){.name = ""};
    for (int i = 0; i < SIDE_COUNT; i++) {
        struct side *side = &play->side[i];

        side->address = (struct packet_address){
            .byte = {10, 0, 0, i == SIDE_CLIENT ? 1 : 2}
        };
        side->port = i == SIDE_CLIENT ? 40000 : 80;
        host_options_init(&side->host_options);
        restart(side, i);
    }
}

void play_follow(struct play *play, const struct play *before)
{
    *play = *before;
    play->begun = false;
    for (int i = 0; i < SIDE_COUNT; i++)
        restart(&play->side[i], i);
    play->side[SIDE_CLIENT].port++;
    play->side[SIDE_CLIENT].isn += CLIENT_ISN;
    play->side[SIDE_SERVER].isn += SERVER_ISN;
}

bool play_read_side(struct play *play, int which, struct words *words)
{
    struct side *side = &play->side[which];

    if (play->begun)
        return words_fail(words, "the connection has packets already");
    if (!address_read(words, &side->address, &side->port))
        return false;
    while (words_peek(words)) {
        bool taken;

        if (!host_options_read(&side->host_options, words, &taken))
            return false;
        if (!taken)
            return words_fail(words, "unknown word '%s'",
                              words_peek(words)->text);
    }
    side->host_options.timestamps_said = false;
    restart(side, which);
    return true;
}

/* What was sent under the name, or last with numbers of its own. */
static const struct sent *find_sent(const struct side *side, const char *name)
{
    for (const struct sent *sent = side->sent; sent; sent = sent->older) {
        if (name) {
            if (sent->name && strcmp(sent->name, name) == 0)
                return sent;
        } else if (sent->payload.size || sent->flags & (FLAG_SYN | FLAG_FIN)) {
            return sent;
        }
    }
    return NULL;
}

static bool repeat_sent(const struct side *from, struct line *line,
                        struct words *words)
{
    const struct sent *sent = find_sent(from, line->again_of);

    if (!sent)
        return words_fail(words, "nothing was sent that could come again");
    line->flags |= sent->flags;
    line->payload = sent->payload;
    if (line->seq.kind == NUMBER_AUTOMATIC)
        line->seq = (struct line_number){NUMBER_ABSOLUTE, sent->seq};
    return true;
}

static uint8_t decide_flags(const struct line *line)
{
    uint8_t flags = line->flags;

    if (!(flags & (FLAG_SYN | FLAG_RST)))
        flags |= FLAG_ACK;
    if (line->no_ack)
        flags &= (uint8_t)~FLAG_ACK;
    if (line->payload.size && !(flags & FLAG_SYN) && !line->no_psh)
        flags |= FLAG_PSH;
    return flags;
}

static bool is_plain_rst(uint8_t flags)
{
    return (flags & FLAG_RST) && !(flags & FLAG_ACK);
}

/* Nobody listens there: RFC 9293, 3.10.7.1. */
static bool is_refusal(const struct side *from, const struct side *to,
                       uint8_t flags)
{
    return flags & FLAG_RST && from->next == 0 && to->sent_syn;
}

/* An end that the scene joins midway has sent its SYN before. */
static void join_midway(struct side *from, struct side *to, uint8_t flags)
{
    if (from->next != 0 || flags & FLAG_SYN)
        return;
    if (is_refusal(from, to, flags)) {
        from->isn = from->host_options.isn.is ? from->isn : 0;
        return;
    }
    from->next = 1;
    if (to->received == 0)
        to->received = 1;
}

static int64_t decide_number(struct line_number number, int64_t automatic,
                             int64_t base)
{
    switch (number.kind) {
    case NUMBER_ABSOLUTE:
        return number.value;
    case NUMBER_RELATIVE:
        return base + number.value;
    case NUMBER_AUTOMATIC:
        break;
    }
    return automatic;
}

static int64_t decide_seq(const struct side *from, const struct side *to,
                          const struct line *line, uint8_t flags)
{
    int64_t automatic = from->next;

    if (flags & FLAG_SYN)
        automatic = 0;
    else if (line->probe)
        automatic = from->next - 1;
    else if (is_plain_rst(flags) && to->acked)
        automatic = to->acked;
    return decide_number(line->seq, automatic, automatic);
}

static int64_t decide_ack(const struct side *from, const struct line *line)
{
    int64_t automatic = from->received ? from->received : 1;

    return decide_number(line->ack, automatic, from->acked);
}

/* From a host that has no such socket: nothing was ever negotiated. */
static bool has_no_socket(const struct play *play, int side, uint8_t flags)
{
    return is_plain_rst(flags) ||
           is_refusal(&play->side[side], &play->side[!side], flags);
}

static bool decide_window(const struct play *play, const struct play_step *step,
                          struct words *words, struct packet *packet)
{
    const struct host_options *host_options = &step->line->host_options;
    bool scaled = !(packet->flags & FLAG_SYN) &&
                  play->side[SIDE_CLIENT].scale.is &&
                  play->side[SIDE_SERVER].scale.is;
    int64_t scale = scaled ? play->side[step->side].scale.value : 0;
    int64_t window = packet->flags & FLAG_SYN ? SYN_WINDOW : WINDOW;

    if (has_no_socket(play, step->side, packet->flags))
        window = 0;
    if (host_options->window.is)
        window = host_options->window.value;
    if (host_options->window.is && window % (INT64_C(1) << scale))
        return words_fail(words, "win is not a multiple of %d",
                          1 << (int)scale);
    if (window >> scale > UINT16_MAX)
        return words_fail(words, "win does not fit the header");
    packet->window = (uint16_t)(window >> scale);
    return true;
}

static bool has_timestamp(const struct play *play, const struct play_step *step,
                          uint8_t flags)
{
    const struct host_options *host_options = &step->line->host_options;

    if (!host_options->timestamps || host_options->timestamps_said)
        return host_options->timestamps;
    if (has_no_socket(play, step->side, flags))
        return false;
    return flags == FLAG_SYN || play->side[!step->side].host_options.timestamps;
}

static void decide_timestamp(const struct play *play,
                             const struct play_step *step,
                             struct packet *packet)
{
    const struct host_options *host_options = &step->line->host_options;
    struct packet_options *options = &packet->options;
    uint32_t millis = (uint32_t)(step->time / NANOS_PER_MILLI);

    options->has_timestamp = has_timestamp(play, step, packet->flags);
    options->timestamp =
        step->side == SIDE_CLIENT ? CLIENT_TIMESTAMP : SERVER_TIMESTAMP;
    options->timestamp += millis;
    if (host_options->timestamp.is)
        options->timestamp = (uint32_t)host_options->timestamp.value;
    if (packet->flags & FLAG_ACK)
        options->echo = play->side[step->side].last_timestamp;
    if (host_options->echo.is)
        options->echo = (uint32_t)host_options->echo.value;
}

static void decide_options(const struct play *play,
                           const struct play_step *step, struct packet *packet)
{
    const struct line *line = step->line;
    const struct host_options *host_options = &line->host_options;
    struct packet_options *options = &packet->options;
    uint32_t base = play->side[!step->side].isn;

    options->like_macos = host_options->like_macos;
    if (packet->flags & FLAG_SYN) {
        options->has_mss = host_options->mss.is;
        options->mss = (uint16_t)host_options->mss.value;
        options->has_scale = host_options->scale.is;
        options->scale = (uint8_t)host_options->scale.value;
        options->sack_permitted = host_options->sack_permitted;
    }
    decide_timestamp(play, step, packet);
    options->sacks = line->sacks;
    for (size_t i = 0; i < options->sacks; i++) {
        options->sack[i].start = base + (uint32_t)line->sack[i].start;
        options->sack[i].end = base + (uint32_t)line->sack[i].end;
    }
}

static void decide_id(struct side *from, const struct line *line,
                      struct packet *packet)
{
    packet->ip_id = from->next_id;
    if (line->host_options.ip_id.is)
        packet->ip_id = (uint16_t)line->host_options.ip_id.value;
    else if (!from->fixed_id && ++from->next_id == 0)
        from->next_id = 1;
}

/* Takes what joins the numbers received so far, in any order it came. */
static void receive(struct side *to, int64_t start, int64_t end)
{
    bool joined = true;

    if (start > to->received && to->islands < ISLANDS_MAX) {
        to->island[to->islands].start = start;
        to->island[to->islands++].end = end;
        return;
    }
    if (end > to->received)
        to->received = end;
    while (joined) {
        joined = false;
        for (size_t i = to->islands; i > 0; i--) {
            if (to->island[i - 1].start > to->received)
                continue;
            if (to->island[i - 1].end > to->received)
                to->received = to->island[i - 1].end;
            to->island[i - 1] = to->island[--to->islands];
            joined = true;
        }
    }
}

static void note_sent(struct play *play, const struct play_step *step,
                      const struct packet *packet, int64_t seq)
{
    const struct line *line = step->line;
    struct side *from = &play->side[step->side];
    struct side *to = &play->side[!step->side];
    int64_t end = seq + (int64_t)packet->payload.size;

    end += !!(packet->flags & FLAG_SYN) + !!(packet->flags & FLAG_FIN);
    if (packet->flags & FLAG_SYN) {
        from->sent_syn = true;
        from->scale = line->host_options.scale;
    }
    if (line->window_probe)
        return;
    if (end > from->next)
        from->next = end;
    if (line->drop)
        return;
    if (packet->options.has_timestamp)
        to->last_timestamp = packet->options.timestamp;
    if (end > seq)
        receive(to, seq, end);
}

static void keep_sent(struct side *from, const struct line *line,
                      struct words *words, int64_t seq)
{
    struct sent *sent = arena_alloc(words->arena, sizeof *sent);

    sent->name = line->as;
    sent->seq = seq;
    sent->flags = line->flags;
    sent->payload = line->payload;
    sent->older = from->sent;
    from->sent = sent;
}

bool play_packet(struct play *play, const struct play_step *step,
                 struct words *words, struct packet *packet)
{
    static const uint8_t zero[1] = {0};
    struct line *line = step->line;
    struct side *from = &play->side[step->side];
    struct side *to = &play->side[!step->side];
    int64_t seq, ack;

    play->begun = true;
    if (line->again && !repeat_sent(from, line, words))
        return false;
    if (line->window_probe && !line->payload.size)
        line->payload = (struct span){zero, sizeof zero};
    *packet = (struct packet){
        .from = from->address,
        .to = to->address,
        .from_port = from->port,
        .to_port = to->port,
        .flags = decide_flags(line),
        .ttl = line->host_options.ttl,
        .payload = line->payload,
    };
    join_midway(from, to, packet->flags);
    seq = decide_seq(from, to, line, packet->flags);
    ack = decide_ack(from, line);
    packet->seq = from->isn + (uint32_t)seq;
    if (packet->flags & FLAG_ACK) {
        packet->ack = to->isn + (uint32_t)ack;
        from->acked = ack;
    }
    decide_options(play, step, packet);
    if (packet_options_size(&packet->options) > PACKET_OPTIONS_MAX)
        return words_fail(words, "more options than a header takes");
    if (!decide_window(play, step, words, packet))
        return false;
    decide_id(from, line, packet);
    note_sent(play, step, packet, seq);
    keep_sent(from, line, words, seq);
    return true;
}
