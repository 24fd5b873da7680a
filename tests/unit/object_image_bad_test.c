/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects made by hand with one thing wrong: each is refused, with the section and the place; and good ones cut off anywhere.
 */
#include "unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "object/elfgen.h"
#include "unit/object_image_fixture.h"

enum {
	RELOC_LD64 = 1,
	RELOC_CALL = 10,
	MAX_SYMBOLS = 8,
	MAX_RELOCS = 4,
	CODE = 1, /* indices of sections */
	MAPS = 2,
	DATA = 3,
	MAP_WORDS = 7,
};

/* Code in "socket", legacy maps, and data; then symbols and relocations as they are wanted. */
struct hand {
	struct bpf_insn code[8];
	u32 insns;
	Elf64_Sym symbols[MAX_SYMBOLS];
	const char *names[MAX_SYMBOLS];
	u32 symbol_count;
	Elf64_Rel relocs[MAX_RELOCS];
	u32 reloc_count;
	u32 maps[MAP_WORDS];
	u32 map_words;
	const char *odd; /* one more section, with these bytes */
	const void *odd_bytes;
	u32 odd_size;
};

static u32 hand_symbol(struct hand *h, const char *name, u8 type, u8 bind, u16 section, u64 value,
		       u64 size)
{
	h->names[h->symbol_count] = name;
	h->symbols[h->symbol_count] = (Elf64_Sym){ .st_info = (u8)ELF64_ST_INFO(bind, type),
						   .st_shndx = section,
						   .st_value = value,
						   .st_size = size };
	return h->symbol_count++;
}

static void hand_reloc(struct hand *h, u64 offset, u32 symbol, u32 type)
{
	h->relocs[h->reloc_count++] =
		(Elf64_Rel){ .r_offset = offset, .r_info = ELF64_R_INFO((u64)symbol, type) };
}

/* A program that loads the address of a map and calls a function: right, until a test makes something of it wrong. */
static void hand_start(struct hand *h)
{
	memset(h, 0, sizeof(*h));
	insn_ld_imm64(h->code, 1, 0, 0);
	h->code[2] = insn_call_func(-1);
	h->code[3] = insn_exit();
	h->code[4] = insn_mov64_imm(0, 0);
	h->code[5] = insn_exit();
	h->insns = 6;
	h->maps[0] = BPF_MAP_TYPE_ARRAY;
	h->maps[1] = h->maps[2] = 4;
	h->maps[3] = 1;
	h->map_words = 5;
	hand_symbol(h, "", STT_NOTYPE, STB_LOCAL, 0, 0, 0);
	hand_symbol(h, "main", STT_FUNC, STB_GLOBAL, CODE, 0, 32);
	hand_symbol(h, "sub", STT_FUNC, STB_LOCAL, CODE, 32, 16);
	hand_symbol(h, "map", STT_OBJECT, STB_GLOBAL, MAPS, 0, 20);
	hand_symbol(h, "var", STT_OBJECT, STB_GLOBAL, DATA, 8, 8);
	hand_reloc(h, 0, 3, RELOC_LD64);
	hand_reloc(h, 16, 2, RELOC_CALL);
}

static void hand_section(struct elfgen *g, const char *name, u64 flags, const void *bytes,
			 size_t size)
{
	elfgen_section(g, name, SHT_PROGBITS, flags, 8);
	buf_put(g->out, bytes, size);
	elfgen_section_end(g);
}

static void hand_write(struct hand *h, struct arena *a, struct buf *out)
{
	static const u8 data[16];
	struct elfgen g;
	u32 symtab;

	elfgen_init(&g, a, out);
	hand_section(&g, "socket", SHF_ALLOC | SHF_EXECINSTR, h->code,
		     h->insns * sizeof(h->code[0]));
	hand_section(&g, "maps", SHF_ALLOC, h->maps, h->map_words * sizeof(u32));
	hand_section(&g, ".data", SHF_ALLOC | SHF_WRITE, data, sizeof(data));
	if (h->odd)
		hand_section(&g, h->odd, 0, h->odd_bytes, h->odd_size);
	symtab = elfgen_section(&g, ".symtab", SHT_SYMTAB, 0, 8);
	g.sections.at[symtab].sh_entsize = sizeof(Elf64_Sym);
	g.sections.at[symtab].sh_link = symtab + 2;
	for (u32 i = 0; i < h->symbol_count; i++) {
		h->symbols[i].st_name = *h->names[i] ? elfgen_name(&g, h->names[i]) : 0;
		buf_put(out, &h->symbols[i], sizeof(h->symbols[i]));
	}
	elfgen_section_end(&g);
	symtab = elfgen_section(&g, ".relsocket", SHT_REL, 0, 8);
	g.sections.at[symtab].sh_entsize = sizeof(Elf64_Rel);
	g.sections.at[symtab].sh_link = symtab - 1;
	g.sections.at[symtab].sh_info = CODE;
	buf_put(out, h->relocs, h->reloc_count * sizeof(h->relocs[0]));
	elfgen_section_end(&g);
	elfgen_finish(&g);
}

static void expect_error(const char *file, int line, struct hand *h, const char *error)
{
	struct image_fixture f;
	struct buf elf = { 0 };

	image_fixture_init(&f);
	hand_write(h, &f.arena, &elf);
	f.err = image_open(&f.image, &f.arena, elf.data, elf.len, NULL, &f.diag);
	test_check_eq(file, line, "error", f.err, *error ? -EINVAL : 0);
	if (!*error || !strstr(image_fixture_error(&f), error))
		test_check_str(file, line, "message", image_fixture_error(&f), error);
	image_fixture_done(&f);
	buf_done(&elf);
}
#define EXPECT(h, error) expect_error(__FILE__, __LINE__, h, error)

TEST(image_hand_made)
{
	struct image_fixture f;
	struct buf elf = { 0 };
	struct hand h;

	hand_start(&h);
	EXPECT(&h, "");
	image_fixture_init(&f);
	hand_write(&h, &f.arena, &elf);
	CHECK_EQ(image_open(&f.image, &f.arena, elf.data, elf.len, NULL, &f.diag), 0);
	CHECK_EQ(f.image.progs.n, 1);
	if (f.image.progs.n) {
		const struct image_prog *p = &f.image.progs.at[0];

		CHECK_EQ(p->count, 6);
		CHECK_EQ(p->funcs.n, 2);
		CHECK_EQ(p->insns[0].src_reg, BPF_PSEUDO_MAP_IDX);
		CHECK_EQ(p->insns[2].imm, 1);
	}
	image_fixture_done(&f);
	buf_done(&elf);
}

/* What only the GNU or LLVM assembler was told: names without types and sizes. Beside functions such names are none. */
TEST(image_assembled)
{
	struct hand h;

	hand_start(&h);
	h.symbols[1].st_info = (u8)ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
	h.symbols[2].st_info = (u8)ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
	h.symbols[1].st_size = h.symbols[2].st_size = 0;
	EXPECT(&h, "");
	hand_start(&h);
	hand_symbol(&h, "label", STT_NOTYPE, STB_GLOBAL, CODE, 24, 0);
	EXPECT(&h, "");
}

TEST(image_bad_functions)
{
	struct hand h;

	hand_start(&h);
	h.symbols[2].st_value = 36;
	EXPECT(&h, "socket+0x24: function 'sub' does not begin or end with an instruction");
	hand_start(&h);
	h.symbols[2].st_value = 400;
	EXPECT(&h, "socket+0x190: symbol 'sub' lies outside its section");
	hand_start(&h);
	h.symbols[2].st_size = 64;
	EXPECT(&h, "socket+0x20: function 'sub' ends behind its section");
	hand_start(&h);
	h.symbols[1].st_size = 40;
	EXPECT(&h, "socket+0x0: function 'main' reaches into the next one");
	hand_start(&h);
	h.symbols[2].st_value = 48;
	h.symbols[2].st_size = 0;
	EXPECT(&h, "socket+0x30: function 'sub' has no code");
}

TEST(image_bad_relocations)
{
	struct hand h;

	hand_start(&h);
	h.relocs[0].r_offset = 4;
	EXPECT(&h, "socket+0x4: a relocation within an instruction");
	hand_start(&h);
	h.relocs[0].r_offset = 4096;
	EXPECT(&h, "relocates 'socket' behind its end, at 0x1000");
	hand_start(&h);
	h.relocs[0].r_info = ELF64_R_INFO(99ull, RELOC_LD64);
	EXPECT(&h, ".relsocket+0x0: symbol 99 does not exist");
	hand_start(&h);
	h.relocs[0].r_info = ELF64_R_INFO(3ull, 77);
	EXPECT(&h, "socket+0x0: a relocation of unknown type 77");
	hand_start(&h);
	h.relocs[1].r_offset = 24;
	EXPECT(&h, "socket+0x18: no call refers to 'sub'");
	hand_start(&h);
	h.relocs[0].r_offset = 40;
	EXPECT(&h, "socket+0x28: no 64-bit load refers to 'map'");
	hand_start(&h);
	h.code[2].imm = 0;
	EXPECT(&h, "socket+0x10: refers to 'sub' at instruction 5, where no function begins");
	hand_start(&h);
	h.relocs[1].r_info = ELF64_R_INFO(4ull, RELOC_CALL);
	EXPECT(&h, "socket+0x10: calls what is no function: 'var'");
	hand_start(&h);
	h.relocs[0].r_info = ELF64_R_INFO(4ull, RELOC_LD64);
	h.code[0].imm = 4096;
	EXPECT(&h, "socket+0x0: refers behind the section of 'var'");
	hand_start(&h);
	h.relocs[0].r_info = ELF64_R_INFO(
		(u64)hand_symbol(&h, "gone", STT_NOTYPE, STB_GLOBAL, 0, 0, 0), RELOC_LD64);
	EXPECT(&h, "'gone' is defined nowhere");
	hand_start(&h);
	h.code[0].src_reg = BPF_PSEUDO_MAP_FD;
	h.relocs[0] = h.relocs[1];
	h.reloc_count = 1;
	EXPECT(&h, "socket+0x0: a reference that no relocation explains, in 'socket'");
	hand_start(&h);
	h.code[2] = insn_call_func(100);
	h.reloc_count = 1;
	EXPECT(&h, "socket+0x10: refers to 'socket' at instruction 103, where no function begins");
}

/* A call of a function that is called by that function, and a weak one that is nowhere. */
TEST(image_odd_calls)
{
	struct hand h;

	hand_start(&h);
	h.code[4] = insn_call_func(-5);
	EXPECT(&h, "");
	hand_start(&h);
	h.relocs[1].r_info = ELF64_R_INFO(
		(u64)hand_symbol(&h, "weak", STT_NOTYPE, STB_WEAK, 0, 0, 0), RELOC_CALL);
	EXPECT(&h, "");
}

/* Code without a symbol behind a function's last exit is the function's, and called from there by distance. */
TEST(image_calls_of_functions_without_symbol)
{
	const struct image_prog *p;
	struct hand h;
	struct image_fixture f;
	struct buf elf = { 0 };

	hand_start(&h);
	h.symbols[1].st_size = 6 * sizeof(h.code[0]);
	h.symbols[2].st_info = (u8)ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE);
	h.code[2] = insn_call_func(1);
	h.reloc_count = 1;
	image_fixture_init(&f);
	hand_write(&h, &f.arena, &elf);
	CHECK_EQ(image_open(&f.image, &f.arena, elf.data, elf.len, NULL, &f.diag), 0);
	p = f.image.progs.n == 1 ? f.image.progs.at : NULL;
	if (p && p->count == 6 && p->funcs.n == 2) {
		CHECK_EQ(p->insns[2].imm, 1);
		CHECK_STR(p->funcs.at[0].name, "main");
		CHECK_EQ(p->funcs.at[0].count, 4);
		CHECK_STR(p->funcs.at[1].name, "main+4");
		CHECK_EQ(p->funcs.at[1].start, 4);
		CHECK_EQ(p->funcs.at[1].count, 2);
	} else {
		test_fail(__FILE__, __LINE__, "the program has not its two functions");
	}
	image_fixture_done(&f);
	buf_done(&elf);
	h.code[2] = insn_call_func(3);
	EXPECT(&h, "socket+0x10: refers to 'socket' at instruction 6, where no function begins");
	h.code[2] = insn_call_func(-4);
	EXPECT(&h, "socket+0x10: refers to 'socket' at instruction -1, where no function begins");
}

TEST(image_bad_maps)
{
	struct hand h;

	hand_start(&h);
	h.maps[5] = 1;
	h.map_words = 6;
	EXPECT(&h, "maps+0x14: map 'map': what stands here is not known");
	hand_start(&h);
	h.maps[5] = 0;
	h.map_words = 6;
	EXPECT(&h, "");
	hand_start(&h);
	h.map_words = 3;
	EXPECT(&h, "maps+0x0: map 'map': a definition of 12 bytes instead of 20");
	hand_start(&h);
	h.maps[0] = BPF_MAP_TYPE_ARRAY_OF_MAPS;
	h.maps[5] = 7;
	h.map_words = 7;
	EXPECT(&h, "maps+0x0: map 'map': there is no inner map 8");
	hand_start(&h);
	h.odd = ".maps";
	h.odd_bytes = "12345678";
	h.odd_size = 8;
	EXPECT(&h, ".maps+0x0: there are no types that say what its maps are");
}

TEST(image_bad_types)
{
	static const u8 junk[64] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct hand h;

	hand_start(&h);
	h.odd = ".BTF";
	h.odd_bytes = junk;
	h.odd_size = sizeof(junk);
	EXPECT(&h, ".BTF+0x0: the types are damaged, or newer than is known");
	h.odd_size = 3;
	EXPECT(&h, ".BTF+0x0: the types are damaged");
	/* Without types what stands beside them means nothing. */
	hand_start(&h);
	h.odd = ".BTF.ext";
	h.odd_bytes = junk;
	h.odd_size = sizeof(junk);
	EXPECT(&h, "");
}

TEST(image_bad_files)
{
	static const char *const texts[] = { "",
					     "\x7f"
					     "ELF",
					     "#!/bin/sh\n" };
	struct image_fixture f;
	struct image_input in = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		image_fixture_init(&f);
		CHECK_EQ(image_open(&f.image, &f.arena, texts[i], strlen(texts[i]), NULL, &f.diag),
			 -EINVAL);
		CHECK_EQ(f.diag.errors, 1);
		image_fixture_done(&f);
	}
	image_fixture_init(&f);
	CHECK_EQ(image_open_all(&f.image, &f.arena, &in, 0, NULL, &f.diag), -EINVAL);
	image_fixture_done(&f);
}

/* A copy that ends where its memory ends, so that a sanitizer sees what reads on. */
static void open_copy(const u8 *bytes, size_t len)
{
	struct image_options opts = { .kconfig = "/dev/null" };
	struct image_fixture f;
	u8 *copy = malloc(len ? len : 1);

	memcpy(copy, bytes, len);
	image_fixture_init(&f);
	f.err = image_open(&f.image, &f.arena, copy, len, &opts, &f.diag);
	CHECK(f.err == 0 || f.diag.errors > 0);
	image_fixture_done(&f);
	free(copy);
}

TEST(image_damaged)
{
	static const char *const names[] = { "calls", "maps", "core", "extern" };
	u64 random = 88172645463325252ull;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct image_fixture f;
		u8 *bytes;
		size_t len;

		image_fixture_init(&f);
		if (!image_fixture_add(&f, names[i])) {
			image_fixture_done(&f);
			SKIP("the test objects were not built");
		}
		bytes = (u8 *)(uintptr_t)f.input[0].elf;
		len = f.input[0].len;
		for (size_t n = 0; n < len; n += 97)
			open_copy(bytes, n);
		for (int n = 0; n < 300; n++) {
			size_t at;
			u8 old;

			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			at = (size_t)(random % len);
			old = bytes[at];
			bytes[at] = (u8)(random >> 40);
			open_copy(bytes, len);
			bytes[at] = old;
		}
		image_fixture_done(&f);
	}
}
