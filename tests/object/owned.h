/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs with objects of their own types declare: the kernel's structs and functions for them, and tags. */
#ifndef TESTS_OBJECT_OWNED_H
#define TESTS_OBJECT_OWNED_H

/* Some headers have these structs, older ones do not; the kernel knows them by their names. */
#define bpf_list_head header_list_head
#define bpf_list_node header_list_node
#define bpf_rb_root header_rb_root
#define bpf_rb_node header_rb_node
#define bpf_refcount header_refcount
#include <linux/bpf.h>
#undef bpf_list_head
#undef bpf_list_node
#undef bpf_rb_root
#undef bpf_rb_node
#undef bpf_refcount
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define __contains(type, field) __attribute__((btf_decl_tag("contains:" #type ":" #field)))
#define __owned __attribute__((btf_type_tag("kptr")))
#define __owned_percpu __attribute__((btf_type_tag("percpu_kptr")))
#define __not_owned __attribute__((btf_type_tag("kptr_untrusted")))
/* Variables in a section of their own, as each may have only one lock. */
#define in_section(name) SEC(".data." #name) __attribute__((visibility("hidden"), aligned(8)))
#define container(p, type, field) ((type *)((char *)(p) - __builtin_offsetof(type, field)))

struct bpf_list_head {
	__u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_list_node {
	__u64 opaque[3];
} __attribute__((aligned(8)));
struct bpf_rb_root {
	__u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_rb_node {
	__u64 opaque[4];
} __attribute__((aligned(8)));
struct bpf_refcount {
	__u32 opaque[1];
} __attribute__((aligned(4)));

extern void *bpf_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;
extern void *bpf_percpu_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_percpu_obj_drop_impl(void *object, void *meta) __ksym;
extern void *bpf_refcount_acquire_impl(void *object, void *meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node,
				    void *meta, __u64 off) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node,
				   void *meta, __u64 off) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_front(struct bpf_list_head *head) __ksym __weak;
extern struct bpf_list_node *bpf_list_back(struct bpf_list_head *head) __ksym __weak;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			       _Bool(less)(struct bpf_rb_node *, const struct bpf_rb_node *),
			       void *meta, __u64 off) __ksym;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root,
					     struct bpf_rb_node *node) __ksym;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) __ksym;
extern struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *root) __ksym __weak;
extern struct bpf_rb_node *bpf_rbtree_left(struct bpf_rb_root *root,
					   struct bpf_rb_node *node) __ksym __weak;
extern struct bpf_rb_node *bpf_rbtree_right(struct bpf_rb_root *root,
					    struct bpf_rb_node *node) __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

#define make(type) ((type *)bpf_obj_new_impl(bpf_core_type_id_local(type), 0))
#define drop(object) bpf_obj_drop_impl(object, 0)
#define make_percpu(type) ((type *)bpf_percpu_obj_new_impl(bpf_core_type_id_local(type), 0))
#define drop_percpu(object) bpf_percpu_obj_drop_impl(object, 0)
#define acquire(object) ((typeof(object))bpf_refcount_acquire_impl(object, 0))
#define push_front(head, node) bpf_list_push_front_impl(head, node, 0, 0)
#define push_back(head, node) bpf_list_push_back_impl(head, node, 0, 0)
#define tree_add(root, node, less) bpf_rbtree_add_impl(root, node, less, 0, 0)

#endif
