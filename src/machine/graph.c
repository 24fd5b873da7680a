/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Red-black trees: the top is black, what is below a red link is black, and from the top to each place where nothing is the way
 * leads over as many black ones. What is below is written here for one side, `left`, and is mirrored by its being false.
 */
#include "machine/graph.h"

/* In memory of the program's: in an object that is new, zeroes that were written before its lock was ever held. */
struct root {
	u64 first, last;
};

static u64 first_of(u64 root)
{
	return __atomic_load_n(&((struct root *)(uintptr_t)root)->first, __ATOMIC_RELAXED);
}

static u64 last_of(u64 root)
{
	return __atomic_load_n(&((struct root *)(uintptr_t)root)->last, __ATOMIC_RELAXED);
}

/* What a root leads to, if it is one of its own. */
static struct owned_link *follow(const struct owned *o, u64 root, u64 to)
{
	struct owned_link *link = to ? owned_link(o, to) : NULL;

	return link && __atomic_load_n(&link->owner, __ATOMIC_RELAXED) == root ? link : NULL;
}

static void set_first(u64 root, const struct owned_link *link)
{
	__atomic_store_n(&((struct root *)(uintptr_t)root)->first, (u64)(uintptr_t)link,
			 __ATOMIC_RELAXED);
}

static void set_last(u64 root, const struct owned_link *link)
{
	__atomic_store_n(&((struct root *)(uintptr_t)root)->last, (u64)(uintptr_t)link,
			 __ATOMIC_RELAXED);
}

bool graph_claim(struct owned_link *link, u64 root)
{
	u64 none = 0;

	return __atomic_compare_exchange_n(&link->owner, &none, root, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

static void let_go(struct owned_link *link)
{
	link->left = link->right = link->parent = NULL;
	__atomic_store_n(&link->owner, 0, __ATOMIC_RELEASE);
}

/* ---- lists */

struct owned_link *graph_end(const struct owned *o, u64 root, bool is_front)
{
	struct owned_link *link = follow(o, root, is_front ? first_of(root) : last_of(root));

	return link && !(is_front ? link->left : link->right) ? link : NULL;
}

void graph_push(struct owned *o, u64 root, struct owned_link *link, bool is_front)
{
	struct owned_link *end = graph_end(o, root, is_front);

	link->left = is_front ? NULL : end;
	link->right = is_front ? end : NULL;
	if (end && is_front)
		end->left = link;
	else if (end)
		end->right = link;
	if (is_front || !end)
		set_first(root, link);
	if (!is_front || !end)
		set_last(root, link);
}

struct owned_link *graph_pop(struct owned *o, u64 root, bool is_front)
{
	struct owned_link *link = graph_end(o, root, is_front), *next;

	if (!link)
		return NULL;
	next = is_front ? link->right : link->left;
	if (next && is_front)
		next->left = NULL;
	else if (next)
		next->right = NULL;
	if (is_front || !next)
		set_first(root, next);
	if (!is_front || !next)
		set_last(root, next);
	let_go(link);
	return link;
}

/* ---- trees */

struct owned_link *graph_top(const struct owned *o, u64 root)
{
	struct owned_link *link = follow(o, root, first_of(root));

	return link && !link->parent ? link : NULL;
}

struct owned_link *graph_leftmost(const struct owned *o, u64 root)
{
	struct owned_link *link = graph_top(o, root);

	while (link && link->left)
		link = link->left;
	return link;
}

static struct owned_link *child(const struct owned_link *link, bool left)
{
	return left ? link->left : link->right;
}

static void set_child(struct owned_link *link, bool left, struct owned_link *to)
{
	if (left)
		link->left = to;
	else
		link->right = to;
	if (to)
		to->parent = link;
}

/* Another link, or none, takes the place that `old` has below its parent. */
static void put_in_place(u64 root, const struct owned_link *old, struct owned_link *new)
{
	struct owned_link *parent = old->parent;

	if (parent) {
		set_child(parent, parent->left == old, new);
		return;
	}
	set_first(root, new);
	if (new)
		new->parent = NULL;
}

/* The child of the other side goes up, and the link goes down to this side. */
static void rotate(u64 root, struct owned_link *link, bool left)
{
	struct owned_link *up = child(link, !left);

	put_in_place(root, link, up);
	set_child(link, !left, child(up, left));
	set_child(up, left, link);
}

static bool is_red(const struct owned_link *link)
{
	return link && link->is_red;
}

void graph_add(struct owned *o, u64 root, struct owned_link *parent, struct owned_link *link,
	       bool is_left)
{
	(void)o;
	link->left = link->right = link->parent = NULL;
	link->is_red = true;
	if (parent)
		set_child(parent, is_left, link);
	else
		set_first(root, link);
	/* A red one below a red one: its uncle is red, too, and the trouble moves up, or it is turned away. */
	while (is_red(link->parent)) {
		struct owned_link *up = link->parent, *top = up->parent;
		bool left = top->left == up;

		if (is_red(child(top, !left))) {
			up->is_red = child(top, !left)->is_red = false;
			top->is_red = true;
			link = top;
			continue;
		}
		if (child(up, !left) == link) {
			rotate(root, up, left);
			link = up;
			up = link->parent;
		}
		up->is_red = false;
		top->is_red = true;
		rotate(root, top, !left);
	}
	if (!link->parent)
		link->is_red = false;
}

/* On one side below the parent there is a black link less than on the other; link: what is there, or NULL. */
static void refill(u64 root, struct owned_link *parent, struct owned_link *link)
{
	while (parent && !is_red(link)) {
		bool left = parent->left == link;
		struct owned_link *other = child(parent, !left);

		if (is_red(other)) {
			other->is_red = false;
			parent->is_red = true;
			rotate(root, parent, left);
			other = child(parent, !left);
		}
		if (!is_red(other->left) && !is_red(other->right)) {
			other->is_red = true;
			link = parent;
			parent = link->parent;
			continue;
		}
		if (!is_red(child(other, !left))) {
			child(other, left)->is_red = false;
			other->is_red = true;
			rotate(root, other, !left);
			other = child(parent, !left);
		}
		other->is_red = parent->is_red;
		parent->is_red = child(other, !left)->is_red = false;
		rotate(root, parent, left);
		return;
	}
	if (link)
		link->is_red = false;
}

/* With two links below it, the next in order takes its place and colour, and leaves its own. */
static void swap_with_next(u64 root, struct owned_link *link)
{
	struct owned_link *next = link->right, *above, *below;
	bool red = link->is_red;

	while (next->left)
		next = next->left;
	above = next->parent;
	below = next->right;
	put_in_place(root, link, next);
	set_child(next, true, link->left);
	if (above == link) {
		set_child(next, false, link);
	} else {
		set_child(next, false, link->right);
		set_child(above, true, link);
	}
	link->left = NULL;
	set_child(link, false, below);
	link->is_red = next->is_red;
	next->is_red = red;
}

void graph_remove(struct owned *o, u64 root, struct owned_link *link)
{
	struct owned_link *parent, *below;

	(void)o;
	if (link->left && link->right)
		swap_with_next(root, link);
	parent = link->parent;
	below = link->left ? link->left : link->right;
	put_in_place(root, link, below);
	if (!link->is_red)
		refill(root, parent, below);
	let_go(link);
}

struct owned_link *graph_pop_leaf(struct owned *o, u64 root)
{
	struct owned_link *link = graph_top(o, root);

	if (!link)
		return NULL;
	while (link->left || link->right)
		link = link->left ? link->left : link->right;
	put_in_place(root, link, NULL);
	let_go(link);
	return link;
}
