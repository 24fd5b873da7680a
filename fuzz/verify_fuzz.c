/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any instructions at all, as a program of the type that the first byte says, with two maps. */
#include "verify/verify.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct bpf_insn insns[256];
	struct verify_options opts = { .privileged = true, .record = true, .max_steps = 5000 };
	struct verify_result r;
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
	verify_program(&a, &img, 0, &opts, &r, &d);
	arena_done(&a);
	return 0;
}
