/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small scripts, assembled by hand, on the kernel engine. */
#include "unit/kernel_fixture.h"

#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "isa/insn.h"

/* Several test runs at once must not count each other's. */
#define NAME "skt%d_%u"

void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	arena_init(&f->arena);
	diag_init(&f->diag, &f->arena);
	object_init(&f->object, &f->arena);
	f->script.arena = &f->arena;
	f->object.license = "GPL";
	f->object.bss_size = FIXTURE_SLOTS * 8;
	f->object.source_name = "test.bt";
	f->object.source = "";
}

void fixture_done(struct fixture *f)
{
	kernel_engine.close(f->engine);
	object_done(&f->object);
	buf_done(&f->elf);
	arena_done(&f->arena);
}

u32 fixture_map(struct fixture *f, const char *name, enum bpf_map_type type, u32 max_entries)
{
	bool ring = type == BPF_MAP_TYPE_RINGBUF, stacks = type == BPF_MAP_TYPE_STACK_TRACE;

	*vec_add(&f->arena, &f->object.maps) = (struct object_map){
		.name = name,
		.type = type,
		.key_size = ring     ? 0
			    : stacks ? 4
				     : 8,
		.value_size = ring     ? 0
			      : stacks ? 127 * 8
				       : 8,
		.max_entries = max_entries,
	};
	return (u32)f->object.maps.n - 1;
}

u32 fixture_program(struct fixture *f, enum attach kind, bool multi)
{
	u32 index = (u32)f->script.programs.n;
	char *name = arena_printf(&f->arena, NAME, getpid(), index);
	struct script_program *p = vec_add(&f->arena, &f->script.programs);
	struct object_func *func = vec_add(&f->arena, &f->object.funcs);

	*p = (struct script_program){
		.func = name,
		.kind = kind,
		.multi = multi,
		.first_target = (u32)f->script.targets.n,
		.loc = { 0, 1, 1, 1 },
	};
	func->name = name;
	func->section = arena_printf(&f->arena, "%s%s/x", attach_info(kind)->section,
				     multi ? ".multi" : "");
	*vec_add(&f->arena, &func->lines) = (struct object_line){ 0, 1, 1 };
	return index;
}

struct script_target *fixture_target(struct fixture *f, const char *module, const char *func,
				     u64 offset)
{
	struct script_program *p = &f->script.programs.at[f->script.programs.n - 1];
	struct script_target *t = vec_add(&f->arena, &f->script.targets);

	p->target_count++;
	t->module = module;
	t->func = func;
	t->offset = offset;
	t->name = arena_printf(&f->arena, "%s:%s", attach_info(p->kind)->name, func ? func : "?");
	return t;
}

struct object_func *fixture_func(struct fixture *f, u32 program)
{
	return &f->object.funcs.at[program];
}

void fixture_insn(struct fixture *f, u32 program, struct bpf_insn insn)
{
	*vec_add(&f->arena, &fixture_func(f, program)->insns) = insn;
}

static void ld_address(struct fixture *f, u32 program, u8 reg, struct object_reloc reloc)
{
	struct object_func *func = fixture_func(f, program);
	struct bpf_insn pair[2];

	reloc.insn = (u32)func->insns.n;
	*vec_add(&f->arena, &func->relocs) = reloc;
	insn_ld_imm64(pair, reg, 0, 0);
	fixture_insn(f, program, pair[0]);
	fixture_insn(f, program, pair[1]);
}

void fixture_ld_map(struct fixture *f, u32 program, u8 reg, u32 map)
{
	ld_address(f, program, reg, (struct object_reloc){ .kind = RELOC_MAP, .index = map });
}

void fixture_ld_bss(struct fixture *f, u32 program, u8 reg, u32 slot)
{
	ld_address(f, program, reg, (struct object_reloc){ .kind = RELOC_BSS, .offset = 8 * slot });
}

void fixture_count(struct fixture *f, u32 program, u32 slot)
{
	fixture_ld_bss(f, program, 1, slot);
	fixture_insn(f, program, insn_mov64_imm(2, 1));
	fixture_insn(f, program, insn_atomic(BPF_DW, BPF_ADD, 1, 0, 2));
	fixture_insn(f, program, insn_mov64_imm(0, 0));
	fixture_insn(f, program, insn_exit());
}

void fixture_count_cookie(struct fixture *f, u32 program)
{
	fixture_insn(f, program, insn_call(BPF_FUNC_get_attach_cookie));
	fixture_insn(f, program, insn_alu64_imm(BPF_AND, 0, FIXTURE_SLOTS - 1));
	fixture_insn(f, program, insn_alu64_imm(BPF_LSH, 0, 3));
	fixture_ld_bss(f, program, 1, 0);
	fixture_insn(f, program, insn_alu64_reg(BPF_ADD, 1, 0));
	fixture_insn(f, program, insn_mov64_imm(2, 1));
	fixture_insn(f, program, insn_atomic(BPF_DW, BPF_ADD, 1, 0, 2));
	fixture_insn(f, program, insn_mov64_imm(0, 0));
	fixture_insn(f, program, insn_exit());
}

int fixture_load(struct fixture *f)
{
	int err = object_write(&f->object, &f->elf, &f->diag);

	if (!err)
		err = kernel_engine.open(f->elf.data, f->elf.len, &f->script, &f->options, &f->diag,
					 &f->engine);
	if (!err)
		err = kernel_engine.load(f->engine, &f->diag);
	return err;
}

int fixture_attach(struct fixture *f, u32 program)
{
	u32 attached = 0;
	int err = kernel_engine.attach(f->engine, program, &attached, &f->diag);

	return err ? err : (int)attached;
}

u64 fixture_slot(struct fixture *f, u32 slot)
{
	size_t size;
	u8 *bss = kernel_engine.bss(f->engine, &size);
	u64 value = 0;

	if (bss && 8 * slot + 8 <= size)
		memcpy(&value, bss + 8 * slot, sizeof(value));
	return value;
}

const char *fixture_messages(struct fixture *f)
{
	char *text = NULL, *kept;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return "";
	diag_render(&f->diag, to);
	fclose(to);
	kept = arena_strndup(&f->arena, text, len);
	free(text);
	return kept;
}

static u32 count_programs(const char *name)
{
	u32 id = 0, count = 0;

	while (bpf_prog_get_next_id(id, &id) == 0) {
		struct bpf_prog_info info = { 0 };
		u32 size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
			count += strcmp(info.name, name) == 0;
		close(fd);
	}
	return count;
}

u32 fixture_programs_left(u32 index)
{
	char name[32];
	u32 left;

	snprintf(name, sizeof(name), NAME, getpid(), index);
	left = count_programs(name);

	for (int i = 0; i < 100 && left; i++) {
		usleep(20000);
		left = count_programs(name);
	}
	return left;
}
