/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs are attached by: the links of each, with what these are attached to. */
#ifndef CMD_PROG_LINKS_H
#define CMD_PROG_LINKS_H

#include "cmd/link/view.h"

struct prog_link {
	u32 id;
	const char *type;  /* "xdp"; NULL: a kind that is not known */
	const char *where; /* "v0", "sys_enter" */
};

struct prog_link_list {
	vec_of(struct prog_link) links;
};

struct prog_links {
	struct arena *arena;
	struct link_view view;
	linkinfo_list all;
};

/* All links that there are now. */
void prog_links_init(struct prog_links *l, struct arena *a);
void prog_links_done(struct prog_links *l);
/* Those of a program. What they are attached to is looked for only now. */
struct prog_link_list prog_links_of(struct prog_links *l, u32 prog);

#endif
