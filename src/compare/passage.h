/*
 * A passage is one direction of a connection as both captures have it: what its
 * sender's capture has, and what its receiver's has. Each segment that was sent
 * is joined to the one that came, one to one: by sequence numbers, and among
 * copies of the same bytes by what the sender writes anew each time
 * (timestamps, IP-ID, what it acknowledges), as far as the path leaves that
 * alone; then by order and time.
 *
 * Only compare/ uses this. Sequence numbers are 64 bits here, from the first
 * one on.
 */
#ifndef COMPARE_PASSAGE_H
#define COMPARE_PASSAGE_H

#include "compare/clock.h"
#include "compare/match.h"

enum passage_end {
    SENT,
    CAME
};

/* From the capture on the client's side to that on the server's, and back. */
enum way {
    WAY_UP,
    WAY_DOWN
};

struct passage_item {
    int64_t start;
    int64_t end;
    uint64_t same;    /* digest of what tells copies apart */
    uint32_t ack;     /* by the numbers of the first trace */
    uint32_t segment; /* in its trace */
    enum passage_end at;
    uint32_t missing; /* sequence numbers of it that were not joined */
    uint8_t controls; /* SYN, FIN, RST */
    bool is_joined;
    bool is_healed; /* it was lost, and its bytes came all the same */
    bool is_other;  /* it came, and what was sent there begins otherwise */
};

/* From then on the receiver had said that it has all before a number; of its
 * own capture. */
struct passage_ack {
    nanos time;
    int64_t acked;
};

/* What the path leaves as it was, of all segments that can be told apart. */
struct kept {
    bool ip_id;
    bool timestamp;
    bool window;
    bool ack;
};

struct passage {
    struct trace *trace[2]; /* by enum passage_end */
    const struct clock *clock;
    enum way way;
    struct passage_item *item; /* owned; by start, end, then alike ones */
    size_t items;
    struct kept kept;
    uint32_t ack_shift;      /* of what came, to what was sent */
    struct passage_ack *ack; /* owned; both rise */
    size_t acks;
    nanos last_said; /* when the receiver last sent anything but an RST, there;
                        NANOS_NEVER */
    int64_t acked;   /* the receiver has said so, in either capture */
    nanos error;     /* of times at one place told from the other */
    bool has_hops;   /* all that were joined passed as many routers */
    int hops;        /* as many */
    bool hops_vary;
    uint32_t joined; /* segments */
    uint32_t first_joined[2];
    uint32_t last_joined[2];
    nanos longest;   /* of all delays */
    bool is_tangled; /* segments overlap too much to be cut: none is told of */
};

/* Of a match, whose traces are those of the client's and the server's side;
 * `from` is which endpoint of the first trace's connection sends. */
void passage_open(struct passage *passage, struct trace trace[2],
                  const struct match *match, unsigned from, enum way way);
void passage_close(struct passage *passage);

/* What segments that can be mistaken for no other say of where they come from,
 * told of one that is opened as WAY_UP. */
struct passage_lean {
    int64_t hops;   /* more were passed at the second trace, in sum */
    nanos earliest; /* least and most of its time there - here */
    nanos latest;
    uint64_t segments; /* 0: the others say nothing */
};
struct passage_lean passage_lean(const struct passage *passage);

/* Tells the clock of each segment that can be mistaken for no other. Before
 * anything is joined. */
void passage_tell_clock(const struct passage *passage, struct clock *clock);

/* Joins what is in both captures; the clock may be CLOCK_BROKEN. */
void passage_join(struct passage *passage, const struct clock *clock);

/* The same, for what was cut anew on its way: by ranges of bytes. */
void passage_join_recut(struct passage *passage);

/* What is known of the capture at each end, by enum passage_end. */
struct passage_world {
    nanos first[2]; /* its first and last packet */
    nanos last[2];
    bool drops[2]; /* it says that it lost packets */
};

/* Says of each segment what became of it. */
void passage_judge(struct passage *passage, const struct passage_world *world);

/* Are times at one place known at the other? */
bool passage_is_timed(const struct passage *passage);

/* A time at the sender's capture as the receiver's has it, and back. */
nanos passage_there(const struct passage *passage, nanos sent);
nanos passage_back(const struct passage *passage, nanos came);

struct trace_segment *passage_segment(const struct passage *passage,
                                      const struct passage_item *item);

/* Puts the items in order, by their bytes, then by what tells copies apart. */
void passage_sort(struct passage *passage);

/* Notes that both are one. */
void passage_link(struct passage *passage, struct passage_item *sent,
                  struct passage_item *came, bool unsure);

/* Might they be: nothing that the path keeps speaks against it. */
bool passage_fits(const struct passage *passage,
                  const struct passage_item *sent,
                  const struct passage_item *came);

/* It left before the other came, as far as the clocks tell. */
bool passage_is_causal(const struct passage *passage,
                       const struct passage_item *sent,
                       const struct passage_item *came);

#endif
