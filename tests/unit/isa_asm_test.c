/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The assembler: what it takes, what it says, and that it undoes the disassembler. */
#include "unit/test.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "isa/asm.h"
#include "isa/disasm.h"
#include "isa/insn.h"

/* A text assembled, with what went wrong as "line:col: message (hint)". */
struct assembled {
	struct arena arena;
	struct diag d;
	struct asm_code code;
	int err;
	const char *said;
};

static void assemble(struct assembled *a, const char *text, size_t len)
{
	arena_init(&a->arena);
	diag_init(&a->d, &a->arena);
	a->err = asm_parse(&a->arena, text, len, &a->code, &a->d);
	a->said = "";
	if (a->d.items.n) {
		const struct diag_item *i = &a->d.items.at[0];

		a->said = arena_printf(&a->arena, "%u:%u: %s%s%s", i->loc.line, i->loc.col, i->text,
				       i->hint ? " | " : "", i->hint ? i->hint : "");
	}
}

/* Whatever the bytes: their text gives the same bytes, a line each or as a whole with labels. */
static void check_same_as(const struct bpf_insn *insns, u32 n, bool labels)
{
	struct buf text = { 0 };
	struct assembled a;

	if (labels)
		disasm_func(&text, insns, n, NULL);
	for (u32 i = 0; i < n && !labels;) {
		i += disasm_insn(&text, &insns[i], n - i, NULL);
		buf_putc(&text, '\n');
	}
	assemble(&a, buf_str(&text), text.len);
	if (a.err || a.code.insns.n != n || memcmp(a.code.insns.at, insns, n * sizeof(*insns)) != 0)
		test_fail(__FILE__, __LINE__, "%s: %s", buf_str(&text), a.said);
	CHECK_EQ(a.code.refs.n, 0);
	arena_done(&a.arena);
	buf_done(&text);
}

static void check_same(const struct bpf_insn *insns, u32 n)
{
	check_same_as(insns, n, false);
	check_same_as(insns, n, true);
}

static const s16 offs[] = { 0, 1, -1, 8, 16, 32, 32767, -32768 };
static const s32 imms[] = { 0,    1,    -1,   9,    10,   16,    32,    64,        255,
			    0x40, 0xa0, 0x50, 0xe1, 0xf1, 0x100, 0x110, INT32_MAX, INT32_MIN };

TEST(asm_undoes_every_opcode)
{
	for (u32 code = 0; code < 256; code++) {
		struct bpf_insn insns[ARRAY_SIZE(offs) * ARRAY_SIZE(imms) * 4];
		u32 n = 0;

		if (code == (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		for (size_t o = 0; o < ARRAY_SIZE(offs); o++) {
			for (size_t i = 0; i < ARRAY_SIZE(imms); i++) {
				insns[n++] = insn_make((u8)code, 0, 0, offs[o], imms[i]);
				insns[n++] = insn_make((u8)code, 3, 0, offs[o], imms[i]);
				insns[n++] = insn_make((u8)code, 0, 1, offs[o], imms[i]);
				insns[n++] = insn_make((u8)code, 10, 2, offs[o], imms[i]);
			}
		}
		check_same(insns, n);
	}
}

TEST(asm_undoes_wide_loads)
{
	static const u64 values[] = {
		0, 9, 10, 1ull << 31, 1ull << 32, UINT64_MAX, 5 | 7ull << 32
	};

	for (u8 pseudo = 0; pseudo < 8; pseudo++) {
		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			struct bpf_insn insn[3];

			insn_ld_imm64(insn, 4, pseudo, values[v]);
			insn[2] = insn_exit();
			check_same(insn, 3);
			check_same(insn, 1);
			insn[1].off = 1;
			check_same(insn, 2);
		}
	}
}

TEST(asm_undoes_random_bytes)
{
	u64 state = 0x9e3779b97f4a7c15;

	for (u32 round = 0; round < 200; round++) {
		struct bpf_insn insns[100];

		for (size_t i = 0; i < ARRAY_SIZE(insns); i++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			memcpy(&insns[i], &state, sizeof(state));
			/* Most reserved bits at zero, so that most are instructions. */
			if (i % 4)
				insns[i].off = 0;
			if (i % 2)
				insns[i].imm = 0;
			if (i % 3)
				insns[i].src_reg = (insns[i].src_reg % 3u) & 0xfu;
			insns[i].dst_reg = (insns[i].dst_reg % 11u) & 0xfu;
		}
		check_same(insns, ARRAY_SIZE(insns));
	}
}

static const char *golden_symbol(void *arg, u32 insn)
{
	const struct asm_code *code = arg;

	for (size_t i = 0; i < code->refs.n; i++) {
		if (code->refs.at[i].insn == insn)
			return code->refs.at[i].name;
	}
	return NULL;
}

/* A function of a golden file, with its lines of source taken out, comes out as it was. */
static void check_golden(const char *text, size_t len)
{
	struct buf lines = { 0 }, out = { 0 };
	struct disasm_notes notes = { .symbol = golden_symbol };
	struct assembled a;

	for (const char *p = text; p < text + len;) {
		const char *end = memchr(p, '\n', (size_t)(text + len - p));
		size_t n = end ? (size_t)(end - p) + 1 : (size_t)(text + len - p);

		if (*p == 'L' || *p == ' ')
			buf_put(&lines, p, n);
		p += n;
	}
	assemble(&a, text, len);
	CHECK_STR(a.said, "");
	notes.arg = &a.code;
	disasm_func(&out, a.code.insns.at, (u32)a.code.insns.n, &notes);
	CHECK_STR(buf_str(&out), buf_str(&lines));
	arena_done(&a.arena);
	buf_done(&lines);
	buf_done(&out);
}

/* Offsets that are fields of the kernel's, which only the running kernel knows: "(r0 +comm)". */
static bool has_field(const char *text)
{
	for (const char *p = text; (p = strstr(p, " +")); p += 2) {
		if ((p[2] >= 'a' && p[2] <= 'z') || p[2] == '_')
			return true;
	}
	return false;
}

TEST(asm_undoes_golden_files)
{
	u32 funcs = 0;
	glob_t g;

	if (glob("tests/golden/*.bpf", 0, NULL, &g))
		SKIP("tests/golden is not here");
	for (size_t i = 0; i < g.gl_pathc; i++) {
		char *text = text_read_file(g.gl_pathv[i], 1 << 20, NULL);
		char *p = text;

		/* Functions are blocks with a headline. */
		while (p && *p) {
			char *body = strchr(p, '\n'), *end = body ? strstr(body, "\n\n") : NULL;

			if (!body)
				break;
			body++;
			if (end)
				end[1] = 0;
			if (!has_field(body)) {
				check_golden(body, strlen(body));
				funcs++;
			}
			p = end ? end + 2 : NULL;
		}
		free(text);
	}
	globfree(&g);
	CHECK(funcs > 20);
}

TEST(asm_labels_and_names)
{
	static const char text[] = "main: ; a comment\n"
				   "\tr1 = map[counts] ll\n"
				   "  2: call bpf_map_lookup_elem\n"
				   "  if r0 == 0 goto out # another\n"
				   "  r2 = subprog[f] ll\n"
				   "  call f\n"
				   "  call elsewhere\n"
				   "  gotol main\n"
				   "\n"
				   "out: exit\n"
				   "f: 9: (95) exit\n";
	struct bpf_insn want[12];
	struct assembled a;

	insn_ld_imm64(&want[0], 1, 0, 0);
	want[2] = insn_call(1);
	want[3] = insn_jump_imm(BPF_JEQ, 0, 0, 5);
	insn_ld_imm64(&want[4], 2, BPF_PSEUDO_FUNC, 5);
	want[6] = insn_call_func(3);
	want[7] = insn_call_func(0);
	want[8] = insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, -9);
	want[9] = insn_exit();
	want[10] = insn_exit();
	assemble(&a, text, strlen(text));
	CHECK_STR(a.said, "");
	CHECK_EQ(a.code.insns.n, 11);
	CHECK(!memcmp(a.code.insns.at, want, 11 * sizeof(*want)));
	CHECK_EQ(a.code.lines.at[10], 11);
	CHECK_EQ(a.code.labels.n, 3);
	CHECK_STR(a.code.labels.at[2].name, "f");
	CHECK_EQ(a.code.labels.at[2].insn, 10);
	CHECK_EQ(a.code.refs.n, 2);
	CHECK_STR(a.code.refs.at[0].name, "map[counts]");
	CHECK_EQ(a.code.refs.at[1].insn, 7);
	CHECK_EQ(asm_refuse_refs(&a.code, &a.d), -EINVAL);
	CHECK_EQ(a.d.errors, 2);
	arena_done(&a.arena);
}

/* Other ways to write one instruction, as other tools print it. */
TEST(asm_takes_variants)
{
	static const struct {
		const char *text, *same;
	} rows[] = {
		{ "r1 = *(u32 *)(r2 + 8)", "r1 = *(u32 *)(r2 +8)" },
		{ "r1 = *(u32 *)(r2 - 8)", "r1 = *(u32 *)(r2 -8)" },
		{ "w1 = *(u32 *)(r2 + 0x8)", "r1 = *(u32 *)(r2 +8)" },
		{ "r1=*(u32*)(r2)", "r1 = *(u32 *)(r2 +0)" },
		{ "*(u32 *)(r10 - 4) = w1", "*(u32 *)(r10 -4) = r1" },
		{ "w1 = atomic_fetch_add((u32 *)(r2 + 0), w1)",
		  "r1 = atomic_fetch_add((u32 *)(r2 +0), r1)" },
		{ "r1 += 0xffffffff", "r1 += -1" },
		{ "if r1 == 0xa goto +4 <main+0x8>", "" },
		{ "if r1 == 0xa goto 4 <LBB0_1>", "if r1 == 10 goto +4" },
		{ "  17: (b7) r1 = 1 ; a note", "r1 = 1" },
		{ "call 5", "call bpf_ktime_get_ns#5" },
		{ "call bpf_ktime_get_ns", "call bpf_ktime_get_ns#5" },
		{ "r1 = -1 ll", "r1 = 0xffffffffffffffff ll" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct assembled a;
		struct buf out = { 0 };

		assemble(&a, rows[i].text, strlen(rows[i].text));
		if (!a.err)
			disasm_insn(&out, a.code.insns.at, (u32)a.code.insns.n, NULL);
		CHECK_STR(buf_str(&out), rows[i].same);
		buf_done(&out);
		arena_done(&a.arena);
	}
}

TEST(asm_says_what_is_wrong)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "r1 = 1\n  exot", "2:3: unknown instruction 'exot' | did you mean 'exit'?" },
		{ "r11 = 1", "1:1: there is no register r11 | registers are r0 to r10, and w0 to "
			     "w10 for their lower halves" },
		{ "r1 = w2", "1:6: expected r2, found w2 | an instruction has either 64-bit "
			     "registers (r) or 32-bit ones (w)" },
		{ "r1 += 0x1ffffffff",
		  "1:7: the number does not fit into 32 bits | load it before: "
		  "r1 = 0x1ffffffff ll" },
		{ "r1 = *(u24 *)(r2 +0)",
		  "1:8: expected a type, found 'u24' | types are u8, u16, u32 and u64, or s8, s16 "
		  "and s32 to extend the sign" },
		{ "*(s8 *)(r2 +0) = 1", "1:3: only loads extend the sign" },
		{ "r1 = *(u8 *)(r2 +40000)", "1:17: the offset does not fit into 16 bits" },
		{ "goto nowhere", "1:6: there is no label 'nowhere'" },
		{ "L12: goto L21", "1:11: there is no label 'L21' | did you mean 'L12'?" },
		{ "a:\na: exit", "2:1: label 'a' is there twice" },
		{ "call bpf_map_lokup_elem", "1:6: there is no helper bpf_map_lokup_elem | did you "
					     "mean bpf_map_lookup_elem?" },
		{ "call bpf_map_lookup_elem#2",
		  "1:6: helper 2 is not bpf_map_lookup_elem | it is bpf_map_update_elem" },
		{ "if r1 = 2 goto +1", "1:7: expected a comparison, found '=' | comparisons are == "
				       "!= > >= < <= & s> s>= s< s<=" },
		{ "if r1 == 2 got +1", "1:12: expected 'goto', found 'got'" },
		{ "exit exit", "1:6: expected the end of the line, found 'exit'" },
		{ "r1 = -r2", "1:7: expected r1: the instruction changes a register in place" },
		{ "lock *(u8 *)(r1 +0) += r2", "1:7: atomics have 32 or 64 bits" },
		{ "r1 = atomic64_fetch_add((u32 *)(r1 +0), r1)",
		  "1:25: expected (u64 *): atomic64_ is for 64 bits, atomic_ for 32" },
		{ "r1 = ",
		  "1:6: expected what the register becomes, found the end of the line | for "
		  "example r1 = r2, r1 = 5, r1 = 5 ll, r1 = be16 r1, r1 = *(u32 *)(r2 "
		  "+0)" },
		{ "%", "1:1: unknown instruction '%' | instructions look like r1 = r2, r1 += 5, "
		       "*(u32 *)(r10 -4) = r1, if r1 > 5 goto +2, call bpf_ktime_get_ns#5" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct assembled a;

		assemble(&a, rows[i].text, strlen(rows[i].text));
		CHECK_EQ(a.err, -EINVAL);
		CHECK_STR(a.said, rows[i].said);
		arena_done(&a.arena);
	}
}

TEST(asm_far_labels)
{
	struct buf text = { 0 };
	struct assembled a;

	buf_puts(&text, "if r1 == 0 goto end\n");
	for (u32 i = 0; i < 32768; i++)
		buf_puts(&text, "r0 = 0\n");
	buf_puts(&text, "end: exit\n");
	assemble(&a, buf_str(&text), text.len);
	CHECK_STR(a.said, "1:17: the label is 32768 instructions away, more than 16 bits can say | "
			  "jump with gotol");
	arena_done(&a.arena);
	buf_clear(&text);
	assemble(&a, "", 0);
	CHECK_EQ(a.err, 0);
	CHECK_EQ(a.code.insns.n, 0);
	arena_done(&a.arena);
	buf_done(&text);
}
