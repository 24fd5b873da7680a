/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel functions of objects of programs' own types, of lists and trees. What they are given is looked at also where the program
 * was verified: it takes a few comparisons, and what is none of theirs ends the run instead of us.
 */
#include "machine/graph.h"
#include "machine/helper.h"
#include "machine/kfunc.h"
#include "machine/machine.h"

static u64 refuse(struct run *run, u64 address)
{
	if (!run->trap) {
		run->trap = RUN_BAD_ACCESS;
		run->trap_address = address;
		run->trap_size = 0;
	}
	return 0;
}

/* ---- objects */

KFUNC_FUNCTION(obj_new_impl)
{
	return a <= UINT32_MAX ? owned_make(machine_owned(run->machine), (u32)a, false) : 0;
}

KFUNC_FUNCTION(percpu_obj_new_impl)
{
	return a <= UINT32_MAX ? owned_make(machine_owned(run->machine), (u32)a, true) : 0;
}

static u64 drop(struct run *run, u64 address, bool is_percpu)
{
	struct owned *o = machine_owned(run->machine);
	struct owned_object *object = owned_at(o, address);

	if (!object || object->is_percpu != is_percpu)
		return refuse(run, address);
	owned_drop(o, object);
	return 0;
}

KFUNC_FUNCTION(obj_drop_impl)
{
	return drop(run, a, false);
}

KFUNC_FUNCTION(percpu_obj_drop_impl)
{
	return drop(run, a, true);
}

/* One that was dropped meanwhile has no owners, and gets none again. */
KFUNC_FUNCTION(refcount_acquire_impl)
{
	struct owned_object *object = owned_at(machine_owned(run->machine), a);

	return object && owned_acquire(object) ? a : 0;
}

/* ---- roots, which lie in memory of the program's, and nodes */

struct place {
	struct owned *owned;
	u64 root;
	struct owned_link *link;
};

static bool find_root(struct run *run, u64 root, struct place *out)
{
	*out = (struct place){ machine_owned(run->machine), root, NULL };
	if (root % 8) {
		refuse(run, root);
		return false;
	}
	return run_may(run, root, sizeof(u64[2]), true);
}

static bool find(struct run *run, u64 root, u64 node, enum field_kind kind, struct place *out)
{
	if (!find_root(run, root, out))
		return false;
	out->link = owned_link_at(out->owned, node, kind);
	if (!out->link)
		refuse(run, node);
	return out->link != NULL;
}

static u64 node_of(const struct place *p, const struct owned_link *link)
{
	return link ? owned_node(p->owned, link) : 0;
}

/* What is in a list or tree already is not added: the program's share in it is dropped. */
static u64 is_in_one(const struct place *p)
{
	owned_drop(p->owned, owned_of_link(p->owned, p->link));
	return helper_error(-EINVAL);
}

/* ---- lists */

static u64 push(struct run *run, u64 root, u64 node, bool is_front)
{
	struct place p;

	if (!find(run, root, node, FIELD_LIST_NODE, &p))
		return 0;
	if (!graph_claim(p.link, root))
		return is_in_one(&p);
	graph_push(p.owned, root, p.link, is_front);
	return 0;
}

KFUNC_FUNCTION(list_push_front_impl)
{
	return push(run, a, b, true);
}

KFUNC_FUNCTION(list_push_back_impl)
{
	return push(run, a, b, false);
}

static u64 end_of(struct run *run, u64 root, bool is_front, bool takes)
{
	struct place p;

	if (!find_root(run, root, &p))
		return 0;
	return node_of(&p, takes ? graph_pop(p.owned, root, is_front)
				 : graph_end(p.owned, root, is_front));
}

KFUNC_FUNCTION(list_pop_front)
{
	return end_of(run, a, true, true);
}

KFUNC_FUNCTION(list_pop_back)
{
	return end_of(run, a, false, true);
}

KFUNC_FUNCTION(list_front)
{
	return end_of(run, a, true, false);
}

KFUNC_FUNCTION(list_back)
{
	return end_of(run, a, false, false);
}

/* ---- trees */

/* Whether it is in this tree; kernels ask so, too, of what they are given. */
static bool is_in(const struct place *p)
{
	return __atomic_load_n(&p->link->owner, __ATOMIC_ACQUIRE) == p->root;
}

KFUNC_FUNCTION(rbtree_add_impl)
{
	struct owned_link *at, *parent = NULL;
	bool is_left = false;
	struct place p;

	if (!find(run, a, b, FIELD_RB_NODE, &p))
		return 0;
	if (!graph_claim(p.link, a))
		return is_in_one(&p);
	for (at = graph_top(p.owned, a); at; at = is_left ? at->left : at->right) {
		parent = at;
		is_left = run_callback(run, c, b, node_of(&p, at), 0, 0) & 1;
		/* What compares may do anything if it was not verified. */
		if (run->trap || __atomic_load_n(&at->owner, __ATOMIC_RELAXED) != a) {
			__atomic_store_n(&p.link->owner, 0, __ATOMIC_RELEASE);
			return refuse(run, a);
		}
	}
	graph_add(p.owned, a, parent, p.link, is_left);
	return 0;
}

KFUNC_FUNCTION(rbtree_remove)
{
	struct place p;

	if (!find(run, a, b, FIELD_RB_NODE, &p) || !is_in(&p))
		return 0;
	graph_remove(p.owned, a, p.link);
	return b;
}

KFUNC_FUNCTION(rbtree_first)
{
	struct place p;

	return find_root(run, a, &p) ? node_of(&p, graph_leftmost(p.owned, a)) : 0;
}

KFUNC_FUNCTION(rbtree_root)
{
	struct place p;

	return find_root(run, a, &p) ? node_of(&p, graph_top(p.owned, a)) : 0;
}

KFUNC_FUNCTION(rbtree_left)
{
	struct place p;

	return find(run, a, b, FIELD_RB_NODE, &p) && is_in(&p) ? node_of(&p, p.link->left) : 0;
}

KFUNC_FUNCTION(rbtree_right)
{
	struct place p;

	return find(run, a, b, FIELD_RB_NODE, &p) && is_in(&p) ? node_of(&p, p.link->right) : 0;
}
