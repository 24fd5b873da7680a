/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture file (base/pcapfile.h) of TCP payloads that no packet ever carried: each gets the headers that it would have had,
 *
 *	IPv4 or IPv6 header, TCP header without options, payload
 *
 * in the order of networks. Source: RFC 791, RFC 8200, RFC 9293.
 */
#ifndef NET_PCAP_H
#define NET_PCAP_H

#include "base/buf.h"

/* The payload of a packet at most; IPv4 and TCP headers and this are less than 64 KiB together. */
#define PCAP_PAYLOAD 65000

struct pcap_message {
	u64 ns;              /* since 1970 */
	u8 from[16], to[16]; /* both IPv4 ones mapped into IPv6: an IPv4 packet */
	u16 from_port, to_port;
	u32 seq, ack; /* of the first byte; what is acknowledged */
	u32 size;     /* bytes */
	u32 captured; /* of them here: the first ones */
	const void *data;
};

/* The file's header. */
void pcap_begin(struct buf *b);
/*
 * A message as one packet, or as many as it takes. A TCP checksum is right where all of a packet is here, else 0,
 * which readers take for one that the device would fill in. captured above size counts as size.
 */
void pcap_message(struct buf *b, const struct pcap_message *m);

#endif
