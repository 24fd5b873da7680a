/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel functions of a family of their own: kfunc_NAME for bpf_NAME, called as helpers are. */
#ifndef MACHINE_KFUNC_H
#define MACHINE_KFUNC_H

#include "machine/run.h"

#define KFUNC_FUNCTION(name)                                                                       \
	u64 kfunc_##name(__attribute__((unused)) u64 a, __attribute__((unused)) u64 b,             \
			 __attribute__((unused)) u64 c, __attribute__((unused)) u64 d,             \
			 __attribute__((unused)) u64 e, __attribute__((unused)) struct run *run)

KFUNC_FUNCTION(dynptr_from_skb);
KFUNC_FUNCTION(dynptr_from_xdp);
KFUNC_FUNCTION(dynptr_slice);
KFUNC_FUNCTION(dynptr_slice_rdwr);
KFUNC_FUNCTION(dynptr_adjust);
KFUNC_FUNCTION(dynptr_is_null);
KFUNC_FUNCTION(dynptr_is_rdonly);
KFUNC_FUNCTION(dynptr_size);
KFUNC_FUNCTION(dynptr_clone);
KFUNC_FUNCTION(cgroup_from_id);
KFUNC_FUNCTION(cgroup_ancestor);
KFUNC_FUNCTION(cgroup_acquire);
KFUNC_FUNCTION(cgroup_release);
KFUNC_FUNCTION(task_under_cgroup);
KFUNC_FUNCTION(wq_init);
KFUNC_FUNCTION(wq_set_callback_impl);
KFUNC_FUNCTION(wq_start);
KFUNC_FUNCTION(obj_new_impl);
KFUNC_FUNCTION(obj_drop_impl);
KFUNC_FUNCTION(percpu_obj_new_impl);
KFUNC_FUNCTION(percpu_obj_drop_impl);
KFUNC_FUNCTION(refcount_acquire_impl);
KFUNC_FUNCTION(list_push_front_impl);
KFUNC_FUNCTION(list_push_back_impl);
KFUNC_FUNCTION(list_pop_front);
KFUNC_FUNCTION(list_pop_back);
KFUNC_FUNCTION(list_front);
KFUNC_FUNCTION(list_back);
KFUNC_FUNCTION(rbtree_add_impl);
KFUNC_FUNCTION(rbtree_remove);
KFUNC_FUNCTION(rbtree_first);
KFUNC_FUNCTION(rbtree_root);
KFUNC_FUNCTION(rbtree_left);
KFUNC_FUNCTION(rbtree_right);

#endif
