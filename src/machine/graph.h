/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists and trees of objects. A root is the 16 bytes of a struct bpf_list_head or bpf_rb_root, zeroes when it is empty:
 *
 *	list	[ first link ][ last link ]	tree	[ topmost link ][ 0 ]
 *
 * Trees are red-black trees, balanced step by step as the kernel's are: programs that look at them from the top see the same shape.
 * The caller holds the lock beside the root, or is the only one that can see it. A root that leads to no link of its own is empty.
 */
#ifndef MACHINE_GRAPH_H
#define MACHINE_GRAPH_H

#include "machine/owned.h"

/* The link becomes the root's; false if it is in a list or tree already. */
bool graph_claim(struct owned_link *link, u64 root);
void graph_push(struct owned *o, u64 root, struct owned_link *link, bool is_front);
/* The first, or the last, without one taking it out. */
struct owned_link *graph_end(const struct owned *o, u64 root, bool is_front);
struct owned_link *graph_pop(struct owned *o, u64 root, bool is_front);

struct owned_link *graph_top(const struct owned *o, u64 root);
struct owned_link *graph_leftmost(const struct owned *o, u64 root);
/* Below a link, where nothing is; parent NULL: the tree is empty. */
void graph_add(struct owned *o, u64 root, struct owned_link *parent, struct owned_link *link,
	       bool is_left);
/* One that is in the tree. */
void graph_remove(struct owned *o, u64 root, struct owned_link *link);
/* Any that has none below it, and the tree is out of balance afterwards: for taking it apart. */
struct owned_link *graph_pop_leaf(struct owned *o, u64 root);

#endif
