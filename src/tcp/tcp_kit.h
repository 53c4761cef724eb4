/*
 * A conversation is a few segments in a table, given straight to tcp; what
 * comes of it is a text, a line for each thing that the sink is told:
 *
 *     c +1 abc #4     client's bytes, relative offset, frame
 *     c +4 gap 3 #6   bytes that are missing
 *     c end #7        its FIN
 *     over ended      the connection, and behind it its episodes and resets
 *
 * "[1] " before a line is the connection's id, when that is not 0.
 */
#ifndef TCP_TCP_KIT_H
#define TCP_TCP_KIT_H

#include "base/text.h"
#include "tcp/tcp.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    STEPS_MAX = 16,
    WINDOW_ZERO = -1,
    A = TCP_ACK,
    SA = TCP_SYN | TCP_ACK,
    FA = TCP_FIN | TCP_ACK,
    RA = TCP_RST | TCP_ACK
};

struct step {
    char who; /* c, s; C, S: from another port; '-': writes a line "--" */
    int time; /* milliseconds */
    uint8_t flags;
    uint32_t seq; /* 0: the SYN */
    uint32_t ack;
    const char *data;
    int window;       /* 0: some */
    uint32_t missing; /* behind the data */
    uint8_t ttl;      /* 0: the usual one */
    bool has_timestamp;
    bool quoted; /* by an ICMP error */
    uint8_t sum; /* SUM_* */
};

/* Designators may follow the data. */
#define SENT(sender, millis, bits, from, acks, ...)                            \
    {                                                                          \
        .who = sender, .time = millis, .flags = bits, .seq = from,             \
        .ack = acks, .data = __VA_ARGS__                                       \
    }
#define PAUSE                                                                  \
    {                                                                          \
        .who = '-'                                                             \
    }

/* Takes frames 1 to 3. */
#define HANDSHAKE                                                              \
    SENT('c', 0, TCP_SYN, 0, 0, ""), SENT('s', 1, SA, 0, 1, ""),               \
        SENT('c', 2, A, 1, 1, "")

struct conversation {
    const char *name;
    struct step step[STEPS_MAX];
    const char *told;
    struct tcp_options options;
    uint32_t isn[2]; /* of client, server */
    bool with_acked;
};

/* A row in the form of a call: clang-format would align braces beyond 80. */
#define ROW(...)                                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

void check_conversation(const struct conversation *talk);

#endif
