/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of hash maps come in no order; they are sorted, and ports that follow each other become a range again. */
#include "cmd/accel/lists.h"

#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cmd/accel/pairs.h"

typedef void (*key_fn)(struct arena *a, struct accel_config *c, const void *key);

enum { KEY_MAX = 32 };

/* An entry that goes away sends the walk back to the beginning: it is bounded. */
static void each_key(const struct accel_view *v, const char *map, struct arena *a,
		     struct accel_config *c, key_fn fn)
{
	u8 key[KEY_MAX], last[KEY_MAX];
	int fd = accel_map(v, map);

	if (fd < 0)
		return;
	for (u32 i = 0; i < ACCEL_MAX_LIST && !bpf_map_get_next_key(fd, i ? last : NULL, key);
	     i++) {
		fn(a, c, key);
		memcpy(last, key, sizeof(last));
	}
	close(fd);
}

static void take_port(struct arena *a, struct accel_config *c, const void *key)
{
	memcpy(vec_add(a, &c->ports), key, sizeof(u16));
}

static void take_cidr(struct arena *a, struct accel_config *c, const void *key)
{
	memcpy(vec_add(a, &c->cidrs), key, sizeof(struct accel_cidr));
}

static void take_uid(struct arena *a, struct accel_config *c, const void *key)
{
	memcpy(vec_add(a, &c->uids), key, sizeof(u32));
}

static void take_comm(struct arena *a, struct accel_config *c, const void *key)
{
	*vec_add(a, &c->excluded) = arena_strndup(a, key, ACCEL_COMM);
}

static int compare_ports(const void *a, const void *b)
{
	return *(const u16 *)a - *(const u16 *)b;
}

static int compare_uids(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

static int compare_cidrs(const void *a, const void *b)
{
	const struct accel_cidr *x = a, *y = b;
	int order = memcmp(x->addr, y->addr, sizeof(x->addr));

	return order ? order : (int)x->bits - (int)y->bits;
}

static int compare_names(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

#define SORT(list, compare)                                                                        \
	do {                                                                                       \
		if ((list)->n)                                                                     \
			qsort((list)->at, (list)->n, sizeof(*(list)->at), compare);                \
	} while (0)

void accel_lists_read(const struct accel_view *v, struct arena *a, struct accel_config *out)
{
	u32 lists = v->control->lists;

	*out = (struct accel_config){
		.cgroup = v->cgroup,
		.blocking = lists & ACCEL_LIST_NONBLOCKING ? ACCEL_BLOCKING_NO : ACCEL_BLOCKING_YES,
		.limit = v->control->limit,
		.small = v->control->small,
		.budget = v->control->budget,
	};
	if (lists & ACCEL_LIST_PORT)
		each_key(v, "ports", a, out, take_port);
	if (lists & ACCEL_LIST_CIDR)
		each_key(v, "cidrs", a, out, take_cidr);
	if (lists & ACCEL_LIST_UID)
		each_key(v, "uids", a, out, take_uid);
	each_key(v, "excluded", a, out, take_comm);
	SORT(&out->ports, compare_ports);
	SORT(&out->cidrs, compare_cidrs);
	SORT(&out->uids, compare_uids);
	SORT(&out->excluded, compare_names);
}

/* The text so far moves to the arena. */
static const char *finish(struct arena *a, struct buf *b)
{
	const char *text = arena_strdup(a, buf_str(b));

	buf_done(b);
	return text;
}

static void separate(struct buf *b)
{
	if (b->len)
		buf_puts(b, ", ");
}

const char *accel_lists_ports(struct arena *a, const struct accel_config *c)
{
	struct buf b = { 0 };

	for (size_t i = 0, next; i < c->ports.n; i = next) {
		for (next = i + 1; next < c->ports.n; next++) {
			if (c->ports.at[next] != c->ports.at[next - 1] + 1)
				break;
		}
		separate(&b);
		buf_printf(&b, "%u", c->ports.at[i]);
		if (next - i > 1)
			buf_printf(&b, "-%u", c->ports.at[next - 1]);
	}
	return finish(a, &b);
}

const char *accel_lists_cidrs(struct arena *a, const struct accel_config *c)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < c->cidrs.n; i++) {
		separate(&b);
		buf_puts(&b, accel_say_cidr(a, &c->cidrs.at[i]));
	}
	return finish(a, &b);
}

const char *accel_lists_uids(struct arena *a, const struct accel_config *c)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < c->uids.n; i++) {
		separate(&b);
		buf_printf(&b, "%u", c->uids.at[i]);
	}
	return finish(a, &b);
}

const char *accel_lists_excluded(struct arena *a, const struct accel_config *c)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < c->excluded.n; i++) {
		separate(&b);
		buf_puts(&b, c->excluded.at[i]);
	}
	return finish(a, &b);
}
