/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps, ring buffers and perf events. */
#include "machine/helper.h"

#include <string.h>

#include "machine/code.h"

#define LOCK_SPINS 1000000

/* What is found in a map of maps is itself a map: programs hand it to helpers, and look at nothing in it. */
static void know_value(struct run *run, struct map *m, void *value)
{
	const struct map_spec *s;

	if (!run->is_checked || !value)
		return;
	s = map_spec(m);
	if (s->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || s->type == BPF_MAP_TYPE_HASH_OF_MAPS)
		run_add_region(run, value, 1, false, RUN_INNER_MAP);
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

HELP(map_update_elem)
{
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

HELP(kptr_xchg)
{
	return __atomic_exchange_n((u64 *)helper_at(a), b, __ATOMIC_SEQ_CST);
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

static u64 storage(struct run *run, struct map *m, u64 id, u64 init, bool create)
{
	void *value = map_storage(m, id, helper_at(init), create, run);

	know_value(run, m, value);
	return (u64)(uintptr_t)value;
}

HELP(get_local_storage)
{
	return storage(run, helper_at(a), run->task.cgroup, 0, true);
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
	return storage(run, helper_at(a), run->task.pid, c, d);
}

HELP(task_storage_delete)
{
	if (b != (u64)(uintptr_t)&run->task)
		return helper_error(-EINVAL);
	return helper_error(map_storage_delete(helper_at(a), run->task.pid));
}
