/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that object_write() made, loaded into the running kernel by libbpf and run there. */
#include "unit/test.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "isa/insn.h"
#include "object/btfgen.h"
#include "object/object.h"
#include "object/script.h"

#define LINE_SOURCE "BEGIN {\n\t@ = count();\n}\n"

/* An object in the making, then its file, then what libbpf makes of it. */
struct bench {
	struct arena arena;
	struct object o;
	struct buf file;
	struct diag d;
	struct bpf_object *loaded;
};

static char libbpf_log[4096];

__attribute__((format(printf, 2, 0))) static int keep_warnings(enum libbpf_print_level level,
							       const char *fmt, va_list ap)
{
	size_t n = strlen(libbpf_log);

	if (level != LIBBPF_WARN)
		return 0;
	return vsnprintf(libbpf_log + n, sizeof(libbpf_log) - n, fmt, ap);
}

static void bench_start(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	arena_init(&b->arena);
	object_init(&b->o, &b->arena);
	diag_init(&b->d, &b->arena);
	b->o.source_name = "test.bt";
	b->o.source = LINE_SOURCE;
}

static void bench_end(struct bench *b)
{
	bpf_object__close(b->loaded);
	buf_done(&b->file);
	object_done(&b->o);
	arena_done(&b->arena);
}

static u32 add_map(struct bench *b, const char *name, enum bpf_map_type type, u32 key, u32 value,
		   u32 n)
{
	*vec_add(&b->arena, &b->o.maps) = (struct object_map){
		.name = name, .type = type, .key_size = key, .value_size = value, .max_entries = n
	};
	return (u32)b->o.maps.n - 1;
}

static u32 add_func(struct bench *b, const char *section, const char *name)
{
	struct object_func *f = vec_add(&b->arena, &b->o.funcs);

	*f = (struct object_func){ .name = name, .section = section, .param_count = 1 };
	*vec_add(&b->arena, &f->lines) = (struct object_line){ .insn = 0, .line = 1, .col = 1 };
	return (u32)b->o.funcs.n - 1;
}

static struct object_func *newest(struct bench *b)
{
	return &b->o.funcs.at[b->o.funcs.n - 1];
}

static void add(struct bench *b, struct bpf_insn insn)
{
	*vec_add(&b->arena, &newest(b)->insns) = insn;
}

static void add_reloc(struct bench *b, enum object_reloc_kind kind, u32 index, u32 offset)
{
	struct object_func *f = newest(b);

	*vec_add(&b->arena, &f->relocs) = (struct object_reloc){
		.kind = kind, .insn = (u32)f->insns.n, .index = index, .offset = offset
	};
}

/* dst = address of a map, function or variable */
static void add_address(struct bench *b, u8 dst, enum object_reloc_kind kind, u32 index, u32 offset)
{
	struct bpf_insn wide[2];

	add_reloc(b, kind, index, offset);
	insn_ld_imm64(wide, dst, kind == RELOC_FUNC ? BPF_PSEUDO_FUNC : 0, 0);
	add(b, wide[0]);
	add(b, wide[1]);
}

/* *(u64 *)(.bss + offset) += src */
static void add_count(struct bench *b, u32 offset, u8 src)
{
	add_address(b, 1, RELOC_BSS, 0, offset);
	add(b, insn_atomic(BPF_DW, BPF_ADD, 1, 0, src));
}

static void add_return(struct bench *b)
{
	add(b, insn_mov64_imm(0, 0));
	add(b, insn_exit());
}

static bool can_bpf(void)
{
	struct bpf_insn code[] = { insn_mov64_imm(0, 0), insn_exit() };
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "probe", "GPL", code, 2, NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool bench_write(struct bench *b)
{
	int err = object_write(&b->o, &b->file, &b->d);

	if (err && b->d.items.n)
		test_fail(__FILE__, __LINE__, "%s", b->d.items.at[0].text);
	CHECK_EQ(err, 0);
	return !err;
}

/* Writes and loads; libbpf must have nothing to say. */
/* btf: a file to relocate fields by, or NULL for the running kernel's types. */
static bool bench_load_for(struct bench *b, const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "skep_test", .btf_custom_path = btf);
	int err;

	if (!bench_write(b))
		return false;
	libbpf_log[0] = '\0';
	libbpf_set_print(keep_warnings);
	b->loaded = bpf_object__open_mem(b->file.data, b->file.len, &opts);
	err = b->loaded ? bpf_object__load(b->loaded) : -EINVAL;
	CHECK_EQ(err, 0);
	CHECK_STR(libbpf_log, "");
	return !err;
}

static bool bench_load(struct bench *b)
{
	return bench_load_for(b, NULL);
}

static int bench_run(struct bench *b, const char *func)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct bpf_program *p = bpf_object__find_program_by_name(b->loaded, func);

	return bpf_prog_test_run_opts(bpf_program__fd(p), &opts);
}

static struct bpf_map *find_bss(struct bench *b)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, b->loaded)
	{
		if (strstr(bpf_map__name(m), ".bss"))
			return m;
	}
	return NULL;
}

/* The variable at an offset of .bss, in the kernel. */
static u64 bss(struct bench *b, size_t offset)
{
	u32 zero = 0;
	u64 bytes[16] = { 0 };

	CHECK_EQ(bpf_map_lookup_elem(bpf_map__fd(find_bss(b)), &zero, bytes), 0);
	return bytes[offset / 8];
}

TEST(object_maps_and_variables_work)
{
	struct bench b;
	u32 hash, array, ring;
	u64 hash_key = 1, value = 0;

	if (!can_bpf())
		SKIP("bpf(2) is not permitted");
	bench_start(&b);
	hash = add_map(&b, "AT_x", BPF_MAP_TYPE_HASH, 8, 8, 10);
	array = add_map(&b, "AT_y", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1);
	ring = add_map(&b, SCRIPT_RINGBUF, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096);
	b.o.bss_size = 128;
	add_func(&b, "raw_tp", "begin_1");
	/* @x[1] = 7 */
	add(&b, insn_store_imm(BPF_DW, 10, -8, 1));
	add(&b, insn_store_imm(BPF_DW, 10, -16, 7));
	add_address(&b, 1, RELOC_MAP, hash, 0);
	add(&b, insn_mov64_reg(2, 10));
	add(&b, insn_alu64_imm(BPF_ADD, 2, -8));
	add(&b, insn_mov64_reg(3, 10));
	add(&b, insn_alu64_imm(BPF_ADD, 3, -16));
	add(&b, insn_mov64_imm(4, 0));
	add(&b, insn_call(BPF_FUNC_map_update_elem));
	/* @y[0]++ */
	*vec_add(&b.arena, &newest(&b)->lines) =
		(struct object_line){ .insn = (u32)newest(&b)->insns.n, .line = 2, .col = 2 };
	add(&b, insn_store_imm(BPF_W, 10, -8, 0));
	add_address(&b, 1, RELOC_MAP, array, 0);
	add(&b, insn_mov64_reg(2, 10));
	add(&b, insn_alu64_imm(BPF_ADD, 2, -8));
	add(&b, insn_call(BPF_FUNC_map_lookup_elem));
	add(&b, insn_jump_imm(BPF_JEQ, 0, 0, 2));
	add(&b, insn_mov64_imm(1, 1));
	add(&b, insn_atomic(BPF_DW, BPF_ADD, 0, 0, 1));
	/* an event, then two variables */
	add_address(&b, 1, RELOC_MAP, ring, 0);
	add(&b, insn_mov64_reg(2, 10));
	add(&b, insn_alu64_imm(BPF_ADD, 2, -16));
	add(&b, insn_mov64_imm(3, 8));
	add(&b, insn_mov64_imm(4, 0));
	add(&b, insn_call(BPF_FUNC_ringbuf_output));
	add(&b, insn_mov64_imm(2, 5));
	add_count(&b, 0, 2);
	add_count(&b, 120, 2);
	add_return(&b);
	if (bench_load(&b)) {
		CHECK_EQ(bench_run(&b, "begin_1"), 0);
		CHECK_EQ(bench_run(&b, "begin_1"), 0);
		CHECK_EQ(bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(b.loaded, "AT_x"),
					     &hash_key, &value),
			 0);
		CHECK_EQ(value, 7);
		CHECK_EQ(bss(&b, 0), 10);
		CHECK_EQ(bss(&b, 120), 10);
		CHECK_EQ(bss(&b, 8), 0);
		CHECK_EQ(bpf_map__type(bpf_object__find_map_by_name(b.loaded, "AT_y")),
			 BPF_MAP_TYPE_PERCPU_ARRAY);
		CHECK_EQ(bpf_map__max_entries(
				 bpf_object__find_map_by_name(b.loaded, SCRIPT_RINGBUF)),
			 4096);
		CHECK_EQ(bpf_map__value_size(find_bss(&b)), 128);
		/* The variable is described to the kernel, so that tools can show it by name. */
		CHECK(bpf_map__btf_value_type_id(find_bss(&b)));
	}
	bench_end(&b);
}

TEST(object_static_functions_work)
{
	struct bench b;
	u32 callback, sub;

	if (!can_bpf())
		SKIP("bpf(2) is not permitted");
	bench_start(&b);
	b.o.bss_size = 24;
	/*
	 * Written before and after the program that uses them, to have .text out of order in the
	 * object.
	 */
	callback = add_func(&b, ".text", "loop_1");
	newest(&b)->param_count = 2;
	add(&b, insn_mov64_imm(2, 1));
	add_count(&b, 8, 2);
	add_return(&b);
	sub = callback + 2;
	add_func(&b, "raw_tp", "begin_1");
	add(&b, insn_mov64_imm(1, 10));
	add_address(&b, 2, RELOC_FUNC, callback, 0);
	add(&b, insn_mov64_imm(3, 0));
	add(&b, insn_mov64_imm(4, 0));
	add(&b, insn_call(BPF_FUNC_loop));
	add(&b, insn_mov64_imm(1, 14));
	add_reloc(&b, RELOC_CALL, sub, 0);
	add(&b, insn_call_func(-1));
	add(&b, insn_mov64_reg(2, 0));
	add_count(&b, 16, 2);
	add_return(&b);
	CHECK_EQ(add_func(&b, ".text", "triple"), sub);
	add(&b, insn_mov64_reg(0, 1));
	add(&b, insn_alu64_imm(BPF_MUL, 0, 3));
	add(&b, insn_exit());
	if (bench_load(&b)) {
		CHECK_EQ(bench_run(&b, "begin_1"), 0);
		CHECK_EQ(bss(&b, 8), 10);
		CHECK_EQ(bss(&b, 16), 42);
	}
	bench_end(&b);
}

static struct object_core *add_core(struct bench *b, const char *record, s32 wrong_offset)
{
	struct object_core *c = vec_add(&b->arena, &newest(b)->cores);

	*c = (struct object_core){ .insn = (u32)newest(b)->insns.n, .record = record };
	add(b, insn_alu64_imm(BPF_ADD, 3, wrong_offset));
	return c;
}

/* .bss + offset = size bytes at the field of the current task; r6 holds the task */
static struct object_core *add_task_read(struct bench *b, u32 offset, s32 size)
{
	struct object_core *c;

	add(b, insn_mov64_reg(3, 6));
	c = add_core(b, "task_struct", 12344 + (s32)offset);
	add(b, insn_mov64_imm(2, size));
	add_address(b, 1, RELOC_BSS, 0, offset);
	add(b, insn_call(BPF_FUNC_probe_read_kernel));
	return c;
}

TEST(object_fields_are_relocated)
{
	struct bench b;
	struct object_core *c;
	char comm[16] = "", got[16];
	u64 half;

	if (!can_bpf())
		SKIP("bpf(2) is not permitted");
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		SKIP("the kernel has no BTF");
	bench_start(&b);
	b.o.bss_size = 64;
	b.o.core = true;
	add_func(&b, "raw_tp", "begin_1");
	add(&b, insn_call(BPF_FUNC_get_current_task));
	add(&b, insn_mov64_reg(6, 0));
	c = add_task_read(&b, 0, 4);
	*vec_add(&b.arena, &c->steps) =
		(struct object_core_step){ .name = "pid", .kind = FIELD_INT, .size = 4 };
	c = add_task_read(&b, 8, 4);
	*vec_add(&b.arena, &c->steps) =
		(struct object_core_step){ .name = "tgid", .kind = FIELD_INT, .size = 4 };
	c = add_task_read(&b, 16, 16);
	*vec_add(&b.arena, &c->steps) = (struct object_core_step){
		.name = "comm", .kind = FIELD_ARRAY, .size = 16, .element = FIELD_INT
	};
	/* A path through a struct, a pointer, and an enum-like and a union member at the end. */
	c = add_task_read(&b, 32, 8);
	*vec_add(&b.arena, &c->steps) = (struct object_core_step){ .name = "se",
								   .kind = FIELD_RECORD,
								   .record = "sched_entity" };
	*vec_add(&b.arena, &c->steps) =
		(struct object_core_step){ .name = "exec_start", .kind = FIELD_INT, .size = 8 };
	c = add_task_read(&b, 40, 8);
	*vec_add(&b.arena, &c->steps) =
		(struct object_core_step){ .name = "real_parent", .kind = FIELD_PTR };
	add_return(&b);
	if (bench_load(&b)) {
		CHECK_EQ(bench_run(&b, "begin_1"), 0);
		/* In a pid namespace the kernel's own numbers differ from what user space sees. */
		CHECK((u32)bss(&b, 0) != 0);
		CHECK_EQ(bss(&b, 0), bss(&b, 8));
		prctl(PR_GET_NAME, comm);
		half = bss(&b, 16);
		memcpy(got, &half, 8);
		half = bss(&b, 24);
		memcpy(got + 8, &half, 8);
		got[15] = '\0';
		CHECK_STR(got, comm);
		CHECK(bss(&b, 32) != 0);
		CHECK(bss(&b, 40) >> 56 == 0xff);
	}
	bench_end(&b);
}

/* .bss + offset = offset of an array in a kernel struct */
static void add_array_offset(struct bench *b, u32 offset, const char *record, const char *member,
			     enum object_field_kind element)
{
	struct object_core *c;

	add(b, insn_mov64_imm(3, 0));
	c = add_core(b, record, 4096);
	*vec_add(&b->arena, &c->steps) = (struct object_core_step){
		.name = member, .kind = FIELD_ARRAY, .size = 64, .element = element
	};
	add_count(b, offset, 3);
}

TEST(object_arrays_are_relocated)
{
	struct bench b;

	if (!can_bpf())
		SKIP("bpf(2) is not permitted");
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		SKIP("the kernel has no BTF");
	bench_start(&b);
	b.o.bss_size = 16;
	b.o.core = true;
	add_func(&b, "raw_tp", "begin_1");
	add_array_offset(&b, 0, "signal_struct", "rlim", FIELD_RECORD);
	add_array_offset(&b, 8, "files_struct", "fd_array", FIELD_PTR);
	add_return(&b);
	if (bench_load(&b)) {
		CHECK_EQ(bench_run(&b, "begin_1"), 0);
		CHECK(bss(&b, 0) && bss(&b, 0) < 4096);
		CHECK(bss(&b, 8) && bss(&b, 8) < 4096);
	}
	bench_end(&b);
}

/* What `bag` is elsewhere: { u32 a; u32 : 3, low : 5, : 13, high : 11; u16 grid[3][2]; } */
static bool write_other_types(char *path)
{
	struct arena arena;
	struct btfgen g;
	struct buf file = { 0 };
	int fd = mkstemp(path);
	bool ok;

	arena_init(&arena);
	btfgen_init(&g, &arena);
	u32 u16_id = btfgen_int(&g, "u16", 2, 0), u32_id = btfgen_int(&g, "u32", 4, 0);
	u32 grid = btfgen_array(&g, btfgen_array(&g, u16_id, 2), 3);
	struct btf_member members[] = {
		{ btfgen_str(&g, "a"), u32_id, 0 },
		{ btfgen_str(&g, "low"), u32_id, 5 << 24 | (32 + 3) },
		{ btfgen_str(&g, "high"), u32_id, 11 << 24 | (32 + 21) },
		{ btfgen_str(&g, "grid"), grid, 64 },
	};
	btfgen_record(&g, BTF_KIND_STRUCT | BTFGEN_HAS_BITS, "bag", 20, members, 4);
	btfgen_write(&g, &file);
	ok = fd >= 0 && write(fd, file.data, file.len) == (ssize_t)file.len;
	close(fd);
	buf_done(&file);
	btfgen_done(&g);
	arena_done(&arena);
	return ok;
}

/* .bss + offset = a number about a member of bag, which lies at bit `at` here */
static void add_number(struct bench *b, u32 offset, const char *member, u32 at, u32 size,
		       enum bpf_core_relo_kind kind, s32 here)
{
	struct object_core *c;

	add(b, insn_mov64_imm(3, 0));
	c = add_core(b, "bag", here);
	c->kind = kind;
	c->bits = (struct object_core_bits){ at, size };
	*vec_add(&b->arena, &c->steps) =
		(struct object_core_step){ .name = member, .kind = FIELD_INT, .size = 4 };
	add_count(b, offset, 3);
}

TEST(object_fields_of_bits_are_relocated)
{
	char path[] = "/tmp/skep_btf.XXXXXX";
	struct object_core *c;
	struct bench b;

	if (!can_bpf())
		SKIP("bpf(2) is not permitted");
	bench_start(&b);
	b.o.bss_size = 128;
	b.o.core = true;
	add_func(&b, "raw_tp", "begin_1");
	/* Here low is bits 70 to 74, and high 1 to 11. */
	add_number(&b, 0, "low", 70, 5, BPF_CORE_FIELD_BYTE_OFFSET, 8);
	add_number(&b, 8, "low", 70, 5, BPF_CORE_FIELD_BYTE_SIZE, 4);
	add_number(&b, 16, "low", 70, 5, BPF_CORE_FIELD_LSHIFT_U64, 64 - 6 - 5);
	add_number(&b, 24, "low", 70, 5, BPF_CORE_FIELD_RSHIFT_U64, 64 - 5);
	add_number(&b, 32, "high", 1, 11, BPF_CORE_FIELD_BYTE_OFFSET, 0);
	add_number(&b, 40, "high", 1, 11, BPF_CORE_FIELD_LSHIFT_U64, 64 - 1 - 11);
	add_number(&b, 48, "high", 1, 11, BPF_CORE_FIELD_RSHIFT_U64, 64 - 11);
	add(&b, insn_mov64_imm(3, 0));
	c = add_core(&b, "bag", 400);
	*vec_add(&b.arena, &c->steps) = (struct object_core_step){ .name = "grid",
								   .kind = FIELD_ARRAY,
								   .size = 12,
								   .element = FIELD_INT,
								   .inner_arrays = 1 };
	add_count(&b, 56, 3);
	add_return(&b);
	CHECK(write_other_types(path));
	if (bench_load_for(&b, path)) {
		CHECK_EQ(bench_run(&b, "begin_1"), 0);
		CHECK_EQ(bss(&b, 0), 4);
		CHECK_EQ(bss(&b, 8), 4);
		CHECK_EQ(bss(&b, 16), 64 - 3 - 5);
		CHECK_EQ(bss(&b, 24), 64 - 5);
		CHECK_EQ(bss(&b, 32), 4);
		CHECK_EQ(bss(&b, 40), 64 - 21 - 11);
		CHECK_EQ(bss(&b, 48), 64 - 11);
		CHECK_EQ(bss(&b, 56), 8);
	}
	unlink(path);
	bench_end(&b);
}

TEST(object_lines_reach_the_kernel)
{
	struct bench b;
	struct bpf_prog_info info = { 0 };
	struct bpf_line_info lines[8];
	u32 len = sizeof(info);
	struct bpf_program *p;

	if (!can_bpf())
		SKIP("bpf(2) is not permitted");
	bench_start(&b);
	add_func(&b, "raw_tp", "begin_1");
	add(&b, insn_mov64_imm(1, 0));
	/* Two lines of one instruction: the later one is what it belongs to. */
	*vec_add(&b.arena, &newest(&b)->lines) =
		(struct object_line){ .insn = 1, .line = 1, .col = 7 };
	*vec_add(&b.arena, &newest(&b)->lines) =
		(struct object_line){ .insn = 1, .line = 2, .col = 2 };
	add_return(&b);
	if (bench_load(&b)) {
		p = bpf_object__find_program_by_name(b.loaded, "begin_1");
		info.nr_line_info = ARRAY_SIZE(lines);
		info.line_info_rec_size = sizeof(lines[0]);
		info.line_info = (uintptr_t)lines;
		CHECK_EQ(bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len), 0);
		CHECK_EQ(info.nr_line_info, 2);
		CHECK_EQ(BPF_LINE_INFO_LINE_NUM(lines[0].line_col), 1);
		CHECK_EQ(BPF_LINE_INFO_LINE_NUM(lines[1].line_col), 2);
		CHECK_EQ(BPF_LINE_INFO_LINE_COL(lines[1].line_col), 2);
		CHECK_EQ(info.nr_func_info, 1);
	}
	bench_end(&b);
}

TEST(object_print_names_what_it_can)
{
	struct bench b;
	struct buf text = { 0 };

	bench_start(&b);
	add_map(&b, "AT_x", BPF_MAP_TYPE_HASH, 8, 8, 10);
	b.o.bss_size = 16;
	add_func(&b, "raw_tp", "begin_1");
	add_address(&b, 1, RELOC_MAP, 0, 0);
	*vec_add(&b.arena, &newest(&b)->lines) =
		(struct object_line){ .insn = 2, .line = 2, .col = 2 };
	add_address(&b, 2, RELOC_BSS, 0, 8);
	add_address(&b, 3, RELOC_FUNC, 1, 0);
	add_reloc(&b, RELOC_CALL, 1, 0);
	add(&b, insn_call_func(-1));
	add(&b, insn_exit());
	add_func(&b, ".text", "loop_1");
	add_return(&b);
	object_print(&b.o, &text);
	CHECK_STR(buf_str(&text), "raw_tp begin_1:\n"
				  "; 1:1 BEGIN {\n"
				  "   0: r1 = map[AT_x] ll\n"
				  "; 2:2 @ = count();\n"
				  "   2: r2 = bss[8] ll\n"
				  "   4: r3 = func[loop_1] ll\n"
				  "   6: call loop_1\n"
				  "   7: exit\n"
				  "\n"
				  ".text loop_1:\n"
				  "; 1:1 BEGIN {\n"
				  "   0: r0 = 0\n"
				  "   1: exit\n");
	buf_done(&text);
	bench_end(&b);
}
