/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel functions that have a meaning here, by name: number iterators, casts, and RCU, which the run's epoch stands for. */
#include <errno.h>
#include <string.h>

#include "machine/kfunc.h"

struct number_iter {
	s32 at, end; /* at: the last one that was given */
};
_Static_assert(sizeof(struct number_iter) == 8, "as programs reserve it");

static u64 iter_num_new(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	struct number_iter *it = (struct number_iter *)(uintptr_t)a;
	s64 from = (s32)b, to = (s32)c;

	(void)d, (void)e;
	if (!run_may(run, a, sizeof(*it), true))
		return 0;
	*it = (struct number_iter){ 0, 0 };
	if (from > to)
		return (u64)-EINVAL;
	if (to - from > RUN_CALLBACK_LOOPS)
		return (u64)-E2BIG;
	*it = (struct number_iter){ (s32)((u32)from - 1), (s32)to };
	return 0;
}

static u64 iter_num_next(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	struct number_iter *it = (struct number_iter *)(uintptr_t)a;

	(void)b, (void)c, (void)d, (void)e;
	if (!run_may(run, a, sizeof(*it), true))
		return 0;
	if ((s32)((u32)it->at + 1) >= it->end) {
		*it = (struct number_iter){ 0, 0 };
		return 0;
	}
	it->at++;
	return (u64)(uintptr_t)&it->at;
}

static u64 nothing(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	(void)a, (void)b, (void)c, (void)d, (void)e, (void)run;
	return 0;
}

static u64 same(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	(void)b, (void)c, (void)d, (void)e, (void)run;
	return a;
}

run_helper run_find_kfunc(const char *name)
{
	static const struct {
		const char *name;
		run_helper function;
	} table[] = {
		{ "bpf_iter_num_new", iter_num_new },
		{ "bpf_iter_num_next", iter_num_next },
		{ "bpf_iter_num_destroy", nothing },
		{ "bpf_rcu_read_lock", nothing },
		{ "bpf_rcu_read_unlock", nothing },
		{ "bpf_preempt_disable", nothing },
		{ "bpf_preempt_enable", nothing },
		{ "bpf_rdonly_cast", same },
		{ "bpf_cast_to_kern_ctx", same },
		{ "bpf_dynptr_from_skb", kfunc_dynptr_from_skb },
		{ "bpf_dynptr_from_xdp", kfunc_dynptr_from_xdp },
		{ "bpf_dynptr_slice", kfunc_dynptr_slice },
		{ "bpf_dynptr_slice_rdwr", kfunc_dynptr_slice_rdwr },
		{ "bpf_dynptr_adjust", kfunc_dynptr_adjust },
		{ "bpf_dynptr_is_null", kfunc_dynptr_is_null },
		{ "bpf_dynptr_is_rdonly", kfunc_dynptr_is_rdonly },
		{ "bpf_dynptr_size", kfunc_dynptr_size },
		{ "bpf_dynptr_clone", kfunc_dynptr_clone },
		{ "bpf_cgroup_from_id", kfunc_cgroup_from_id },
		{ "bpf_cgroup_ancestor", kfunc_cgroup_ancestor },
		{ "bpf_cgroup_acquire", kfunc_cgroup_acquire },
		{ "bpf_cgroup_release", kfunc_cgroup_release },
		{ "bpf_task_under_cgroup", kfunc_task_under_cgroup },
		{ "bpf_wq_init", kfunc_wq_init },
		{ "bpf_wq_set_callback_impl", kfunc_wq_set_callback_impl },
		{ "bpf_wq_start", kfunc_wq_start },
		{ "bpf_obj_new_impl", kfunc_obj_new_impl },
		{ "bpf_obj_drop_impl", kfunc_obj_drop_impl },
		{ "bpf_percpu_obj_new_impl", kfunc_percpu_obj_new_impl },
		{ "bpf_percpu_obj_drop_impl", kfunc_percpu_obj_drop_impl },
		{ "bpf_refcount_acquire_impl", kfunc_refcount_acquire_impl },
		{ "bpf_list_push_front_impl", kfunc_list_push_front_impl },
		{ "bpf_list_push_back_impl", kfunc_list_push_back_impl },
		{ "bpf_list_pop_front", kfunc_list_pop_front },
		{ "bpf_list_pop_back", kfunc_list_pop_back },
		{ "bpf_list_front", kfunc_list_front },
		{ "bpf_list_back", kfunc_list_back },
		{ "bpf_rbtree_add_impl", kfunc_rbtree_add_impl },
		{ "bpf_rbtree_remove", kfunc_rbtree_remove },
		{ "bpf_rbtree_first", kfunc_rbtree_first },
		{ "bpf_rbtree_root", kfunc_rbtree_root },
		{ "bpf_rbtree_left", kfunc_rbtree_left },
		{ "bpf_rbtree_right", kfunc_rbtree_right },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (!strcmp(table[i].name, name))
			return table[i].function;
	}
	return NULL;
}
