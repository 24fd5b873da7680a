/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel is asked for the lengths first, then for all arrays at once. It takes back the address of what it does not show without
 * privilege (CAP_SYSLOG, or as kernel.kptr_restrict says).
 */
#include "inspect/progcode.h"

#include <errno.h>
#include <string.h>

#include "btf/rawproto.h"
#include "inspect/btfinfo.h"
#include "inspect/handle.h"

/* Room for n elements; the address that the kernel is told. 0 of none. */
static u64 room(struct arena *a, u32 n, size_t size)
{
	return n ? (u64)(uintptr_t)arena_alloc(a, n * size) : 0;
}

static bool fits(u32 n, size_t size)
{
	return n <= PROGCODE_MAX_BYTES / size;
}

static int ask(int fd, struct arena *a, struct bpf_prog_info *info)
{
	struct bpf_prog_info n = { 0 };
	int err = handle_info(fd, &n, sizeof(n));

	if (err)
		return err;
	if (!fits(n.xlated_prog_len, 1) || !fits(n.jited_prog_len, 1) ||
	    !fits(n.nr_jited_ksyms, sizeof(u64)) || !fits(n.nr_jited_func_lens, sizeof(u32)) ||
	    !fits(n.nr_func_info, sizeof(struct bpf_func_info)) ||
	    !fits(n.nr_line_info, sizeof(struct bpf_line_info)) ||
	    !fits(n.nr_jited_line_info, sizeof(u64)) || !fits(n.nr_prog_tags, BPF_TAG_SIZE))
		return -EFBIG;
	*info = (struct bpf_prog_info){
		.xlated_prog_len = n.xlated_prog_len,
		.xlated_prog_insns = room(a, n.xlated_prog_len, 1),
		.jited_prog_len = n.jited_prog_len,
		.jited_prog_insns = room(a, n.jited_prog_len, 1),
		.nr_jited_ksyms = n.nr_jited_ksyms,
		.jited_ksyms = room(a, n.nr_jited_ksyms, sizeof(u64)),
		.nr_jited_func_lens = n.nr_jited_func_lens,
		.jited_func_lens = room(a, n.nr_jited_func_lens, sizeof(u32)),
		.nr_func_info = n.nr_func_info,
		.func_info = room(a, n.nr_func_info, sizeof(struct bpf_func_info)),
		.func_info_rec_size = sizeof(struct bpf_func_info),
		.nr_line_info = n.nr_line_info,
		.line_info = room(a, n.nr_line_info, sizeof(struct bpf_line_info)),
		.line_info_rec_size = sizeof(struct bpf_line_info),
		.nr_jited_line_info = n.nr_jited_line_info,
		.jited_line_info = room(a, n.nr_jited_line_info, sizeof(u64)),
		.jited_line_info_rec_size = sizeof(u64),
		.nr_prog_tags = n.nr_prog_tags,
		.prog_tags = room(a, n.nr_prog_tags, BPF_TAG_SIZE),
	};
	return handle_info(fd, info, sizeof(*info));
}

/* What the kernel gave, or nothing if it took the address back. */
static const void *taken(u64 address, u32 n, u32 *count)
{
	*count = address ? n : 0;
	return (const void *)(uintptr_t)address;
}

int progcode_read(int fd, struct arena *a, struct progcode *out)
{
	struct bpf_prog_info i;
	int err = ask(fd, a, &i);

	if (err)
		return err;
	*out = (struct progcode){ 0 };
	out->insns = taken(i.xlated_prog_insns, i.xlated_prog_len / (u32)sizeof(struct bpf_insn),
			   &out->count);
	out->jited = taken(i.jited_prog_insns, i.jited_prog_len, &out->jited_len);
	out->func_lens = taken(i.jited_func_lens, i.nr_jited_func_lens, &out->func_len_count);
	out->ksyms = taken(i.jited_ksyms, i.nr_jited_ksyms, &out->ksym_count);
	out->funcs = taken(i.func_info, i.nr_func_info, &out->func_count);
	out->lines = taken(i.line_info, i.nr_line_info, &out->line_count);
	out->jited_lines = taken(i.jited_line_info, i.nr_jited_line_info, &out->jited_line_count);
	out->tags = taken(i.prog_tags, i.nr_prog_tags, &out->tag_count);
	if (i.btf_id && btfinfo_open(i.btf_id, NULL, &out->btf))
		out->btf = NULL;
	return 0;
}

void progcode_done(struct progcode *c)
{
	rawbtf_free(c->btf);
	c->btf = NULL;
}

s64 progcode_func_of(const struct progcode *c, u32 insn)
{
	s64 found = -1;

	for (u32 i = 0; i < c->func_count && c->funcs[i].insn_off <= insn; i++)
		found = i;
	return found;
}

s64 progcode_func_at(const struct progcode *c, u32 insn)
{
	s64 func = progcode_func_of(c, insn);

	return func >= 0 && c->funcs[func].insn_off == insn ? func : -1;
}

const char *progcode_func_name(const struct progcode *c, s64 func)
{
	if (func < 0 || func >= c->func_count || !c->btf)
		return "";
	return rawproto_name(c->btf, c->funcs[func].type_id);
}

s64 progcode_line_at(const struct progcode *c, u32 insn)
{
	u32 low = 0, high = c->line_count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (c->lines[middle].insn_off < insn)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->line_count && c->lines[low].insn_off == insn ? (s64)low : -1;
}

struct progcode_source progcode_source(const struct progcode *c, s64 line)
{
	struct progcode_source s = { "", "", 0, 0 };
	const struct bpf_line_info *l;

	if (line < 0 || line >= c->line_count || !c->btf)
		return s;
	l = &c->lines[line];
	s.file = rawbtf_str(c->btf, l->file_name_off);
	s.text = rawbtf_str(c->btf, l->line_off);
	s.text += strspn(s.text, " \t");
	s.line = BPF_LINE_INFO_LINE_NUM(l->line_col);
	s.column = BPF_LINE_INFO_LINE_COL(l->line_col);
	return s;
}

bool progcode_same_line(const struct progcode *c, s64 a, s64 b)
{
	const struct bpf_line_info *x, *y;

	if (a < 0 || b < 0 || a >= c->line_count || b >= c->line_count)
		return a == b;
	x = &c->lines[a];
	y = &c->lines[b];
	return x->file_name_off == y->file_name_off && x->line_off == y->line_off &&
	       BPF_LINE_INFO_LINE_NUM(x->line_col) == BPF_LINE_INFO_LINE_NUM(y->line_col);
}
