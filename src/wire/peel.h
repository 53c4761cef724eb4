/*
 * A peel is one frame on its way through the decoders. `bytes` begins with
 * the header that comes next; each decoder takes its own header off the front
 * and hands the peel to the decoder that a table names. Only wire/ uses this.
 *
 * A decoder returns true when a TCP segment was reached and written to
 * `segment`. Else it has set `reason` by peel_ignore and returns false.
 */
#ifndef WIRE_PEEL_H
#define WIRE_PEEL_H

#include "base/reader.h"
#include "wire/fragments.h"
#include "wire/wire.h"

struct peel {
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

typedef bool peel_decoder(struct peel *peel);

/* Always false, so that decoders return it. */
bool peel_ignore(struct peel *peel, enum wire_ignored reason);

/*
 * A header was not all there: malformed if the packet ends inside it,
 * otherwise cut short by the snap length.
 */
bool peel_ignore_overrun(struct peel *peel);

/* One header deeper; false when that is too deep. */
bool peel_deeper(struct peel *peel);

/* Mixes in something that differs where copies of a packet are recorded. */
void peel_note_place(struct peel *peel, uint32_t value);

/* By table: LINKTYPE_*, ethertype, PPP protocol, IP protocol. */
bool peel_link(struct peel *peel, uint32_t link_type);
bool peel_ethertype(struct peel *peel, uint16_t ethertype);
bool peel_ppp_protocol(struct peel *peel, uint16_t protocol);
bool peel_ip_protocol(struct peel *peel, uint8_t protocol);

/* Whether the table of ethertypes has a row for it. */
bool peel_knows_ethertype(uint16_t ethertype);

peel_decoder peel_ethertype_next; /* reads it and goes by the table */
peel_decoder peel_ethernet, peel_llc, peel_ppp, peel_pppoe, peel_mpls;
peel_decoder peel_ip; /* the version is in its first four bits */
peel_decoder peel_ipv4, peel_ipv6;
peel_decoder peel_gre, peel_erspan_2, peel_erspan_3, peel_etherip;
peel_decoder peel_udp;
peel_decoder peel_tcp;

#endif
