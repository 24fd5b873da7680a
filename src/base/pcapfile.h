/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes capture files that tools for packets read:
 *
 *	file    magic a1b23c4d (times in ns), version 2.4, 0, 0, longest packet, link type
 *	packet  seconds, ns, bytes here, bytes in all | bytes
 *
 * in little-endian order, which readers tell by the magic. Source: draft-ietf-opsawg-pcap.
 */
#ifndef BASE_PCAPFILE_H
#define BASE_PCAPFILE_H

#include "base/buf.h"

#define PCAPFILE_HEAD 24   /* bytes of the file's header */
#define PCAPFILE_RECORD 16 /* of a packet's */
#define PCAPFILE_ETHERNET 1
#define PCAPFILE_RAW 101 /* IPv4 or IPv6, without anything in front */

/* longest: bytes of a packet at most. */
void pcapfile_begin(struct buf *b, u32 longest, u32 link_type);
/* What comes before a packet's bytes. ns: since 1970; of size bytes only here ones follow. */
void pcapfile_record(struct buf *b, u64 ns, u32 here, u32 size);

#endif
