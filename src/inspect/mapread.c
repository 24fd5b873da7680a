/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A batch that has no room for one bucket of a hash is refused (-ENOSPC), and asked for again with more. Other types give batches by
 * walking from key to key, so tries, whose walk begins anew if the last key is gone, are watched for their order.
 */
#include "inspect/mapread.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/mapread_order.h"

enum { ENOTSUPP_ = 524, BATCH_MIN = 16, BATCH_MAX = 16384 };

const char *mapread_refusal(const struct mapinfo *m)
{
	switch (m->info.type) {
	case MAP_TYPE_QUEUE:
	case MAP_TYPE_STACK:
	case MAP_TYPE_BLOOM_FILTER:
		return "it has no keys";
	case MAP_TYPE_RINGBUF:
	case MAP_TYPE_USER_RINGBUF:
		return "it is a ring, without entries";
	case MAP_TYPE_ARENA:
		return "it is memory, without entries";
	case MAP_TYPE_SK_STORAGE:
		return "each entry belongs to a socket, and the kernel has no list of them";
	case MAP_TYPE_INODE_STORAGE:
		return "each entry belongs to an inode, and the kernel has no list of them";
	case MAP_TYPE_TASK_STORAGE:
		return "each entry belongs to a task, and the kernel has no list of them";
	case MAP_TYPE_CGRP_STORAGE:
		return "each entry belongs to a cgroup, and the kernel has no list of them";
	default:
		return m->info.key_size ? NULL : "it has no keys";
	}
}

const char *mapread_error(const struct mapinfo *m, int err)
{
	bool is_socket =
		m->traits & MAP_TRAIT_SOCKETS || m->info.type == MAP_TYPE_REUSEPORT_SOCKARRAY;

	if (err == -ENOSPC && is_socket)
		return "sockets can be looked up only where values have 8 bytes";
	if (err == -EOPNOTSUPP || err == -ENOTSUPP_)
		return "the kernel has no look-up for this type of map";
	return strerror(-err);
}

static bool is_indexed(const struct mapinfo *m)
{
	return m->traits & MAP_TRAIT_INDEXED;
}

static int make_room(struct mapread *r, u32 room)
{
	u64 entry = r->m->info.key_size + r->m->value_bytes;
	u8 *keys, *values;

	if ((u64)room * entry > MAPREAD_MAX_BYTES && room > 1)
		return -E2BIG;
	keys = realloc(r->keys, (size_t)room * r->m->info.key_size + 8);
	if (keys)
		r->keys = keys;
	values = realloc(r->values, (size_t)room * r->m->value_bytes + 8);
	if (values)
		r->values = values;
	if (!keys || !values)
		return -ENOMEM;
	r->room = room;
	return 0;
}

int mapread_begin(struct mapread *r, int fd, const struct mapinfo *m)
{
	u64 entry = m->info.key_size + m->value_bytes + 1, room = MAPREAD_BATCH_BYTES / entry;
	size_t key = m->info.key_size > 4 ? m->info.key_size : 4;

	*r = (struct mapread){ .fd = fd, .m = m };
	/* Batches of a devmap_hash are walks, too, and have no order to be watched for. */
	r->is_batch = m->traits & MAP_TRAIT_BATCH && m->info.type != MAP_TYPE_DEVMAP_HASH;
	r->cursor = calloc(1, key);
	r->next_cursor = calloc(1, key);
	r->first = calloc(1, key);
	r->last = calloc(1, key);
	room = room < BATCH_MIN ? BATCH_MIN : room > BATCH_MAX ? BATCH_MAX : room;
	if (!r->cursor || !r->next_cursor || !r->first || !r->last || make_room(r, (u32)room)) {
		mapread_end(r);
		return -ENOMEM;
	}
	return 0;
}

void mapread_end(struct mapread *r)
{
	free(r->keys);
	free(r->values);
	free(r->cursor);
	free(r->next_cursor);
	free(r->first);
	free(r->last);
	*r = (struct mapread){ 0 };
}

/* Walks may begin anew again and again: that many steps are taken at most. */
static bool goes_on(struct mapread *r)
{
	if (r->steps++ < 4ull * r->m->info.max_entries + 65536)
		return true;
	r->changed = true;
	return false;
}

/* ---- key by key */

static int look_up(struct mapread *r, const u8 *key, struct mapentry *out)
{
	*out = (struct mapentry){ key, r->values, 0 };
	out->err = bpf_map_lookup_elem(r->fd, key, r->values);
	return out->err;
}

static int next_index(struct mapread *r, struct mapentry *out)
{
	for (u32 i = r->at; i < r->m->info.max_entries; i++) {
		memcpy(r->last, &i, 4);
		r->at = i + 1;
		/* A slot that nothing is in is not there. */
		if (look_up(r, r->last, out) != -ENOENT)
			return 1;
	}
	return 0;
}

static u8 *remembered(struct mapread *r, u32 i)
{
	return r->keys + (size_t)(i % MAPREAD_REMEMBERED) * r->m->info.key_size;
}

static bool is_remembered(struct mapread *r, const u8 *key)
{
	u32 oldest = r->known > MAPREAD_REMEMBERED ? r->known - MAPREAD_REMEMBERED : 0;

	for (u32 i = r->known; i > oldest; i--)
		if (!memcmp(remembered(r, i - 1), key, r->m->info.key_size))
			return true;
	return false;
}

/* The key behind one of the last, from the newest on, that still leads on. 1, 0 at the end, -errno. */
static int walk_on(struct mapread *r, u8 *key)
{
	u32 size = r->m->info.key_size, from = r->known, tries = 0;
	int err;

	while (from && tries < MAPREAD_REMEMBERED) {
		err = bpf_map_get_next_key(r->fd, remembered(r, from - 1), key);
		if (err)
			return err == -ENOENT ? 0 : err;
		if (!memcmp(key, r->first, size)) {
			/* It begins anew, as that key has gone. */
			r->changed = true;
			from--;
			tries++;
		} else if (is_remembered(r, key)) {
			u32 i = r->known;

			while (i > 1 && memcmp(remembered(r, i - 1), key, size))
				i--;
			if (i == from || !goes_on(r))
				break;
			from = i;
			tries++;
		} else {
			return 1;
		}
	}
	r->changed = true;
	return 0;
}

static int next_key(struct mapread *r, struct mapentry *out)
{
	u32 size = r->m->info.key_size;
	int got;

	while (goes_on(r)) {
		if (!r->is_begun) {
			got = bpf_map_get_next_key(r->fd, NULL, r->first);
			if (got)
				return got == -ENOENT ? 0 : got;
			memcpy(r->last, r->first, size);
			r->is_begun = true;
		} else {
			got = walk_on(r, r->last);
			if (got <= 0)
				return got;
		}
		memcpy(remembered(r, r->known++), r->last, size);
		if (look_up(r, r->last, out) != -ENOENT)
			return 1;
		r->changed = true;
	}
	return 0;
}

static int next_in_trie(struct mapread *r, struct mapentry *out)
{
	u32 size = r->m->info.key_size;

	while (goes_on(r)) {
		int err =
			bpf_map_get_next_key(r->fd, r->is_begun ? r->cursor : NULL, r->next_cursor);

		if (err)
			return err == -ENOENT ? 0 : err;
		memcpy(r->cursor, r->next_cursor, size);
		if (r->is_begun && mapread_trie_order(r->cursor, r->last, size) <= 0) {
			r->changed = true;
			continue;
		}
		r->is_begun = true;
		memcpy(r->last, r->cursor, size);
		if (look_up(r, r->last, out) != -ENOENT)
			return 1;
		r->changed = true;
	}
	return 0;
}

/* ---- batches */

static bool is_without_batches(int err)
{
	return err == -EINVAL || err == -ENOTSUPP_ || err == -EOPNOTSUPP || err == -EPERM;
}

/* The next batch: 1, 0 at the end, -errno. */
static int fill(struct mapread *r)
{
	u8 *swap;

	for (;;) {
		u32 n = r->room;
		int err = bpf_map_lookup_batch(r->fd, r->is_begun ? r->cursor : NULL,
					       r->next_cursor, r->keys, r->values, &n, NULL);

		if (err == -ENOSPC) {
			err = make_room(r, r->room * 2);
			if (err)
				return err;
			continue;
		}
		/* -EINTR: what it came to had been deleted, again and again. */
		if (err == -EINTR && goes_on(r))
			continue;
		if (err && err != -ENOENT)
			return err;
		swap = r->cursor, r->cursor = r->next_cursor, r->next_cursor = swap;
		r->is_begun = true;
		r->count = n;
		r->at = 0;
		r->is_last = err == -ENOENT;
		if (n || r->is_last)
			return n > 0;
		if (!goes_on(r))
			return 0;
	}
}

static int next_of_batch(struct mapread *r, struct mapentry *out)
{
	u32 size = r->m->info.key_size;

	for (;;) {
		const u8 *key = r->keys + (size_t)r->at * size;

		if (r->at == r->count) {
			int got = r->is_last ? 0 : fill(r);

			if (got <= 0)
				return got;
			continue;
		}
		*out = (struct mapentry){ key, r->values + (size_t)r->at++ * r->m->value_bytes, 0 };
		if (r->m->info.type != MAP_TYPE_LPM_TRIE)
			return 1;
		if (!goes_on(r))
			return 0;
		if (r->known && mapread_trie_order(key, r->last, size) <= 0) {
			r->changed = true;
			continue;
		}
		memcpy(r->last, key, size);
		r->known = 1;
		return 1;
	}
}

int mapread_next(struct mapread *r, struct mapentry *out)
{
	int got;

	if (r->is_batch) {
		got = next_of_batch(r, out);
		if (got >= 0 || r->is_begun || !is_without_batches(got))
			return got;
		r->is_batch = false; /* this kernel has none for this type */
		r->at = 0;
	}
	if (is_indexed(r->m))
		return next_index(r, out);
	if (r->m->info.type == MAP_TYPE_LPM_TRIE)
		return next_in_trie(r, out);
	return next_key(r, out);
}
