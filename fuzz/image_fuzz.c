/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that claim to be a BPF object, opened for the machine; the object's own types stand in for the kernel's, so that all of
 * CO-RE is gone through. What is opened must keep what the header promises.
 */
#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "object/image_min.h"
#include "object/skel.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

static void check_prog(const struct image *img, const struct image_prog *p)
{
	for (u32 i = 0; i < p->count; i++) {
		const struct bpf_insn *insn = &p->insns[i];
		bool is_wide = insn_is_ld_imm64(insn);

		if ((insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL &&
		     !image_func(p, (u32)((s32)i + 1 + insn->imm))))
			abort();
		if (is_wide && i + 1 >= p->count)
			return;
		if (is_wide && insn->src_reg == BPF_PSEUDO_MAP_IDX && (u32)insn->imm >= img->maps.n)
			abort();
		image_line(p, i);
		i += is_wide;
	}
}

/* The part of the types that relocations look at has to be types itself. */
static void check_min(const struct image_min *min)
{
	struct buf bytes = { 0 };
	struct rawbtf *b = NULL;
	u32 types;

	image_min_write(min, &bytes, &types);
	if (rawbtf_from_bytes(bytes.data, bytes.len, NULL, &b) || rawbtf_end(b) != types + 1)
		abort();
	rawbtf_free(b);
	buf_done(&bytes);
}

/* As long as it is text, whatever the types are. */
static void check_skeleton(const struct image *img, const u8 *data, size_t len, struct diag *d)
{
	struct skel_options opts = { .name = "x", .source = "x.o", .is_own_types = len & 1 };
	struct buf text = { 0 };

	if (!skel_write(&text, img, data, len, &opts, d) && strlen(buf_str(&text)) != text.len)
		abort();
	buf_done(&text);
}

static void open_image(const u8 *data, size_t len, const struct rawbtf *kernel,
		       const struct rawbtf **types)
{
	struct image_options opts = { .kernel = kernel, .kconfig = "/dev/null" };
	struct image_input in[] = { { "a", data, len }, { "b", data, len } };
	struct image img;
	struct arena arena;
	struct image_min min;
	struct diag d;

	arena_init(&arena);
	diag_init(&d, &arena);
	if (kernel) {
		image_min_init(&min, &arena, kernel);
		opts.min = &min;
	}
	if (!image_open(&img, &arena, data, len, &opts, &d)) {
		for (size_t i = 0; i < img.progs.n; i++)
			check_prog(&img, &img.progs.at[i]);
		if (!kernel)
			check_skeleton(&img, data, len, &d);
		if (types) {
			*types = img.btf;
			img.btf = NULL;
		}
		image_done(&img);
	} else if (!d.errors) {
		abort();
	}
	if (!image_open_all(&img, &arena, in, 2, &opts, &d))
		image_done(&img);
	if (kernel)
		check_min(&min);
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	const struct rawbtf *types = NULL;

	open_image(data, len, NULL, &types);
	if (types)
		open_image(data, len, types, NULL);
	rawbtf_free((struct rawbtf *)(uintptr_t)types);
	return 0;
}
