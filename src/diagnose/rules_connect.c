/* Connections that never came to an exchange, or spoke past each other. */
#include "diagnose/rules.h"

#include "diagnose/facts_ends.h"

bool is_refused(const struct facts *f)
{
    return f->conn->refused;
}

bool is_connect_timeout(const struct facts *f)
{
    const struct flow *client = f->client;

    return mark_is_set(client->syn) && !f->server->seen &&
           f->conn->resets == 0 && client->segments == client->syns &&
           client->syns >= 2 &&
           nanos_between(client->syn.time, client->last_syn.time) >=
               f->settings->stall_threshold / 2;
}

/* The least time after which a host sends again (Linux: TCP_RTO_MIN). */
#define RESENDS_AFTER (200 * NANOS_PER_MILLI)

/*
 * The handshake is over for the client, and it has sent data; the server says
 * its SYN-ACK again, not because a SYN came again, and acknowledges nothing.
 */
bool is_accept_queue_overflow(const struct facts *f)
{
    struct mark data = f->client->first_data;
    struct mark again = f->server->last_syn;

    return f->server->syns > f->client->syns &&
           f->server->segments == f->server->syns &&
           f->client->acked <= CONN_ORIGIN + 1 && mark_is_set(data) &&
           again.frame > data.frame &&
           facts_passed(data, again) >= RESENDS_AFTER;
}

static bool is_answer_of(enum sniffed asked, enum sniffed answered)
{
    switch (asked) {
    case SNIFFED_REQUEST:
        return answered == SNIFFED_RESPONSE || answered == SNIFFED_MORE;
    case SNIFFED_TLS:
        return answered == SNIFFED_TLS || answered == SNIFFED_MORE;
    case SNIFFED_H2_PREFACE:
        return answered == SNIFFED_H2_FRAMES || answered == SNIFFED_MORE;
    default:
        return true;
    }
}

static bool begins(const struct facts *f, unsigned side, const char *text)
{
    const struct http_facts *http = &f->incident->http;
    size_t size = strlen(text);

    return http->first_size[side] >= size &&
           memcmp(http->first_byte[side], text, size) == 0;
}

/* SSH, SMTP and FTP, IMAP, POP3: what they say to whoever comes. */
static bool is_banner(const struct facts *f)
{
    static const char *const banner[] = {"SSH-", "220 ", "220-", "* OK", "+OK"};

    for (size_t i = 0; i < sizeof banner / sizeof *banner; i++) {
        if (begins(f, conn_server(f->conn), banner[i]))
            return true;
    }
    return false;
}

/* A method and a path, or a URL: words of other protocols have neither. */
static bool asks_for_path(const struct facts *f)
{
    const struct http_facts *http = &f->incident->http;
    unsigned client = f->conn->client;
    struct span first = {http->first_byte[client], http->first_size[client]};

    while (first.size > 1 && *first.at != ' ')
        first = span_skip(first, 1);
    first = span_skip(first, first.size ? 1 : 0);
    return first.size &&
           (*first.at == '/' ||
            (first.size >= 4 && memcmp(first.at, "http", 4) == 0));
}

/*
 * Both understood each other: a dialogue that goes on, or one that the server
 * began.
 */
static bool is_dialogue(const struct facts *f)
{
    const struct http_facts *http = &f->incident->http;

    return f->conn->turns >= 4 || http->first_at[conn_server(f->conn)].frame <
                                      http->first_at[f->conn->client].frame;
}

/* An HTTP request, and a greeting of something else. */
bool is_told_by_banner(const struct facts *f)
{
    return began_with(f, f->conn->client) == SNIFFED_REQUEST &&
           began_with(f, conn_server(f->conn)) == SNIFFED_OTHER &&
           f->conn->turns < 4 && is_banner(f) && asks_for_path(f);
}

/* Bytes that are no HTTP, and a 400 for them. */
static bool is_refused_with_400(const struct facts *f)
{
    unsigned server = conn_server(f->conn);

    return began_with(f, f->conn->client) == SNIFFED_OTHER &&
           (begins(f, server, "HTTP/1.1 400") ||
            begins(f, server, "HTTP/1.0 400")) &&
           f->conn->turns < 4;
}

static bool is_spoken_past(const struct facts *f)
{
    enum sniffed asked = began_with(f, f->conn->client);
    enum sniffed answered = began_with(f, conn_server(f->conn));

    if (is_told_by_banner(f) || is_refused_with_400(f))
        return true;
    if (answered == SNIFFED_OTHER &&
        (asked == SNIFFED_REQUEST || is_dialogue(f) ||
         f->closing.by == CLOSED_BY_NOBODY))
        return false;
    return !is_answer_of(asked, answered);
}

/*
 * The first bytes of the two sides do not belong together; or the server
 * closed without a byte on what others of its connections do not speak.
 */
bool is_mismatch(const struct facts *f)
{
    enum sniffed asked = began_with(f, f->conn->client);

    if (!conn_start_seen(f->conn) || f->incident->complete > 0 ||
        f->server->lost > f->server->cut || f->client->lost > f->client->cut)
        return f->incident->http.told_tls_port;
    if (is_spoken_past(f))
        return true;
    if (!f->server_closed || !server_said_nothing(f))
        return false;
    return asked == SNIFFED_H2_PREFACE ||
           (asked == SNIFFED_TLS && f->known->complete > 0) ||
           (asked == SNIFFED_REQUEST && !f->incident->has_tls &&
            f->known->tls > 0 && f->known->complete == 0);
}

bool is_half_close_leak(const struct facts *f)
{
    const struct flow *closed = f->client_closed ? f->client : f->server;
    const struct flow *open = f->client_closed ? f->server : f->client;

    if (f->closing.by == CLOSED_BY_NOBODY || f->closing.by_reset ||
        mark_is_set(open->fin) || f->conn->resets > 0 ||
        f->incident->ending != CONN_STILL_OPEN)
        return false;
    if (f->x || f->incident->http.tunnel || !open->seen)
        return false;
    return mark_is_set(closed->fin_acked) &&
           open->last_data.time <= closed->fin.time &&
           nanos_between(closed->fin.time, f->around->capture_last.time) >=
               f->settings->leak_threshold;
}
