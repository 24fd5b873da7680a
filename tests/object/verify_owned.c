// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs with objects of their own types, and lists and trees of them. A name begins with what the verifier has to say, "ok" or
 * the category. The running kernel's verifier judges all of them alike.
 */
#include "owned.h"

struct item {
	long key;
	struct bpf_list_node link;
	int n;
};
struct node {
	struct bpf_rb_node link;
	long key;
	int n;
};
struct both {
	struct bpf_list_node in_list;
	struct bpf_rb_node in_tree;
	struct bpf_refcount refs;
	long key;
};
struct plain {
	long a;
	int b, c;
	char *name;
};
struct counted {
	struct bpf_refcount refs;
	long n;
};
struct locked {
	struct bpf_spin_lock lock;
	struct bpf_list_head items __contains(item, link);
	struct bpf_list_head others __contains(item, link);
	long n;
};
struct keeper {
	struct plain __owned *kept;
	long n;
};
struct value {
	struct bpf_spin_lock lock;
	int n;
	struct bpf_list_head items __contains(item, link);
	struct bpf_rb_root nodes __contains(node, link);
};
struct stash {
	struct plain __owned *plain;
	struct both __owned *both;
	struct counted __owned *counted;
	struct keeper __owned *keeper;
	struct plain __not_owned *seen;
	struct plain __owned *many[2];
};
struct percpu {
	long n;
	int a[4];
};
struct per_cpu_value {
	struct percpu __owned_percpu *p;
};

#define ARRAY(name, of)                                                                            \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(max_entries, 4);                                                            \
		__type(key, int);                                                                  \
		__type(value, struct of);                                                          \
	} name SEC(".maps")
ARRAY(values, value);
ARRAY(stashes, stash);
ARRAY(percpus, per_cpu_value);

in_section(A) struct bpf_spin_lock lock_a;
in_section(A) struct bpf_list_head list_a __contains(item, link);
in_section(A) struct bpf_rb_root tree_a __contains(node, link);
in_section(A) struct bpf_list_head row_a[2] __contains(item, link);
in_section(B) struct bpf_spin_lock lock_b;
in_section(B) struct bpf_list_head list_b __contains(item, link);
in_section(C) struct bpf_spin_lock lock_c;
in_section(C) struct bpf_list_head list_c __contains(both, in_list);
in_section(C) struct bpf_rb_root tree_c __contains(both, in_tree);

static _Bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container(a, struct node, link)->key < container(b, struct node, link)->key;
}

static _Bool less_both(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container(a, struct both, in_tree)->key < container(b, struct both, in_tree)->key;
}

#define PROGRAM(name) SEC("tc") int name(struct __sk_buff *s)

/* ---- made, accessed, dropped */

PROGRAM(ok__made_and_dropped)
{
	struct plain *p = make(struct plain);
	int sum;

	if (!p)
		return 0;
	p->a = s->len;
	p->b = 1;
	p->c += 2;
	sum = p->a + p->b + p->c + (p->name != 0);
	drop(p);
	return sum;
}

PROGRAM(ok__counted_atomically)
{
	struct plain *p = make(struct plain);

	if (!p)
		return 0;
	__sync_fetch_and_add(&p->a, 1);
	drop(p);
	return 0;
}

PROGRAM(reference_leak__not_dropped)
{
	return make(struct plain) != 0;
}

PROGRAM(null_pointer__not_compared)
{
	struct plain *p = make(struct plain);

	p->a = 1;
	if (p)
		drop(p);
	return 0;
}

PROGRAM(uninitialized__used_after_drop)
{
	struct plain *p = make(struct plain);

	if (!p)
		return 0;
	drop(p);
	return p->a;
}

PROGRAM(uninitialized__dropped_twice)
{
	struct plain *p = make(struct plain);

	if (!p)
		return 0;
	drop(p);
	drop(p);
	return 0;
}

PROGRAM(bad_argument__dropped_in_the_middle)
{
	struct plain *p = make(struct plain);

	if (!p)
		return 0;
	drop(&p->b);
	return 0;
}

PROGRAM(bad_argument__dropped_what_is_none)
{
	long a = 0;

	drop(&a);
	return 0;
}

PROGRAM(bad_argument__made_of_an_unknown_number)
{
	void *p = bpf_obj_new_impl(s->len, 0);

	if (p)
		drop(p);
	return 0;
}

PROGRAM(bad_argument__made_of_what_is_no_struct)
{
	void *p = bpf_obj_new_impl(bpf_core_type_id_local(long), 0);

	if (p)
		drop(p);
	return 0;
}

PROGRAM(owned_object__past_its_end)
{
	struct plain *p = make(struct plain);
	int n;

	if (!p)
		return 0;
	n = ((volatile int *)p)[sizeof(*p) / 4];
	drop(p);
	return n;
}

PROGRAM(owned_object__half_of_a_pointer)
{
	struct plain *p = make(struct plain);
	int n;

	if (!p)
		return 0;
	n = *(volatile int *)&p->name;
	drop(p);
	return n;
}

PROGRAM(owned_object__link_written)
{
	struct item *p = make(struct item);

	if (!p)
		return 0;
	p->link.opaque[0] = 1;
	drop(p);
	return 0;
}

PROGRAM(owned_object__references_read)
{
	struct counted *p = make(struct counted);
	int n;

	if (!p)
		return 0;
	n = *(volatile int *)&p->refs;
	drop(p);
	return n;
}

PROGRAM(bad_argument__given_to_a_helper)
{
	struct plain *p = make(struct plain);

	if (!p)
		return 0;
	bpf_skb_load_bytes(s, 0, &p->a, 8);
	drop(p);
	return 0;
}

/* ---- lists */

PROGRAM(ok__list)
{
	struct item *p = make(struct item), *q;
	struct bpf_list_node *first;

	if (!p)
		return 0;
	p->key = 1;
	bpf_spin_lock(&lock_a);
	push_front(&list_a, &p->link);
	p->n = 2; /* still there: nobody else can take it */
	first = bpf_list_pop_back(&list_a);
	bpf_spin_unlock(&lock_a);
	if (!first)
		return 0;
	q = container(first, struct item, link);
	q->n++;
	drop(q);
	return 0;
}

PROGRAM(ok__list_in_a_value)
{
	struct item *p;
	struct value *v;
	int k = 0;

	v = bpf_map_lookup_elem(&values, &k);
	if (!v)
		return 0;
	p = make(struct item);
	if (!p)
		return 0;
	bpf_spin_lock(&v->lock);
	push_back(&v->items, &p->link);
	v->n++;
	bpf_spin_unlock(&v->lock);
	return 0;
}

PROGRAM(ok__second_of_a_row)
{
	struct item *p = make(struct item);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	push_back(&row_a[1], &p->link);
	bpf_spin_unlock(&lock_a);
	return 0;
}

PROGRAM(ok__list_in_an_object)
{
	struct locked *l = make(struct locked);
	struct item *p = make(struct item);

	if (l && p) {
		bpf_spin_lock(&l->lock);
		push_back(&l->items, &p->link);
		l->n++;
		bpf_spin_unlock(&l->lock);
		p = 0;
	}
	if (p)
		drop(p);
	if (l)
		drop(l);
	return 0;
}

PROGRAM(lock__list_without)
{
	struct item *p = make(struct item);

	if (!p)
		return 0;
	push_front(&list_a, &p->link);
	return 0;
}

PROGRAM(lock__of_another_list)
{
	struct item *p = make(struct item);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_b);
	push_front(&list_a, &p->link);
	bpf_spin_unlock(&lock_b);
	return 0;
}

PROGRAM(lock__of_another_value)
{
	struct value *v, *w;
	struct item *p;
	int k = 0;

	v = bpf_map_lookup_elem(&values, &k);
	w = bpf_map_lookup_elem(&values, &k);
	if (!v || !w)
		return 0;
	p = make(struct item);
	if (!p)
		return 0;
	bpf_spin_lock(&v->lock);
	push_front(&w->items, &p->link);
	bpf_spin_unlock(&v->lock);
	return 0;
}

PROGRAM(lock__of_another_object)
{
	struct locked *a = make(struct locked), *b = make(struct locked);
	struct bpf_list_node *p = 0;

	if (a && b) {
		bpf_spin_lock(&a->lock);
		p = bpf_list_pop_front(&b->items);
		bpf_spin_unlock(&a->lock);
	}
	if (p)
		drop(container(p, struct item, link));
	if (a)
		drop(a);
	if (b)
		drop(b);
	return 0;
}

PROGRAM(lock__dropped_within)
{
	struct item *p = make(struct item);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	drop(p);
	bpf_spin_unlock(&lock_a);
	return 0;
}

PROGRAM(reference_leak__pushed_twice)
{
	struct item *p = make(struct item);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	push_front(&list_a, &p->link);
	push_front(&list_a, &p->link);
	bpf_spin_unlock(&lock_a);
	return 0;
}

PROGRAM(uninitialized__used_after_unlock)
{
	struct item *p = make(struct item);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	push_front(&list_a, &p->link);
	bpf_spin_unlock(&lock_a);
	return p->n;
}

PROGRAM(owned_object__into_a_list_of_others)
{
	struct both *p = make(struct both);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	push_front(&list_a, &p->in_list);
	bpf_spin_unlock(&lock_a);
	return 0;
}

PROGRAM(owned_object__not_by_its_link)
{
	struct item *p = make(struct item);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	push_front(&list_a, (void *)&p->n);
	bpf_spin_unlock(&lock_a);
	return 0;
}

PROGRAM(owned_object__no_head)
{
	struct item *p = make(struct item);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	push_front((void *)&tree_a, &p->link);
	bpf_spin_unlock(&lock_a);
	return 0;
}

PROGRAM(bad_argument__link_on_the_stack)
{
	struct bpf_list_node n = {};

	bpf_spin_lock(&lock_a);
	push_front(&list_a, &n);
	bpf_spin_unlock(&lock_a);
	return 0;
}

PROGRAM(value_bounds__head_read)
{
	return list_a.opaque[0] != 0;
}

PROGRAM(reference_leak__popped_and_lost)
{
	bpf_spin_lock(&lock_a);
	bpf_list_pop_front(&list_a);
	bpf_spin_unlock(&lock_a);
	return 0;
}

PROGRAM(ok__looked_at)
{
	struct bpf_list_node *p;
	int n = 0;

	bpf_spin_lock(&lock_a);
	p = bpf_list_front(&list_a);
	if (p)
		n = container(p, struct item, link)->n++;
	p = bpf_list_back(&list_a);
	if (p)
		n += container(p, struct item, link)->n;
	bpf_spin_unlock(&lock_a);
	return n;
}

PROGRAM(uninitialized__looked_at_after_unlock)
{
	struct bpf_list_node *p;

	bpf_spin_lock(&lock_a);
	p = bpf_list_front(&list_a);
	bpf_spin_unlock(&lock_a);
	return p ? container(p, struct item, link)->n : 0;
}

PROGRAM(reference_leak__dropped_what_is_in_the_list)
{
	struct item *p = make(struct item), *q = 0;
	struct bpf_list_node *first;

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	first = bpf_list_front(&list_a);
	if (first)
		push_front(&list_a, first);
	bpf_spin_unlock(&lock_a);
	drop(p);
	return q != 0;
}

/* ---- trees */

PROGRAM(ok__tree)
{
	struct node *p = make(struct node);
	struct bpf_rb_node *first;

	if (!p)
		return 0;
	p->key = s->len;
	bpf_spin_lock(&lock_a);
	tree_add(&tree_a, &p->link, less);
	first = bpf_rbtree_first(&tree_a);
	if (first)
		first = bpf_rbtree_remove(&tree_a, first);
	bpf_spin_unlock(&lock_a);
	if (first)
		drop(container(first, struct node, link));
	return 0;
}

PROGRAM(ok__tree_in_a_value)
{
	struct value *v;
	struct node *p;
	int k = 0;

	v = bpf_map_lookup_elem(&values, &k);
	p = v ? make(struct node) : 0;
	if (!p)
		return 0;
	bpf_spin_lock(&v->lock);
	tree_add(&v->nodes, &p->link, less);
	bpf_spin_unlock(&v->lock);
	return 0;
}

PROGRAM(ok__descends)
{
	struct bpf_rb_node *p, *l = 0, *r = 0;
	long key = 0;

	bpf_spin_lock(&lock_a);
	p = bpf_rbtree_root(&tree_a);
	if (p) {
		l = bpf_rbtree_left(&tree_a, p);
		r = bpf_rbtree_right(&tree_a, p);
	}
	if (l)
		key += container(l, struct node, link)->key;
	if (r)
		key += container(r, struct node, link)->key;
	bpf_spin_unlock(&lock_a);
	return key;
}

/* Kernels that have bpf_rbtree_root() also take what is owned, and give back nothing. */
PROGRAM(ok__removed_before_it_was_added)
{
	struct node *p = make(struct node);
	struct bpf_rb_node *q;

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	q = bpf_rbtree_root(&tree_a);
	q = bpf_rbtree_remove(&tree_a, q ? q : &p->link);
	bpf_spin_unlock(&lock_a);
	if (q)
		drop(container(q, struct node, link));
	drop(p);
	return 0;
}

PROGRAM(lock__tree_without)
{
	struct bpf_rb_node *p = bpf_rbtree_first(&tree_a);

	return p != 0;
}

static _Bool unlocks(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	bpf_spin_unlock(&lock_a);
	return less(a, b);
}

PROGRAM(lock__released_by_less)
{
	struct node *p = make(struct node);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	tree_add(&tree_a, &p->link, unlocks);
	bpf_spin_unlock(&lock_a);
	return 0;
}

static _Bool removes(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	struct bpf_rb_node *p = bpf_rbtree_remove(&tree_a, a);

	if (p)
		tree_add(&tree_a, p, less);
	return less(a, b);
}

PROGRAM(owned_object__removed_by_less)
{
	struct node *p = make(struct node);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	tree_add(&tree_a, &p->link, removes);
	bpf_spin_unlock(&lock_a);
	return 0;
}

static _Bool writes(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	container(a, struct node, link)->n++;
	container(b, struct node, link)->n++;
	return less(a, b);
}

PROGRAM(ok__less_that_writes)
{
	struct node *p = make(struct node);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	tree_add(&tree_a, &p->link, writes);
	bpf_spin_unlock(&lock_a);
	return 0;
}

static _Bool wild(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return *(volatile int *)(container(a, struct node, link) + 1);
}

PROGRAM(owned_object__less_reads_past_the_end)
{
	struct node *p = make(struct node);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	tree_add(&tree_a, &p->link, wild);
	bpf_spin_unlock(&lock_a);
	return 0;
}

static int odd(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container(a, struct node, link)->n;
}

PROGRAM(return_value__less_gives_any_number)
{
	struct node *p = make(struct node);

	if (!p)
		return 0;
	bpf_spin_lock(&lock_a);
	tree_add(&tree_a, &p->link, (void *)odd);
	bpf_spin_unlock(&lock_a);
	return 0;
}

/* ---- references that are counted */

PROGRAM(ok__in_list_and_tree)
{
	struct both *p = make(struct both), *q;

	if (!p)
		return 0;
	q = acquire(p);
	bpf_spin_lock(&lock_c);
	tree_add(&tree_c, &p->in_tree, less_both);
	push_back(&list_c, &q->in_list);
	bpf_spin_unlock(&lock_c);
	return 0;
}

PROGRAM(reference_leak__acquired_and_lost)
{
	struct counted *p = make(struct counted);

	if (!p)
		return 0;
	acquire(p);
	drop(p);
	return 0;
}

PROGRAM(owned_object__acquired_what_does_not_count)
{
	struct plain *p = make(struct plain), *q;

	if (!p)
		return 0;
	q = acquire(p);
	if (q)
		drop(q);
	drop(p);
	return 0;
}

PROGRAM(ok__acquired_what_is_in_the_tree)
{
	struct both *q = 0;
	struct bpf_rb_node *p;

	bpf_spin_lock(&lock_c);
	p = bpf_rbtree_first(&tree_c);
	if (p)
		q = acquire(container(p, struct both, in_tree));
	bpf_spin_unlock(&lock_c);
	if (q) {
		q->key++;
		drop(q);
	}
	return 0;
}

PROGRAM(null_pointer__acquired_unchecked)
{
	struct both *q = 0;
	struct bpf_rb_node *p;

	bpf_spin_lock(&lock_c);
	p = bpf_rbtree_first(&tree_c);
	if (!p) {
		bpf_spin_unlock(&lock_c);
		return 0;
	}
	q = acquire(container(p, struct both, in_tree));
	bpf_spin_unlock(&lock_c);
	q->key++;
	drop(q);
	return 0;
}

#include "verify_owned_kept.h"

char _license[] SEC("license") = "GPL";
