/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The object as a file: finding sections in untrusted bytes, refusing what cannot be written,
 * other tools.
 */
#include "unit/test.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "isa/insn.h"
#include "object/object.h"
#include "object/script.h"

struct sample {
	struct arena arena;
	struct object o;
	struct buf file;
	struct diag d;
};

/* One program that reads a map and a function that it calls. */
static void sample_start(struct sample *s)
{
	struct object_func *f;
	struct bpf_insn wide[2];

	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	object_init(&s->o, &s->arena);
	diag_init(&s->d, &s->arena);
	s->o.source = "BEGIN { @ = 1 }";
	s->o.bss_size = 16;
	buf_puts(&s->o.script, "script bytes");
	*vec_add(&s->arena, &s->o.maps) = (struct object_map){ .name = "AT_",
							       .type = BPF_MAP_TYPE_HASH,
							       .key_size = 8,
							       .value_size = 8,
							       .max_entries = 4 };
	f = vec_add(&s->arena, &s->o.funcs);
	*f = (struct object_func){ .name = "begin_1", .section = "raw_tp" };
	insn_ld_imm64(wide, 6, 0, 0);
	*vec_add(&s->arena, &f->insns) = wide[0];
	*vec_add(&s->arena, &f->insns) = wide[1];
	*vec_add(&s->arena, &f->insns) = insn_mov64_imm(1, 1);
	*vec_add(&s->arena, &f->insns) = insn_call_func(-1);
	*vec_add(&s->arena, &f->insns) = insn_exit();
	*vec_add(&s->arena, &f->relocs) = (struct object_reloc){ .kind = RELOC_MAP };
	*vec_add(&s->arena, &f->relocs) =
		(struct object_reloc){ .kind = RELOC_CALL, .insn = 3, .index = 1 };
	*vec_add(&s->arena, &f->lines) = (struct object_line){ .line = 1, .col = 1 };
	f = vec_add(&s->arena, &s->o.funcs);
	*f = (struct object_func){ .name = "sub", .section = ".text", .param_count = 1 };
	*vec_add(&s->arena, &f->insns) = insn_mov64_imm(0, 0);
	*vec_add(&s->arena, &f->insns) = insn_exit();
	*vec_add(&s->arena, &f->lines) = (struct object_line){ .line = 1, .col = 3 };
}

static void sample_end(struct sample *s)
{
	buf_done(&s->file);
	object_done(&s->o);
	arena_done(&s->arena);
}

TEST(object_section_is_found)
{
	struct sample s;
	const void *data = NULL;
	size_t size = 0;

	sample_start(&s);
	CHECK_EQ(object_write(&s.o, &s.file, &s.d), 0);
	CHECK_EQ(object_find_section(s.file.data, s.file.len, SCRIPT_SECTION, &data, &size, &s.d),
		 0);
	CHECK_EQ(size, 12);
	CHECK(!memcmp(data, "script bytes", 12));
	CHECK_EQ(object_find_section(s.file.data, s.file.len, "license", &data, &size, &s.d), 0);
	CHECK_STR(data, "GPL");
	CHECK_EQ(object_find_section(s.file.data, s.file.len, "nowhere", &data, &size, &s.d),
		 -ENOENT);
	CHECK_EQ(s.d.items.n, 0);
	CHECK_EQ(object_find_section(s.file.data, s.file.len, ".bss", &data, &size, &s.d), -EINVAL);
	CHECK(strstr(s.d.items.at[0].text, "'.bss'"));
	sample_end(&s);
}

/* A copy of exactly the size, so that a checker of memory sees every step beyond it. */
static int find_in_copy(const struct buf *file, size_t len, size_t poke, u8 byte)
{
	u8 *copy = malloc(len ? len : 1);
	const void *data;
	size_t size;
	struct arena arena;
	struct diag d;
	int err;

	arena_init(&arena);
	diag_init(&d, &arena);
	memcpy(copy, file->data, len);
	if (poke < len)
		copy[poke] = byte;
	err = object_find_section(copy, len, SCRIPT_SECTION, &data, &size, &d);
	if (!err) {
		CHECK((const u8 *)data >= copy && size <= len &&
		      (size_t)((const u8 *)data - copy) <= len - size);
	}
	CHECK(err == 0 || err == -ENOENT || (err == -EINVAL && d.items.n == 1));
	arena_done(&arena);
	free(copy);
	return err;
}

TEST(object_damaged_files_are_refused)
{
	static const u8 bytes[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct sample s;

	sample_start(&s);
	CHECK_EQ(object_write(&s.o, &s.file, &s.d), 0);
	/* The section headers come last, so a shortened file never has them all. */
	for (size_t len = 0; len < s.file.len; len++)
		CHECK_EQ(find_in_copy(&s.file, len, len, 0), -EINVAL);
	for (size_t at = 0; at < s.file.len; at++) {
		for (size_t k = 0; k < ARRAY_SIZE(bytes); k++)
			find_in_copy(&s.file, s.file.len, at, bytes[k]);
	}
	sample_end(&s);
}

TEST(object_appends_to_a_buffer)
{
	struct sample s;
	struct buf again = { 0 };

	sample_start(&s);
	CHECK_EQ(object_write(&s.o, &s.file, &s.d), 0);
	buf_puts(&again, "xyz");
	CHECK_EQ(object_write(&s.o, &again, &s.d), 0);
	CHECK_EQ(again.len, s.file.len + 3);
	CHECK(!memcmp(again.data + 3, s.file.data, s.file.len));
	buf_done(&again);
	sample_end(&s);
}

static void check_refused(struct sample *s, const char *part)
{
	CHECK_EQ(object_write(&s->o, &s->file, &s->d), -EINVAL);
	CHECK_EQ(s->file.len, 0);
	CHECK(s->d.items.n && strstr(s->d.items.at[0].text, part));
	sample_end(s);
	sample_start(s);
}

TEST(object_impossible_ones_are_refused)
{
	struct sample s;

	sample_start(&s);
	s.o.maps.at[0].name = "a name";
	check_refused(&s, "'a name'");
	s.o.maps.at[0].name = "much_too_long_for_it";
	check_refused(&s, "15 characters");
	s.o.maps.at[0].name = "sub";
	check_refused(&s, "called 'sub'");
	s.o.maps.at[0].max_entries = 1u << 31;
	check_refused(&s, "too large");
	s.o.funcs.at[0].name = "1st";
	check_refused(&s, "'1st'");
	s.o.funcs.at[0].insns.n = 0;
	check_refused(&s, "no code");
	s.o.funcs.at[1].param_count = 6;
	check_refused(&s, "6 parameters");
	s.o.funcs.at[0].relocs.at[0].index = 1;
	check_refused(&s, "relocation 0");
	s.o.funcs.at[0].relocs.at[1].insn = 5;
	check_refused(&s, "relocation 1");
	s.o.funcs.at[0].relocs.at[1].index = 0;
	check_refused(&s, "relocation 1");
	s.o.funcs.at[0].lines.at[0].insn = 1;
	check_refused(&s, "lines");
	*vec_add(&s.arena, &s.o.funcs.at[0].cores) =
		(struct object_core){ .record = "task_struct" };
	check_refused(&s, "field access 0");
	sample_end(&s);
}

/* Runs a command on the object's file: its exit status and, in out, what it prints. */
static int run_tool(const struct sample *s, const char *command, char *out, size_t size)
{
	char path[] = "/tmp/skep-object-XXXXXX", line[256];
	int fd = mkstemp(path);
	FILE *p;
	size_t n;
	int status;

	CHECK_EQ(write(fd, s->file.data, s->file.len), s->file.len);
	snprintf(line, sizeof(line), command, path);
	p = popen(line, "r");
	n = fread(out, 1, size - 1, p);
	out[n] = '\0';
	status = pclose(p);
	close(fd);
	unlink(path);
	return status;
}

TEST(object_llvm_objdump_reads_it)
{
	struct sample s;
	char text[4096];

	if (system("command -v llvm-objdump >/dev/null 2>&1"))
		SKIP("llvm-objdump is not installed");
	sample_start(&s);
	CHECK_EQ(object_write(&s.o, &s.file, &s.d), 0);
	CHECK_EQ(run_tool(&s, "llvm-objdump -dr %s 2>&1", text, sizeof(text)), 0);
	CHECK(strstr(text, "elf64-bpf"));
	CHECK(strstr(text, "<begin_1>:"));
	CHECK(strstr(text, "<sub>:"));
	CHECK(strstr(text, "R_BPF_64_64\tAT_"));
	CHECK(strstr(text, "R_BPF_64_32\t.text"));
	CHECK(!strstr(text, "warning") && !strstr(text, "error"));
	sample_end(&s);
}

TEST(object_bpftool_reads_its_types)
{
	struct sample s;
	char text[8192];

	if (system("command -v bpftool >/dev/null 2>&1"))
		SKIP("bpftool is not installed");
	sample_start(&s);
	CHECK_EQ(object_write(&s.o, &s.file, &s.d), 0);
	CHECK_EQ(run_tool(&s, "bpftool btf dump file %s 2>&1", text, sizeof(text)), 0);
	CHECK(strstr(text, "FUNC 'begin_1' type_id="));
	CHECK(strstr(text, "DATASEC '.maps' size=40 vlen=1"));
	CHECK(strstr(text, "DATASEC '.bss' size=16 vlen=1"));
	CHECK(strstr(text, "VAR 'AT_'"));
	sample_end(&s);
}

TEST(object_bpftool_loads_it)
{
	struct sample s;
	char text[4096];

	if (system("command -v bpftool >/dev/null 2>&1"))
		SKIP("bpftool is not installed");
	if (access("/sys/fs/bpf", W_OK) || system("grep -q ' /sys/fs/bpf bpf ' /proc/mounts"))
		SKIP("no bpf file system at /sys/fs/bpf");
	sample_start(&s);
	CHECK_EQ(object_write(&s.o, &s.file, &s.d), 0);
	if (run_tool(&s,
		     "bpftool prog load %s /sys/fs/bpf/skep_unit_test 2>&1 && "
		     "bpftool prog dump xlated pinned /sys/fs/bpf/skep_unit_test linum && "
		     "rm /sys/fs/bpf/skep_unit_test",
		     text, sizeof(text)))
		test_fail(__FILE__, __LINE__, "%s", text);
	CHECK(strstr(text, "BEGIN { @ = 1 }"));
	CHECK(strstr(text, "line_num:1"));
	sample_end(&s);
}
