/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which objects are meant: all, or those with an id, a name, a tag, or a pin. */
#ifndef INSPECT_SELECT_H
#define INSPECT_SELECT_H

#include "base/diag.h"
#include "inspect/handle.h"

enum select_by { SELECT_ALL, SELECT_ID, SELECT_NAME, SELECT_TAG, SELECT_PINNED };

struct select {
	enum handle_kind kind;
	enum select_by by;
	u32 id;
	const char *text; /* the name, the path */
	u8 tag[BPF_TAG_SIZE];
};

/*
 * Calls fn with a descriptor of each object meant, in the order of ids, until it returns other than 0, which is returned. The
 * descriptor is closed afterwards. That nothing is meant by what was named is an error, reported with what is near it: -ENOENT. A
 * name may have been cut off by the kernel to 15 letters: so is what is looked for.
 */
int select_each(const struct select *s, int (*fn)(void *arg, int fd, u32 id), void *arg,
		struct diag *d);
/* A descriptor of the one object meant, which the caller closes; more than one are an error that names them. -errno, reported. */
int select_one(const struct select *s, u32 *id, struct diag *d);

/* 16 digits as 8 bytes; false if it is no tag. */
bool select_parse_tag(const char *text, u8 tag[BPF_TAG_SIZE]);

#endif
