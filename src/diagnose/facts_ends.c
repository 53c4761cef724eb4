#include "diagnose/facts_ends.h"

#include "diagnose/software.h"

/* Sooner than one end can know of the other's RST. */
#define RESET_AT_ONCE (NANOS_PER_MILLI / 200)

enum sniffed began_with(const struct facts *f, unsigned side)
{
    return f->incident->http.first[side];
}

bool server_said_nothing(const struct facts *f)
{
    return f->incident->http.first_size[conn_server(f->conn)] == 0 &&
           f->server->lost == 0;
}

nanos request_quiet(const struct facts *f)
{
    struct mark acted = f->response_begun ? f->x->response.start : f->end;

    return nanos_between(f->x->request.last.time, acted.time);
}

nanos answer_delay(const struct facts *f)
{
    return nanos_between(f->asked.time, f->x->response.start.time);
}

bool is_bad_record_to_client(const struct facts *f)
{
    enum {
        BAD_RECORD_MAC = 20
    };

    return mark_is_set(f->client->shut) &&
           f->client->shut_alert == BAD_RECORD_MAC;
}

bool is_slow_reader(const struct facts *f)
{
    return f->client_window && episode_lasted(f, f->client_window) >=
                                   f->settings->stall_threshold / 2;
}

/*
 * A body that was cut short and then left alone until an idle timeout: known
 * as such only when that timeout is known.
 */
bool pause_is_idle_timeout(const struct facts *f)
{
    nanos stated = f->settings->idle_timeout;
    nanos pause = nanos_between(f->x->response.last.time, f->end.time);

    if (stated)
        return durations_alike(pause, stated);
    return f->known->idle.samples && durations_constant(&f->known->idle, 1) &&
           durations_alike(pause, f->known->idle.shortest);
}

bool is_race_with_unseen_fin(const struct facts *f)
{
    return f->server_fin_unseen && f->server_closed && f->closing.by_reset &&
           !f->closing.reset->has_ack && !f->response_begun && f->idle >= 0;
}

/* Alike in age, or not: its server has no timer that ends them. */
static bool is_untimed_event(const struct facts *f,
                             const struct cluster *cluster)
{
    return has_no_response_timeout(f) && cluster_is_one_event(cluster) &&
           f->wait >= f->settings->timeout_floor;
}

bool is_in_shutdown(const struct facts *f, struct cluster *cluster)
{
    return f->server_closed && f->known->endings &&
           endings_cluster(f->known->endings, f->closing.at, NULL, cluster) &&
           (cluster_is_shutdown(cluster) || is_untimed_event(f, cluster));
}

bool may_be_shutdown(const struct facts *f)
{
    return f->server_closed &&
           (!f->known->endings ||
            !endings_survived(f->known->endings, f->closing.at));
}

bool ends_with_others(const struct facts *f)
{
    struct cluster cluster;

    return f->server_closed && f->known->endings &&
           endings_cluster(f->known->endings, f->closing.at, NULL, &cluster) &&
           cluster.busy + cluster.idle >= 2;
}

static bool find_client_cluster(const struct facts *f, struct cluster *cluster)
{
    return f->client_closed && f->known->endings &&
           endings_cluster(f->known->endings, f->closing.at,
                           &f->conn->endpoint[f->conn->client], cluster) &&
           cluster->busy + cluster->idle >= 2;
}

bool is_client_exit(const struct facts *f)
{
    struct cluster cluster;

    return find_client_cluster(f, &cluster) && cluster_ends_together(&cluster);
}

bool client_left_together(const struct facts *f)
{
    struct cluster cluster;

    return find_client_cluster(f, &cluster);
}

nanos answer_silence(const struct facts *f)
{
    return nanos_between(f->x->response.last.time, f->end.time);
}

bool is_reset_to_both(const struct facts *f)
{
    const struct reset *reset = f->closing.reset;

    for (unsigned i = 0; reset && i < f->conn->resets; i++) {
        const struct reset *other = &f->conn->reset[i];
        nanos apart = nanos_between(reset->at.time, other->at.time);

        if (other->from != reset->from && other->in_window &&
            apart <= RESET_AT_ONCE && apart >= -RESET_AT_ONCE)
            return true;
    }
    return false;
}

bool may_have_closed_unseen(const struct facts *f)
{
    const struct flow *server = f->server;

    if (!f->client_closed || f->closing.by_reset || mark_is_set(server->fin) ||
        server->lost == server->cut || server->acked < server->top)
        return false;
    for (unsigned i = 0; i < f->conn->episodes; i++) {
        const struct episode *episode = &f->conn->episode[i];

        if (episode->kind == EPISODE_HOLE &&
            episode->side == conn_server(f->conn) &&
            episode->offset + episode->size == server->top)
            return true;
    }
    return false;
}
