/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs are attached by: the links of each, and what these are attached to as far as a link itself tells. */
#ifndef CMD_PROG_LINKS_H
#define CMD_PROG_LINKS_H

#include "base/table.h"
#include "base/vec.h"

struct prog_link {
	u32 id;
	const char *type; /* "xdp"; NULL: a kind without a name here */
	const char *
		where; /* the interface, the tracepoint; "" if it takes more than the link to say it */
};

struct prog_link_list {
	vec_of(struct prog_link) links;
};

struct prog_links {
	struct arena *arena;
	struct table table; /* struct prog_link_list, by the program's id */
};

/* All links that there are now; those that go meanwhile are passed over. */
void prog_links_read(struct prog_links *l, struct arena *a);
/* Those of a program; an empty list if there are none. */
const struct prog_link_list *prog_links_of(const struct prog_links *l, u32 prog);

#endif
