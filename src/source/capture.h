/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads captured packets out of the bytes of a file, one after the other: pcap with times in us or ns and pcapng, in either
 * byte order.
 *
 *	pcap	header, then for each packet 16 bytes of time and lengths, and its bytes
 *	pcapng	blocks { type, length, ..., length }: a section begins with a header block that tells the byte order; interfaces
 *		have link type and resolution of times; packets are in enhanced, simple and (old) packet blocks
 *
 * What is wrong is told with its place in the file. Source: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 */
#ifndef SOURCE_CAPTURE_H
#define SOURCE_CAPTURE_H

#include "base/diag.h"
#include "base/vec.h"

#define CAPTURE_MAX_BYTES (1u << 30)   /* of a file */
#define CAPTURE_MAX_PACKET (256 << 10) /* more a packet cannot have: most tools stop there */
#define CAPTURE_MAX_INTERFACES 65536   /* of a section */

struct capture_interface {
	u32 link_type, longest; /* longest: bytes of a packet that are kept; 0: all */
	u64 per_second;         /* resolution of times */
	s64 offset;             /* seconds */
};

struct capture {
	const char *name; /* for messages */
	const u8 *data;
	size_t len, pos;
	bool is_big, is_ng;
	struct arena *arena;                         /* of interfaces */
	vec_of(struct capture_interface) interfaces; /* pcap: the only one */
};

struct capture_packet {
	u64 ns; /* since 1970; 0: not known */
	u32 link_type;
	u32 len, size; /* bytes that are here, and that the packet had */
	const u8 *data;
	size_t at; /* where it is in the file */
};

/* The bytes and the name have to live as long. 0 or -EINVAL. */
int capture_open(struct capture *c, struct arena *a, const char *name, const void *data, size_t len,
		 struct diag *d);
/* 1: a packet; 0: there is none left; -EINVAL: the file is broken here, and nothing more can be read. */
int capture_next(struct capture *c, struct capture_packet *p, struct diag *d);

#endif
