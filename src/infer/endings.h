/*
 * How the connections of one server ended, in order of time, and what of that
 * belongs together. A process that ends closes its connections in one instant,
 * idle and busy ones: such an instant says nothing of any timeout.
 */
#ifndef INFER_ENDINGS_H
#define INFER_ENDINGS_H

#include "infer/durations.h"
#include "infer/limit_fit.h"
#include "wire/endpoint.h"

/* What a process had open is closed by then: what moves later is of another. */
#define ENDINGS_SURVIVE (150 * NANOS_PER_MILLI)

enum ending_kind {
    ENDING_OPEN,    /* nobody closed it, as far as was seen */
    ENDING_REFUSED, /* its SYN met an RST */
    ENDING_ROUTINE, /* announced, right after an answer, or nothing to lose */
    ENDING_IDLE,    /* the server closed it while nothing was outstanding */
    ENDING_BUSY,    /* a whole request waited for the rest of its answer */
    ENDING_STREAM   /* the client reset a stream, the connection goes on */
};

struct ending {
    enum ending_kind kind;
    bool by_client;
    bool is_cut;     /* from the floor on, by a FIN that covers the request */
    bool begun;      /* some of the answer had come */
    nanos opened;    /* the connection's first packet */
    struct mark at;  /* the close; of an open one the last packet */
    nanos answered;  /* the last byte of an answer, which may be behind it */
    nanos took;      /* busy: since the request; idle: since the answer */
    nanos silent;    /* busy: since the last byte of the answer */
    nanos gap;       /* busy: the longest between bytes of the answer */
    uint64_t client; /* see endings_host */
};

enum {
    ENDINGS_KEPT = 128, /* of a server */
    ENDINGS_GO = 32     /* as many as that go at once, the oldest */
};

/* What the endings of a server say together. */
struct endings_figures {
    struct durations idle;
    struct durations cut;
    struct durations
        silence; /* of answers that were cut after a constant one */
    struct durations gave_up; /* by clients, with a FIN or RST */
    uint64_t odd;             /* cuts that no timeout explains, left out */
};

struct endings {
    struct ending *entry; /* in order of time */
    size_t count;
    size_t room;
    size_t refusals;             /* among them */
    struct answered answered;    /* whole, by now */
    struct endings_figures gone; /* what is no longer kept had added */
    struct durations gone_below; /* of its cuts those that were odd */
    nanos answered_after;        /* the most that an answer was behind `at` */
};

/* The endings of one instant. */
struct cluster {
    unsigned busy;
    unsigned idle;
    bool varies;    /* they had lasted unlike times, or not all were busy */
    bool survivors; /* other connections of the same ends went on */
    bool refused;   /* new connections were refused soon after */
    unsigned crowd; /* such endings in the second before, without survivors */
};

/* A number for the endpoint's address, whatever the port. */
uint64_t endings_host(const struct endpoint *endpoint);

/* What one ending adds to the figures, if it stands for itself. */
void endings_count(struct endings_figures *figures,
                   const struct ending *ending);

void endings_add(struct endings *endings, const struct ending *ending);
void endings_release(struct endings *endings);

/*
 * What ended together with `at`: by the server, or, if `client` is not NULL, by
 * the client with its address. False: nothing is known.
 */
bool endings_cluster(const struct endings *endings, struct mark at,
                     const struct endpoint *client, struct cluster *cluster);

/* Did a connection that was open then go on? */
bool endings_survived(const struct endings *endings, struct mark at);

/*
 * Does the timer of cuts that are constant explain that instant: all had lasted
 * as long as its cuts, but for one, which ended by itself?
 */
bool endings_are_timed(const struct endings *endings, struct mark at,
                       const struct cluster *cluster,
                       const struct durations *timer);

/* Connections ended in one instant, more than chance would have it where many
 * end one by one, and none went on. */
bool cluster_is_one_event(const struct cluster *cluster);

/* And they were of unlike ages: no timer of theirs ended them. */
bool cluster_ends_together(const struct cluster *cluster);

/* A process ended: connections together, or one and then a refusal. */
bool cluster_is_shutdown(const struct cluster *cluster);

/*
 * Of one client's giving up here, what took about as long as `took`: its own
 * timeout, when that is most of it and happened at two instants or more.
 */
bool endings_client_timeout(const struct endings *endings,
                            const struct endpoint *client, nanos took,
                            struct durations *alike);

void endings_sum_up(const struct endings *endings,
                    struct endings_figures *figures);

#endif
