/*
 * A scene is a TCP conversation written as text. scene_build plays it and
 * gives the pcapng bytes that a capture of it would have. Sequence numbers,
 * acknowledgements, identifications and checksums are computed.
 *
 *     # The server never answers; its keep-alive probe is lost on the way.
 *     client 10.0.0.1:40000
 *     server 10.0.0.2:80
 *
 *      0.000  c> SYN
 *      0.010  s> SYN ACK
 *      0.010  c> ACK
 *      0.011  c> "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
 *      0.021  s> ACK
 *     15.021  s> probe drop
 *
 *     expect none
 *
 * One statement a line, '#' begins a comment. ADDRESS is 10.0.0.1:80 or
 * [2001:db8::1]:80. Statements before the packets:
 *
 *     client ADDRESS [OPTIONS]   the end that is written c>
 *     server ADDRESS [OPTIONS]   the end that is written s>
 *     connection NAME            another connection: what follows is about
 *                                it. It begins as a copy of the one before
 *                                with the next client port
 *     link ethernet|null|raw|sll link layer, ethernet unless said
 *     start 2024-05-01T10:00:00Z the time of day at 0.000
 *
 *     secret "CLIENT_RANDOM …"   a line of a TLS key log, for a Decryption
 *                                Secrets Block in front of the packets, or,
 *                                when it is written behind them, there
 *
 * Statements anywhere, for the packets that follow:
 *
 *     via vlan ID, via mpls LABEL, via gre, via ipip, via vxlan NETWORK
 *                                one more wrapping, inside those before it
 *     cut BYTES                  snap length
 *     dropped COUNT              the capture says that it dropped packets
 *
 * A packet is
 *
 *     TIME [CONNECTION] c>|s> WORD …
 *
 * TIME in seconds with up to nine decimals; +TIME counts from the line above.
 *
 *     SYN FIN RST ACK PSH URG    flags. Said or not, ACK is set on all but
 *     noack nopsh                the first SYN and a plain RST, and PSH with
 *                                payload
 *     "text" hex 0aff zeros N    payload, in any number of pieces. Escapes:
 *     bytes N                    \r \n \t \0 \\ \" \xNN; `bytes` are letters
 *     probe                      keep-alive: the last byte's number again,
 *                                nothing in it
 *     window-probe               one byte beyond a closed window, not taken
 *     as NAME                    a name for this packet
 *     again [of NAME]            sent again: the last packet of this end that
 *                                took sequence numbers, or the named one
 *     seq N, ack N               as Wireshark shows them, relative to the SYN
 *     seq +N, seq -N             relative to what it would have been
 *     ack +N, ack -N             relative to this end's last; ack +0: no news
 *     ack all                    all that arrived, as if nothing was said
 *     sack A-B                   a SACK block, relative to the peer's SYN
 *     lose                       arrives, but the capture has not got it
 *     drop                       captured, but does not arrive
 *     late [SECONDS]             recorded that much later, else behind the
 *                                next packet with its time as it is
 *     twice [SECONDS]            recorded twice, that much later, else 1 µs
 *     cut BYTES                  snap length for this packet
 *
 * Frames of HTTP/2 are payload too, as many as there are words for; their
 * fields are HPACK literals that enter no table.
 *
 *     h2 preface                 the client's first bytes
 *     h2 settings [ack] [initial-window=N] [max-streams=N] [table-size=N]
 *                 [frame-size=N] [header-list=N] [push=N]
 *     h2 headers STREAM [end] [pad N] [priority] [continued [N]]
 *                 "name=value" … `continued`: over N CONTINUATION frames more
 *     h2 push STREAM PROMISED [continued [N]] "name=value" …
 *     h2 data STREAM [end] [pad N] zeros N|"text" …
 *     h2 rst STREAM CODE         CODE as in RFC 9113, 7 (CANCEL), or a number
 *     h2 goaway LAST CODE ["debug"]
 *     h2 window STREAM N         a WINDOW_UPDATE
 *     h2 ping [ack]
 *     h2 raw TYPE FLAGS STREAM [hex 0aff]   any frame, all numbers decimal
 *
 * OPTIONS, for an end or one packet:
 *
 *     mss N, nomss; ws N, nows; sackok, nosack     options of the SYN
 *     ts [VALUE [ECHO]], nots    timestamps (not unless said); they count
 *                                milliseconds and echo the peer's last
 *     win N                      window in bytes, after scaling
 *     ttl N, id N                `id 0` for an end: always 0
 *     isn N                      the number of the SYN (an end only)
 *     like linux|macos           the order of options
 *
 * An `RST` without ACK comes from a host that has no such socket: window 0,
 * no options, the number that the peer acknowledged last.
 *
 * What the program should say of it, at the end:
 *
 *     expect CODE [error|warning|info] [certain|likely|possible] [xCOUNT]
 *     expect none
 */
#ifndef SCENE_SCENE_H
#define SCENE_SCENE_H

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"

struct scene_expect {
    const char *code;
    const char *severity;   /* NULL: not said */
    const char *confidence; /* NULL: not said */
    unsigned count;         /* 1 unless said */
    unsigned line;
};

struct scene {
    struct text pcapng; /* the capture; bytes, not a string */
    struct scene_expect *expect;
    size_t expects;
    bool expects_none;
    struct arena arena; /* holds the strings above */
};

/*
 * Fills *scene, which the caller gives to scene_release in either case. False
 * with `fail` set ("line 7: unknown word 'FON'") when the text is no scene.
 */
bool scene_build(struct span text, struct scene *scene, struct fail *fail);

void scene_release(struct scene *scene);

#endif
