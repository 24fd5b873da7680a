/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people leave behind: pins of what nobody uses, links that only a pin keeps, programs that are attached without anybody. */
#ifndef INSPECT_LEFTOVER_H
#define INSPECT_LEFTOVER_H

#include "inspect/usage.h"

enum leftover_state {
	LEFTOVER_USED, /* a pin of what is of use otherwise, too: nothing is left over */
	LEFTOVER_IDLE, /* a pin of what is of use to nobody */
	LEFTOVER_KEPT, /* a link that is attached by its pin alone */
	LEFTOVER_ATTACHED, /* a program that is attached, or a struct_ops map registered, without a link and held by nobody */
	LEFTOVER_UNKNOWN, /* a program that nobody holds and that is not found to be attached, but may be, or without a pin has to be */
};

struct leftover {
	enum leftover_state state;
	struct handle_name object;
	const char *name; /* of the program (a link's, too) or map */
	const char *pin;  /* NULL: it is none */
	u64 since; /* seconds since 1970: when the pin was made or the program loaded; 0: not known */
	u32 uid;   /* who made the pin or loaded the program */
	/* LEFTOVER_ATTACHED: one of them; of a map none. */
	const struct nethook *hook;
	const struct cgroupprog *cgroup;
	const struct usage_sockmap *sockmap;
	const struct linkinfo *link; /* of a pin of a link */
};

typedef vec_of(struct leftover) leftover_list;

/* All pins, and what else there is, oldest first. */
void leftover_find(const struct usage *u, leftover_list *out);
/* Removes a pin, or detaches the program, if it is still what it was. 0 or -errno. */
int leftover_remove(const struct usage *u, const struct leftover *l);

#endif
