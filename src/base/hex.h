/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that users give as hexadecimal digits: "0242ac11 0002", "02:42:ac". */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/diag.h"

struct hex_bytes {
	const u8 *at; /* in the arena */
	u32 len;
};

/* Two digits a byte, with blanks and colons between bytes; at most max bytes. 0 or -EINVAL: what (an option) begins the message. */
int hex_read(struct arena *a, const char *what, const char *text, u32 max, struct hex_bytes *out,
	     struct diag *d);

#endif
