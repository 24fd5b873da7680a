// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs that run: lists, trees, references and kept pointers, from packet to packet. What comes of it is in `results`, so that
 * the machine and the kernel can be compared. No struct has the name of one of the kernel's, which would be meant then.
 */
#include "owned.h"

#define ITEMS 32

struct item {
	long key;
	struct bpf_list_node link;
};
struct twin {
	struct bpf_rb_node in_tree;
	struct bpf_list_node in_list;
	struct bpf_refcount refs;
	long key;
	char weight[40];
};
struct sack {
	struct bpf_spin_lock lock;
	struct bpf_list_head items __contains(item, link);
	long n;
};
struct value {
	struct bpf_spin_lock lock;
	int n;
	struct bpf_list_head items __contains(item, link);
	struct sack __owned *bag;
};
struct tally {
	long n, odd;
};
/* Each keeps the one before it: what is dropped with the last one has no end. */
struct rung {
	struct rung __owned *before;
	long n;
};
struct stash {
	struct twin __owned *node;
	struct tally __owned_percpu *counter;
	struct twin __not_owned *last;
	struct rung __owned *chain;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, struct value);
} values SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, int);
	__type(value, struct stash);
} stashes SEC(".maps");

in_section(own) struct bpf_spin_lock lock;
in_section(own) struct bpf_list_head list __contains(twin, in_list);
in_section(own) struct bpf_rb_root tree __contains(twin, in_tree);

__u64 results[16];

static void note(int i, __u64 v)
{
	results[i & 15] = results[i & 15] * 31 + v;
}

static _Bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container(a, struct twin, in_tree)->key < container(b, struct twin, in_tree)->key;
}

/* Into a value's list at both ends, out of it again, but for some that go with the value. */
SEC("tc") int lists(struct __sk_buff *s)
{
	struct bpf_list_node *out;
	struct value *v, none = {};
	struct item *p;
	int k = s->len & 3;

	bpf_map_update_elem(&values, &k, &none, BPF_NOEXIST);
	v = bpf_map_lookup_elem(&values, &k);
	if (!v)
		return 1;
	for (int i = 0; i < ITEMS; i++) {
		p = make(struct item);
		if (!p)
			return 2;
		p->key = i * 7 % ITEMS;
		bpf_spin_lock(&v->lock);
		if (i & 1)
			push_front(&v->items, &p->link);
		else
			push_back(&v->items, &p->link);
		v->n++;
		bpf_spin_unlock(&v->lock);
	}
	for (int i = 0; i < ITEMS - 3; i++) {
		bpf_spin_lock(&v->lock);
		out = i % 3 ? bpf_list_pop_front(&v->items) : bpf_list_pop_back(&v->items);
		bpf_spin_unlock(&v->lock);
		if (!out)
			return 3;
		p = container(out, struct item, link);
		note(0, (__u64)p->key);
		drop(p);
	}
	if (s->len % 5 == 0)
		bpf_map_delete_elem(&values, &k);
	return 0;
}

/* A bag of items is kept in a value, and goes with what is in it. */
SEC("tc") int bags(struct __sk_buff *s)
{
	struct value *v, none = {};
	struct item *p;
	struct sack *b;
	int k = 3;

	bpf_map_update_elem(&values, &k, &none, s->len & 1 ? BPF_ANY : BPF_NOEXIST);
	v = bpf_map_lookup_elem(&values, &k);
	b = v ? make(struct sack) : 0;
	if (!b)
		return 1;
	b->n = 0; /* nobody else has set it */
	for (int i = 0; i < 8; i++) {
		p = make(struct item);
		if (!p)
			break;
		bpf_spin_lock(&b->lock);
		push_front(&b->items, &p->link);
		b->n++;
		bpf_spin_unlock(&b->lock);
	}
	note(1, (__u64)b->n);
	b = bpf_kptr_xchg(&v->bag, b);
	note(1, b ? (__u64)b->n : 99);
	if (b)
		drop(b);
	return 0;
}

/* In a list and a tree at once; the tree is looked at from the top. */
SEC("tc") int trees(struct __sk_buff *s)
{
	struct bpf_rb_node *n, *side;
	struct bpf_list_node *l;
	struct twin *p, *q;

	for (int i = 0; i < ITEMS; i++) {
		p = make(struct twin);
		if (!p)
			return 1;
		p->key = (i * 37 + s->len) % 101;
		q = acquire(p);
		bpf_spin_lock(&lock);
		tree_add(&tree, &p->in_tree, less);
		push_back(&list, &q->in_list);
		bpf_spin_unlock(&lock);
	}
	for (int i = 0; i < ITEMS - 5; i++) {
		q = 0;
		bpf_spin_lock(&lock);
		n = bpf_rbtree_root(&tree);
		if (n) {
			note(2, (__u64)container(n, struct twin, in_tree)->key);
			side = i & 1 ? bpf_rbtree_left(&tree, n) : bpf_rbtree_right(&tree, n);
			if (side) {
				note(3, (__u64)container(side, struct twin, in_tree)->key);
				n = bpf_rbtree_remove(&tree, side);
				if (n)
					q = container(n, struct twin, in_tree);
			}
		}
		bpf_spin_unlock(&lock);
		if (q)
			drop(q);
	}
	/* What comes out of the list is in the tree still, or not. */
	for (int i = 0; i < ITEMS - 5; i++) {
		q = 0;
		p = 0;
		bpf_spin_lock(&lock);
		l = bpf_list_pop_front(&list);
		if (l) {
			p = container(l, struct twin, in_list);
			n = bpf_rbtree_remove(&tree, &p->in_tree);
			if (n)
				q = container(n, struct twin, in_tree);
		}
		bpf_spin_unlock(&lock);
		note(4, q ? (__u64)q->key : 1000);
		if (q)
			drop(q);
		if (p)
			drop(p);
	}
	bpf_spin_lock(&lock);
	n = bpf_rbtree_first(&tree);
	note(5, n ? (__u64)container(n, struct twin, in_tree)->key : 1000);
	bpf_spin_unlock(&lock);
	return 0;
}

/* What is in a list is not put into it again. */
SEC("tc") int twice(struct __sk_buff *s)
{
	struct twin *p = make(struct twin), *q;
	struct bpf_list_node *l;
	int first, second;

	if (!p)
		return 1;
	p->key = 5;
	q = acquire(p);
	bpf_spin_lock(&lock);
	first = push_front(&list, &p->in_list);
	second = push_front(&list, &q->in_list);
	l = bpf_list_pop_front(&list);
	bpf_spin_unlock(&lock);
	note(6, (__u64)(first * 3 + second));
	if (!l)
		return 2;
	p = container(l, struct twin, in_list);
	note(6, (__u64)p->key);
	drop(p);
	return 0;
}

/* Kept from packet to packet. */
SEC("tc") int kept(struct __sk_buff *s)
{
	struct twin *p, *q;
	struct stash *v;
	int k = s->len & 1;

	v = bpf_map_lookup_elem(&stashes, &k);
	if (!v)
		return 1;
	q = v->node;
	note(7, q ? (__u64)q->key : 1000);
	if (q) {
		q = acquire(q);
		if (q) {
			note(7, (__u64)q->key++);
			drop(q);
		}
	}
	p = make(struct twin);
	if (!p)
		return 2;
	p->key = s->len;
	v->last = p;
	p = bpf_kptr_xchg(&v->node, p);
	if (p) {
		note(8, (__u64)p->key);
		drop(p);
	}
	return 0;
}

SEC("tc") int counts(struct __sk_buff *s)
{
	struct tally *p, *mine;
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	if (!v)
		return 1;
	p = v->counter;
	if (!p) {
		p = make_percpu(struct tally);
		if (!p)
			return 2;
		p = bpf_kptr_xchg(&v->counter, p);
		if (p)
			drop_percpu(p);
		p = v->counter;
		if (!p)
			return 3;
		mine = bpf_this_cpu_ptr(p);
		mine->n = mine->odd = 0;
	}
	mine = bpf_this_cpu_ptr(p);
	mine->n++;
	mine->odd += s->len & 1;
	note(9, (__u64)mine->n * 100 + (__u64)mine->odd);
	return 0;
}

SEC("tc") int chains(struct __sk_buff *s)
{
	struct rung *p, *old;
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	if (!v)
		return 1;
	for (int i = 0; i < 4; i++) {
		p = make(struct rung);
		if (!p)
			return 2;
		old = bpf_kptr_xchg(&v->chain, 0);
		p->n = old ? old->n + 1 : 1;
		note(10, (__u64)p->n);
		old = bpf_kptr_xchg(&p->before, old);
		if (old)
			drop(old);
		old = bpf_kptr_xchg(&v->chain, p);
		if (old)
			drop(old);
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
