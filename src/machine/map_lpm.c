/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPM tries: a binary tree of prefixes, with a node only where there is an entry or where two ways part.
 *
 *	192.168.0.0/16 ─┬─0─► (192.168.0.0/23) ─┬─0─► 192.168.0.0/24	in brackets: only a fork
 *	                │                       └─1─► 192.168.1.0/24
 *	                └─1─► 192.168.128.0/24
 *
 * Writers hold the lock, and leave the tree whole at every instant. Readers take none: they look at a number before and
 * after, which is odd while the tree changes, and begin anew if it moved, as the memory of nodes is used again at once.
 */
#include <endian.h>

#include "machine/mapimpl.h"

enum { MAX_DATA = 256, MAX_BITS = MAX_DATA * 8, MAX_RETRIES = 100 };

struct node {
	u32 child[2]; /* in words from the pool; 0: none */
	u32 bits;     /* of the prefix */
	u32 is_fork;  /* no entry */
	u32 next_free;
	u32 unused;
	u8 data[]; /* the prefix in whole words, then the value */
};

struct common {
	u32 lock;
	u32 version; /* odd: being changed */
	u32 root, free, fresh;
	u32 count; /* of entries */
};

struct map_lpm {
	struct map map;
	struct common *common;
	u8 *pool;
	u32 stride; /* of a node, in words */
	u32 data_size, max_bits;
};

/* A caller's key: struct bpf_lpm_trie_key. */
struct prefix {
	u32 bits;
	const u8 *data;
};

static struct map_lpm *lpm_of(struct map *m)
{
	return (struct map_lpm *)m;
}

static struct node *node_at(const struct map_lpm *t, u32 link)
{
	return (struct node *)(t->pool + (u64)link * 8);
}

static u8 *node_value(const struct map_lpm *t, struct node *n)
{
	return n->data + mapvalue_round(t->data_size);
}

static struct prefix prefix_of(const void *key)
{
	struct prefix p = { .data = (const u8 *)key + sizeof(u32) };

	memcpy(&p.bits, key, sizeof(p.bits));
	return p;
}

static u32 load(const u32 *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static void store(u32 *at, u32 value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

/* Bits i * 64 and on, the first one uppermost. */
static u64 key_word(const struct map_lpm *t, const struct prefix *p, u32 i)
{
	return be64toh(mapvalue_partial(p->data + i * 8, t->data_size - i * 8));
}

static u64 node_word(const struct node *n, u32 i)
{
	return be64toh(__atomic_load_n((const u64 *)(const void *)n->data + i, __ATOMIC_ACQUIRE));
}

static u32 key_bit(const struct map_lpm *t, const struct prefix *p, u32 bit)
{
	(void)t;
	return p->data[bit / 8] >> (7 - bit % 8) & 1;
}

static u32 node_bit(const struct node *n, u32 bit)
{
	return n->data[bit / 8] >> (7 - bit % 8) & 1;
}

/* How many bits a node and a key share, up to the shorter one's length. */
static u32 common_bits(const struct map_lpm *t, const struct node *n, const struct prefix *p)
{
	u32 bits = load(&n->bits), limit = bits < p->bits ? bits : p->bits;

	for (u32 i = 0; i * 64 < limit; i++) {
		u64 differ = node_word(n, i) ^ key_word(t, p, i);

		if (differ) {
			u32 same = i * 64 + (u32)__builtin_clzll(differ);

			return same < limit ? same : limit;
		}
	}
	return limit;
}

/* The link of the longest prefix of the key, 0: none; false: nodes went and came meanwhile. */
static bool try_find(const struct map_lpm *t, const struct prefix *p, u32 *found)
{
	u32 version = load(&t->common->version), link = load(&t->common->root), depth = 0;

	*found = 0;
	while (link) {
		struct node *n = node_at(t, link);
		u32 same = common_bits(t, n, p), bits = load(&n->bits);

		if (same < bits || depth++ > t->max_bits)
			break;
		if (!load(&n->is_fork))
			*found = link;
		if (same >= t->max_bits || bits >= p->bits)
			break;
		link = load(&n->child[key_bit(t, p, bits)]);
	}
	return !(version & 1) && load(&t->common->version) == version;
}

static void *find(struct map_lpm *t, const void *key)
{
	struct prefix p = prefix_of(key);
	u32 link;

	if (p.bits > t->max_bits)
		return NULL;
	for (int i = 0; !try_find(t, &p, &link); i++) {
		if (i < MAX_RETRIES)
			continue;
		maplock_take(&t->common->lock, t->map.owner);
		try_find(t, &p, &link);
		maplock_release(&t->common->lock);
		break;
	}
	return link ? node_value(t, node_at(t, link)) : NULL;
}

static void *lpm_lookup(struct map *m, const void *key, struct run *run)
{
	(void)run;
	return find(lpm_of(m), key);
}

/* ---- changes, with the lock held */

static void begin_change(struct map_lpm *t)
{
	maplock_take(&t->common->lock, t->map.owner);
	/* Odd already: who changed it last died over it. */
	if (!(t->common->version & 1))
		__atomic_add_fetch(&t->common->version, 1, __ATOMIC_SEQ_CST);
}

static void end_change(struct map_lpm *t)
{
	__atomic_add_fetch(&t->common->version, 1, __ATOMIC_SEQ_CST);
	maplock_release(&t->common->lock);
}

/* There are twice as many nodes as entries, which is enough: a fork has two ways, each of which ends in an entry. */
static u32 take_node(struct map_lpm *t)
{
	u32 link = t->common->free;

	if (link)
		t->common->free = node_at(t, link)->next_free;
	else
		link = 1 + t->common->fresh++ * t->stride;
	return link;
}

static void give_node(struct map_lpm *t, u32 link)
{
	node_at(t, link)->next_free = t->common->free;
	t->common->free = link;
}

static struct node *fill_node(struct map_lpm *t, u32 link, u32 bits, bool is_fork, const u8 *data)
{
	struct node *n = node_at(t, link);

	store(&n->child[0], 0);
	store(&n->child[1], 0);
	store(&n->bits, bits);
	store(&n->is_fork, is_fork);
	mapvalue_put(n->data, data, t->data_size);
	return n;
}

/* Where the key's node is or would have to be linked in; *same: bits shared with the node there. */
static u32 *find_place(struct map_lpm *t, const struct prefix *p, u32 *same)
{
	u32 *at = &t->common->root;

	*same = 0;
	while (*at) {
		struct node *n = node_at(t, *at);

		*same = common_bits(t, n, p);
		if (*same != n->bits || n->bits == p->bits)
			break;
		at = &n->child[key_bit(t, p, n->bits)];
	}
	return at;
}

/* Links the new entry: in the place of its node, above a longer prefix, or beside one, under a fork. */
static void link_entry(struct map_lpm *t, u32 *at, u32 link, const struct prefix *p, u32 same)
{
	u32 old = *at, fork;
	struct node *n = node_at(t, link), *was = node_at(t, old), *f;

	if (old && was->bits == same && same == p->bits) {
		store(&n->child[0], was->child[0]);
		store(&n->child[1], was->child[1]);
		store(at, link);
		give_node(t, old);
	} else if (old && same == p->bits) {
		store(&n->child[node_bit(was, same)], old);
		store(at, link);
	} else if (old) {
		fork = take_node(t);
		f = fill_node(t, fork, same, true, p->data);
		store(&f->child[key_bit(t, p, same)], link);
		store(&f->child[!key_bit(t, p, same)], old);
		store(at, fork);
	} else {
		store(at, link);
	}
}

static int lpm_write(struct map *m, const void *key, const void *value, u64 flags)
{
	struct map_lpm *t = lpm_of(m);
	struct prefix p = prefix_of(key);
	u32 same, *at, link;
	bool has_it;
	int err = 0;

	if (flags > BPF_EXIST || p.bits > t->max_bits)
		return -EINVAL;
	begin_change(t);
	at = find_place(t, &p, &same);
	has_it = *at && node_at(t, *at)->bits == p.bits && same == p.bits &&
		 !node_at(t, *at)->is_fork;
	if (has_it && flags == BPF_NOEXIST)
		err = -EEXIST;
	else if (!has_it && flags == BPF_EXIST)
		err = -ENOENT;
	else if (!has_it && t->common->count == m->spec.max_entries)
		err = -ENOSPC;
	if (!err) {
		link = take_node(t);
		mapvalue_put(node_value(t, fill_node(t, link, p.bits, false, p.data)), value,
			     m->spec.value_size);
		link_entry(t, at, link, &p, same);
		store(&t->common->count, t->common->count + !has_it);
	}
	end_change(t);
	return err;
}

static int lpm_update(struct map *m, const void *key, const void *value, u64 flags, struct run *run)
{
	(void)run;
	return lpm_write(m, key, value, flags);
}

/* at leads to an entry, above to the node that holds that link, or to NULL. */
static void unlink_entry(struct map_lpm *t, u32 *at, u32 *above)
{
	u32 link = *at, parent = above ? *above : 0;
	struct node *n = node_at(t, link);

	if (n->child[0] && n->child[1]) {
		store(&n->is_fork, true);
		return;
	}
	if (!n->child[0] && !n->child[1] && parent && node_at(t, parent)->is_fork) {
		struct node *f = node_at(t, parent);

		store(above, f->child[at == &f->child[0]]);
		give_node(t, parent);
	} else {
		store(at, n->child[0] ? n->child[0] : n->child[1]);
	}
	give_node(t, link);
}

static int lpm_remove(struct map *m, const void *key)
{
	struct map_lpm *t = lpm_of(m);
	struct prefix p = prefix_of(key);
	u32 *at = &t->common->root, *above = NULL;
	int err = -ENOENT;

	if (p.bits > t->max_bits)
		return -EINVAL;
	begin_change(t);
	while (*at) {
		struct node *n = node_at(t, *at);

		if (common_bits(t, n, &p) != n->bits)
			break;
		if (n->bits == p.bits) {
			err = n->is_fork ? -ENOENT : 0;
			break;
		}
		above = at;
		at = &n->child[key_bit(t, &p, n->bits)];
	}
	if (!err) {
		unlink_entry(t, at, above);
		store(&t->common->count, t->common->count - 1);
	}
	end_change(t);
	return err;
}

/* ---- the host */

static int lpm_read(struct map *m, const void *key, void *value, u64 flags)
{
	void *at = find(lpm_of(m), key);

	if (!at)
		return -ENOENT;
	map_get_value(m, value, at, flags);
	return 0;
}

/* The first entry below link, longer prefixes before shorter ones. */
static struct node *first_below(const struct map_lpm *t, u32 link)
{
	struct node *n = node_at(t, link);

	while (n->child[0] || n->child[1])
		n = node_at(t, n->child[0] ? n->child[0] : n->child[1]);
	return n;
}

/* The entry after the key's in that order; NULL: it is the last. */
static struct node *next_after(struct map_lpm *t, const struct prefix *p)
{
	u32 path[MAX_BITS + 1], depth = 0, link = t->common->root, same = 0;
	struct node *n = NULL;

	for (; link; link = n->child[key_bit(t, p, n->bits)]) {
		n = node_at(t, link);
		same = common_bits(t, n, p);
		if (same != n->bits)
			return first_below(t, t->common->root);
		path[depth++] = link;
		if (n->bits == p->bits)
			break;
	}
	if (!link || n->is_fork)
		return first_below(t, t->common->root);
	while (depth-- > 1) {
		struct node *parent = node_at(t, path[depth - 1]);

		if (parent->child[0] == path[depth] && parent->child[1])
			return first_below(t, parent->child[1]);
		if (!parent->is_fork)
			return parent;
	}
	return NULL;
}

/* NULL: there is none; the lock is held. */
static struct node *next_node(struct map_lpm *t, const void *key)
{
	struct prefix p = key ? prefix_of(key) : (struct prefix){ .bits = UINT32_MAX };

	if (!t->common->root)
		return NULL;
	return p.bits > t->max_bits ? first_below(t, t->common->root) : next_after(t, &p);
}

static void get_key(const struct map_lpm *t, const struct node *n, void *key)
{
	memcpy(key, &n->bits, sizeof(u32));
	mapvalue_get((u8 *)key + sizeof(u32), n->data, t->data_size);
}

static int lpm_next(struct map *m, const void *key, void *next)
{
	struct map_lpm *t = lpm_of(m);
	struct node *n;

	maplock_take(&t->common->lock, m->owner);
	n = next_node(t, key);
	if (n)
		get_key(t, n, next);
	maplock_release(&t->common->lock);
	return n ? 0 : -ENOENT;
}

static u64 lpm_count(struct map *m)
{
	return load(&lpm_of(m)->common->count);
}

/* The cursor counts elements; those before it are walked over again, which keeps no key between the calls. */
static int lpm_read_batch(struct map *m, u64 *cursor, void *keys, void *values, u32 *count,
			  bool and_delete)
{
	struct map_lpm *t = lpm_of(m);
	u8 key[sizeof(u32) + MAX_DATA];
	u32 room = *count, n = 0;
	struct node *at;

	(void)and_delete; /* never: there is no map_take() */
	maplock_take(&t->common->lock, m->owner);
	at = next_node(t, NULL);
	for (u64 i = 0; at && n < room; i++) {
		get_key(t, at, key);
		if (i >= *cursor) {
			memcpy((u8 *)keys + (u64)n * m->spec.key_size, key, m->spec.key_size);
			map_get_value(m, (u8 *)values + (u64)n * m->spec.value_size,
				      node_value(t, at), 0);
			n++;
		}
		at = next_node(t, key);
	}
	maplock_release(&t->common->lock);
	*cursor += n;
	*count = n;
	return at ? 0 : -ENOENT;
}

static int lpm_check(const struct map_spec *s, struct diag *d)
{
	if (map_check_flags(s, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS, d))
		return -EINVAL;
	if (!(s->flags & BPF_F_NO_PREALLOC))
		return map_refuse(s, d, -EINVAL, "a trie needs the flag BPF_F_NO_PREALLOC");
	if (!s->max_entries || s->key_size <= sizeof(u32) || s->key_size > sizeof(u32) + MAX_DATA)
		return map_refuse(
			s, d, -EINVAL,
			"a trie has entries, and keys of 4 bytes and 1 to 256 of a prefix");
	if (!s->value_size || s->value_size > MAP_MAX_VALUE - MAX_DATA - 64)
		return map_refuse(s, d, -EINVAL, "its values are too large, or nothing");
	return 0;
}

static int lpm_open(struct map *m, struct diag *d)
{
	struct map_lpm *t = lpm_of(m);
	u64 stride, size = 64;
	int err;

	t->data_size = m->spec.key_size - (u32)sizeof(u32);
	t->max_bits = t->data_size * 8;
	stride = sizeof(struct node) + mapvalue_round(t->data_size) + m->value_stride;
	t->stride = (u32)(stride / 8);
	if (!mapstore_add(&size, 2ull * m->spec.max_entries + 1, stride))
		return map_refuse(&m->spec, d, -E2BIG, "it would take more memory than a map may");
	m->lookup = lpm_lookup;
	m->update = lpm_update;
	err = mapstore_open(&m->store, &m->spec, size, d);
	if (err)
		return err;
	t->common = (void *)m->store.base;
	t->pool = m->store.base + 64 - 8; /* so that the first node's link is 1 */
	return 0;
}

const struct map_ops map_lpm_ops = {
	.size = sizeof(struct map_lpm),
	.check = lpm_check,
	.open = lpm_open,
	.remove = lpm_remove,
	.read = lpm_read,
	.write = lpm_write,
	.next = lpm_next,
	.count = lpm_count,
	.read_batch = lpm_read_batch,
	.may_be_inner = true,
};
