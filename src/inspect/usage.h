/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the kernel's programs and maps are of use to anybody. What a process holds is, and what is attached; and from these on,
 * what they refer to: a program's maps, the programs and maps that a map has as entries. Pins alone make nothing useful.
 *
 *	process ──► link ──► program ──► map ──► program (of a program array)
 *	            cgroup, interface ──┘    └──► map (of a map of maps)
 *
 * What sockets have as filters, and routes as light-weight tunnels, the kernel does not tell, so programs of such types may be of use,
 * and something has to keep one that is neither pinned nor within what is pinned.
 */
#ifndef INSPECT_USAGE_H
#define INSPECT_USAGE_H

#include "inspect/cgroupprog.h"
#include "inspect/nethook.h"
#include "inspect/netroute.h"
#include "inspect/refs.h"

#define USAGE_MAX_ENTRIES 65536 /* of a map that has programs or maps */

struct usage_ids {
	const u32 *at;
	u32 n;
};

struct usage_prog {
	u32 id, type, uid;
	u64 loaded; /* seconds since 1970; 0: not known */
	const char *name;
	struct usage_ids maps;
	bool is_attached, is_used;
	bool is_pinned; /* or referred to by what is */
	bool is_unknown; /* not found to be of use, but it may be: then what it refers to counts as used */
};

struct usage_map {
	u32 id, type;
	const char *name;
	struct usage_ids progs, maps; /* that it has as entries */
	bool is_used, is_pinned;
};

/* A program of a map of sockets, attached without a link. */
struct usage_sockmap {
	u32 map_id, prog_id, attach_type;
};

struct usage {
	struct arena *arena;
	struct refs holders, pins;
	linkinfo_list links;
	struct nethooks hooks;
	netns_list spaces;
	netroute_list routes;
	bool routes_partial; /* there are too many to look at all of them, or some could not be read */
	cgroupprog_list cgroups;
	vec_of(struct usage_sockmap) sockmaps;
	vec_of(struct usage_prog) progs;
	vec_of(struct usage_map) maps;
	struct table by_prog, by_map;
};

/* Looks at all there is. 0 or -errno, reported. */
int usage_read(struct usage *u, struct arena *a, struct diag *d);
/* Who may have a program of this type without the kernel's telling: "sockets"; NULL if nobody. */
const char *usage_hidden_by(u32 prog_type);
/* NULL if there is none. */
const struct usage_prog *usage_find_prog(const struct usage *u, u32 id);
const struct usage_map *usage_find_map(const struct usage *u, u32 id);

#endif
