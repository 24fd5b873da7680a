/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any instructions at all, as a program of the type that the first byte says, with two maps, and some functions of the kernel where
 * its types are there. What is accepted without privilege has to be accepted with it, as far as that is judged to the end.
 */
#include "verify/verify.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static const char *const functions[] = {
	"bpf_iter_num_new",     "bpf_iter_num_next",   "bpf_iter_num_destroy",
	"bpf_task_acquire",     "bpf_task_release",    "bpf_task_from_pid",
	"bpf_rcu_read_lock",    "bpf_rcu_read_unlock", "bpf_dynptr_from_xdp",
	"bpf_dynptr_slice",     "bpf_dynptr_clone",    "bpf_dynptr_size",
	"bpf_cpumask_create",   "bpf_cpumask_release", "bpf_rdonly_cast",
	"bpf_cast_to_kern_ctx", "bpf_obj_new_impl",    "bpf_obj_drop_impl",
	"bpf_list_pop_front",   "bpf_rbtree_add_impl", "bpf_refcount_acquire_impl",
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct rawbtf *kernel;
	static bool looked;
	static struct bpf_insn insns[256];
	struct verify_options opts = { .privileged = true, .record = true, .max_steps = 5000 };
	struct verify_result r, without;
	struct image img;
	struct arena a;
	struct diag d;

	if (size < 1 + sizeof(insns[0]))
		return 0;
	size_t n = (size - 1) / sizeof(insns[0]);
	n = n < ARRAY_SIZE(insns) ? n : ARRAY_SIZE(insns);
	memcpy(insns, data + 1, n * sizeof(insns[0]));
	arena_init(&a);
	diag_init(&d, &a);
	image_of_insns(&img, &a, (enum bpf_prog_type)(data[0] % 33), insns, (u32)n);
	*vec_add(&a, &img.maps) = (struct image_map){ .name = "hash",
						      .type = BPF_MAP_TYPE_HASH,
						      .key_size = 4,
						      .value_size = 64,
						      .max_entries = 16,
						      .inner = IMAGE_NONE };
	*vec_add(&a, &img.maps) = (struct image_map){ .name = "ring",
						      .type = BPF_MAP_TYPE_RINGBUF,
						      .max_entries = 4096,
						      .inner = IMAGE_NONE };
	if (!looked && rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &kernel))
		kernel = NULL;
	looked = true;
	opts.kernel = kernel;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		*vec_add(&a, &img.externs) =
			(struct image_extern){ .name = functions[i], .is_func = true };
	bool known = !verify_program(&a, &img, 0, &opts, &r, &d) &&
		     (r.accepted || r.finding.category != VERIFY_COMPLEX);
	opts.privileged = false;
	if (!verify_program(&a, &img, 0, &opts, &without, &d) && known && without.accepted &&
	    !r.accepted)
		abort();
	arena_done(&a);
	return 0;
}
