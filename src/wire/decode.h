/*
 * A decoding is one frame on its way through the decoders. `bytes` begins with
 * the header that comes next; each decoder takes its own header off the front
 * and hands the rest to the decoder that a table names. Only wire/ uses this.
 *
 * A decoder returns true when a TCP segment was reached and written to
 * `segment`. Else it has set `reason` by decode_ignore and returns false.
 */
#ifndef WIRE_DECODE_H
#define WIRE_DECODE_H

#include "base/reader.h"
#include "wire/fragments.h"
#include "wire/wire.h"

struct decoding {
    const struct frame *frame;
    struct fragments *fragments;
    struct segment *segment; /* addresses as of the innermost IP so far */
    struct reader bytes;
    uint32_t absent; /* bytes that follow `bytes` on the wire but were not
                        recorded */
    uint32_t place;  /* digest of where the packet was seen: interface, VLAN,
                        tunnels. Tells a copy from a retransmission */
    uint8_t depth;   /* headers so far */
    enum wire_ignored reason;
};

typedef bool layer_decoder(struct decoding *decoding);

/* Always false, so that decoders return it. */
bool decode_ignore(struct decoding *decoding, enum wire_ignored reason);

/*
 * A header was not all there: malformed if the packet ends inside it,
 * otherwise cut short by the snap length.
 */
bool decode_ignore_overrun(struct decoding *decoding);

/* One header deeper; false when that is too deep. */
bool decode_deeper(struct decoding *decoding);

/* Mixes in something that differs where copies of a packet are recorded. */
void decode_note_place(struct decoding *decoding, uint32_t value);

/* By table: LINKTYPE_*, ethertype, PPP protocol, IP protocol. */
bool decode_link(struct decoding *decoding, uint32_t link_type);
bool decode_ethertype(struct decoding *decoding, uint16_t ethertype);
bool decode_ppp_protocol(struct decoding *decoding, uint16_t protocol);
bool decode_ip_protocol(struct decoding *decoding, uint8_t protocol);

/* Whether the table of ethertypes has a row for it. */
bool decode_knows_ethertype(uint16_t ethertype);

layer_decoder decode_ethertype_next; /* reads it and goes by the table */
layer_decoder decode_ethernet, decode_llc, decode_ppp, decode_pppoe,
    decode_mpls;
layer_decoder decode_ip; /* the version is in its first four bits */
layer_decoder decode_ipv4, decode_ipv6;
layer_decoder decode_gre, decode_erspan_2, decode_erspan_3, decode_etherip;
layer_decoder decode_udp;
layer_decoder decode_tcp;

#endif
