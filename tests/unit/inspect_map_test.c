/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps of each type that the kernel creates, read while they are still and while they change. */
#include "inspect/mapread.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspect/mapread_order.h"
#include "inspect/mapsnap.h"
#include "unit/test.h"

/* Storage of sockets and the like has to have types: an int each. */
static int int_types(void)
{
	struct btf *btf = btf__new_empty();
	int fd = -1;
	const void *data;
	u32 size;

	if (btf && btf__add_int(btf, "int", 4, BTF_INT_SIGNED) == 1) {
		data = btf__raw_data(btf, &size);
		fd = bpf_btf_load(data, size, NULL);
	}
	btf__free(btf);
	return fd;
}

/* A map as small as those of its type may be; -1 if the kernel makes none. */
static int make(u32 type, int inner, int btf)
{
	const struct map_type_info *t = map_type_info(type);
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = t->needs);
	u32 entries = t->entries == MAP_ENTRIES_PAGES  ? 4096
		      : t->entries == MAP_ENTRIES_NONE ? 0
						       : 16;
	u32 key = t->key.max >= 8 && type != MAP_TYPE_CGROUP_STORAGE ? 8 : t->key.min;
	u32 value = t->value.max >= 8 ? 8 : t->value.max;

	if (type == MAP_TYPE_CGROUP_STORAGE || type == MAP_TYPE_PERCPU_CGROUP_STORAGE)
		key = 8;
	if (t->traits & MAP_TRAIT_OF_MAPS)
		opts.inner_map_fd = (u32)inner;
	if (t->traits & MAP_TRAIT_STORAGE && t->entries == MAP_ENTRIES_NONE && t->key.max == 4) {
		opts.btf_fd = (u32)btf;
		opts.btf_key_type_id = opts.btf_value_type_id = 1;
		value = 4;
	}
	return bpf_map_create((enum bpf_map_type)type, "skep_types", key, value, entries, &opts);
}

struct counts {
	u32 entries, errors;
	bool changed;
};

static int read_all(int fd, const struct mapinfo *m, struct counts *c)
{
	struct mapentry e;
	struct mapread r;
	int got = mapread_begin(&r, fd, m);

	*c = (struct counts){ 0 };
	CHECK_EQ(got, 0);
	while ((got = mapread_next(&r, &e)) > 0) {
		c->entries++;
		c->errors += e.err != 0;
	}
	c->changed = r.changed;
	mapread_end(&r);
	return got;
}

/* Three entries where user space may put some. */
static u32 fill(int fd, const struct mapinfo *m, int inner)
{
	u8 *value = calloc(1, (size_t)m->value_bytes + 8);
	u32 n = 0;

	/* Of devices and CPUs 0 is none. */
	value[0] = m->info.type == MAP_TYPE_DEVMAP || m->info.type == MAP_TYPE_DEVMAP_HASH ||
		   m->info.type == MAP_TYPE_CPUMAP;
	if (m->traits & MAP_TRAIT_OF_MAPS)
		memcpy(value, &inner, 4);
	for (u32 i = 0; i < 3 && m->info.key_size; i++) {
		u32 key[65] = { i };

		if (m->info.type == MAP_TYPE_LPM_TRIE) {
			key[0] = 8;
			memcpy(&key[1], (u8[]){ (u8)(i + 1) }, 1);
		}
		n += !bpf_map_update_elem(fd, key, value, 0);
	}
	free(value);
	return n;
}

static void check_type(u32 type, int inner, int btf, u32 *made)
{
	struct mapinfo m;
	struct counts c;
	int fd = make(type, inner, btf), got;
	char buf[16];
	u32 n;

	if (fd < 0)
		return;
	++*made;
	CHECK_EQ(mapinfo_read(fd, &m), 0);
	CHECK_EQ(m.info.type, type);
	CHECK_STR(mapinfo_type_name(&m, buf), map_type_info(type)->name);
	if (mapread_refusal(&m)) {
		close(fd);
		return;
	}
	n = fill(fd, &m, inner);
	got = read_all(fd, &m, &c);
	/* No map may be read that the kernel refuses to go through. */
	CHECK_EQ(got, 0);
	CHECK(!c.changed);
	if (c.errors)
		CHECK(m.traits & (MAP_TRAIT_INDEXED | MAP_TRAIT_SOCKETS));
	else if (type == MAP_TYPE_ARRAY || type == MAP_TYPE_PERCPU_ARRAY)
		CHECK_EQ(c.entries, m.info.max_entries);
	else
		CHECK_EQ(c.entries, n);
	if (got || (!c.errors && c.entries < n))
		test_fail(__FILE__, __LINE__, "maps of type %s", map_type_info(type)->name);
	close(fd);
}

TEST(mapread_goes_through_each_type)
{
	int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "skep_inner", 4, 4, 1, NULL);
	int btf = int_types();
	u32 made = 0;

	if (inner < 0)
		SKIP("maps cannot be made here");
	for (u32 type = 1; type < MAP_TYPE_COUNT; type++)
		if (map_type_info(type))
			check_type(type, inner, btf, &made);
	CHECK(made > 15);
	close(inner);
	close(btf);
}

TEST(mapinfo_tells_what_fdinfo_has)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_HASH, "skep_info", 4, 5, 8, NULL);
	struct mapinfo_types types;
	struct mapinfo m;

	if (fd < 0)
		SKIP("maps cannot be made here");
	CHECK_EQ(mapinfo_read(fd, &m), 0);
	CHECK_STR(m.info.name, "skep_info");
	CHECK_EQ(m.stride, 8);
	CHECK(m.cpus >= 1);
	CHECK_EQ(m.value_bytes, 8ull * m.cpus);
	CHECK(m.memlock > 0);
	CHECK(!m.frozen);
	CHECK_EQ(mapinfo_types(&m, &types), 0);
	CHECK(!types.btf);
	CHECK_EQ(bpf_map_freeze(fd), 0);
	CHECK_EQ(mapinfo_read(fd, &m), 0);
	CHECK(m.frozen);
	CHECK_EQ(mapinfo_read(STDIN_FILENO, &m) < 0, 1);
	close(fd);
	CHECK_STR(mapinfo_flag_name(0), "no_prealloc");
	CHECK_STR(mapinfo_flag_name(10), "mmapable");
	CHECK(!mapinfo_flag_name(31));
}

/* ---- while they change */

enum { STAYING = 2000, KEYS = 4000, ROUNDS = 20 };

struct churn {
	int fd;
	u32 type;
	_Atomic bool stop;
};

/* Keys from STAYING on come and go. */
static void set_key(u32 type, u32 i, u8 key[8])
{
	u32 bits = 32, swapped = __builtin_bswap32(i);

	memset(key, 0, 8);
	memcpy(key, type == MAP_TYPE_LPM_TRIE ? &bits : &i, 4);
	if (type == MAP_TYPE_LPM_TRIE)
		memcpy(key + 4, &swapped, 4);
}

static void *come_and_go(void *arg)
{
	struct churn *c = arg;
	u64 value = 0;
	u8 key[8];

	for (u32 i = 0; !c->stop; i++) {
		set_key(c->type, STAYING + i % (KEYS - STAYING), key);
		if (bpf_map_delete_elem(c->fd, key))
			bpf_map_update_elem(c->fd, key, &value, 0);
	}
	return NULL;
}

static u32 index_of(u32 type, const u8 *key)
{
	u32 i;

	memcpy(&i, key + (type == MAP_TYPE_LPM_TRIE ? 4 : 0), 4);
	return type == MAP_TYPE_LPM_TRIE ? __builtin_bswap32(i) : i;
}

/* Reads once: how many of those that stay were there, and how many came twice. */
static void read_changing(int fd, const struct mapinfo *m, bool is_walk, u32 *stayed, u32 *twice)
{
	u8 *seen = calloc(1, KEYS);
	struct mapentry e;
	struct mapread r;
	int got;

	*stayed = *twice = 0;
	CHECK_EQ(mapread_begin(&r, fd, m), 0);
	if (is_walk)
		r.is_batch = false;
	while ((got = mapread_next(&r, &e)) > 0) {
		u32 i = index_of(m->info.type, e.key);

		if (i >= KEYS) {
			test_fail(__FILE__, __LINE__, "there is no key %u", i);
			break;
		}
		*twice += seen[i];
		*stayed += i < STAYING && !seen[i];
		seen[i] = 1;
	}
	CHECK_EQ(got, 0);
	mapread_end(&r);
	free(seen);
}

static void check_changing(u32 type, bool is_walk, bool *is_made)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	struct churn c = { .type = type };
	struct mapinfo m;
	pthread_t thread;
	u64 value = 1;
	u8 key[8];

	c.fd = bpf_map_create((enum bpf_map_type)type, "skep_churn", 8, 8, KEYS, &opts);
	*is_made = c.fd >= 0;
	if (c.fd < 0)
		return;
	for (u32 i = 0; i < KEYS; i++) {
		set_key(type, i, key);
		CHECK_EQ(bpf_map_update_elem(c.fd, key, &value, 0), 0);
	}
	CHECK_EQ(mapinfo_read(c.fd, &m), 0);
	pthread_create(&thread, NULL, come_and_go, &c);
	for (int round = 0; round < ROUNDS; round++) {
		u32 stayed, twice;

		read_changing(c.fd, &m, is_walk, &stayed, &twice);
		/* A walk from key to key has no promise but to end. */
		if (!is_walk || type == MAP_TYPE_LPM_TRIE)
			CHECK_EQ(twice, 0);
		if (!is_walk && type == MAP_TYPE_HASH)
			CHECK_EQ(stayed, STAYING);
	}
	c.stop = true;
	pthread_join(thread, NULL);
	close(c.fd);
}

TEST(mapread_of_changing_maps_ends_and_repeats_nothing)
{
	bool is_made;

	check_changing(MAP_TYPE_HASH, false, &is_made);
	if (!is_made)
		SKIP("maps cannot be made here");
	check_changing(MAP_TYPE_HASH, true, &is_made);
	check_changing(MAP_TYPE_LPM_TRIE, false, &is_made);
	check_changing(MAP_TYPE_LPM_TRIE, true, &is_made);
}

TEST(mapread_walks_still_maps_as_batches_do)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "skep_walk", 4, 4, 5000, NULL);
	struct mapinfo m;
	struct mapentry e;
	struct mapread r;
	u32 n = 0;

	if (fd < 0)
		SKIP("maps cannot be made here");
	for (u32 i = 0; i < 5000; i++)
		bpf_map_update_elem(fd, &i, &i, 0);
	CHECK_EQ(mapinfo_read(fd, &m), 0);
	CHECK_EQ(mapread_begin(&r, fd, &m), 0);
	r.is_batch = false;
	while (mapread_next(&r, &e) > 0)
		n += !memcmp(e.key, e.value, 4);
	CHECK_EQ(n, 5000);
	CHECK(!r.changed);
	mapread_end(&r);
	/* A bucket that is larger than the batch makes the batch larger. */
	CHECK_EQ(mapread_begin(&r, fd, &m), 0);
	r.room = 1;
	for (n = 0; mapread_next(&r, &e) > 0;)
		n += !memcmp(e.key, e.value, 4);
	CHECK_EQ(n, 5000);
	CHECK(r.room > 1);
	mapread_end(&r);
	close(fd);
}

TEST(mapread_knows_the_order_of_tries)
{
	static const u8 keys[][6] = {
		{ 16, 0, 0, 0, 10, 0 },    { 8, 0, 0, 0, 10, 0 },    { 16, 0, 0, 0, 10, 128 },
		{ 16, 0, 0, 0, 192, 168 }, { 9, 0, 0, 0, 192, 128 }, { 0, 0, 0, 0, 0, 0 },
	};

	CHECK(mapread_trie_order(keys[0], keys[1], 6) < 0);
	CHECK(mapread_trie_order(keys[1], keys[2], 6) > 0);
	CHECK(mapread_trie_order(keys[0], keys[2], 6) < 0);
	CHECK(mapread_trie_order(keys[2], keys[3], 6) < 0);
	CHECK(mapread_trie_order(keys[3], keys[4], 6) < 0);
	CHECK(mapread_trie_order(keys[4], keys[5], 6) < 0);
	CHECK_EQ(mapread_trie_order(keys[3], keys[3], 6), 0);
	/* More bits than there are. */
	CHECK_EQ(mapread_trie_order((const u8[]){ 255, 0, 0, 0, 1, 1 },
				    (const u8[]){ 16, 0, 0, 0, 1, 1 }, 6),
		 0);
}

/* ---- snapshots */

static void forget(void *arg, const u8 *key, const u8 *value)
{
	*(u32 *)arg += *key + *value;
}

TEST(mapsnap_tells_changes)
{
	struct mapsnap s;
	const u8 *old;
	u32 gone = 0;

	mapsnap_init(&s, 1, 1);
	mapsnap_begin(&s);
	CHECK_EQ(mapsnap_put(&s, (u8[]){ 1 }, (u8[]){ 10 }, &old), MAPSNAP_ADDED);
	CHECK_EQ(mapsnap_put(&s, (u8[]){ 2 }, (u8[]){ 20 }, &old), MAPSNAP_ADDED);
	CHECK_EQ(mapsnap_put(&s, (u8[]){ 3 }, (u8[]){ 30 }, &old), MAPSNAP_ADDED);
	mapsnap_end(&s, forget, &gone);
	CHECK_EQ(gone, 0);
	mapsnap_begin(&s);
	CHECK_EQ(mapsnap_put(&s, (u8[]){ 3 }, (u8[]){ 30 }, &old), MAPSNAP_SAME);
	CHECK_EQ(mapsnap_put(&s, (u8[]){ 2 }, (u8[]){ 21 }, &old), MAPSNAP_CHANGED);
	CHECK_EQ(*old, 20);
	mapsnap_end(&s, forget, &gone);
	CHECK_EQ(gone, 11);
	mapsnap_begin(&s);
	CHECK_EQ(mapsnap_put(&s, (u8[]){ 1 }, (u8[]){ 10 }, &old), MAPSNAP_ADDED);
	mapsnap_end(&s, forget, &gone);
	CHECK_EQ(gone, 11 + 33 + 23);
	CHECK_EQ(s.n, 1);
	mapsnap_done(&s);
}

TEST(mapsnap_grows)
{
	struct mapsnap s;
	const u8 *old;
	u32 gone = 0;

	mapsnap_init(&s, 4, 4);
	for (u32 look = 0; look < 2; look++) {
		mapsnap_begin(&s);
		for (u32 i = 0; i < 5000; i++)
			CHECK_EQ(mapsnap_put(&s, (u8 *)&i, (u8 *)&i, &old),
				 look ? MAPSNAP_SAME : MAPSNAP_ADDED);
	}
	mapsnap_begin(&s);
	mapsnap_end(&s, forget, &gone);
	CHECK(gone > 0);
	CHECK_EQ(s.n, 0);
	mapsnap_done(&s);
}
