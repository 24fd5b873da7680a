/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps, ring buffers and perf events. */
#include "machine/helper.h"

#include <string.h>

#include "isa/map_type.h"
#include "machine/code.h"

#define LOCK_SPINS 1000000
#define DRAIN_MAX (128 << 10) /* records of one call */

/* What is found in a map of maps is itself a map: programs hand it to helpers, and look at nothing in it. */
static void know_value(struct run *run, struct map *m, void *value)
{
	const struct map_type_info *info;
	const struct map_spec *s;

	if (!run->is_checked || !value)
		return;
	s = map_spec(m);
	info = map_type_info(s->type);
	if (info && info->traits & MAP_TRAIT_OF_MAPS)
		run_add_region(run, value, 1, false, RUN_INNER_MAP);
	else if (info && info->traits & MAP_TRAIT_SOCKETS)
		run_add_region(run, value, sizeof(struct bpf_sock), false, RUN_SOCKET);
	else
		run_add_region(run, value, s->value_size, !(s->flags & BPF_F_RDONLY_PROG), s->name);
}

HELP(map_lookup_elem)
{
	void *value = map_lookup(helper_at(a), helper_at(b), run);

	know_value(run, helper_at(a), value);
	return (u64)(uintptr_t)value;
}

HELP(map_lookup_percpu_elem)
{
	void *value = map_lookup_percpu(helper_at(a), helper_at(b), (u32)c);

	know_value(run, helper_at(a), value);
	return (u64)(uintptr_t)value;
}

static bool holds_sockets(struct map *m)
{
	return map_spec(m)->type == BPF_MAP_TYPE_SOCKMAP ||
	       map_spec(m)->type == BPF_MAP_TYPE_SOCKHASH;
}

HELP(map_update_elem)
{
	if (holds_sockets(helper_at(a)))
		return helper_error(helper_sock_update(run, helper_at(a), helper_at(b), c, d));
	return helper_error(map_update(helper_at(a), helper_at(b), helper_at(c), d, run));
}

HELP(map_delete_elem)
{
	return helper_error(map_delete(helper_at(a), helper_at(b)));
}

HELP(map_push_elem)
{
	return helper_error(map_push(helper_at(a), helper_at(b), c));
}

HELP(map_pop_elem)
{
	return helper_error(map_pop(helper_at(a), helper_at(b)));
}

HELP(map_peek_elem)
{
	return helper_error(map_peek(helper_at(a), helper_at(b)));
}

/* A program that was not verified may have taken it already, and would wait for ever. */
HELP(spin_lock)
{
	const u32 *word = helper_at(a);

	for (u32 i = 0; run->is_checked && __atomic_load_n(word, __ATOMIC_RELAXED); i++) {
		if (i == LOCK_SPINS) {
			run->trap = RUN_BAD_ACCESS;
			run->trap_address = a;
			run->trap_size = sizeof(*word);
			return 0;
		}
	}
	map_lock(helper_at(a));
	return 0;
}

HELP(spin_unlock)
{
	map_unlock(helper_at(a));
	return 0;
}

/* ---- callbacks */

struct each {
	struct run *run;
	struct map *map;
	u64 func, arg;
};

static int call_each(void *arg, const void *key, void *value)
{
	struct each *e = arg;
	u64 result;

	run_add_region(e->run, key, map_spec(e->map)->key_size, false, "key");
	know_value(e->run, e->map, value);
	result = run_callback(e->run, e->func, (u64)(uintptr_t)e->map, (u64)(uintptr_t)key,
			      (u64)(uintptr_t)value, e->arg);
	run_remove_region(e->run, key);
	return e->run->trap || result ? 1 : 0;
}

HELP(for_each_map_elem)
{
	struct each each = { run, helper_at(a), b, c };

	if (d)
		return helper_error(-EINVAL);
	return (u64)map_each(each.map, call_each, &each, run);
}

HELP(loop)
{
	u32 i = 0;

	if (d)
		return helper_error(-EINVAL);
	if (a > RUN_CALLBACK_LOOPS)
		return helper_error(-E2BIG);
	while (i < a) {
		u64 result = run_callback(run, b, i++, c, 0, 0);

		if (result || run->trap)
			break;
	}
	return i;
}

struct draining {
	struct run *run;
	u64 func, arg;
	s64 count;
};

/* The callback says by 1 that it has had enough; the record that it did so at is gone, too. */
static int call_drained(void *arg, u32 cpu, const void *data, size_t len)
{
	struct draining *d = arg;
	struct helper_dynptr p = { (u64)(uintptr_t)data, (u32)len, 0 };
	u64 result;

	(void)cpu;
	run_add_region(d->run, &p, sizeof(p), true, "dynptr");
	run_add_region(d->run, data, len, true, "record of the host");
	result = run_callback(d->run, d->func, (u64)(uintptr_t)&p, d->arg, 0, 0);
	run_remove_region(d->run, &p);
	run_remove_region(d->run, data);
	d->count++;
	return result || d->run->trap || d->count == DRAIN_MAX ? -ECANCELED : 0;
}

HELP(user_ringbuf_drain)
{
	struct draining draining = { run, b, c, 0 };
	s64 n;

	if (d & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return helper_error(-EINVAL);
	n = map_ring_consume(helper_at(a), call_drained, &draining);
	return n < 0 && n != -ECANCELED ? (u64)n : (u64)draining.count;
}

/* ---- records */

HELP(ringbuf_output)
{
	return helper_error(map_ring_output(helper_at(a), helper_at(b), c, d));
}

HELP(ringbuf_reserve)
{
	void *sample = c ? NULL : map_ring_reserve(helper_at(a), b);

	run_add_region(run, sample, b, true, RUN_RECORD);
	return (u64)(uintptr_t)sample;
}

HELP(ringbuf_submit)
{
	run_remove_region(run, helper_at(a));
	map_ring_submit(helper_at(a), b);
	return 0;
}

HELP(ringbuf_discard)
{
	run_remove_region(run, helper_at(a));
	map_ring_discard(helper_at(a), b);
	return 0;
}

HELP(ringbuf_query)
{
	return map_ring_query(helper_at(a), b);
}

/* The upper half of flags asks for so many bytes of the packet behind the record. */
HELP(perf_event_output)
{
	u64 more = c >> 32 & 0xfffff;
	const u8 *data = NULL;
	u64 there;

	if (more) {
		data = run_packet_bytes(run, &there);
		if (more > there)
			return helper_error(-EFAULT);
	}
	return helper_error(map_perf_output(helper_at(b), c & 0xffffffff, helper_at(d), (u32)e,
					    data, more, run));
}

HELP(skb_output)
{
	return help_perf_event_output(a, b, c, d, e, run);
}

HELP(xdp_output)
{
	return help_perf_event_output(a, b, c, d, e, run);
}

HELP(tail_call)
{
	return helper_error(-EINVAL); /* the engines make those of machines themselves */
}

/* ---- storage: of the cgroup that the program runs for, of the task that it runs in */

u64 helper_storage(struct run *run, struct map *m, u64 id, u64 init, bool create)
{
	void *value = map_storage(m, id, helper_at(init), create, run);

	know_value(run, m, value);
	return (u64)(uintptr_t)value;
}

HELP(get_local_storage)
{
	return helper_storage(run, helper_at(a), run->task.cgroup, 0, true);
}

/* Stands for a struct task_struct: programs hand it on, there is nothing to read in it. */
HELP(get_current_task_btf)
{
	return (u64)(uintptr_t)&run->task;
}

HELP(task_storage_get)
{
	if (d & ~(u64)BPF_LOCAL_STORAGE_GET_F_CREATE || b != (u64)(uintptr_t)&run->task)
		return 0;
	return helper_storage(run, helper_at(a), run->task.pid, c, d);
}

HELP(task_storage_delete)
{
	if (b != (u64)(uintptr_t)&run->task)
		return helper_error(-EINVAL);
	return helper_error(map_storage_delete(helper_at(a), run->task.pid));
}

/* Of inodes and cgroups nothing is read here, so that their addresses are but numbers. */
static u64 storage_of(struct run *run, u64 map, u64 object, u64 init, u64 flags)
{
	if (flags & ~(u64)BPF_LOCAL_STORAGE_GET_F_CREATE || !object)
		return 0;
	return helper_storage(run, helper_at(map), object, init, flags);
}

static u64 storage_delete(u64 map, u64 object)
{
	return helper_error(object ? map_storage_delete(helper_at(map), object) : -EINVAL);
}

HELP(inode_storage_get)
{
	return storage_of(run, a, b, c, d);
}

HELP(inode_storage_delete)
{
	return storage_delete(a, b);
}

HELP(cgrp_storage_get)
{
	return storage_of(run, a, b, c, d);
}

HELP(cgrp_storage_delete)
{
	return storage_delete(a, b);
}
